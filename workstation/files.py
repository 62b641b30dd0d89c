"""The one door to writing files of the home: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
PUBLIC_FILE = 0o644


def write_file(path: Path, octets: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Return once ``path`` holds ``octets`` durably; before that it holds what it held before. Raises OSError."""
    with written(path, mode=mode) as file:
        file.write(octets)


@contextmanager
def written(path: Path, *, mode: int = PRIVATE_FILE) -> Iterator[BinaryIO]:
    """Yield a file that is at ``path``, durably, when the block ends without an error.

    Raises OSError, which names ``path``: nobody knows the temporary name.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            if mode != PRIVATE_FILE:
                _show_to_others(handle, mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):  # no such folder, or a medium that is gone
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(temporary), temporary):
            error.filename = str(path)
        raise
    sync_folder(path.parent)


def take_place(new: Path, path: Path, *, old: Path) -> None:
    """Return once what is at ``new``, which is durable, is at ``path``, and what was there is at ``old``.

    There is no moment with nothing at ``path``. A file system without second names keeps nothing at ``old``.
    """
    with suppress(OSError):  # or it is there already, of a run that was killed
        os.link(path, old)
    new.replace(path)
    sync_folder(path.parent)


def _show_to_others(handle: int, mode: int) -> None:
    """Give a file that is carried away its ``mode``, whatever the mask; a stick's file system may know no modes."""
    with suppress(PermissionError):
        os.fchmod(handle, mode)


def sync_folder(folder: Path) -> None:
    """Return once the names in ``folder`` are durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_private(folder: Path) -> bool:
    """Return whether nobody but the owner has any right on ``folder``, and it is not a link."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
