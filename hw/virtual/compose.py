"""From a text to the bodies of its parts, as a phone composes them: alphabet, header, splitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hw.virtual.alphabet import SPANISH, pack, septets_of
from hw.virtual.tpdu import MAX_USER_DATA, Body

GSM7, EIGHT_BIT, UCS2 = 0x00, 0x04, 0x08


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is to be sent."""

    dcs: int | None = None
    """TP-DCS; None chooses GSM 7-bit, then the Spanish single shift table, then UCS-2."""
    pid: int = 0
    reference: int = 0
    """Concatenation reference; more than 255 takes the 16-bit element. TS 23.040 §9.2.3.24.1 and .8."""
    wide_reference: bool = False
    ports: tuple[int, int] | None = None
    """Destination and source port, 16 bits each. TS 23.040 §9.2.3.24.4."""
    language: int | None = None
    """National single shift table to use whatever the text; None chooses."""


def compose(text: str, style: Style) -> list[Body]:
    """Return the bodies of the parts of ``text``, in order."""
    language = style.language or 0
    units = septets_of(text, language) if _may_be_seven_bit(style.dcs) else None
    if units is None and style.language is None and _may_be_seven_bit(style.dcs):
        language = SPANISH
        units = septets_of(text, language)
    if units is None:
        return _ucs2(text, style)
    return _seven_bit(units, language, style)


def compose_data(data: bytes, style: Style) -> list[Body]:
    """Return the bodies of 8-bit ``data``."""
    room = MAX_USER_DATA - len(_header(_ports(style)))
    if len(data) <= room:
        pieces = [data]
    else:
        room = MAX_USER_DATA - len(_header([*_ports(style), _concatenation(style, 1, 1)]))
        pieces = [data[i : i + room] for i in range(0, len(data), room)]
    return [
        _octet_body(piece, header, EIGHT_BIT if style.dcs is None else style.dcs, style.pid)
        for piece, header in zip(pieces, _headers(_ports(style), style, len(pieces)), strict=True)
    ]


def _may_be_seven_bit(dcs: int | None) -> bool:
    """TS 23.038 §4: bits 3 and 2 of the general groups; the waiting groups; bit 2 of group 1111."""
    if dcs is None:
        return True
    if dcs >> 4 == 0xF:
        return not dcs & 0x04
    if dcs >> 4 >= 0xC:
        return dcs >> 4 != 0xE
    return dcs & 0x0C == 0


def _seven_bit(units: list[tuple[int, ...]], language: int, style: Style) -> list[Body]:
    elements = _ports(style) + ([bytes([0x24, 1, language])] if language else [])
    pieces = [units]
    if sum(map(len, units)) > _septet_room(elements):
        pieces = _split(units, _septet_room([*elements, _concatenation(style, 1, 1)]))
    bodies = []
    for piece, header in zip(pieces, _headers(elements, style, len(pieces)), strict=True):
        septets = [septet for unit in piece for septet in unit]
        skipped = -(-len(header) * 8 // 7)
        packed = pack(septets, skipped * 7 - len(header) * 8)
        bodies.append(
            Body(header + packed, skipped + len(septets), style.dcs or GSM7, style.pid, udhi=bool(header))
        )
    return bodies


def _ucs2(text: str, style: Style) -> list[Body]:
    units = [tuple(character.encode("utf-16-be", "surrogatepass")) for character in text]
    elements = _ports(style)
    pieces = [units]
    if sum(map(len, units)) > MAX_USER_DATA - len(_header(elements)):
        pieces = _split(units, MAX_USER_DATA - len(_header([*elements, _concatenation(style, 1, 1)])))
    dcs = UCS2 if style.dcs is None or _may_be_seven_bit(style.dcs) else style.dcs
    return [
        _octet_body(bytes(octet for unit in piece for octet in unit), header, dcs, style.pid)
        for piece, header in zip(pieces, _headers(elements, style, len(pieces)), strict=True)
    ]


def _octet_body(data: bytes, header: bytes, dcs: int, pid: int) -> Body:
    return Body(header + data, len(header) + len(data), dcs, pid, udhi=bool(header))


def _split(units: list[tuple[int, ...]], room: int) -> list[list[tuple[int, ...]]]:
    """Return units in pieces of at most ``room``; a unit (escape pair, surrogate pair) is never cut."""
    pieces: list[list[tuple[int, ...]]] = [[]]
    used = 0
    for unit in units:
        if used + len(unit) > room:
            pieces.append([])
            used = 0
        pieces[-1].append(unit)
        used += len(unit)
    return pieces


def _septet_room(elements: Sequence[bytes]) -> int:
    return (MAX_USER_DATA - len(_header(elements))) * 8 // 7


def _headers(elements: list[bytes], style: Style, total: int) -> list[bytes]:
    if total == 1:
        return [_header(elements)]
    return [_header([_concatenation(style, total, number + 1), *elements]) for number in range(total)]


def _header(elements: Sequence[bytes]) -> bytes:
    joined = b"".join(elements)
    return bytes([len(joined)]) + joined if joined else b""


def _concatenation(style: Style, total: int, number: int) -> bytes:
    if style.wide_reference or style.reference > 0xFF:
        return bytes([0x08, 4]) + style.reference.to_bytes(2, "big") + bytes([total, number])
    return bytes([0x00, 3, style.reference, total, number])


def _ports(style: Style) -> list[bytes]:
    if style.ports is None:
        return []
    return [bytes([0x05, 4]) + b"".join(port.to_bytes(2, "big") for port in style.ports)]
