"""What the forwarder tells others, as JSON files in its own folder.

``status.json``       for ``status``: each destination's state.
``sent.json``         for intake: what went to all destinations of its line, so that old files may be removed.
``newer-chain.json``  for intake: chains that must not go on, because a higher number was sent before (a box restored
                      from an old backup). Intake begins a new chain; the entry goes when that chain's batch appears.
``resend-*.json``     to the forwarder: what an operator wants sent again.

This module has no part of the network and may be imported by those who read the files.
"""

from __future__ import annotations

import errno
import os
import stat
from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from gateway.durable import write_durably

STATUS = "status.json"
SENT = "sent.json"
NEWER_CHAIN = "newer-chain.json"
LOCK = "forward.lock"
PROGRESS = "progress.db"
LIMIT = 1 << 20
"""Octets of a file. An entry of one chain takes about 100, a resent span about 200."""
_MODE = 0o640
"""Group-readable: intake and ``status`` run as other users."""


class State(Enum):
    """How a destination is; the words are shown to the operator."""

    NEW = "not tried yet"
    UP = "up"
    TROUBLE = "trying again"
    OPERATOR = "needs the operator"


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a file."""


class DestinationStatus(_Record, frozen=True, kw_only=True):
    """One destination. Times are Unix seconds."""

    name: str
    type: str
    state: State
    marker: str | None
    lines: tuple[str, ...]
    backlog: int
    """Batches in the outbox that are not there yet."""
    last_success: int | None
    """When it was last reached and had, or was given, everything."""
    problem: str | None
    way_out: str | None
    next_try: int | None


class Status(_Record, frozen=True, kw_only=True):
    """``status.json``."""

    version: int = 1
    started: int
    """Unix seconds."""
    destinations: tuple[DestinationStatus, ...]
    alarms: tuple[str, ...]
    """Sentences for the operator, since the start; they stay until what they tell of is over, or a restart."""


class Sent(_Record, frozen=True, kw_only=True):
    """Of ``line`` (as in the configuration), all batches of ``chain`` up to ``sequence`` went to all destinations."""

    line: str
    chain: str
    sequence: int


class NewerChain(_Record, frozen=True, kw_only=True):
    """``chain`` of ``line`` (as in the configuration) was already sent up to ``sequence`` before a restore."""

    line: str
    chain: str
    sequence: int


class ResendSpan(_Record, frozen=True, kw_only=True):
    """First and last sequence of one chain; ids in hexadecimal."""

    box: str
    line: str
    chain: str
    first: int
    last: int


class Resend(_Record, frozen=True, kw_only=True):
    """What ``destination`` is to be given again."""

    destination: str
    spans: tuple[ResendSpan, ...]


_R = TypeVar("_R")


def read(path: Path, kind: type[_R]) -> _R | None:
    """Return what the file at ``path`` holds, None without a file or with one that is not of this kind.

    Raises OSError where it is there and cannot be read.
    """
    try:
        return msgspec.json.decode(_octets(path), type=kind)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _octets(path: Path) -> bytes:
    """Return the octets of a plain file of at most LIMIT octets; of anything else none, and without waiting.

    Intake reads in a folder of another user: a pipe there would hold it up, a link lead it elsewhere.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            return b""
        raise
    try:
        found = os.fstat(descriptor)
        plain = stat.S_ISREG(found.st_mode) and found.st_size <= LIMIT
        return os.read(descriptor, LIMIT) if plain else b""
    finally:
        os.close(descriptor)


def read_status(folder: Path) -> Status | None:
    """Return the status in the forwarder's ``folder``; None without one."""
    return read(folder / STATUS, Status)


def read_sent(folder: Path) -> tuple[Sent, ...]:
    """Return how far each chain went to all destinations of its line; lines without destination are left out."""
    return read(folder / SENT, tuple[Sent, ...]) or ()


def read_newer_chains(folder: Path) -> tuple[NewerChain, ...]:
    """Return the chains in which intake must not go on."""
    return read(folder / NEWER_CHAIN, tuple[NewerChain, ...]) or ()


class Noticeboard:
    """Writes the files, each only when it says something new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, bytes] = {}

    def write(self, name: str, value: object) -> None:
        """Write ``value`` to the file ``name``. Raises OSError."""
        octets = msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
        if self._written.get(name) != octets:
            write_durably(self._folder / name, octets, mode=_MODE)
            self._written[name] = octets
