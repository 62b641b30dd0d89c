"""What every kind of destination is: a store that is opened for a while, and takes files whole.

Errors are sorted by who must act; both kinds are tried again, since the operator mends things without telling us.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from gateway.faults import OperatorError

MAX_HELD = 131_072
"""Names that are listed of a destination: five years of hourly batches of three lines (131,400, of which most were
carried away long before). With the longest names, 255 octets each, they take 40 MB; a hostile server has no end."""
MAX_NAME = 255
"""Octets of a file name, on every file system in use; our own have 123 at the most. Longer ones are left out."""


class PassingTrouble(Exception):
    """It may well go away by itself: a server that is down, a stick pulled out. ``str()`` is a sentence."""


class OperatorNeeded(OperatorError):
    """It will not go away by itself: no marker, a wrong key, no permission, no room."""


class Differs(Exception):
    """A file of this name with other octets is there. It was not touched; ``held`` is what it holds."""

    def __init__(self, held: bytes) -> None:
        super().__init__("a file of this name with other octets is there")
        self.held = held


class Held(NamedTuple):
    """The file names at a destination, temporary ones left out."""

    names: frozenset[str]
    complete: bool
    """Whether that is all: no more than MAX_HELD are looked at."""


class Session(Protocol):
    """A store while it is open. Every method raises PassingTrouble or OperatorNeeded."""

    @property
    def marker(self) -> str:
        """Return the marker id of what is open."""

    async def held(self, boxes: Collection[str]) -> Held:
        """Return what is there.

        Removes what a killed forwarder left of batches of ``boxes`` (box ids in hexadecimal).
        """

    async def read_head(self, name: str, octets: int) -> bytes:
        """Return at most the first ``octets`` of a file; none where no file of this name can be read."""

    async def put(self, name: str, octets: bytes) -> None:
        """Return once ``octets`` are durably there under ``name``; they may have been before.

        Raises Differs as well.
        """


class Store(Protocol):
    """One destination."""

    @property
    def watch_every(self) -> float | None:
        """Return after how many seconds to ask for the marker again; None where it cannot change by itself."""

    @property
    def longest_wait(self) -> float:
        """Return the longest time between two attempts after trouble, in seconds."""

    async def marker(self) -> str:
        """Return the id of what is there now: one stick is not another. Raises as Session does."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """Open it. Entering raises PassingTrouble or OperatorNeeded."""
