"""The manifest: the one slip of each batch in which the box speaks to the police. docs/formats.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from wire.refusal import Refusal, Refused

_LAYOUT = struct.Struct(">IIIB32s32s")
MANIFEST_OCTETS = _LAYOUT.size


class ClockState(IntEnum):
    """What the box thinks of its own clock at the cut."""

    GOOD = 0
    BEHIND = 1
    """The clock lies behind the last cut; periods are counted on from that cut."""
    JUMPED = 2
    """The clock is more than one epoch ahead of the last one used; the earlier key stays in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a batch really holds."""

    real: int
    """Slips of this batch that are neither cover nor manifest."""
    backlog: int
    """Slips that wait for a later batch."""
    lowest_epoch: int
    """Lowest epoch in use, or of a slip that is not yet in a batch."""
    clock: ClockState
    salt: bytes
    """32 octets, the salt of the commitments head."""
    software: str


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the data of a manifest slip."""
    software = manifest.software.encode("ascii", "replace")[:32]
    return _LAYOUT.pack(
        manifest.real,
        manifest.backlog,
        manifest.lowest_epoch,
        manifest.clock,
        manifest.salt,
        software,
    )


def decode_manifest(data: bytes) -> Manifest:
    """Return the manifest in the data of a manifest slip. Raises Refused (LENGTH, CANONICAL)."""
    if len(data) != MANIFEST_OCTETS:
        raise Refused(Refusal.LENGTH, "manifest", f"not {MANIFEST_OCTETS} octets")
    real, backlog, lowest, clock, salt, software = _LAYOUT.unpack(data)
    name = software.rstrip(b"\0")
    if clock not in frozenset(ClockState) or not all(0x20 <= octet < 0x7F for octet in name):
        raise Refused(Refusal.CANONICAL, "manifest", "clock state or software version out of form")
    return Manifest(
        real=real,
        backlog=backlog,
        lowest_epoch=lowest,
        clock=ClockState(clock),
        salt=salt,
        software=name.decode("ascii"),
    )
