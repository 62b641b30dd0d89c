"""What stops a command: one class a case, its docstring the user's message, its exit code a documented promise."""

from __future__ import annotations

EXIT_REFUSED = 3
"""Some files were refused; the rest was taken."""
EXIT_CHANGED_PAST = 4
"""Signed files contradict each other: something that was published, or committed to, was struck out or replaced."""
EXIT_TOTALS = 5
"""An authority's totals say otherwise than its own proofs, or than the ledgers."""
EXIT_GAPS = 6
"""Ledgers, bulletins or tables are missing."""


class Problem(Exception):
    """The command could not be done."""

    exit_code = 1

    def __init__(self, detail: str = "", *, way_out: str = "") -> None:
        message = (type(self).__doc__ or "").strip()
        super().__init__(": ".join(part for part in (message.rstrip("."), detail) if part))
        self.way_out = way_out


class Recovered(Problem):
    """Not published: the attacker recovers what no figure may give away."""

    exit_code = 7


class BadSettings(Problem):
    """A file that was given cannot be used."""

    exit_code = 9


class NothingToShow(Problem):
    """Nothing to build from."""

    exit_code = 10


class NotOurs(Problem):
    """The output folder holds something else than a site made by this program."""

    exit_code = 11


class StorageFailed(Problem):
    """Reading or writing failed; a site that was there stands as it was."""

    exit_code = 12


class Busy(Problem):
    """Another build works on this folder."""

    exit_code = 13
