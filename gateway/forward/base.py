"""What every kind of destination is: a store that is opened for a while, and takes files whole.

Errors are sorted by who must act; both kinds are tried again, since the operator mends things without telling us.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from gateway.faults import OperatorError


class PassingTrouble(Exception):
    """It may well go away by itself: a server that is down, a stick pulled out. ``str()`` is a sentence."""


class OperatorNeeded(OperatorError):
    """It will not go away by itself: no marker, a wrong key, no permission, no room."""


class Differs(Exception):
    """A file of this name with other octets is there. It was not touched; ``held`` is what it holds."""

    def __init__(self, held: bytes) -> None:
        super().__init__("a file of this name with other octets is there")
        self.held = held


class Session(Protocol):
    """A store while it is open. Every method raises PassingTrouble or OperatorNeeded."""

    @property
    def marker(self) -> str:
        """Return the marker id of what is open."""

    async def held(self, boxes: Collection[str]) -> frozenset[str]:
        """Return the file names there, temporary ones left out.

        Removes what a killed forwarder left of batches of ``boxes`` (box ids in hexadecimal).
        """

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
