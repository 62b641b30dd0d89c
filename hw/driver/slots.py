"""What an entry of a message memory is: a message to take, somebody's own, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from hw.at.events import Pdu
from hw.at.pdu import complete, first_octet
from hw.at.replies import StoredHeader
from hw.contract import Delivery

STORED_UNSENT, STORED_SENT = 2, 3
RECEIVED = (0, 1)
OWN = (STORED_UNSENT, STORED_SENT)
"""<stat> of entries that were written into the memory, not received. TS 27.005 §3.1."""
MTI_SUBMIT, MTI_REPORT = 0b01, 0b10
SHORTEST_SUBMIT = 7
"""Octets: first octet, TP-MR, TP-DA without digits 2, TP-PID, TP-DCS, TP-UDL. TS 23.040 §9.2.2.2."""
SHORTEST_REPORT = 19
"""Octets: first octet, TP-MR, TP-RA without digits 2, TP-SCTS 7, TP-DT 7, TP-ST. TS 23.040 §9.2.2.3."""


@dataclass(slots=True)
class Found:
    """What a sweep of one memory came to."""

    taken: int = 0
    foreign: int = 0
    held: int = 0
    spoilt: int = 0
    """Not whole, and not seen so often enough: left for the next sweep."""
    undeleted: int = 0
    unread: int = 0
    unlisted: bool = False
    """+CMGL did not work."""
    answered: int = 0
    """Slots that answered with an entry, ours or not."""
    seen: set[int] = field(default_factory=set)
    """Indices done with, whatever they held."""
    named: dict[int, bytes] = field(default_factory=dict, repr=False)
    """What +CMGL, which names its indices, said of each."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read from a slot."""

    index: int
    delivery: Delivery
    at: float
    """When, in the driver's seconds."""
    meaning: tuple[int, int]
    """What indices meant at that time."""
    confirmed: bool
    """Whether +CMGR said so. What only +CMGL said is not deleted before another source agrees."""
    named: bool
    """Whether +CMGL said so, which names its index. In doubt about the step of the dialogue that is needed."""


def whole(header: StoredHeader, pdu: Pdu) -> bool:
    """Return whether nothing seems to have been lost on the line."""
    return pdu.intact and (header.length is None or complete(pdu.octets, header.length))


def foreign(header: StoredHeader, pdu: Pdu) -> bool:
    """Return whether the entry is certainly no received message. In doubt it is one: TS 23.040 §9.2.3.1."""
    if header.stat in OWN:
        return True
    first = first_octet(pdu.octets, header.length)
    return first is not None and first & 0b11 in (MTI_SUBMIT, MTI_REPORT)


def clearable(header: StoredHeader, pdu: Pdu) -> bool:
    """Return whether the entry is certainly an own SMS-SUBMIT or an SMS-STATUS-REPORT: <stat> and TP-MTI say so."""
    first = first_octet(pdu.octets, header.length)
    if first is None or header.length is None or not pdu.intact:
        return False
    kind, octets = first & 0b11, min(header.length, len(pdu.octets) - 1 - pdu.octets[0])
    if header.stat in OWN:
        return kind == MTI_SUBMIT and octets >= SHORTEST_SUBMIT
    return header.stat in RECEIVED and kind == MTI_REPORT and octets >= SHORTEST_REPORT
