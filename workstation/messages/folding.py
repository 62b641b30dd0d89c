"""What a text is for searching and comparing: without case, accents, spacing, punctuation and what is not seen. Pure.

Words stand between single spaces, one before and one behind: so a part of a word is found wherever it stands, and a
word of one or two letters as a whole word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LEAST_PART = 3
"""Letters from which on parts of words are found: the index has pieces of three."""
MOST_TERMS = 16
"""Of one search; what comes behind is not looked at. Nobody types so many."""
MOST_LETTERS = 2000
"""Of one search."""
_KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No"})
_DROPPED = frozenset({"Mn", "Me", "Mc", "Cf", "Sk"})
"""Accents, and what has no width: a word is the same word with a zero-width space within."""


class _Folding(dict[int, str]):
    """A table for str.translate that learns each character when it comes first."""

    def __missing__(self, code: int) -> str:
        found = _fold_character(chr(code))
        if len(self) < 1 << 16:
            self[code] = found
        return found


def _fold_character(character: str) -> str:
    return "".join(map(_sort, unicodedata.normalize("NFKD", character).casefold()))


def _sort(character: str) -> str:
    category = unicodedata.category(character)
    if category in _KEPT:
        return character
    if category in _DROPPED:
        return ""
    return f" {character} " if category == "So" else " "


_TABLE = _Folding()


def fold(text: str) -> str:
    """Return ``text`` as it is searched and compared: " vi un coche ", or "" where nothing of it can be searched."""
    words = text.translate(_TABLE).split()
    return f" {' '.join(words)} " if words else ""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: pieces that must all be in a folded text; None of them finds nothing."""

    pieces: tuple[str, ...]

    @property
    def match(self) -> str:
        """Return it in the language of FTS5; the pieces hold letters, digits, symbols and spaces only."""
        return " AND ".join(f'"{piece}"' for piece in self.pieces)


_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')


def read_search(text: str) -> Search:
    """Return what somebody who typed ``text`` looks for; whatever it is, it is never an error."""
    pieces: dict[str, None] = {}
    for quoted, word in _TERM.findall(text[:MOST_LETTERS]):
        folded = fold(quoted or word)
        if folded:
            pieces[_piece(folded)] = None
    return Search(tuple(pieces)[:MOST_TERMS])


def _piece(folded: str) -> str:
    """Return what to look for: any place for what is long enough, a whole word for what is not."""
    bare = folded[1:-1]
    return bare if len(bare) >= LEAST_PART else folded
