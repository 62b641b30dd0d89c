"""One piece of work beside this process, on another core: a forked helper that gives octets back by a pipe.

Nothing else of this program may run threads when it begins. A helper is ended with the block that started it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NoReturn

Result = Callable[[], bytes]
_ENDED = "a helping process ended before its work was done"


@contextmanager
def beside(work: Callable[[], bytes]) -> Iterator[Result]:
    """Yield what waits for ``work``, which has begun, and returns what it came to.

    A failure of ``work`` shows here as ChildProcessError. On one core it is done when it is asked for.
    """
    if len(os.sched_getaffinity(0)) < 2:
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
    if octets[:1] != b"\x01":
        raise ChildProcessError(_ENDED)
    return octets[1:]


def _serve(work: Callable[[], bytes], results: int) -> NoReturn:
    """Do the work, and leave without running anything that belongs to the parent."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
        octets = work()
        with os.fdopen(results, "wb") as pipe:
            pipe.write(b"\x01" + octets)
        status = 0
    finally:
        os._exit(status)
