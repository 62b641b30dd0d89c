"""Makes fsync and fdatasync fail in this process and its threads, as on a disk that is dying. seccomp(2)."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
SYNCS = {"x86_64": (74, 75), "aarch64": (82, 83)}.get(platform.machine())
"""The numbers of fsync and fdatasync, None on another processor."""
NOT_HERE = "no such filter here"


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def fail_syncs() -> None:
    """Have every later fsync and fdatasync of this thread, and of threads it starts, fail with EIO. For good."""
    assert SYNCS is not None
    steps = [(_LOAD, 0, 0, 0), (_EQUAL, 1, 0, SYNCS[0]), (_EQUAL, 0, 1, SYNCS[1])]
    steps += [(_RETURN, 0, 0, _ERRNO | errno.EIO), (_RETURN, 0, 0, _ALLOW)]
    program = _Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), NOT_HERE)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), NOT_HERE)
