"""What stops a bulletin: the docstring is the user's message, the exit code a documented promise."""

from __future__ import annotations

from workstation.problems import Problem


class TooEarly(Problem):
    """The bulletin cannot be made yet."""

    exit_code = 15


class NotSafe(Problem):
    """The bulletin cannot be made safe."""

    exit_code = 16


class NoBulletin(Problem):
    """There is no such bulletin."""

    exit_code = 19
