"""What this process may leave behind: no core file, no file that others can read."""

from __future__ import annotations

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4
"""linux/prctl.h"""


def harden() -> None:
    """Return once a crash leaves no copy of memory and no other process of this user may look into it."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # a core_pattern that is a pipe ignores the limit
