"""The one door to files of the portal: what is read is a regular file, what is written stands whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from portal.problems import Busy

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""linux/fs.h"""
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
PIECE = 1 << 20
_ENDING_SECONDS = 2.0
"""For which the lock of a site is waited for."""


@contextmanager
def open_regular(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Yield the open file and its length. Raises OSError for what is no regular file: /dev/zero never ends."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        yield file, status.st_size


def read_regular(path: Path, *, most: int) -> bytes:
    """Return the octets of a regular file, at most ``most`` and one more. Raises OSError."""
    with open_regular(path) as (file, _):
        return file.read(most + 1)


def files_in(folder: Path) -> list[Path]:
    """Return the files at and under ``folder``, sorted; hidden ones are not looked at. Raises OSError."""

    def fail(error: OSError) -> None:
        raise error

    found = []
    for at, names, files in os.walk(folder, onerror=fail, followlinks=False):
        names[:] = sorted(name for name in names if not name.startswith("."))
        found += [Path(at, name) for name in sorted(files) if not name.startswith(".")]
    return found


def write_file(path: Path, octets: bytes, *, durable: bool = True) -> None:
    """Return once ``path`` holds ``octets``; before that it holds what it held. Raises OSError.

    What is not ``durable`` may be lost, or cut short, if the machine stops.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(octets)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put(source: Path, target: Path) -> None:
    """Return once ``target`` is the file ``source``, by a second name where the disk has such, else by a copy.

    Only for files that nobody changes: those of an earlier site of ours.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (*_NOT_HERE, errno.EXDEV, errno.EMLINK):
            raise
        shutil.copyfile(source, target, follow_symlinks=False)


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside ``folder`` that takes its place at the end; after a failure nothing is changed.

    One at a time. What a killed build left beside it is removed first. Raises Busy, OSError.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = f".{folder.name}.tipline-"
    with _alone(folder.with_name(f"{beside}lock")):
        _settle(folder, beside)
        new = folder.with_name(f"{beside}new")
        new.mkdir()
        try:
            yield new
            _sync(new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        _swap(new, folder, folder.with_name(f"{beside}old"))


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        _lock(handle, lock)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    """Return with the lock. Raises Busy; not at once, since helpers of a killed build end a moment after it."""
    until = time.monotonic() + _ENDING_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Busy(str(path), way_out="Wait until it has ended, and try again.") from None
        time.sleep(0.05)


def _settle(folder: Path, beside: str) -> None:
    """Return once nothing of a killed build is left: where it fell between two renames the old site comes back."""
    old = folder.with_name(f"{beside}old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    for name in ("new", "old"):
        left = folder.with_name(f"{beside}{name}")
        if left.exists():
            shutil.rmtree(left)


def _sync(folder: Path) -> None:
    """Return once every file and name in ``folder`` is durable: one sync of its disk instead of one for each file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def _swap(new: Path, folder: Path, old: Path) -> None:
    """Return once ``folder`` is ``new``. A reader sees the one or the other where the system can exchange names."""
    if not folder.exists():
        new.rename(folder)
        return
    if not _exchanged(new, folder):
        folder.rename(old)
        new.rename(folder)
    for left in (new, old):
        if left.exists():
            shutil.rmtree(left)


def _exchanged(one: Path, other: Path) -> bool:
    """Return whether the two names were exchanged in one step (renameat2). Raises OSError."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(other))
