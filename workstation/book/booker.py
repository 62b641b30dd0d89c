"""Who books the groups of an import: this process, or one beside it, so that the next group is opened meanwhile.

Not a thread: two threads of Python hand the interpreter's lock to each other every few milliseconds, and an import that
reads thousands of answers from its helpers would wait for it each time.

The other process begins before this one has touched SQLCipher, and has the only connection to the book while it runs:
neither a connection nor a generator of random numbers is ever shared by two processes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Protocol

import msgspec

from workstation.batches.forks import Work, helper
from workstation.batches.importing import OpenGroup
from workstation.batches.opener import Inside
from workstation.batches.store import BatchPlace
from workstation.book.booking import Booked, Group, OpenBatch
from workstation.book.connection import Book
from workstation.book.figures import refresh
from workstation.book.log import Actor
from workstation.book.waiting import booked
from workstation.problems import Damaged, Problem, StorageFailed

TRANSACTION = 32_000
"""Slips of a transaction of the process beside: some seconds, in which nobody else writes in the book."""
_GAP_SECONDS = 0.1
"""Between two of them: whoever waits to write asks as often."""
_AHEAD = 4
"""Groups that are opened and not booked, at the most: about 10 MB of memory each."""
_DONE, _END = b"done", b"end"
"""Jobs that are no group."""
_PROBLEMS = {kind.__name__: kind for kind in (StorageFailed, Damaged)}


class Booker(Protocol):
    """Books groups, one after the other."""

    def done(self) -> set[bytes]:
        """Return the header hashes of batches of which no more can be booked. Raises Damaged, StorageFailed."""

    def add(self, opened: OpenGroup) -> None:
        """Book a group, or begin to; raises what a group before it came to, if that failed."""

    def end(self) -> Booked:
        """Return what was booked in all, once all of it is durable; nothing more is asked of it.

        Raises StorageFailed, Damaged.
        """


@dataclass(slots=True)
class Here:
    """Books in this process."""

    book: Book
    tried: bytes
    actor: Actor
    now: int
    transaction: int
    """Slips of a transaction at the least, if there are as many: with 0 each group is one."""
    _sum: Booked = field(default_factory=Booked)
    _group: Group | None = None
    _slips: int = 0
    """Of the transaction."""
    _open: ExitStack = field(default_factory=ExitStack)
    _free: float = 0.0
    """Until when the book is left to others."""

    def done(self) -> set[bytes]:
        """Return the header hashes of batches of which no more can be booked."""
        return booked(self.book, self.tried)

    def add(self, opened: OpenGroup) -> None:
        """Book a group: durably, once there are slips enough for a transaction."""
        if not opened:
            return
        batches = [
            OpenBatch(place, msgspec.msgpack.decode(inside, type=Inside), self.tried)
            for place, inside in opened
        ]
        with self._open as transaction:  # whatever fails within takes it back
            group, self._group = self._group, None
            if group is None:
                if self.transaction:
                    sleep(max(0.0, self._free - monotonic()))
                transaction.enter_context(self.book.write())
                group, self._slips = Group(self.book, self.actor, self.now), 0
            group.take(batches)
            self._slips += sum(place.slots for place, _ in opened)
            if self._slips < self.transaction:
                self._group, self._open = group, transaction.pop_all()
                return
            self._sum += group.end()
        self._free = monotonic() + _GAP_SECONDS

    def end(self) -> Booked:
        """Return what was booked, once it is durable."""
        with self._open:
            if self._group is not None:
                self._sum += self._group.end()
        with suppress(StorageFailed):  # the import is done; then the dashboard counts when it is asked for
            refresh(self.book)
        return self._sum

    def close(self) -> None:
        """Close the book."""
        self.book.close()


class _Apart:
    """Has another process book; what it is asked is put into words of msgpack."""

    def __init__(self, ask: Work, threads: ThreadPoolExecutor) -> None:
        self._ask = ask
        self._threads = threads
        self._waiting: deque[Future[bytes]] = deque()

    def done(self) -> set[bytes]:
        return set(msgspec.msgpack.decode(_good(self._ask(_DONE)), type=list[bytes]))

    def add(self, opened: OpenGroup) -> None:
        while len(self._waiting) >= _AHEAD:
            self._await()
        self._waiting.append(self._threads.submit(self._ask, msgspec.msgpack.encode(opened)))

    def end(self) -> Booked:
        while self._waiting:
            self._await()
        return msgspec.msgpack.decode(_good(self._ask(_END)), type=Booked)

    def _await(self) -> None:
        _good(self._waiting.popleft().result())


@contextmanager
def booking(make: Callable[[int], Here], *, apart: bool) -> Iterator[Booker]:
    """Yield what books with what ``make`` gives for ``Here.transaction``: here, or ``apart`` in a process."""
    if apart:
        with helper(_worker(make)) as ask, ThreadPoolExecutor(1) as threads:
            yield _Apart(ask, threads)
    else:
        with closing(make(0)) as here:
            yield here


def _worker(make: Callable[[int], Here]) -> Work:
    """Return what answers the jobs of ``_Apart``: a group, or one of two words."""
    made: list[Here] = []

    def work(job: bytes) -> bytes:
        try:
            if not made:
                made.append(make(TRANSACTION))
            return b"+" + _answer(made[0], job)
        except Problem as problem:
            return b"-" + msgspec.msgpack.encode((type(problem).__name__, str(problem), problem.way_out))

    return work


def _answer(booker: Here, job: bytes) -> bytes:
    if job == _DONE:
        return msgspec.msgpack.encode(list(booker.done()))
    if job == _END:
        with closing(booker):
            return msgspec.msgpack.encode(booker.end())
    booker.add(msgspec.msgpack.decode(job, type=list[tuple[BatchPlace, msgspec.Raw]]))
    return b""


def _good(answer: bytes) -> bytes:
    """Return what was answered. Raises the problem that was met instead."""
    if answer[:1] == b"+":
        return answer[1:]
    name, words, way_out = msgspec.msgpack.decode(answer[1:], type=tuple[str, str, str])
    problem = _PROBLEMS.get(name, Problem)(way_out=way_out)
    problem.args = (words,)
    raise problem
