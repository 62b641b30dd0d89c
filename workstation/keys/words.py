"""Words of a share as people write and type them: SLIP-0039's list, and where a mistake is likely to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import combinations

from shamir_mnemonic import rs1024
from shamir_mnemonic.constants import CUSTOMIZATION_STRING_EXTENDABLE, CUSTOMIZATION_STRING_ORIG
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from workstation.problems import NotThisKey

SHARE_WORDS = 33
"""SLIP-0039 for 256 bits: 4 words of parameters, 26 of value, 3 of checksum."""
COLUMNS = 3
"""In which a sheet shows them, 11 words each."""
_UNIQUE = 4
"""The first letters by which each word of the list is known. SLIP-0039, "Wordlist"."""
_BY_START = {word[:_UNIQUE]: word for word in WORDLIST}
_NUMBERED = re.compile(r"\b(\d{1,2})[.)]\s+([^\W\d_]+)")
_LETTERS = re.compile(r"[^\W\d_]+")
_OFFERED = 3


class Mistyped(NotThisKey):
    """The words are not those of a share."""

    def __init__(self, what: str, *, way_out: str = "", place: int = 1) -> None:
        super().__init__(what, way_out=way_out)
        self.what = what
        self.place = place
        """Of the word to look at first, from 1."""


def words_of(text: str) -> list[str]:
    """Return the words in ``text``; what is no letter divides them."""
    return _LETTERS.findall(text)


def checked_word(word: str, place: int) -> str:
    """Return the word of the list that ``word`` is, or that its first four letters name.

    Raises Mistyped, which names the place (from 1) and the nearest words of the list.
    """
    lower = word.casefold()
    if lower in WORD_INDEX_MAP:
        return lower
    if len(lower) == _UNIQUE and lower in _BY_START:
        return str(_BY_START[lower])
    near = get_close_matches(lower, WORDLIST, n=_OFFERED, cutoff=0.5)
    offered = f"Is it {_or(near)}?" if near else "Look at the sheet again."
    raise Mistyped(f"word {place} is not in the list", way_out=offered)


def checked_share(words: Sequence[str]) -> str:
    """Return the share of which ``words`` are, in one line. Raises Mistyped, which never repeats the words."""
    share = [checked_word(word, place) for place, word in enumerate(words, start=1)]
    if len(share) != SHARE_WORDS:
        raise Mistyped(f"a share has {SHARE_WORDS} words, these are {len(share)}")
    numbers = [WORD_INDEX_MAP[word] for word in share]
    if not _fits(numbers) and _fits([WORD_INDEX_MAP[word] for word in _down(share)]):
        return " ".join(_down(share))
    if not _fits(numbers):
        place, way_out = _likely(numbers)
        raise Mistyped("the words are in the list but do not fit together", way_out=way_out, place=place)
    return " ".join(share)


def _down(words: Sequence[str]) -> list[str]:
    """Return the words in their order that were read across the rows of a sheet instead of down its columns."""
    return [word for column in range(COLUMNS) for word in words[column::COLUMNS]]


def shares_of(text: str) -> list[str]:
    """Return the shares in a file's ``text``: words alone, or whole printed sheets, one behind the other.

    Raises Mistyped.
    """
    lists = list(_by_number(text)) or [words_of(text)]
    if not any(lists):
        raise Mistyped("there are no words")
    return [checked_share(words) for words in lists]


def _by_number(text: str) -> Iterator[list[str]]:
    """Yield the words of each sheet in ``text`` by their numbers; a number seen before begins the next sheet."""
    sheet: dict[int, str] = {}
    for number, word in _NUMBERED.findall(text):
        if int(number) in sheet:
            yield [sheet[place] for place in sorted(sheet)]
            sheet = {}
        sheet[int(number)] = word
    if sheet:
        yield [sheet[place] for place in sorted(sheet)]


def _fits(numbers: Sequence[int]) -> bool:
    extendable = numbers[1] >> 4 & 1
    text = CUSTOMIZATION_STRING_EXTENDABLE if extendable else CUSTOMIZATION_STRING_ORIG
    return bool(rs1024.verify_checksum(numbers, text))


def _likely(numbers: list[int]) -> tuple[int, str]:
    """Return where one mistake would explain the checksum, from 1, and in words.

    It is only a place: the sheet says what stands there.
    """
    for one, other in combinations(range(len(numbers)), 2):
        swapped = list(numbers)
        swapped[one], swapped[other] = numbers[other], numbers[one]
        if swapped != numbers and _fits(swapped):
            return one + 1, f"Words {one + 1} and {other + 1} may have changed places."
    for at in _wrong_places(numbers):
        return at + 1, f"Look at word {at + 1} again."
    return 1, "Compare all words with the sheet; more than one is another."


def _wrong_places(numbers: list[int]) -> Iterator[int]:
    """Yield each place where another word would make the share fit: 33 places, 1024 words, about a second."""
    for at in range(len(numbers)):
        if any(_fits([*numbers[:at], other, *numbers[at + 1 :]]) for other in range(len(WORDLIST))):
            yield at


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
