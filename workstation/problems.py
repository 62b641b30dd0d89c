"""What stops a command: one class a case, its docstring the user's message, its exit code a documented promise."""

from __future__ import annotations

import errno

WAITING = "An import, or a command in another window, holds it. Wait until that is done, then do it again."
"""What to do about a database that another program holds."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
_TAKEN = frozenset({5, 6})
"""SQLITE_BUSY and SQLITE_LOCKED, whatever stands above their lowest octet."""


class Problem(Exception):
    """The command could not be done."""

    exit_code = 1

    def __init__(self, detail: str = "", *, way_out: str = "") -> None:
        message = (type(self).__doc__ or "").strip()
        super().__init__(": ".join(part for part in (message.rstrip("."), detail) if part))
        self.way_out = way_out


class NoHome(Problem):
    """There is no workstation's home."""

    exit_code = 5


class HomeExists(Problem):
    """A home is never overwritten."""

    exit_code = 6


class WrongPassphrase(Problem):
    """The passphrase is wrong, or the keyring is damaged."""

    exit_code = 7

    def __init__(self, user: str = "") -> None:
        super().__init__(user, way_out="Try again; a damaged keyring has to come back from its backup.")


class NoPassphrase(Problem):
    """No passphrase."""

    exit_code = 8


class NotPrivate(Problem):
    """Others may read the home."""

    exit_code = 9


class NotConfirmed(Problem):
    """Not confirmed."""

    exit_code = 10


class Damaged(Problem):
    """The home is damaged."""

    exit_code = 11


class StorageFailed(Problem):
    """Reading or writing failed, nothing was half done."""

    exit_code = 12


class NotTaken(Problem):
    """The file is refused."""

    exit_code = 3


class BadName(NotTaken):
    """The name cannot be taken."""


class NotThisKey(Problem):
    """The words do not give the key of this home."""

    exit_code = 14


class SecondPersonNeeded(Problem):
    """A second person is needed."""

    exit_code = 18


class NoSuchUser(Problem):
    """There is no such user."""

    exit_code = 19


class NotPossible(Problem):
    """That is not possible."""


class Stopped(Problem):
    """Stopped."""


def is_taken(error: Exception) -> bool:
    """Return whether an error of SQLite or SQLCipher says that another program holds the database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _TAKEN


def is_full(error: Exception) -> bool:
    """Return whether an error of the system says that the disk is full or broken."""
    return isinstance(error, OSError) and error.errno in _FULL
