"""What the case book refuses: the docstring is the user's message, the exit code a documented promise."""

from __future__ import annotations

from workstation.problems import Problem


class NoSuch(Problem):
    """There is no such thing in the case book."""

    exit_code = 19


class NotAllowed(Problem):
    """The case book does not allow that."""

    exit_code = 20


class LogBroken(Problem):
    """The log does not verify."""

    exit_code = 17
