"""Where the parts of each message lie, so that tips come in order without all of them in memory.

A first pass over the batches fills the plan: one bit for a message of one part, 8 octets and an entry for a part of
a longer one. A second pass opens what the plan names, period by period, and holds one batch's messages at a time.
One million slips, half of them tips, take less than one megabyte if single, about 40 if all are in three parts.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

_EARLIEST = struct.Struct(">QI")
"""Received and place of the earliest part: their order as octets is their order as numbers."""
_REF = struct.Struct(">II")


class Ref(NamedTuple):
    """A slip: the batch's place in the order of reading, and the slot."""

    place: int
    slot: int


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What the first pass says of one slip."""

    slot: int
    received: int
    message: bytes | None
    """None for a message of one part."""


@dataclass(frozen=True, slots=True)
class Step:
    """Messages to open together: they begin in the same period and the same batch."""

    received: int
    messages: tuple[tuple[Ref, ...], ...]


@dataclass(slots=True)
class Plan:
    """See the module."""

    _singles: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """By received and place: a bit a slot."""
    _longer: dict[bytes, bytes] = field(default_factory=dict)
    """By message id: the earliest part, then all refs."""

    def add(self, place: int, entry: Entry) -> None:
        """Note a slip of the batch at ``place``."""
        if entry.message is None:
            slots = self._singles[entry.received]
            slots[place] = slots.get(place, 0) | 1 << entry.slot
            return
        here = _EARLIEST.pack(entry.received, place)
        there = self._longer.get(entry.message, here)
        refs = there[_EARLIEST.size :] + _REF.pack(place, entry.slot)
        self._longer[entry.message] = min(here, there[: _EARLIEST.size]) + refs

    def steps(self) -> Iterator[Step]:
        """Yield the steps by received, then place."""
        begins: dict[int, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
        for message, packed in self._longer.items():
            received, place = _EARLIEST.unpack_from(packed)
            begins[received][place].append(message)
        for received in sorted({*self._singles, *begins}):
            singles, longer = self._singles.get(received, {}), begins.get(received, {})
            for place in sorted({*singles, *longer}):
                alone = [(Ref(place, slot),) for slot in _bits(singles.get(place, 0))]
                joined = [self._refs(message) for message in longer.get(place, ())]
                yield Step(received, (*alone, *joined))

    def _refs(self, message: bytes) -> tuple[Ref, ...]:
        packed = self._longer[message][_EARLIEST.size :]
        return tuple(Ref(*ref) for ref in _REF.iter_unpack(packed))


def _bits(bitmap: int) -> Iterator[int]:
    return (slot for slot, bit in enumerate(reversed(f"{bitmap:b}")) if bit == "1")
