"""The text of a message from its parts, for a person to read. Nothing here raises, whatever the octets.

Parts in septets are read one by one, each with the shift tables its own header names. The bodies of 16-bit
parts that follow each other are joined first, because a surrogate pair may lie across the border. What cannot
be read leaves a mark in the result, and a part that is not there leaves one in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import groupby

from wire.alphabets import LOCKING, SINGLE
from wire.dcs import Coding, coding
from wire.errors import UdhError
from wire.septets import ESCAPE, UNKNOWN, decode_septets, fill_bits, unpack_septets
from wire.udh import LOCKING_SHIFT, SINGLE_SHIFT, Element, header_octets, last, parse_udh

GAP = "[…{part}/{total}…]"
"""Stands in the text for a part that is missing."""

DATA = "[…{part}/{total}: data…]"
"""Stands in the text for a part that is not text, between parts that are."""

MASK = "•"


class Mark(StrEnum):
    """What a reader should know about a text."""

    GAP = "gap"
    """A part is missing."""
    DATA = "data"
    """8-bit data: not text."""
    COMPRESSED = "compressed"
    """Compressed (TS 23.042): not read here."""
    UNKNOWN_TABLE = "unknown-table"
    """A national language table that is not in the standard: the default was taken."""
    UNKNOWN_CHARACTER = "unknown-character"
    """A code without a character: shown as U+FFFD."""
    LONE_SURROGATE = "lone-surrogate"
    """Half of a surrogate pair: shown as U+FFFD."""
    ODD_LENGTH = "odd-length"
    """A 16-bit text with an odd number of octets: the last one is not shown."""
    BAD_HEADER = "bad-header"
    """A TP-UDH whose lengths contradict each other: its shift tables are unknown."""
    TRUNCATED = "truncated"
    """Fewer septets or octets than TP-UDL says."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """What a slip keeps of one part."""

    dcs: int
    udl: int
    udhi: bool
    ud: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text, or None where no part holds one."""

    text: str | None = field(repr=False)
    marks: frozenset[Mark]


def decode_text(parts: Sequence[TextPart | None]) -> DecodedText:
    """Return the text of a message from all its parts in order, None for one that is missing."""
    marks: set[Mark] = set()
    places = [_Place(number, len(parts), part) for number, part in enumerate(parts, start=1)]
    text = []
    for kind, run in groupby(places, key=_kind):
        text.append(_RUNS[kind](list(run), marks))
    readable = any(kind in (Coding.GSM7, Coding.UCS2) for kind in map(_kind, places))
    return DecodedText("".join(text) if readable else None, frozenset(marks))


@dataclass(frozen=True, slots=True)
class _Place:
    number: int
    total: int
    part: TextPart | None


def _kind(place: _Place) -> Coding | None:
    return coding(place.part.dcs & 0xFF) if place.part else None


def _gaps(run: list[_Place], marks: set[Mark]) -> str:
    marks.add(Mark.GAP)
    return "".join(GAP.format(part=place.number, total=place.total) for place in run)


def _not_text(mark: Mark, run: list[_Place], marks: set[Mark]) -> str:
    marks.add(mark)
    return "".join(DATA.format(part=place.number, total=place.total) for place in run)


def _sixteen_bit(run: list[_Place], marks: set[Mark]) -> str:
    octets = b"".join(_body_octets(place.part, marks) for place in run if place.part)
    if len(octets) & 1:
        marks.add(Mark.ODD_LENGTH)
        octets = octets[:-1]
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError:
        marks.add(Mark.LONE_SURROGATE)
        return octets.decode("utf-16-be", errors="replace")


def _body_octets(part: TextPart, marks: set[Mark]) -> bytes:
    if part.udl > len(part.ud):
        marks.add(Mark.TRUNCATED)
    _, start = _header(part, marks)
    return part.ud[start : part.udl]


def _seven_bit(run: list[_Place], marks: set[Mark]) -> str:
    text = []
    carried = b""
    for place in run:
        if place.part:
            septets, locking, single = _body_septets(place.part, marks)
            septets = carried + septets
            carried = _half_escape(septets) if place is not run[-1] else b""
            septets = septets[: len(septets) - len(carried)]
            text.append(decode_septets(septets, locking=locking, single=single))
    if any(UNKNOWN in piece for piece in text):
        marks.add(Mark.UNKNOWN_CHARACTER)
    return "".join(text)


def _half_escape(septets: bytes) -> bytes:
    """Return an escape at the end whose other half is in the next part: careless senders cut there."""
    escapes = len(septets) - len(septets.rstrip(bytes((ESCAPE,))))
    return bytes((ESCAPE,)) if escapes & 1 else b""


def _body_septets(part: TextPart, marks: set[Mark]) -> tuple[bytes, int, int]:
    """Return the septets behind the header, and the locking and single shift tables to read them with."""
    elements, start = _header(part, marks)
    fill = fill_bits(start)
    count = max(part.udl - (start * 8 + fill) // 7, 0)
    septets = unpack_septets(part.ud[start:], count, fill=fill)
    if len(septets) < count:
        marks.add(Mark.TRUNCATED)
    locking = _shift_table(elements, LOCKING_SHIFT, LOCKING, marks)
    return septets, locking, _shift_table(elements, SINGLE_SHIFT, SINGLE, marks)


def _shift_table(elements: Sequence[Element], iei: int, known: dict[int, str], marks: set[Mark]) -> int:
    element = last(elements, iei)
    if element is None:
        return 0
    if element.data[0] not in known:
        marks.add(Mark.UNKNOWN_TABLE)
        return 0
    return element.data[0]


def _header(part: TextPart, marks: set[Mark]) -> tuple[Sequence[Element], int]:
    """Return the header's elements, and how many octets of TP-UD it takes."""
    if not part.udhi:
        return (), 0
    try:
        elements: Sequence[Element] = parse_udh(part.ud)
    except UdhError:
        marks.add(Mark.BAD_HEADER)
        elements = ()
    return elements, header_octets(part.ud)


_RUNS: dict[Coding | None, Callable[[list[_Place], set[Mark]], str]] = {
    Coding.GSM7: _seven_bit,
    Coding.UCS2: _sixteen_bit,
    Coding.DATA: partial(_not_text, Mark.DATA),
    Coding.COMPRESSED: partial(_not_text, Mark.COMPRESSED),
    None: _gaps,
}

_NUMBER = re.compile(r"\d(?:[\W_]{0,4}\d){6,}")
"""Seven and more decimal digits of any script; up to four signs that are no letters may stand between two."""


def mask_digits(text: str) -> str:
    """Return ``text`` with every digit of a run of seven or more made a dot; for texts of origin network."""
    return _NUMBER.sub(lambda run: re.sub(r"\d", MASK, run[0]), text)
