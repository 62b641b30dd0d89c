"""A home whose case book has any number of tips: made ready on all cores, and booked as an import books them.

What was done with the tips is made up: most are closed after weeks, few are urgent, a fifth has no district. A million
take some minutes, so that the home can be kept: everything in it is made up, its passphrase stands here.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from bench.words import nearly, text
from wire.hashing import blake2b_256
from wire.septets import encode_septets, pack_septets
from wire.slip import Flag, Kind, Origin, Slip, encode_slip
from workstation.batches.forks import cores, pool
from workstation.batches.opener import Inside
from workstation.batches.store import BatchPlace
from workstation.book.booking import OpenBatch, book_batches
from workstation.book.connection import NAME, Book
from workstation.book.figures import refresh
from workstation.book.log import Actor
from workstation.book.schema import SCHEMA
from workstation.home import Home, Plan, create_home, open_home
from workstation.keys.people import Credential, NewUser, Organisation
from workstation.keys.slots import Cost
from workstation.messages.pieces import make_piece

GROUP = 50_000
"""Tips of one transaction; an import takes about 13,000. Each writes a good part of all indexes anew."""
_CACHE_KIB = 1 << 20
"""While it is filled: all pages of a million tips, so that none is decrypted twice."""
_PASSPHRASE = b"made up"
_CHEAP = Cost(passes=1, memory=8192)
"""The least that libsodium takes: nobody is kept from opening it."""
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


def filled_home(folder: Path, tips: int) -> tuple[Path, float | None]:
    """Return a home in ``folder`` with ``tips``, and the seconds that filling it took; None where it was there."""
    path = folder / f"made-up-{SCHEMA}-{tips}"
    if path.exists():
        return path, None
    began = time.perf_counter()
    site = path.with_suffix(".part")
    shutil.rmtree(site, ignore_errors=True)  # of a run that was cut short
    user = NewUser("analyst", Organisation.POLICE, _PASSPHRASE)
    create_home(site, Plan(name="made up", users=(user,), epochs=1, cost=_CHEAP), now=NOW)
    fill(site / NAME, opened(site).vault.book, tips)
    site.rename(path)
    return path, time.perf_counter() - began


def opened(path: Path) -> Home:
    """Return the home at ``path``, opened."""
    return open_home(path, [Credential(_PASSPHRASE)])


def fill(path: Path, key: bytes, tips: int) -> None:
    """Return once a new case book with ``tips`` is at ``path``."""
    with Book.open(path, key) as book, pool(_work, cores()) as run:
        book.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        group: list[OpenBatch] = []
        for number, result in enumerate(run(_jobs(tips)), start=1):
            group.append(_batch(number, msgspec.msgpack.decode(result, type=Inside)))
            if number * _JOB % GROUP == 0 or number * _JOB >= tips:
                _book(book, group)
                group = []
        refresh(book)
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
    return msgspec.msgpack.encode(Inside(tuple(pieces)))


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


def _batch(number: int, inside: Inside) -> OpenBatch:
    place = BatchPlace(
        number, blake2b_256(b"%d" % number), b"the box!", bytes(16), number, NOW, len(inside.pieces)
    )
    return OpenBatch(place, inside, b"")


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
