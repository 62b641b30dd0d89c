"""The manifest: the one slip of each batch in which the box speaks to the police. docs/formats.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from wire.batch import CHAIN_OCTETS
from wire.refusal import Refusal, Refused

_LAYOUT = struct.Struct(">IIII16sB32s32s")
MANIFEST_OCTETS = _LAYOUT.size
SOFTWARE_OCTETS = 32
SALT_OCTETS = 32
NO_CHAIN = bytes(CHAIN_OCTETS)
"""Stands where no chain was before."""


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
    cut: int
    """Number of this cut on the box and line, over all chains, from 1."""
    before: bytes
    """The chain of the last cut in another chain; NO_CHAIN in the line's first chain."""
    clock: ClockState
    salt: bytes = field(repr=False)
    """32 octets, the salt of the commitments head."""
    software: str
    """Name and version, printable ASCII."""


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the data of a manifest slip. Raises Refused where a value does not fit: our own fault.

    Of the software's name 32 octets are kept, and a question mark for each character that is not printable ASCII.
    """
    if len(manifest.salt) != SALT_OCTETS:
        raise Refused(Refusal.LENGTH, "salt", f"not {SALT_OCTETS} octets")
    if len(manifest.before) != CHAIN_OCTETS:
        raise Refused(Refusal.LENGTH, "before", f"not {CHAIN_OCTETS} octets")
    _check_numbers(manifest.lowest_epoch, manifest.cut, manifest.before)
    software = "".join(c if " " <= c <= "~" else "?" for c in manifest.software)[:SOFTWARE_OCTETS]
    try:
        return _LAYOUT.pack(
            manifest.real,
            manifest.backlog,
            manifest.lowest_epoch,
            manifest.cut,
            manifest.before,
            manifest.clock,
            manifest.salt,
            software.encode("ascii"),
        )
    except struct.error:
        raise Refused(Refusal.VALUE, "manifest", "a value does not fit its field") from None


def decode_manifest(data: bytes) -> Manifest:
    """Return the manifest in the data of a manifest slip. Raises Refused (LENGTH, CANONICAL, VALUE)."""
    if len(data) != MANIFEST_OCTETS:
        raise Refused(Refusal.LENGTH, "manifest", f"not {MANIFEST_OCTETS} octets")
    real, backlog, lowest, cut, before, clock, salt, software = _LAYOUT.unpack(data)
    name = software.rstrip(b"\0")
    if clock not in _CLOCK_STATES:
        raise Refused(Refusal.CANONICAL, "clock", "not a known state")
    if not all(0x20 <= octet < 0x7F for octet in name):
        raise Refused(Refusal.CANONICAL, "software", "not printable ASCII, filled up with zeros")
    _check_numbers(lowest, cut, before)
    return Manifest(
        real=real,
        backlog=backlog,
        lowest_epoch=lowest,
        cut=cut,
        before=before,
        clock=ClockState(clock),
        salt=salt,
        software=name.decode("ascii"),
    )


def _check_numbers(lowest: int, cut: int, before: bytes) -> None:
    if lowest < 1:
        raise Refused(Refusal.VALUE, "lowest epoch", "epochs are counted from 1")
    if cut < 1:
        raise Refused(Refusal.VALUE, "cut", "cuts are counted from 1")
    if cut == 1 and before != NO_CHAIN:
        raise Refused(Refusal.VALUE, "before", "no chain is before the first cut")


_CLOCK_STATES = frozenset(ClockState)
