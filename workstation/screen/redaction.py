"""Blacking words out before printing: what is blacked out is not in the page at all, not even its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCK = "█████"
"""Stands for whatever was taken away: always the same, so that it tells nothing of it."""
PIECE = 24
"""Letters of what can be chosen at once; a longer word is several pieces."""
_PIECES = re.compile(rf"\s+|\S{{1,{PIECE}}}")


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a text."""

    number: int
    text: str = field(repr=False)
    is_space: bool
    looks_like_a_number: bool


def cut(text: str) -> Iterator[Word]:
    """Yield the pieces of ``text``; joined they are the text."""
    for number, piece in enumerate(_PIECES.findall(text)):
        digits = sum(letter.isdigit() for letter in piece)
        yield Word(number, piece, piece.isspace(), digits >= 3)


def redact(text: str, numbers: frozenset[int], words: tuple[str, ...] = ()) -> tuple[str, int]:
    """Return ``text`` without the pieces of these ``numbers`` and without ``words``, and how many blocks stand there.

    Words are found without regard to case. Blocks beside each other, and spaces between them, become one.
    """
    kept = "".join(BLOCK if word.number in numbers else word.text for word in cut(text))
    for word in words:
        kept = re.sub(re.escape(word), BLOCK, kept, flags=re.IGNORECASE)
    kept, _ = re.subn(rf"{BLOCK}(?:[^\S\n]*{BLOCK})+", BLOCK, kept)
    return kept, kept.count(BLOCK)
