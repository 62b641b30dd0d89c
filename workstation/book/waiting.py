"""Batches that are kept but not in the book: an import was cut short between the two, or a key was not there.

They are found by comparing the two databases, so nothing has to be remembered, and nothing can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from wire.batch import read_batch
from wire.hashing import blake2b_256_of
from wire.refusal import Refused
from wire.slip import SEALED_OCTETS
from workstation.batches.forks import Pool
from workstation.batches.importing import GROUP_OCTETS, Booker
from workstation.batches.opener import pack, unpack
from workstation.batches.store import BatchPlace, Store
from workstation.book.connection import Book
from workstation.epochs.store import EpochKey

_DONE = """
SELECT b.batch FROM batches AS b
WHERE b.tried = ? OR NOT EXISTS (SELECT 1 FROM sealed AS s WHERE s.batch = b.id AND NOT s.bad)
"""


def key_set(keys: Sequence[EpochKey]) -> bytes:
    """Return what names these keys together: slips that they did not open are tried again with others only."""
    return blake2b_256_of(sorted(key.public for key in keys))


def booked(book: Book, tried: bytes) -> set[bytes]:
    """Return the header hashes of the batches of which no more can be booked with the keys ``tried``."""
    return {batch for (batch,) in book.connection.execute(_DONE, (tried,))}


def waiting(store: Store, done: Set[bytes]) -> list[BatchPlace]:
    """Return the batches that are kept and not among those that are ``done``, in their order."""
    return [place for place in store.places() if place.header_hash not in done]


def catch_up(
    places: Iterable[BatchPlace], store: Store, boxes: Mapping[bytes, bytes], *, opener: Pool, booker: Booker
) -> Iterator[str]:
    """Book ``places``, batches of ``waiting``, and yield why one of them does not verify any more.

    Each is verified again: a disk may have changed it.
    """
    for group in _groups(places):
        good: list[BatchPlace] = []
        faults: list[str] = []
        results = opener(_jobs(group, store, boxes, good, faults))
        insides = [unpack(result).inside for result in results]
        booker(list(zip(good, insides, strict=True)))
        yield from faults


def _jobs(
    group: Sequence[BatchPlace],
    store: Store,
    boxes: Mapping[bytes, bytes],
    good: list[BatchPlace],
    faults: list[str],
) -> Iterator[bytes]:
    for place in group:
        try:
            batch = read_batch(store.octets(place.id), boxes.get)
        except Refused as refused:
            faults.append(f"batch {place.sequence} of box {place.box.hex()}: {refused}")
            continue
        good.append(place)
        yield pack(batch.header.epoch, batch.body)


def _groups(places: Iterable[BatchPlace]) -> Iterator[list[BatchPlace]]:
    group: list[BatchPlace] = []
    size = 0
    for place in places:
        group.append(place)
        size += place.slots * SEALED_OCTETS
        if size >= GROUP_OCTETS:
            yield group
            group, size = [], 0
    if group:
        yield group
