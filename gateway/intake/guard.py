"""Keeping plaintext out of swap, core files and the log: settings of the process, made before the first message."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import resource
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_log = logging.getLogger(__name__)


def guard_process() -> None:
    """Forbid core files and tracing by others, and lock the memory where that is allowed.

    Without CAP_IPC_LOCK and with a small RLIMIT_MEMLOCK, locking all future memory would make allocations fail:
    then it is left, and ``check`` looks at swap.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.umask(0o077)
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY and os.geteuid() != 0:
        return
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        _log.info("the memory cannot be locked; swap has to be off or encrypted")


def guard_words() -> None:
    """Have an unforeseen error logged by its class and places in the code only: its words may quote a message."""
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed with its arguments
    sys.excepthook = _on_error
    threading.excepthook = lambda args: _on_error(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _on_error(args.exc_type, args.exc_value, args.exc_traceback)


def guard_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Do the same for what a task or a callback of ``loop`` raises: its context holds the values at hand."""
    loop.set_exception_handler(_on_loop_error)
    loop.set_debug(False)  # else PYTHONASYNCIODEBUG has it log what is slow, with its arguments


def without_words(error: BaseException) -> str:
    """Return class and places of ``error`` and of what caused it, and nothing of its words or values."""
    chain: list[str] = []
    found: BaseException | None = error
    while found is not None and len(chain) < _CAUSES:
        places = " < ".join(
            f"{frame.f_code.co_filename}:{number} {frame.f_code.co_name}"
            for frame, number in reversed(list(traceback.walk_tb(found.__traceback__)))
        )
        chain.append(f"{type(found).__name__} at {places or 'no place'}")
        found = found.__cause__ or found.__context__
    return "; after ".join(chain)


_CAUSES = 8


def _on_error(
    kind: type[BaseException], error: BaseException | None, traceback_: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("unforeseen: %s", kind.__name__ if error is None else without_words(error))


def _on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    _log.critical(
        "unforeseen: %s", without_words(error) if isinstance(error, BaseException) else "no exception"
    )
