"""Blacking words out before printing: what is blacked out is not in the page at all, not even its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from unicodedata import category, normalize

BLOCK = "█████"
"""Stands for whatever was taken away: always the same, so that it tells nothing of it."""
PIECE = 24
"""Letters of what can be chosen at once; a longer word is several pieces."""
_CHANGING = frozenset({"Mn", "Me", "Cf", "Cc"})
"""Marks that stand on a letter, and what is not seen at all, or as a mark of ours."""
_FILLERS = frozenset("\u115f\u1160")
"""Letters of Hangul that are not seen either; two more, U+3164 and U+FFA0, are the second one in NFKD."""
_BLANK = "\u2800"
"""Braille without a dot: a space to a reader, not to Unicode."""
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

    Words are found without regard to case, accents and style (𝐀, Ａ), to which spaces or line ends stand between
    them, and to what cannot be seen between their letters. Blocks beside each other, and spaces between, become one.
    """
    gone, read = bytearray(len(text)), _as_read(text)
    for first, behind in chain(_chosen(text, numbers), *(_places(read, word) for word in words)):
        gone[first:behind] = b"\1" * (behind - first)
    runs = groupby(zip(text, gone, strict=True), key=itemgetter(1))
    kept = "".join(BLOCK if taken else "".join(letter for letter, _ in run) for taken, run in runs)
    kept, _ = re.subn(rf"{BLOCK}(?:[^\S\n]*{BLOCK})+", BLOCK, kept)
    return kept, kept.count(BLOCK)


def _chosen(text: str, numbers: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield where the pieces of these ``numbers`` begin and end in ``text``."""
    end = 0
    for piece in cut(text):
        begin, end = end, end + len(piece.text)
        if piece.number in numbers:
            yield begin, end


def _as_read(text: str) -> tuple[str, list[int]]:
    """Return ``text`` as a reader reads it, and the place in ``text`` of each of those letters; then its end."""
    folded, places = list[str](), list[int]()
    for at, letter in enumerate(text):
        for bare in _bare(letter):
            if bare != " " or folded[-1:] != [" "]:  # however many spaces or line ends: a reader sees one gap
                folded.append(bare)
                places.append(at)
    return "".join(folded), [*places, len(text)]


def _places(read: tuple[str, list[int]], word: str) -> Iterator[tuple[int, int]]:
    """Yield where ``word`` begins and ends in the text, also where it overlaps itself: the "ana" of "anana" are two."""
    searched, places = read
    wanted = " ".join("".join(map(_bare, word)).split())
    found = searched.find(wanted) if wanted else -1
    while found >= 0:
        behind = found + len(wanted)
        while behind < len(searched) and places[behind] == places[behind - 1]:
            behind += 1  # the rest of one letter: the second s of an ß
        yield places[found], places[behind]
        found = searched.find(wanted, found + 1)


@lru_cache(maxsize=1 << 12)
def _bare(letter: str) -> str:
    """Return what is left of a letter without case, accents and style; nothing of one that cannot be seen."""
    plain = normalize("NFKD", normalize("NFKD", letter).casefold())
    gaps = (" " if one.isspace() or one == _BLANK else one for one in plain)
    return "".join(one for one in gaps if category(one) not in _CHANGING and one not in _FILLERS)
