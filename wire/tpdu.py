"""SMS-DELIVER as the network sends it, and finding it in the <pdu> of a modem. TS 23.040 §9.2.2.1.

TS 27.005 §3.1 says that an SMSC address comes in front; some modems leave it out. <length> counts the TPDU
alone, or the SMSC address too, or is wrong: so the octets decide. A type-of-address octet has its first bit
always set, and an address has 20 semi-octets at the most. Read one place too early or too late, an SMS-DELIVER
has the SMSC's type (128 or more) for an address length, or its own address length (20 or less) for a type:
neither can be. So an SMS-DELIVER whose TP-OA type has its bit fits one place only, and is taken from there.
What remains is decided so, the standard's form (SMSC address in front) first each time:

- an SMS-DELIVER without SMSC address that would also do as another type behind one: taken if it ends the PDU;
- an address type without its bit (somebody's fault): taken if the SMS-DELIVER ends the PDU and <length>, if
  there is one, agrees;
- another type of TPDU: NotDeliver.

"Ends the PDU" means that nothing but FF follows. A place that merely might be right is refused, because user
data read from the wrong octet could hold the sender's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from wire.address import MAX_SEMI_OCTETS, Address
from wire.dcs import counts_septets, octets_of_septets
from wire.errors import NotDeliver, TpduError
from wire.octets import Octets

MAX_UD_OCTETS = 140
MAX_UD_SEPTETS = 160  # 140 * 8 / 7

_SCTS_OCTETS = 7
_FIXED_OCTETS = (
    1 + 2 + 1 + 1 + _SCTS_OCTETS + 1
)  # first, TP-OA length and type, TP-PID, TP-DCS, TP-SCTS, TP-UDL

MAX_SMSC_OCTETS = 11
"""The most an SMSC length octet may say: type of address and 10 octets of digits. TS 24.011 §8.2.5.1."""

_ALWAYS_SET = 0x80
"""Bit 8 of a type-of-address octet. TS 23.040 §9.1.2.5."""


class TpduType(IntEnum):
    """TP-MTI as a receiver sees it, in a stored entry too. TS 23.040 §9.2.3.1."""

    DELIVER = 0
    SUBMIT = 1
    STATUS_REPORT = 2
    RESERVED = 3
    """"If an MS receives a TPDU with a reserved value it shall process it as an SMS-DELIVER": so do we."""

    @property
    def is_deliver(self) -> bool:
        """Whether a receiver takes it for a message."""
        return self in (TpduType.DELIVER, TpduType.RESERVED)


@dataclass(frozen=True, slots=True)
class Deliver:
    """An SMS-DELIVER, its fields in the standard's order. What could identify a person is not in the repr."""

    mti: TpduType
    mms: bool
    """As on the air: True means that *no* more messages are waiting."""
    lp: bool
    rp: bool
    udhi: bool
    sri: bool
    oa: Address = field(repr=False)
    pid: int
    dcs: int
    scts: bytes = field(repr=False)
    """7 octets, valid date or not."""
    udl: int
    """Septets or octets, by ``dcs``."""
    ud: bytes = field(repr=False)
    """The octets ``udl`` asks for, neither more nor fewer."""


def decode_deliver(tpdu: bytes) -> Deliver:
    """Return the SMS-DELIVER in ``tpdu``, its first octet TP-MTI (no SMSC address in front).

    Octets after TP-UD are left alone: SIM records and some modems fill up with FF.
    Raises TpduError (NotDeliver for a TPDU of another type), and nothing else whatever the octets: anyone
    with a phone chooses them. TS 23.040 §9.2.2.1.
    """
    octets = Octets(tpdu, TpduError)
    first = octets.octet("first octet")
    mti = _TYPES[first & 0b11]
    if mti is TpduType.SUBMIT or mti is TpduType.STATUS_REPORT:
        raise NotDeliver("TP-MTI", offset=0, reason="not SMS-DELIVER")
    oa = _address(octets)
    pid = octets.octet("TP-PID")
    dcs = octets.octet("TP-DCS")
    scts = octets.take(_SCTS_OCTETS, "TP-SCTS")
    udl = octets.octet("TP-UDL")
    ud = octets.take(_ud_octets(dcs, udl, octets.offset - 1), "TP-UD")
    return Deliver(
        mti=mti,
        mms=bool(first & 0x04),
        lp=bool(first & 0x08),
        rp=bool(first & 0x80),
        udhi=bool(first & 0x40),
        sri=bool(first & 0x20),
        oa=oa,
        pid=pid,
        dcs=dcs,
        scts=scts,
        udl=udl,
        ud=ud,
    )


_TYPES = tuple(TpduType)


def _address(octets: Octets) -> Address:
    length = octets.octet("TP-OA length")
    if length > MAX_SEMI_OCTETS:
        raise TpduError("TP-OA length", offset=octets.offset - 1, reason="more than 20 semi-octets")
    toa = octets.octet("TP-OA type")
    return Address(length, toa, octets.take((length + 1) // 2, "TP-OA"))


def _ud_octets(dcs: int, udl: int, offset: int) -> int:
    if counts_septets(dcs):
        if udl > MAX_UD_SEPTETS:
            raise TpduError("TP-UDL", offset=offset, reason="more than 160 septets")
        return octets_of_septets(udl)
    if udl > MAX_UD_OCTETS:
        raise TpduError("TP-UDL", offset=offset, reason="more than 140 octets")
    return udl


def find_deliver(pdu: bytes, length: int | None) -> Deliver:
    """Return the SMS-DELIVER in ``pdu``; ``length`` is the header's, in octets, or None. The module says how.

    Raises NotDeliver where the TPDU is of another type, TpduError where there is none or it is not whole, and
    nothing else.
    """
    start = _start(pdu, length)
    return decode_deliver(pdu[start:])


def tpdu_type(pdu: bytes, length: int | None) -> TpduType | None:
    """Return the TP-MTI of the TPDU in ``pdu``, or None where no TPDU can be found."""
    try:
        return _TYPES[pdu[_start(pdu, length)] & 0b11]
    except TpduError:
        return None


def _start(pdu: bytes, length: int | None) -> int:
    """Return where the TPDU starts."""
    behind = _behind_smsc(pdu)
    behind_type = _type_at(pdu, behind)
    if behind_type is not None and behind_type.is_deliver:
        return behind
    front_type = _type_at(pdu, 0)
    if front_type is not None and front_type.is_deliver and (behind_type is None or _end(pdu, 0)):
        return 0
    for start in (behind, 0):
        end = _end(pdu, start)
        if end and length in (None, end, end - start):
            return start
    for start, found in ((behind, behind_type), (0, front_type)):
        if found is not None:
            return start
    raise TpduError("TPDU", offset=0, reason="not found")


def _behind_smsc(pdu: bytes) -> int:
    """Return the offset behind the SMSC address, or that of the end where ``pdu`` cannot begin with one."""
    if len(pdu) < 2 or pdu[0] > MAX_SMSC_OCTETS or (pdu[0] and not pdu[1] & _ALWAYS_SET):
        return len(pdu)
    return pdu[0] + 1


def _type_at(pdu: bytes, start: int) -> TpduType | None:
    """Return the type of a TPDU at ``start``, or None if no address stands where that type has one."""
    if start >= len(pdu):
        return None
    found = _TYPES[pdu[start] & 0b11]
    at = start + 1 if found.is_deliver else start + 2  # the others have a TP-MR before the address
    if at + 1 < len(pdu) and pdu[at] <= MAX_SEMI_OCTETS and pdu[at + 1] & _ALWAYS_SET:
        return found
    return None


def _end(pdu: bytes, start: int) -> int:
    """Return the end of a whole SMS-DELIVER at ``start`` with nothing but FF behind it, or 0."""
    try:
        deliver = decode_deliver(pdu[start:])
    except TpduError:
        return 0
    end = start + _FIXED_OCTETS + len(deliver.oa.digits) + len(deliver.ud)
    return 0 if pdu[end:].strip(b"\xff") else end
