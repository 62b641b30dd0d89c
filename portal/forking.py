"""Work beside this process, on another core: forked helpers that give octets back by pipes.

A helper has none of the threads that this process runs, and would wait for them for ever: where there are any (V8 has
some, once a chart was drawn) no helper is begun. It is ended with the block that started it.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NoReturn

Result = Callable[[], bytes]
Ask = Callable[[bytes], bytes]
_THREADS = Path("/proc/self/task")
"""proc(5): those of libraries too."""
_ENDED = "a helping process ended before its work was done"
_LENGTH = 8
"""Octets of a length before what is sent."""
_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that is sent when the parent ends."""
_DONE, _FAILED = b"\x01", b"\x02"


@contextmanager
def beside(work: Callable[[], bytes]) -> Iterator[Result]:
    """Yield what waits for ``work``, which has begun, and returns what it came to.

    An OSError of ``work`` is raised here as it was, another failure as ChildProcessError. On one core, or in a process
    that runs threads, the work is done when it is asked for.
    """
    if not _can_fork():
        yield work
        return
    results_out, results_in = os.pipe()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        _end_with(parent)
        os.close(results_out)
        _serve(work, results_in)
    os.close(results_in)
    with os.fdopen(results_out, "rb") as pipe:
        try:
            yield lambda: _received(pipe)
        finally:
            _end(pid)


def _can_fork() -> bool:
    return len(os.sched_getaffinity(0)) > 1 and len(list(_THREADS.iterdir())) == 1


def _end_with(parent: int) -> None:
    """See to it that this helper ends when ``parent`` is killed: it holds the lock of the site, and writes into it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was killed before it could be asked for
        os._exit(1)


def _end(pid: int) -> None:
    """Return once the helper is ended: it has given its results, or nobody waits for them any more."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _received(pipe: BinaryIO) -> bytes:
    return _result(pipe.read())


def _result(octets: bytes) -> bytes:
    """Return what ``_done`` sent. Raises what it sent; ChildProcessError where it sent nothing."""
    if octets[:1] == _FAILED:
        number, text, name = json.loads(octets[1:])
        raise OSError(number, text, name)
    if octets[:1] != _DONE:
        raise ChildProcessError(_ENDED)
    return octets[1:]


def _serve(work: Callable[[], bytes], results: int) -> NoReturn:
    """Do the work, and leave without running anything that belongs to the parent."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
        octets = _done(work)
        with os.fdopen(results, "wb") as pipe:
            pipe.write(octets)
        status = 0
    finally:
        os._exit(status)


def _done(work: Callable[[], bytes]) -> bytes:
    """Return what the work came to, or which OSError, as it goes through the pipe."""
    try:
        return _DONE + work()
    except OSError as error:
        name = None if error.filename is None else os.fsdecode(error.filename)
        return _FAILED + json.dumps([error.errno, error.strerror or str(error), name]).encode()


@contextmanager
def answering(answer: Ask, *, first: bytes, asking: int) -> Iterator[tuple[Ask, ...]]:
    """Yield ``asking`` ways to ask a helper for ``answer``, one for each process that asks: each is in use by one.

    It begins with ``first``, whose answer nobody hears. An OSError of ``answer`` is raised by who asked, as it was; a
    helper that ends shows as ChildProcessError. Where no helper can be begun the work is done here.
    """
    if not _can_fork():
        yield (answer,) * asking
        return
    asks, replies = [os.pipe() for _ in range(asking)], [os.pipe() for _ in range(asking)]
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        _end_with(parent)
        for handle in (*(ask[1] for ask in asks), *(reply[0] for reply in replies)):
            os.close(handle)
        _answer(answer, first, {ask[0]: reply[1] for ask, reply in zip(asks, replies, strict=True)})
    for handle in (*(ask[0] for ask in asks), *(reply[1] for reply in replies)):
        os.close(handle)
    ends = [(ask[1], reply[0]) for ask, reply in zip(asks, replies, strict=True)]
    try:
        yield tuple(partial(_ask, *end) for end in ends)
    finally:
        for handle in (handle for end in ends for handle in end):
            os.close(handle)
        _end(pid)


def _ask(question: int, reply: int, octets: bytes) -> bytes:
    try:
        _send(question, octets)
        answered = _taken(reply)
    except BrokenPipeError:
        answered = None
    return _result(answered or b"")


def _answer(answer: Ask, first: bytes, ways: dict[int, int]) -> NoReturn:
    """Answer until nobody can ask any more, and leave without running anything that belongs to the parent."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _done(partial(answer, first))
        waiting = select.poll()
        for question in ways:
            waiting.register(question, select.POLLIN)
        while ways:
            for question, _ in waiting.poll():
                octets = _taken(question)
                if octets is None:
                    waiting.unregister(question)
                    del ways[question]
                else:
                    _send(ways[question], _done(partial(answer, octets)))
    finally:
        os._exit(0)


def _send(handle: int, octets: bytes) -> None:
    left = memoryview(len(octets).to_bytes(_LENGTH, "big") + octets)
    while left:
        left = left[os.write(handle, left) :]


def _taken(handle: int) -> bytes | None:
    """Return what was sent; None where nobody sends any more."""
    head = _octets(handle, _LENGTH)
    return _octets(handle, int.from_bytes(head, "big")) if head else None


def _octets(handle: int, count: int) -> bytes:
    """Return ``count`` octets, or none where they end before."""
    parts = []
    while count:
        part = os.read(handle, count)
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
