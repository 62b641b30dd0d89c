"""N8: whatever the text, a terminal gets printable characters, within the margin."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from workstation.messages.joining import Tip
from workstation.messages.visible import tip_lines, visible

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


def _tip(text: str | None, data: bytes | None = None) -> Tip:
    return Tip(
        tip=b"t" * 16, conversation=b"c" * 16, received=60, period=60, text=text, parts=2, parts_missing=(2,),
        flags=("gap",), data=data, perhaps=(b"p" * 16,),
    )  # fmt: skip


@given(ANY_TEXT)
def test_nothing_that_a_terminal_acts_on_is_left(text: str) -> None:
    shown = visible(text)
    assert not any(unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" for c in shown)
    assert visible(shown) == shown


@given(ANY_TEXT)
@example("\U0001f3fb")
@example("\u0301")
def test_every_line_of_a_text_is_within_the_margin_and_the_width(text: str) -> None:
    lines = list(tip_lines(_tip(text), "police", width=40))
    body = lines[4:-1]
    assert all(row.startswith("  | ") and cell_len(row) <= 40 for row in body)
    assert "".join(row[4:] for row in body) == "".join(map(visible, text.split("\n")))
    assert not any("\n" in row for row in lines)


def test_what_is_not_text_is_shown_as_data() -> None:
    assert "  | data: 00ff" in list(tip_lines(_tip(None, b"\x00\xff"), "police", width=80))


def test_the_text_is_not_in_the_repr() -> None:
    assert "secret" not in repr(_tip("secret"))
