"""Keeping plaintext out of swap and core files: settings of the process, made before the first message."""

from __future__ import annotations

import ctypes
import logging
import os
import resource

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
