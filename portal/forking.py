"""One piece of work beside this process, on another core: a forked helper that gives octets back by a pipe.

A helper has none of the threads that this process runs, and would wait for them for ever: where there are any (V8 has
some, once a chart was drawn) no helper is begun. It is ended with the block that started it.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

Result = Callable[[], bytes]
_THREADS = Path("/proc/self/task")
"""proc(5): those of libraries too."""
_ENDED = "a helping process ended before its work was done"
_DONE, _FAILED = b"\x01", b"\x02"


@contextmanager
def beside(work: Callable[[], bytes]) -> Iterator[Result]:
    """Yield what waits for ``work``, which has begun, and returns what it came to.

    An OSError of ``work`` is raised here as it was, another failure as ChildProcessError. On one core, or in a process
    that runs threads, the work is done when it is asked for.
    """
    if len(os.sched_getaffinity(0)) < 2 or len(list(_THREADS.iterdir())) > 1:
        yield work
        return
    results_out, results_in = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(results_out)
        _serve(work, results_in)
    os.close(results_in)
    with os.fdopen(results_out, "rb") as pipe:
        try:
            yield lambda: _received(pipe)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # it has given its result, or nobody waits for it any more
            os.waitpid(pid, 0)


def _received(pipe: BinaryIO) -> bytes:
    octets = pipe.read()
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
