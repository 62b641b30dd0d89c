"""Hexadecimal <pdu> lines, decoded without ever failing, and the little of a PDU the driver looks at."""

from __future__ import annotations

from binascii import Error, unhexlify

from hw.at.events import Pdu
from hw.contract import MAX_PDU_OCTETS

HEX = frozenset(b"0123456789abcdefABCDEF")
MAX_PDU_CHARACTERS = 2 * MAX_PDU_OCTETS
SMSC_MAX_OCTETS = 11
"""<SMSC length> at most: type of address, and 20 semi-octets. TS 27.005 §3.1, TS 24.011 §8.2.5.1."""


def decode(line: bytes) -> Pdu:
    """Return the octets of ``line``; a pair that is not hexadecimal becomes one zero octet."""
    if len(line) > MAX_PDU_CHARACTERS:
        return Pdu(decode(line[:MAX_PDU_CHARACTERS]).octets, intact=False)
    try:
        return Pdu(unhexlify(line))
    except Error:
        return Pdu(bytes(map(_pair, range(0, len(line), 2), [line] * len(line))), intact=False)


def _pair(start: int, line: bytes) -> int:
    pair = line[start : start + 2]
    return int(pair, 16) if len(pair) == 2 and HEX.issuperset(pair) else 0


def looks_hexadecimal(line: bytes) -> bool:
    """Return whether at least half of ``line`` is: a garbled PDU is still one, a line of words is not."""
    start = line[:MAX_PDU_CHARACTERS]
    return 2 * sum(character in HEX for character in start) >= len(start)


def fits(octets: int, length: int | None) -> bool:
    """Return whether a PDU of so many ``octets`` can belong to a header with <length> ``length``.

    <length> leaves out the SMSC address by the standard; some modems count it.
    """
    return length is not None and length <= octets <= length + 1 + SMSC_MAX_OCTETS


def complete(pdu: bytes, length: int) -> bool:
    """Return whether ``pdu`` can be all of a message with this <length>, FF padding behind it or none.

    <length> leaves out the SMSC address by the standard, counts it on some modems, and on some there is none.
    """
    ends = [length]
    if pdu and _smsc_in_front(pdu):
        ends.append(length + 1 + pdu[0])
    return any(len(pdu) >= end and not pdu[end:].strip(b"\xff") for end in ends)


def first_octet(pdu: bytes, length: int | None) -> int | None:
    """Return the octet with TP-MTI, or None where it cannot be told whether an SMSC stands in front."""
    if not pdu or not _smsc_in_front(pdu):
        return None
    offset = 1 + pdu[0]
    if len(pdu) <= offset or length is None:
        return None
    if length == len(pdu) - offset or length < len(pdu) - 1 - SMSC_MAX_OCTETS:  # the latter: padded
        return pdu[offset]
    # <length> counts all: with 00 in front that is an empty SMSC or no SMSC and an SMS-DELIVER.
    return pdu[offset] if length == len(pdu) and pdu[0] else None


def _smsc_in_front(pdu: bytes) -> bool:
    # The type of address always has bit 8 set, the address length of a TPDU without SMSC never has.
    return pdu[0] == 0 or (2 <= pdu[0] <= SMSC_MAX_OCTETS and len(pdu) > 1 and pdu[1] & 0x80 != 0)
