"""The slip: 256 octets that carry one part of a message, or nothing, or what the box has to say. docs/formats.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from wire.refusal import Refusal, Refused

VERSION = 1
SLIP_OCTETS = 256
SEAL_OCTETS = 48
"""What crypto_box_seal adds: an ephemeral X25519 key (32) and a Poly1305 tag (16)."""
SEALED_OCTETS = SLIP_OCTETS + SEAL_OCTETS
DATA_OCTETS = 164
"""A TP-UD has at most 140 octets; the rest of an unparsed TPDU may be longer."""
NO_ID = bytes(16)

_LAYOUT = struct.Struct(">BBHI8s16s16s16sQIBBBB164s12s")
_FILL = bytes(12)


class Kind(IntEnum):
    """What a slip is."""

    COVER = 0
    SMS = 1
    CANARY = 2
    MANIFEST = 3
    UNPARSED = 4


class Flag(IntFlag):
    """The flags that are single bits. Bits 4 and 5 are the origin class; all others are zero."""

    UDHI = 1
    COUNTED = 2
    AFTER_LOSS = 4
    MULTIMEDIA = 8


NO_FLAGS = Flag(0)


class Origin(IntEnum):
    """Class of the sender's address, the one thing that is kept of it."""

    NONE = 0
    SUBSCRIBER = 1
    NETWORK = 2
    ALPHANUMERIC = 3


_ORIGIN_SHIFT = 4
_FLAG_BITS = 0b1111
_KNOWN_BITS = 0b11_1111
_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One slip, open. ``data`` is TP-UD, the rest of an unparsed TPDU, or a manifest."""

    kind: Kind
    flags: Flag = NO_FLAGS
    origin: Origin = Origin.NONE
    epoch: int
    line: bytes
    tip: bytes = NO_ID
    message: bytes = NO_ID
    conversation: bytes = NO_ID
    received: int
    """Start of the period in which it came, Unix seconds."""
    period: int
    """Length of that period, seconds."""
    pid: int = 0
    dcs: int = 0
    udl: int = 0
    data: bytes = field(default=b"", repr=False)


def encode_slip(slip: Slip) -> bytes:
    """Return the 256 octets of ``slip``. Raises Refused where a value does not fit: our own fault."""
    if len(slip.data) > DATA_OCTETS:
        raise Refused(Refusal.LENGTH, "data", f"more than {DATA_OCTETS} octets")
    try:
        return _LAYOUT.pack(
            VERSION,
            slip.kind,
            slip.flags | slip.origin << _ORIGIN_SHIFT,
            slip.epoch,
            slip.line,
            slip.tip,
            slip.message,
            slip.conversation,
            slip.received,
            slip.period,
            slip.pid,
            slip.dcs,
            slip.udl,
            len(slip.data),
            slip.data,
            _FILL,
        )
    except struct.error as error:
        raise Refused(Refusal.VALUE, "slip", "a value does not fit its field") from error


def decode_slip(octets: bytes) -> Slip:
    """Return the slip in ``octets``. Raises Refused (LENGTH, VERSION, CANONICAL), and nothing else."""
    if len(octets) != SLIP_OCTETS:
        raise Refused(Refusal.LENGTH, "slip", f"not {SLIP_OCTETS} octets")
    fields = _LAYOUT.unpack(octets)
    version, kind, flags, epoch, line, tip, message, conversation, received, period = fields[:10]
    pid, dcs, udl, length, data, fill = fields[10:]
    if version != VERSION:
        raise Refused(Refusal.VERSION, "version", f"not {VERSION}")
    if kind not in _KINDS:
        raise Refused(Refusal.CANONICAL, "kind", "not a known kind")
    if flags & ~_KNOWN_BITS:
        raise Refused(Refusal.CANONICAL, "flags", "a reserved bit is set")
    if length > DATA_OCTETS or any(data[length:]):
        raise Refused(Refusal.CANONICAL, "length", "the octets behind the data are not zero")
    if fill != _FILL:
        raise Refused(Refusal.CANONICAL, "fill", "not zero")
    return Slip(
        kind=Kind(kind),
        flags=Flag(flags & _FLAG_BITS),
        origin=Origin(flags >> _ORIGIN_SHIFT),
        epoch=epoch,
        line=line,
        tip=tip,
        message=message,
        conversation=conversation,
        received=received,
        period=period,
        pid=pid,
        dcs=dcs,
        udl=udl,
        data=data[:length],
    )
