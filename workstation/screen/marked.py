"""A stranger's text on a page: escaped, and what cannot be seen or would act on its surroundings is shown (N8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from wire.text import GAP
from workstation.messages.visible import visible

_HEX_WIDTH = 16


def marked(text: str, *, gaps: frozenset[str] = frozenset()) -> Markup:
    """Return ``text`` as HTML: escaped, line feeds left, other control, format and bidirectional characters as marks.

    ``gaps`` are the words that stand in it for missing parts, see ``gap_words``; they are marked as such.
    """
    pieces = _pieces(text, gaps)
    return Markup("").join(
        Markup('<span class="gap">{}</span>').format(piece) if piece in gaps else _plain(piece)
        for piece in pieces
    )


def gap_words(missing: tuple[int, ...], parts: int) -> frozenset[str]:
    """Return what stands in a text of ``parts`` parts for each missing one."""
    return frozenset(GAP.format(part=part, total=parts) for part in missing)


def excerpt(text: str, most: int) -> Markup:
    """Return the beginning of ``text`` on one line, at the most ``most`` characters of it."""
    line = " ".join(text[: most * 2].split())
    cut = len(line) > most or len(text) > most * 2
    return marked(line[:most].rstrip()) + ("…" if cut else "")


def hex_lines(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the offset and the octets of each 16, both in hexadecimal."""
    for at in range(0, len(data), _HEX_WIDTH):
        yield f"{at:04x}", data[at : at + _HEX_WIDTH].hex(" ")


def _pieces(text: str, gaps: frozenset[str]) -> list[str]:
    if not gaps:
        return [text]
    return re.split("(" + "|".join(map(re.escape, sorted(gaps))) + ")", text)


def _plain(text: str) -> Markup:
    line = text.replace("\n", "")
    if visible(line) == line:  # nearly all texts; letter by letter takes ten times as long
        return escape(text)
    return Markup("").join(
        Markup("").join(map(_mark, run)) if hidden else escape("".join(run))
        for hidden, run in groupby(text, key=_is_hidden)
    )


def _is_hidden(character: str) -> bool:
    return character != "\n" and visible(character) != character


def _mark(character: str) -> Markup:
    """Return the character's number in a frame; a sender who types such words gets no frame around them."""
    return Markup('<span class="mark">{}</span>').format(visible(character)[1:-1])
