"""The private state folder: its layout, and the refusal of one that others can read."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from gateway.faults import BusyError, MissingError, StorageError

SPOOL = "spool.sqlite"
BOX_KEY = "box.key"
SOCKET = "intake.sock"
INTAKE_LOCK = "intake.lock"
FOLDER_MODE = 0o700


def make_folder(path: Path, *, mode: int = FOLDER_MODE) -> None:
    """Make the folder at ``path`` with its parents; one that is there stays as it is. Raises StorageError."""
    try:
        if not path.is_dir():
            path.mkdir(parents=True, mode=mode)
            path.chmod(mode)  # the umask may have narrowed it
    except OSError as error:
        raise StorageError(
            f"{path} cannot be made: {error.strerror}", "make it, or run this as its owner"
        ) from error


def check_private(path: Path) -> None:
    """Return if ``path`` is a folder of this user that no other can enter. Raises MissingError, StorageError."""
    try:
        found = path.stat()
    except OSError as error:
        raise MissingError(f"there is no state folder {path}", "run `tipline-gateway init` first") from error
    if not stat.S_ISDIR(found.st_mode):
        raise StorageError(f"{path} is not a folder", "name a folder in state_dir")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise StorageError(f"others can read the state folder {path}", f"chmod 700 {path}")
    if found.st_uid != os.geteuid():
        raise StorageError(f"the state folder {path} belongs to another user", "run this as its owner")


class Lock:
    """An exclusive lock for the life of the process, on a file that stays. Raises BusyError when it is taken."""

    def __init__(self, path: Path, holder: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._fd)
            raise BusyError(
                f"{holder} is running already", "stop it first, or use the one that runs"
            ) from error

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._fd)
