"""The one door to writing a file that has to survive a power cut: temporary name, fsync, rename, fsync of the folder.

Whoever reads the folder sees the old file, the new one or none, never a half one. Temporary names begin with a dot
and end in ``.part``; a writer that was killed leaves one behind, and ``remove_leftovers`` takes it away.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.part")
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What fsync of a folder gives where a file system (FAT on some drivers, some shares) has no such thing."""


def write_durably(path: Path, octets: bytes, *, mode: int = 0o600) -> None:
    """Return once ``octets`` are on disk under ``path``, with exactly ``mode``. Replaces a file that is there.

    Raises OSError; then nothing of the new file is left.
    """
    write_pieces_durably(path, (octets,), mode=mode)


def write_pieces_durably(path: Path, pieces: Iterable[bytes], *, mode: int = 0o600) -> None:
    """Do as ``write_durably`` with ``pieces``, put together, none of them held for longer than its turn.

    Raises OSError and what ``pieces`` raises; then nothing of the new file is left.
    """
    with opened_folder(path.parent) as folder:
        _write_in(folder, path.name, pieces, mode)


def write_durably_in(folder: int, name: str, octets: bytes, *, mode: int = 0o600) -> None:
    """Do as ``write_durably`` in the open folder ``folder``: what is mounted over its path meanwhile is not met."""
    _write_in(folder, name, (octets,), mode)


def _write_in(folder: int, name: str, pieces: Iterable[bytes], mode: int) -> None:
    temporary = temporary_name(name)
    try:
        _write_new(folder, temporary, pieces, mode)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    sync_open_folder(folder)


def sync_folder(path: Path) -> None:
    """Return once the names in the folder ``path`` are on disk. Raises OSError."""
    with opened_folder(path) as folder:
        sync_open_folder(folder)


def sync_open_folder(folder: int) -> None:
    """Do as ``sync_folder`` for an open folder. A file system that cannot do this is taken as it is."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise


@contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """Give a file descriptor of the folder ``path``. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield folder
    finally:
        os.close(folder)


def remove_leftovers(path: Path) -> int:
    """Remove the temporary files that killed writers left in the folder ``path``; return how many.

    Only for whoever holds the lock of the folder: a living writer's file would be taken away as well.
    """
    leftovers = [item for item in path.iterdir() if written_for(item.name) is not None]
    for item in leftovers:
        item.unlink(missing_ok=True)
    return len(leftovers)


def temporary_name(name: str) -> str:
    """Return a new temporary name for ``name``; random, so that two writers never share one."""
    return f".{name}.{secrets.token_hex(8)}.part"


def written_for(name: str) -> str | None:
    """Return the final name that the temporary ``name`` was made for, None where it is not a temporary name."""
    match = _TEMPORARY.fullmatch(name)
    return match["name"] if match else None


def _write_new(folder: int, name: str, pieces: Iterable[bytes], mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, mode, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        # The file is ours, so a refusal means a file system without modes (FAT); umask must not narrow the mode.
        with suppress(PermissionError):
            os.fchmod(descriptor, mode)
        file.writelines(pieces)
        file.flush()
        os.fsync(descriptor)
