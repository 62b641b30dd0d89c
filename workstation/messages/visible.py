"""A stranger's text on a terminal: shown, never acted on."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from rich.cells import chop_cells

from wire.signed import time_text
from workstation.messages.joining import Tip

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, formats (bidirectional overrides, zero-width), surrogates, private, unassigned, separators of lines."""
_MARGIN = "  | "
_LEAST_WIDTH = 20


def visible(text: str) -> str:
    """Return ``text`` with every character that a terminal could act on, or not show, written as ``<U+XXXX>``."""
    if text.isprintable():  # nearly all texts, and none with a character of _HIDDEN
        return text
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN else c for c in text)


def tip_lines(tip: Tip, line: str, *, width: int) -> Iterator[str]:
    """Yield the lines that show ``tip`` on a terminal of ``width`` columns.

    Each line of the text has a margin, also where it is broken, so that no text can pass for a line of ours.
    """
    yield f"{time_text(tip.received)}  {visible(line)}  tip {tip.tip.hex()}  conversation {tip.conversation.hex()}"
    if tip.parts_missing:
        yield f"  missing: part {', '.join(map(str, tip.parts_missing))} of {tip.parts}"
    if tip.flags:
        yield f"  flags: {', '.join(tip.flags)}"
    if tip.perhaps:
        yield f"  perhaps the same as, or a part of: {', '.join(other.hex() for other in tip.perhaps)}"
    body = [] if tip.text is None else tip.text.split("\n")
    body += [] if tip.data is None else [f"data: {tip.data.hex()}"]
    yield from margin_lines(body, width=width)
    yield ""


def margin_lines(lines: Iterable[str], *, width: int) -> Iterator[str]:
    """Yield ``lines`` of a stranger's text behind a margin, broken to ``width`` columns."""
    columns = max(width, _LEAST_WIDTH) - len(_MARGIN)
    for line in lines:
        shown = visible(line)
        for row in chop_cells(shown, columns) or [shown]:  # it gives no line where all of it has no width
            yield f"{_MARGIN}{row}"
