"""Is direct mode true on this modem? An own message is left unacknowledged: it must be delivered again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hw.contract import Delivery


class Proof:
    """One test under way. ``recognise`` is the caller's: nothing here looks into a message."""

    def __init__(self, recognise: Callable[[Delivery], bool]) -> None:
        self._recognise = recognise
        self.withheld = asyncio.Event()
        self.again = asyncio.Event()

    def withhold(self, delivery: Delivery) -> bool:
        """Return True for the first direct delivery of the test message, which is to be left alone."""
        if not self._recognise(delivery):
            return False
        if self.withheld.is_set():
            self.again.set()
            return False
        self.withheld.set()
        return True

    def stored(self, delivery: Delivery) -> None:
        """Note a test message found in a memory: after it was withheld, that too is "delivered again"."""
        if self.withheld.is_set() and self._recognise(delivery):
            self.again.set()
