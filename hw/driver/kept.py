"""Messages given directly that wait in memory: for room to store them, or for word whose SIM it is.

What was not acknowledged comes again; but a modem in phase 2 acknowledges by itself, and so does every modem a
message of class 0 in stored mode. Those are nowhere else, so they are kept here, over a restart of the dialogue too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hw.contract import Delivery, NotDurable, Receiver

MOST = 256
"""Deliveries of at most 232 octets: 60 kB. When it is full the newest is let go: the network may have it still."""


class Kept:
    """Deliveries in the order in which they came, each with whoever is to take it; None: not known yet."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Receiver | None, Delivery]] = deque()
        self.told: Callable[[], None] = lambda: None
        """Called when something is kept: by whom is no matter, the session of now has it taken."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def keep(self, delivery: Delivery, receiver: Receiver | None) -> None:
        """Keep ``delivery`` unless it is kept already."""
        if len(self._waiting) < MOST and (receiver, delivery) not in self._waiting:
            self._waiting.append((receiver, delivery))
            self.told()

    def belong(self, receiver: Receiver) -> None:
        """Say who is to take what came before the SIM was assigned."""
        self._waiting = deque((owner or receiver, delivery) for owner, delivery in self._waiting)

    def forget_strangers(self) -> None:
        """Let go what came for a SIM that is nobody's, or that may have been changed since."""
        self._waiting = deque(each for each in self._waiting if each[0] is not None)

    async def offer(self) -> bool:
        """Have everything taken, the oldest first; return whether nothing is left that has a receiver."""
        for _ in range(len(self._waiting)):
            receiver, delivery = self._waiting[0]
            if receiver is None:
                break
            try:
                await receiver.take(delivery)
            except NotDurable:
                return False
            self._waiting.remove((receiver, delivery))
        return True
