"""A case book of any size, made in one or two minutes for a million tips: made ready on all cores, booked as always.

What was done with the tips is made up: most are closed after weeks, few are urgent, a fifth has no district.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from bench.words import nearly, text
from wire.hashing import blake2b_256
from wire.septets import encode_septets, pack_septets
from wire.slip import Flag, Kind, Origin, Slip, encode_slip
from workstation.batches.forks import cores, pool
from workstation.batches.opener import Opened, unpack
from workstation.batches.opening import Tally
from workstation.batches.store import BatchPlace
from workstation.book.booking import OpenBatch, book_batches
from workstation.book.connection import Book
from workstation.book.log import Actor
from workstation.messages.pieces import make_piece

GROUP = 25_000
"""Tips of one transaction, as of an import."""
_JOB = 1000
_HOUR = 3600
NOW = 1_800_000_000 // _HOUR * _HOUR
YEARS = 2
_HOURS = YEARS * 365 * 24
DISTRICTS = tuple(f"district-{number:02d}" for number in range(40))
CATEGORIES = ("extortion", "drug_dealing", "theft_vehicle", "theft_other", "kidnapping", "weapons", "other")
UNITS = tuple(f"unit {number}" for number in range(12))
PERSONS = tuple(f"person {number}" for number in range(60))
_CLOSED = (
    "unconfirmed",
    "not_actionable",
    "not_actionable.prank",
    "action_taken.patrol",
    "action_taken.arrest",
)
_OPEN = ("delivered", "valid", "forwarded", "verifying", "investigating")
_DONE = (
    "UPDATE tips SET status = ?, category = ?, district = ?, priority = ?, unit = ?, person = ?, last_action = ?,"
    " closed = ? WHERE id = ?"
)


class _Ask(msgspec.Struct, frozen=True, array_like=True):
    first: int
    received: tuple[int, ...]


def fill(path: Path, key: bytes, tips: int) -> None:
    """Return once a new case book with ``tips`` is at ``path``."""
    with Book.open(path, key) as book, pool(_work, cores()) as run:
        group: list[OpenBatch] = []
        for number, result in enumerate(run(_jobs(tips)), start=1):
            group.append(_batch(number, unpack(result)))
            if number * _JOB % GROUP == 0 or number * _JOB >= tips:
                _book(book, group)
                group = []
        book.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _jobs(tips: int) -> Iterator[bytes]:
    for first in range(0, tips, _JOB):
        received = [NOW - _HOURS * _HOUR + (first + at) * _HOURS // tips * _HOUR for at in range(_JOB)]
        yield msgspec.msgpack.encode(_Ask(first, tuple(received)))


def _work(job: bytes) -> bytes:
    """Return a batch of tips made ready, as an opening process gives them."""
    asked = msgspec.msgpack.decode(job, type=_Ask)
    random = Random(asked.first)  # noqa: S311 - made-up texts
    pieces, last = [], text(random)
    for slot, received in enumerate(asked.received):
        last = nearly(last, random) if random.random() < 0.02 else text(random)
        slip = _slip(last, received, random)
        pieces.append(make_piece(slot, encode_slip(slip), slip))
    return msgspec.msgpack.encode(Opened(Tally(), tuple(pieces), (), ()))


def _slip(words: str, received: int, random: Random) -> Slip:
    septets = encode_septets(words)
    loss = Flag.AFTER_LOSS if random.random() < 0.001 else Flag(0)
    return Slip(
        kind=Kind.SMS,
        flags=Flag.COUNTED | loss,
        origin=Origin.SUBSCRIBER,
        epoch=1,
        line=b"the line",
        tip=random.randbytes(16),
        message=random.randbytes(16),
        conversation=random.randbytes(16),
        received=received,
        period=_HOUR,
        udl=len(septets),
        data=pack_septets(septets),
    )


def _batch(number: int, opened: Opened) -> OpenBatch:
    place = BatchPlace(
        number, blake2b_256(b"%d" % number), b"the box!", bytes(16), number, NOW, len(opened.pieces)
    )
    return OpenBatch(place, opened, b"")


def _book(book: Book, group: list[OpenBatch]) -> None:
    (last,) = book.connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
    book_batches(book, group, Actor(("bench",)), now=NOW)
    rows = book.connection.execute("SELECT id, received FROM tips WHERE id > ?", (last,)).fetchall()
    random = Random(last)  # noqa: S311 - made-up texts
    with book.write():
        book.connection.execute("UPDATE tips SET booked = received + 7200 WHERE id > ?", (last,))
        book.connection.executemany(_DONE, (_done(number, received, random) for number, received in rows))


def _done(number: int, received: int, random: Random) -> tuple[object, ...]:
    age = (NOW - received) // 86400
    closed = random.random() < min(0.9, age / 60)
    touched = closed or random.random() < 0.4
    acted = received + random.randrange(2, 30) * 86400 if touched else None
    return (
        random.choice(_CLOSED) if closed else random.choice(_OPEN) if touched else "delivered",
        random.choice(CATEGORIES) if touched else None,
        DISTRICTS[min(int(random.expovariate(0.1)), 39)] if random.random() < 0.8 else None,
        random.choices((0, 1, 2, 3), (90, 7, 2.5, 0.5))[0],
        random.choice(UNITS) if touched else None,
        random.choice(PERSONS) if touched and random.random() < 0.7 else None,
        acted,
        acted if closed else None,
        number,
    )


def new_key() -> bytes:
    """Return a key for a case book."""
    return os.urandom(32)
