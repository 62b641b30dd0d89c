"""One forwarder at a time: a lock on a file in its folder, which the kernel drops when the process ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.durable import remove_leftovers
from gateway.faults import BusyError, StorageError
from gateway.forward.notices import LOCK

_OTHERS = 0o027
"""Group-readable at the most: intake and ``status`` read there, nobody else writes."""
_PATIENCE = 2.0
"""Seconds: ``forwarder_runs`` of a ``status`` command holds the lock for a moment."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the forwarder's ``folder``, made where it is not there. Raises BusyError and StorageError."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        way_out = "see that the forwarder's user owns it"
        raise StorageError(f"{folder} cannot be used: {error.strerror}", way_out) from error
    with os.fdopen(descriptor, "rb"):
        if mode & _OTHERS:
            raise StorageError(f"others can read or change {folder}", f"chmod 750 {folder}")
        _lock(descriptor, folder)
        remove_leftovers(folder)
        yield


def forwarder_runs(folder: Path) -> bool:
    """Return whether a forwarder holds ``folder``. Raises OSError where this user may not look."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb"):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(descriptor: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise BusyError(f"another forwarder uses {folder}", "let it, or end it first") from error
            time.sleep(0.05)
        else:
            return
