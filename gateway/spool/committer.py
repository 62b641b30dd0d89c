"""Group commit: one thread that does nothing but transactions, so that the rows that wait share one fsync."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from gateway.spool.schema import open_reader, open_spool

T = TypeVar("T")
First = Callable[[Database], object]

RESERVE_OCTETS = 64_000_000
"""Kept free beside what the slots need: the file of a ledger with a million commitments has 32 MB, and as much again
for what is smaller: pages that a turn changes, and the commands of an operator."""
SLOT_OCTETS = 10_000
"""Kept free for each slot of a line. A cut changes for a slip a page of slips and one of commitments, each of 4096
octets in the WAL, since their keys are random; the slip itself stands three times, in WAL, spool and outbox. Measured:
5,600 with 300,000 commitments in the spool."""


def reserve_for(*, lines: int, slots: int) -> int:
    """Return how many octets are kept free, so that every line can still be cut when nothing is stored any more."""
    return RESERVE_OCTETS + lines * slots * SLOT_OCTETS


GROUP = 256
"""Most rows of one commit: 256 rows of about 450 octets are 115 kB of WAL, a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One sealed slip and what is remembered beside it."""

    line: int
    epoch: int
    rank: int
    period: int
    month: str
    sealed: bytes
    hash: bytes = field(repr=False)
    """By it a re-delivery is known: a hash of the message under the newest key, or a random one."""
    earlier: tuple[bytes, ...] = field(repr=False)
    """Hashes of the same message under earlier keys."""
    generation: int
    """Of the newest key."""
    change: bytes = field(repr=False)
    """Random: tells the memory of senders that this very entry is durable, and not an earlier delivery of it."""
    commitment: bytes | None
    new_conversation: bool = False
    canary: bool = False


class Outcome(Enum):
    """What became of an entry."""

    STORED = "stored"
    KNOWN = "known"
    """The same message is durable already."""


class NotStored(Exception):
    """The group was rolled back; nothing of it is durable. Says why, without content."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Database], Any]
    in_transaction: bool = True


_Item = tuple[Entry | _Job | None, "asyncio.Future[Any] | None"]


_STEPS = 100_000
"""Of SQLite's machine, between two looks whether the end was asked for: some milliseconds."""


class Committer:
    """The thread. ``store`` and ``run`` are called from the event loop; what is queued first is committed first."""

    def __init__(self, path: Path, *, reserve: int = RESERVE_OCTETS, first: First | None = None) -> None:
        """``first`` is done before anything is stored; until it could be, nothing is."""
        self._path = path
        self._first = first
        self._reserve = reserve
        self._folder = str(path.parent)
        self._queue: queue.SimpleQueue[list[_Item]] = queue.SimpleQueue()
        self._turn: list[_Item] = []
        """What came in this turn of the event loop: handed over at once, so that it shares a commit."""
        self._left: collections.deque[_Item] = collections.deque()
        self._loop = asyncio.get_running_loop()
        self._db = open_spool(path)
        self._file = _file_at(path)
        self._busy_since: float | None = None
        self._closed = False
        self.held: str | None = None
        """Why nothing is being stored, or None."""
        self.begun: asyncio.Future[None] = self._loop.create_future()
        """Done once ``first`` was."""
        if first is None:
            self.begun.set_result(None)
        self._thread = threading.Thread(target=self._work, name="commit", daemon=True)
        self._thread.start()

    def store(self, entry: Entry) -> asyncio.Future[Outcome]:
        """Return a future of the outcome, there once the entry is on disk. It raises NotStored."""
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._enqueue(entry, future)
        return future

    def run(self, work: Callable[[Database], T]) -> asyncio.Future[T]:
        """Return a future of what ``work`` returns, done in a transaction of its own. It raises NotStored."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._enqueue(_Job(work), future)
        return future

    async def read(self, work: Callable[[Database], T]) -> T:
        """Return what ``work`` returns, done in a thread on a connection that only reads: it holds up no commit.

        ``work`` should not keep a transaction open for long: the WAL cannot be emptied meanwhile. Raises NotStored,
        and what ``work`` raises besides.
        """
        return await asyncio.to_thread(self._read, work)

    def _read(self, work: Callable[[Database], T]) -> T:
        try:
            with contextlib.closing(open_reader(self._path)) as db:
                db.conn.set_progress_handler(lambda: self._closed, _STEPS)
                return work(db)
        except sqlite3.Error as error:
            raise NotStored(_reason(error)) from error

    def truncate_wal(self) -> asyncio.Future[bool]:
        """Return a future of whether the WAL is empty now: it held the rows in their order of arrival.

        It is not while another process reads the spool. It raises NotStored.
        """
        future: asyncio.Future[bool] = self._loop.create_future()
        self._enqueue(_Job(_truncate_wal, in_transaction=False), future)
        return future

    async def close(self) -> None:
        """Return when all that was queued is done and the spool is closed; what comes later is not stored."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put([(None, None)])
        await asyncio.to_thread(self._thread.join)

    def _enqueue(self, item: Entry | _Job, future: asyncio.Future[Any]) -> None:
        if self._closed:
            future.set_exception(NotStored("the spool is closed"))
            return
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        self._turn.append((item, future))

    def _hand_over(self) -> None:
        if self._turn:
            self._queue.put(self._turn)
            self._turn = []

    def busy_for(self) -> float:
        """Return for how many seconds the disk has been at one transaction, 0 when it is not."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def _work(self) -> None:
        while True:
            group = self._gather()
            self._busy_since = time.monotonic()
            entries = [(item, future) for item, future in group if isinstance(item, Entry)]
            if entries:
                self._store(entries)
            last, future = group[-1]
            if isinstance(last, _Job):
                self._run(last, future)
            self._busy_since = None
            if last is None:
                self._db.close()
                return

    def _gather(self) -> list[_Item]:
        """Return what waits: entries, ended by a job or by the end, if one is among them."""
        left = self._left
        if not left:
            left.extend(self._queue.get())
        group = [left.popleft()]
        while isinstance(group[-1][0], Entry) and len(group) < GROUP:
            if not left:
                try:
                    left.extend(self._queue.get_nowait())
                except queue.Empty:
                    break
            group.append(left.popleft())
        return group

    def _store(self, entries: list[tuple[Entry, asyncio.Future[Any] | None]]) -> None:
        try:
            self._check_room()
            self._begin()
            outcomes: list[Any] = self._transact(lambda db: _insert(db.conn, [entry for entry, _ in entries]))
            self.held = None
        except (sqlite3.Error, NotStored, OSError) as error:
            self.held = _reason(error)
            outcomes = [NotStored(self.held) for _ in entries]
        except Exception as error:  # noqa: BLE001  our bug: those who wait get it, the thread goes on
            outcomes = [error] * len(entries)
        self._tell([future for _, future in entries], outcomes)

    def _run(self, job: _Job, future: asyncio.Future[Any] | None) -> None:
        try:
            outcome: Any = self._transact(job.work) if job.in_transaction else job.work(self._db)
            self._look_again()
        except (sqlite3.Error, NotStored, OSError) as error:
            outcome = NotStored(_reason(error))
        except Exception as error:  # noqa: BLE001  our bug: the one who waits gets it, the thread goes on
            outcome = error
        self._tell([future], [outcome])

    def _look_again(self) -> None:
        """Say whether anything can be stored, when a job was done, and it was not so before."""
        if self.held is None and self._first is None:
            return
        try:
            self._check_room()
            self._begin()
            self.held = None
        except (sqlite3.Error, NotStored, OSError) as error:
            self.held = _reason(error)

    def _begin(self) -> None:
        if self._first is not None:
            self._transact(self._first)
            self._first = None
            self._tell([self.begun], [None])

    def _transact(self, work: Callable[[Database], T]) -> T:
        if _file_at(self._path) != self._file:
            raise NotStored("the spool was replaced under a running intake: start intake again")
        connection = self._db.conn
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._db)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return result

    def _check_room(self) -> None:
        found = os.statvfs(self._folder)
        if found.f_bavail * found.f_frsize < self._reserve:
            raise NotStored(f"less than {self._reserve // 1_000_000} MB free on the disk of the state folder")

    def _tell(self, futures: list[asyncio.Future[Any] | None], outcomes: list[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_resolve, futures, outcomes)


def _file_at(path: Path) -> tuple[int, int]:
    """Return which file has this name: SQLite goes on writing to one that was removed, and it is gone with us."""
    found = path.stat()
    return found.st_dev, found.st_ino


def _truncate_wal(db: Database) -> bool:
    """Return whether the WAL is empty; without waiting for a reader, for commits wait behind this."""
    (patience,) = db.conn.execute("PRAGMA busy_timeout").fetchone()
    db.conn.execute("PRAGMA busy_timeout=0")
    try:
        (busy, *_) = db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.conn.execute(f"PRAGMA busy_timeout={patience}")
    return not busy


def _resolve(futures: list[asyncio.Future[Any] | None], outcomes: list[Any]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        if future is None or future.done():
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _reason(error: Exception) -> str:
    if isinstance(error, NotStored):
        return str(error)
    return (
        f"the spool cannot be written: {error}" if isinstance(error, OSError) else f"the spool fails: {error}"
    )


def _insert(connection: sqlite3.Connection, entries: list[Entry]) -> list[Outcome]:
    """Return an outcome for each entry; one that is known already is passed over, row by row."""
    stored = _newly_seen(
        connection, [entry for entry in entries if not _seen_earlier(connection, entry.earlier)]
    )
    keys = os.urandom(16 * len(stored))
    connection.executemany(
        "INSERT INTO slip VALUES (?, ?, ?, ?, ?, ?)",
        [
            (keys[16 * at : 16 * at + 16], entry.line, entry.epoch, entry.rank, entry.period, entry.sealed)
            for at, entry in enumerate(stored)
        ],
    )
    connection.executemany(
        "INSERT INTO commitment VALUES (?, ?, NULL, NULL)",
        [(entry.commitment, entry.line) for entry in stored if entry.commitment is not None],
    )
    _count(connection, stored)
    changes = {entry.change for entry in stored}
    return [Outcome.STORED if entry.change in changes else Outcome.KNOWN for entry in entries]


def _seen_earlier(connection: sqlite3.Connection, hashes: tuple[bytes, ...]) -> bool:
    find = "SELECT 1 FROM seen WHERE hash = ?"
    return any(connection.execute(find, (known,)).fetchone() for known in hashes)


def _newly_seen(connection: sqlite3.Connection, entries: list[Entry]) -> list[Entry]:
    """Return those entries that were not seen before: where fewer rows came in, by the change that is theirs alone."""
    rows = [(entry.hash, entry.generation, entry.change) for entry in entries]
    inserted = connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", rows).rowcount
    if inserted == len(entries) or not entries:
        return entries
    find = "SELECT 1 FROM seen WHERE hash = ? AND change = ?"
    return [entry for entry in entries if connection.execute(find, (entry.hash, entry.change)).fetchone()]


def _count(connection: sqlite3.Connection, entries: list[Entry]) -> None:
    """Add the group's conversations and canaries to the meters of their months."""
    meters: dict[tuple[int, str], list[int]] = {}
    for entry in entries:
        if entry.new_conversation or entry.canary:
            meter = meters.setdefault((entry.line, entry.month), [0, 0])
            meter[0] += entry.new_conversation
            meter[1] += entry.canary
    connection.executemany(
        "INSERT INTO meter (line, month, conversations, canaries_received) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET conversations = conversations + excluded.conversations,"
        " canaries_received = canaries_received + excluded.canaries_received",
        [(*place, *meter) for place, meter in meters.items()],
    )
