"""Work for several cores: forked helpers that get octets by a pipe and give octets back.

Threads do not do here (an opening takes 35 µs, handing over the interpreter's lock a third of that), and the
standard library's process pools load ``socket``, which this room does not. A helper shares the secrets it inherits,
so no key is ever written to a pipe. Nothing else of this program may run threads when a pool begins.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

Work = Callable[[bytes], bytes]
Pool = Callable[[Iterable[bytes]], Iterator[bytes]]
"""Gives the results of jobs in their order."""

_LENGTH_OCTETS = 8
_NICE = 5
"""Of a pool: what it makes is waited for by one process, which should not have to wait for a core."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class _Helper:
    pid: int
    jobs: BinaryIO
    results: BinaryIO


@contextmanager
def pool(work: Work, helpers: int) -> Iterator[Pool]:
    """Yield what runs ``work`` on jobs: in ``helpers`` processes, or in this one if fewer than two are asked for.

    A failure of ``work`` ends the helper, and shows here as ChildProcessError, without what it was about.
    """
    if helpers < 2:
        yield lambda jobs: map(work, jobs)
        return
    started: list[_Helper] = []
    try:
        for _ in range(helpers):
            started.append(_start(work, started, nice=_NICE))
        yield lambda jobs: _spread(jobs, started)
    finally:
        for helper in started:
            _end(helper)


@contextmanager
def helper(work: Work) -> Iterator[Work]:
    """Yield what runs ``work`` on one job after the other in a process of its own, which ends with the context."""
    started = _start(work, [])
    try:
        yield lambda job: _ask(started, job)
    finally:
        _end(started)


def _ask(helper: _Helper, job: bytes) -> bytes:
    _give(helper, job)
    return _receive(helper)


def _spread(jobs: Iterable[bytes], helpers: list[_Helper]) -> Iterator[bytes]:
    """Give each helper one job at a time: a helper that still writes a result is never written to.

    It has its next job before anybody looks at its result.
    """
    idle = deque(helpers)
    busy: deque[_Helper] = deque()
    for job in jobs:
        if idle:
            helper = idle.popleft()
            _give(helper, job)
            busy.append(helper)
        else:
            helper = busy.popleft()
            result = _receive(helper)
            _give(helper, job)
            busy.append(helper)
            yield result
    for helper in busy:
        yield _receive(helper)


_ENDED = "a process of the import ended before its work was done"


def _give(helper: _Helper, job: bytes) -> None:
    try:
        _send(helper.jobs, job)
    except BrokenPipeError:
        raise ChildProcessError(_ENDED) from None


def _receive(helper: _Helper) -> bytes:
    result = _read(helper.results)
    if result is None:
        raise ChildProcessError(_ENDED)
    return result


def _start(work: Work, others: list[_Helper], *, nice: int = 0) -> _Helper:
    jobs_out, jobs_in = os.pipe()
    results_out, results_in = os.pipe()
    pid = os.fork()
    if pid == 0:
        for other in others:  # else their pipes would never end
            os.close(other.jobs.fileno())
            os.close(other.results.fileno())
        os.close(jobs_in)
        os.close(results_out)
        os.nice(nice)
        _serve(work, os.fdopen(jobs_out, "rb"), os.fdopen(results_in, "wb"))
    os.close(jobs_out)
    os.close(results_in)
    return _Helper(pid, os.fdopen(jobs_in, "wb"), os.fdopen(results_out, "rb"))


def _serve(work: Work, jobs: BinaryIO, results: BinaryIO) -> NoReturn:
    """Work until there are no more jobs, and leave without running anything that belongs to the parent."""
    status = 1
    try:
        gc.freeze()  # what the parent had is no garbage: its pages are neither looked through nor copied
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end is the pipes' end
        while (job := _read(jobs)) is not None:
            _send(results, work(job))
        status = 0
    finally:
        os._exit(status)


def _end(helper: _Helper) -> None:
    helper.results.close()
    with suppress(BrokenPipeError):  # it may have ended already
        helper.jobs.close()
    os.waitpid(helper.pid, 0)


def _send(pipe: BinaryIO, octets: bytes) -> None:
    pipe.write(len(octets).to_bytes(_LENGTH_OCTETS, "big"))
    pipe.write(octets)
    pipe.flush()


def _read(pipe: BinaryIO) -> bytes | None:
    """Return the next frame, None at the end."""
    length = pipe.read(_LENGTH_OCTETS)
    if len(length) < _LENGTH_OCTETS:
        return None
    octets = pipe.read(int.from_bytes(length, "big"))
    return octets if len(octets) == int.from_bytes(length, "big") else None
