"""The network's own TPDUs: SMS-DELIVER built, SMS-SUBMIT read. TS 23.040 §9.2.2.

Written apart from ``wire`` on purpose: two readers of the standard check each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hw.virtual.alphabet import pack, septets_of

UDHI = 0x40
MMS = 0x04
"""TP-More-Messages-to-Send: set means that no more are waiting. TS 23.040 §9.2.3.2."""

INTERNATIONAL, UNKNOWN, ALPHANUMERIC = 0x91, 0x81, 0xD0
MAX_USER_DATA = 140
_NIBBLES = "0123456789*#abc"


class SubmitError(Exception):
    """Not an SMS-SUBMIT. Carries the field's name only."""


@dataclass(frozen=True, slots=True)
class Body:
    """TP-PID to TP-UD of one TPDU, without its addresses and times."""

    data: bytes = field(repr=False)
    udl: int = 0
    dcs: int = 0
    pid: int = 0
    udhi: bool = False


@dataclass(frozen=True, slots=True)
class Submit:
    """What an SMS-SUBMIT asks for."""

    destination: str = field(repr=False)
    body: Body


def semi_octets(digits: str) -> bytes:
    """Return digits as swapped semi-octets, filled with F. TS 23.040 §9.1.2.3."""
    nibbles = [_NIBBLES.index(digit.lower()) for digit in digits]
    if len(nibbles) % 2:
        nibbles.append(0xF)
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


def digits_of(octets: bytes) -> str:
    """Return the digits of swapped semi-octets, the filling left out."""
    nibbles = [nibble for octet in octets for nibble in (octet & 0xF, octet >> 4)]
    return "".join(_NIBBLES[nibble] for nibble in nibbles if nibble != 0xF)


def address(number: str) -> bytes:
    """Return an address field (TP-OA): a number, or a name of 11 GSM characters at most. TS 23.040 §9.1.2.5."""
    if number.lstrip("+").replace("*", "").replace("#", "").isdigit():
        digits = number.lstrip("+")
        kind = INTERNATIONAL if number.startswith("+") else UNKNOWN
        return bytes([len(digits), kind]) + semi_octets(digits)
    if not number:
        return bytes([0, UNKNOWN])
    units = septets_of(number[:11]) or [(0x3F,)]
    septets = [septet for unit in units for septet in unit]
    packed = pack(septets)
    return bytes([(len(septets) * 7 + 3) // 4, ALPHANUMERIC]) + packed


def smsc_address(number: str) -> bytes:
    """Return the SMSC address in front of <pdu>: its length in octets, type and digits. TS 27.005 §3.1 <pdu>."""
    if not number:
        return b"\x00"
    value = semi_octets(number.lstrip("+"))
    return bytes([len(value) + 1, INTERNATIONAL if number.startswith("+") else UNKNOWN]) + value


def time_stamp(moment: datetime) -> bytes:
    """Return TP-SCTS, seven octets; a naive time counts as UTC. TS 23.040 §9.2.3.11."""
    offset = moment.utcoffset()
    quarters = 0 if offset is None else round(offset.total_seconds() / 900)
    digits = moment.strftime("%y%m%d%H%M%S") + f"{abs(quarters):02d}"
    octets = bytearray(semi_octets(digits))
    if quarters < 0:
        octets[6] |= 0x08
    return bytes(octets)


def deliver(origin: bytes, body: Body, scts: bytes) -> bytes:
    """Return an SMS-DELIVER with TP-MMS "no more messages". TS 23.040 §9.2.2.1."""
    first = MMS | (UDHI if body.udhi else 0)
    return bytes([first]) + origin + bytes([body.pid, body.dcs]) + scts + bytes([body.udl]) + body.data


def read_submit(tpdu: bytes) -> Submit:
    """Return what the SMS-SUBMIT asks for. Raises SubmitError. TS 23.040 §9.2.2.2."""
    try:
        first = tpdu[0]
        if first & 0b11 != 0b01:
            raise SubmitError("TP-MTI")
        digits = (tpdu[2] + 1) // 2
        number = digits_of(tpdu[4 : 4 + digits])[: tpdu[2]]
        prefix = "+" if tpdu[3] == INTERNATIONAL else ""
        at = 4 + digits
        pid, dcs = tpdu[at], tpdu[at + 1]
        at += 2 + {0: 0, 0b10: 1, 0b01: 7, 0b11: 7}[first >> 3 & 0b11]
        body = Body(data=tpdu[at + 1 :], udl=tpdu[at], dcs=dcs, pid=pid, udhi=bool(first & UDHI))
    except IndexError as error:
        raise SubmitError("length") from error
    return Submit(destination=prefix + number, body=body)
