"""Errors of the box, sorted by who has to act, and the exit codes of its commands. docs/operating.md lists them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command of the box ends with."""

    OK = 0
    FOUND = 1
    """``check`` or ``status`` found something that needs the operator."""
    USAGE = 2
    CONFIG = 3
    TRUST = 4
    """A signature, fingerprint, authority or key sheet was refused."""
    MISSING = 5
    """What was asked for is not there, or not yet."""
    STORAGE = 6
    """A folder or database cannot be used."""
    BUSY = 7
    """Another process of the box holds what this one needs."""


class OperatorError(Exception):
    """The operator is needed: a sentence that says what is wrong, and one that says what to do."""

    code = Exit.FOUND

    def __init__(self, problem: str, way_out: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.way_out = way_out


class ConfigError(OperatorError):
    """The configuration is not usable. Exit code 3."""

    code = Exit.CONFIG

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}", "mend the configuration file; `check` tests it again")
        self.key = key


class TrustError(OperatorError):
    """Something signed is not what it has to be. Exit code 4."""

    code = Exit.TRUST


class MissingError(OperatorError):
    """What was asked for is not there, or not yet. Exit code 5."""

    code = Exit.MISSING


class StorageError(OperatorError):
    """A folder or database cannot be used. Exit code 6."""

    code = Exit.STORAGE


class BusyError(OperatorError):
    """Another process of the box is at it. Exit code 7."""

    code = Exit.BUSY
