"""Taking away what could name the sender, and recognising a re-delivery. None of these ever raises.

A header keeps its shape: of an element that is not on the list, IEI and IEDL stay and every octet of the data
becomes zero, so that the header still parses and the text stays at its septet. Of a header whose lengths
contradict each other TP-UDHL stays, which says where the text begins, and all behind it becomes zero.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from wire.dcs import counts_septets, octets_of_septets
from wire.tpdu import Deliver
from wire.udh import (
    ELEMENT_OCTETS,
    PORTS_16,
    Concat,
    Element,
    concatenation,
    every_port,
    header_octets,
    scan_udh,
)

MULTIMEDIA_PORTS = frozenset({2948, 2949, *range(9200, 9204)})
"""WAP push and the WAP session ports: a multimedia notification's body names its sender."""

UNPARSED_SKIPPED = 36
"""Longest SMSC 12, first octet 1, longest TP-OA 12, TP-PID 1, TP-DCS 1, TP-SCTS 7, TP-UDL 1, and one to spare."""

UNPARSED_KEPT = 164
"""A slip's data."""


@dataclass(frozen=True, slots=True)
class StrippedUserData:
    """What of a message goes into a slip."""

    udl: int
    """As the TP-DCS counts; the same as before unless ``multimedia``."""
    ud: bytes = field(repr=False)
    multimedia: bool
    """The body was dropped."""
    concat: Concat | None


def strip_user_data(deliver: Deliver) -> StrippedUserData:
    """Return the user data of ``deliver`` without what could name the sender. The design, section 5."""
    ud = deliver.ud
    if not deliver.udhi:
        return StrippedUserData(deliver.udl, ud, False, None)
    elements, end = scan_udh(ud)
    header_end = header_octets(ud)
    consistent = bool(ud) and end == header_end == 1 + ud[0]
    header = _listed_only(ud[:header_end], elements) if consistent else ud[:1] + bytes(max(header_end - 1, 0))
    concat = concatenation(elements) if consistent else None
    if every_port(elements) & MULTIMEDIA_PORTS:
        udl, ud = _header_alone(header, deliver.dcs)
        return StrippedUserData(udl, ud, True, concat)
    return StrippedUserData(deliver.udl, header + ud[header_end:], False, concat)


def _listed_only(header: bytes, elements: tuple[Element, ...]) -> bytes:
    """Return ``header`` with the data zeroed of each element that is not on the list or has not its length."""
    kept = bytearray(header)
    for element in elements:
        length = len(element.data)
        if ELEMENT_OCTETS.get(element.iei) != length:
            start = element.offset + 2
            kept[start : start + length] = bytes(length)
    return bytes(kept)


def _header_alone(header: bytes, dcs: int) -> tuple[int, bytes]:
    """Return TP-UDL and TP-UD for ``header`` without a body; septets are filled up with zero bits."""
    if not counts_septets(dcs):
        return len(header), header
    septets = (len(header) * 8 + 6) // 7
    return septets, header.ljust(octets_of_septets(septets), b"\0")


def strip_unparsed(pdu: bytes) -> bytes:
    """Return the rest of a PDU that could not be parsed, from octet 36 on, at the most 164 octets.

    It ends before anything that looks like a port element of a multimedia notification.
    """
    notification = _MULTIMEDIA_ELEMENT.search(pdu)
    end = notification.start() if notification else len(pdu)
    return pdu[UNPARSED_SKIPPED : min(end, UNPARSED_SKIPPED + UNPARSED_KEPT)]


_MULTIMEDIA_ELEMENT = re.compile(
    bytes((PORTS_16, 4))
    + b"(?:..)?(?:%b)" % b"|".join(re.escape(port.to_bytes(2, "big")) for port in sorted(MULTIMEDIA_PORTS)),
    re.DOTALL,
)
"""A port element with one of the ports as destination or as source."""


def redelivery_key(deliver: Deliver) -> bytes | None:
    """Return the octets by which the network's second delivery of a message is known, or None.

    Over TP-OA, TP-PID, TP-DCS, TP-SCTS, TP-UDL and TP-UD; what may change (TP-MMS, TP-SRI, the SMSC, padding)
    is not in it. None where TP-SCTS is no date: a second text of the same words must not pass for the first.
    The result identifies the sender: hash it under a key that is only in memory, and drop it.
    """
    if not is_valid_scts(deliver.scts):
        return None
    fixed = bytes((deliver.pid, deliver.dcs)) + deliver.scts + bytes((deliver.udl, len(deliver.ud)))
    return fixed + deliver.ud + deliver.oa.canonical


def is_valid_scts(scts: bytes) -> bool:
    """Return whether the 7 octets of ``scts`` are a date, a time and a time zone. TS 23.040 §9.2.3.11."""
    if len(scts) != 7:
        return False
    year, month, day, hour, minute, second = (_SWAPPED[octet] for octet in scts[:6])
    zone = _SWAPPED[scts[6] & 0xF7]  # bit 4 is the sign
    if min(year, month, day, zone) < 0 or not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return False
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


_SWAPPED = tuple(
    low * 10 + high if low < 10 and high < 10 else -1
    for high, low in ((octet >> 4, octet & 0xF) for octet in range(256))
)
"""The number two swapped semi-octets stand for, or -1."""
