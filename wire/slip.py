"""The slip: 256 octets that carry one part of a message, or nothing, or what the box has to say. docs/formats.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from wire.refusal import Refusal, Refused
from wire.signed import MAX_TIME

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
_NO_IDS = NO_ID * 3


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
_KINDS = {int(kind): kind for kind in Kind}
_FLAGS = tuple(Flag(bits) for bits in range(_FLAG_BITS + 1))
_ORIGINS = tuple(Origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One slip, open. ``data`` is TP-UD, the rest of an unparsed TPDU, or a manifest."""

    kind: Kind
    flags: Flag = NO_FLAGS
    origin: Origin = Origin.NONE
    epoch: int
    line: bytes
    tip: bytes = field(default=NO_ID, repr=False)
    """The key of the commitment: as secret as the slip."""
    message: bytes = field(default=NO_ID, repr=False)
    conversation: bytes = field(default=NO_ID, repr=False)
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
    for name, value, length in (
        ("line", slip.line, 8),
        ("tip", slip.tip, 16),
        ("message", slip.message, 16),
        ("conversation", slip.conversation, 16),
    ):
        if len(value) != length:
            raise Refused(Refusal.LENGTH, name, f"not {length} octets")
    _check(slip)
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
    except struct.error:
        raise Refused(Refusal.VALUE, "slip", "a value does not fit its field") from None


def decode_slip(octets: bytes) -> Slip:
    """Return the slip in ``octets``. Raises Refused (LENGTH, VERSION, CANONICAL, VALUE), and nothing else."""
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
    if length > DATA_OCTETS or len(data.rstrip(b"\0")) > length:
        raise Refused(Refusal.CANONICAL, "length", "the octets behind the data are not zero")
    if fill != _FILL:
        raise Refused(Refusal.CANONICAL, "fill", "not zero")
    slip = Slip(
        kind=_KINDS[kind],
        flags=_FLAGS[flags & _FLAG_BITS],
        origin=_ORIGINS[flags >> _ORIGIN_SHIFT],
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
    _check(slip)
    return slip


def _check(slip: Slip) -> None:
    """Return if the fields agree with the kind: what a kind does not use is zero, so that it can carry nothing."""
    for name, value, most in (("epoch", slip.epoch, 2**32 - 1), ("period", slip.period, 2**32 - 1)):
        if not 1 <= value <= most:
            raise Refused(Refusal.VALUE, name, f"not in 1 to {most}")
    if not 0 <= slip.received <= MAX_TIME:
        raise Refused(Refusal.VALUE, "received", "not in the years 1970 to 9999")
    if int(slip.flags) & _FORBIDDEN_FLAGS[slip.kind]:
        raise Refused(Refusal.CANONICAL, "flags", "a flag that this kind does not have")
    if slip.kind in _FROM_THE_AIR:
        if slip.tip == NO_ID:
            raise Refused(Refusal.CANONICAL, "tip", "a message has to have one")
    elif (
        slip.origin
        or slip.tip + slip.message + slip.conversation != _NO_IDS
        or slip.pid
        or slip.dcs
        or slip.udl
    ):
        raise Refused(Refusal.CANONICAL, "kind", "a field is set that this kind does not have")
    if slip.kind is Kind.COVER and slip.data:
        raise Refused(Refusal.CANONICAL, "data", "a cover slip has none")
    if slip.kind is Kind.UNPARSED and (slip.pid or slip.dcs or slip.udl):
        raise Refused(Refusal.CANONICAL, "kind", "nothing was parsed, so nothing can be set")


_FROM_THE_AIR = frozenset({Kind.SMS, Kind.CANARY, Kind.UNPARSED})
_ALLOWED_FLAGS = {
    Kind.COVER: NO_FLAGS,
    Kind.SMS: Flag(_FLAG_BITS),
    Kind.CANARY: Flag.UDHI | Flag.AFTER_LOSS | Flag.MULTIMEDIA,
    Kind.MANIFEST: NO_FLAGS,
    Kind.UNPARSED: Flag.COUNTED | Flag.AFTER_LOSS | Flag.MULTIMEDIA,
}
_FORBIDDEN_FLAGS = {kind: ~int(allowed) for kind, allowed in _ALLOWED_FLAGS.items()}
"""Plain numbers: to ask a Flag takes ten times as long, and an import asks it of every slip."""
