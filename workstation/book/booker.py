"""Who books the groups of an import: this process, or one beside it, so that the next group is opened meanwhile.

Not a thread: two threads of Python hand the interpreter's lock to each other every few milliseconds, and an import that
reads thousands of answers from its helpers would wait for it each time.

The other process begins before this one has touched SQLCipher, and has the only connection to the book while it runs:
neither a connection nor a generator of random numbers is ever shared by two processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from workstation.batches.forks import Work, helper
from workstation.batches.opener import Inside
from workstation.batches.store import BatchPlace
from workstation.book.booking import Booked, OpenBatch, book_batches
from workstation.book.connection import Book
from workstation.book.log import Actor
from workstation.book.waiting import booked
from workstation.problems import Damaged, Problem, StorageFailed

Group = Sequence[tuple[BatchPlace, msgspec.Raw]]
_DONE, _CLOSE = b"done", b"close"
"""Jobs that are no group."""
_PROBLEMS = {kind.__name__: kind for kind in (StorageFailed, Damaged)}


class Booker(Protocol):
    """Books groups, one after the other."""

    def done(self) -> set[bytes]:
        """Return the header hashes of batches of which no more can be booked. Raises Damaged, StorageFailed."""

    def add(self, group: Group) -> None:
        """Book ``group``, or begin to; raises what the group before it came to, if that failed."""

    def end(self) -> Booked:
        """Return what was booked in all, once all of it is durable. Raises StorageFailed, Damaged."""


@dataclass(slots=True)
class InBook:
    """Books here."""

    book: Book
    tried: bytes
    actor: Actor
    now: int
    _sum: Booked = field(default_factory=Booked)

    def done(self) -> set[bytes]:
        """Return the header hashes of batches of which no more can be booked."""
        return booked(self.book, self.tried)

    def add(self, group: Group) -> None:
        """Book ``group``."""
        batches = [
            OpenBatch(place, msgspec.msgpack.decode(inside, type=Inside), self.tried)
            for place, inside in group
        ]
        self._sum += book_batches(self.book, batches, self.actor, now=self.now)

    def end(self) -> Booked:
        """Return what was booked since the last time."""
        found, self._sum = self._sum, Booked()
        return found


class _Apart:
    """Has another process book; what it is asked is put into words of msgpack."""

    def __init__(self, ask: Work, threads: ThreadPoolExecutor) -> None:
        self._ask = ask
        self._threads = threads
        self._last: Future[bytes] | None = None
        self._sum = Booked()

    def done(self) -> set[bytes]:
        return set(msgspec.msgpack.decode(_good(self._ask(_DONE)), type=list[bytes]))

    def add(self, group: Group) -> None:
        self.end()
        job = msgspec.msgpack.encode(group)
        self._last = self._threads.submit(self._ask, job)  # the thread waits, and does nothing else

    def end(self) -> Booked:
        if self._last is not None:
            last, self._last = self._last, None
            self._sum += msgspec.msgpack.decode(_good(last.result()), type=Booked)
        return self._sum


@contextmanager
def booking(make: Callable[[], InBook], *, apart: bool) -> Iterator[Booker]:
    """Yield what books with what ``make`` gives: here, or ``apart`` in a process that begins now."""
    if not apart:
        here = make()
        try:
            yield here
        finally:
            here.book.close()
        return
    with helper(_worker(make)) as ask, ThreadPoolExecutor(1) as threads:
        yield _Apart(ask, threads)
        ask(_CLOSE)


def _worker(make: Callable[[], InBook]) -> Work:
    """Return what answers the jobs of ``_Apart``: a group, or one of two words."""
    made: list[InBook] = []

    def work(job: bytes) -> bytes:
        try:
            if not made:
                made.append(make())
            if job == _CLOSE:
                made.pop().book.close()
                return b""
            return b"+" + _answer(made[0], job)
        except Problem as problem:
            return b"-" + msgspec.msgpack.encode((type(problem).__name__, str(problem), problem.way_out))

    return work


def _answer(booker: InBook, job: bytes) -> bytes:
    if job == _DONE:
        return msgspec.msgpack.encode(list(booker.done()))
    booker.add(msgspec.msgpack.decode(job, type=list[tuple[BatchPlace, msgspec.Raw]]))
    return msgspec.msgpack.encode(booker.end())


def _good(answer: bytes) -> bytes:
    """Return what was answered. Raises the problem that was met instead."""
    if answer[:1] == b"+":
        return answer[1:]
    name, words, way_out = msgspec.msgpack.decode(answer[1:], type=tuple[str, str, str])
    problem = _PROBLEMS.get(name, Problem)(way_out=way_out)
    problem.args = (words,)
    raise problem
