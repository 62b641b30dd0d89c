"""The network: subscribers, what is under way to each, and the record of what the network saw.

An SMS centre holds a message until the mobile acknowledges it (RP-ACK); without that it offers it again later, with
another TP-MMS. No I/O and no clock: times are seconds of the caller's clock. TS 23.040 §3.2 and §10.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hw.virtual.tpdu import MMS

NEVER = float("inf")


@dataclass(slots=True)
class Message:
    """One message on its way to a subscriber, and everything that happened to it. Times in seconds."""

    id: int
    tpdu: bytes = field(repr=False)
    smsc: bytes = field(repr=False)
    offered: float
    attempts: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    acknowledged: float | None = None
    acknowledged_by: str | None = None
    """"driver": by +CNMA. "modem": by itself, since it stored the message or nobody had to acknowledge."""
    memory: str | None = None
    slot: int | None = None
    reads: int = 0
    """How often the octets went over the port: +CMT, +CMGR, +CMGL or +CRSM READ RECORD."""
    deleted: float | None = None
    overwritten: float | None = None
    silent: bool = False
    due: float = 0.0
    last_mms: int = MMS

    @property
    def settled(self) -> bool:
        """Whether neither network nor modem has a readable copy that still waits for the driver."""
        return self.acknowledged is not None and (self.memory is None or self.deleted is not None)

    def for_attempt(self, *, more: bool, now: float) -> bytes:
        """Return the TPDU of the next attempt. A re-delivery has the other TP-MMS. TS 23.040 §9.2.3.2."""
        bit = (0 if more else MMS) if not self.attempts else self.last_mms ^ MMS
        self.last_mms = bit
        self.attempts.append(now)
        return bytes([self.tpdu[0] & ~MMS | bit]) + self.tpdu[1:]


Made = tuple[bytes, bytes]
"""TPDU and SMSC address."""


class Subscriber:
    """The network's end of one SIM: messages waiting for it, in order."""

    def __init__(self, number: str, attention: Callable[[], None]) -> None:
        self.number = number
        self.attention = attention
        """Called when there may be something to deliver."""
        self.messages: list[Message] = []
        self.sources: deque[Iterator[Made]] = deque()
        """Messages made only when the mobile is ready for them (load)."""
        self._fresh: deque[Message] = deque()
        self._again: list[Message] = []
        self._full_until = 0.0

    def offer(self, tpdu: bytes, smsc: bytes, now: float) -> Message:
        """Put a message in the queue, and return it."""
        message = self._new(tpdu, smsc, now)
        self._fresh.append(message)
        self.attention()
        return message

    def offer_all(self, source: Iterator[Made]) -> None:
        """Offer what ``source`` makes, each as soon as the mobile takes it."""
        self.sources.append(source)
        self.attention()

    def take(self, now: float) -> Message | None:
        """Return the message to try now, or None."""
        if now < self._full_until:
            return None
        for place, message in enumerate(self._again):
            if message.due <= now:
                return self._again.pop(place)
        if self._fresh:
            return self._fresh.popleft()
        return self._made(now)

    def more(self) -> bool:
        """Return whether others wait behind the message last taken."""
        return bool(self._fresh or self._again or self.sources)

    def accepted(self, message: Message, by: str, now: float) -> None:
        """Note RP-ACK."""
        message.acknowledged, message.acknowledged_by = now, by

    def failed(self, message: Message, why: str, retry_at: float) -> None:
        """Note RP-ERROR or no answer: the message is offered again at ``retry_at``."""
        message.failures.append(why)
        message.due = retry_at
        self._again.append(message)

    def memory_full(self, message: Message, retry_at: float) -> None:
        """Note RP-ERROR 22: nothing is tried before memory is available or ``retry_at``. TS 23.040 §3.3.2."""
        self.failed(message, "memory full", retry_at)
        self._full_until = retry_at

    def memory_available(self, now: float) -> None:
        """Note RP-SMMA: what waited for room is tried at once."""
        if self._full_until > now:
            self._full_until = 0.0
            for message in self._again:
                if message.failures[-1] == "memory full":
                    message.due = now

    def next_time(self) -> float:
        """Return when something will be due next, NEVER where nothing waits for a time."""
        due = min((message.due for message in self._again), default=NEVER)
        if self._fresh or self.sources:
            due = 0.0
        return max(due, self._full_until) if due != NEVER else NEVER

    def message(self, number: int | None) -> Message | None:
        """Return a message by its id."""
        return None if number is None else self.messages[number - 1]

    def _made(self, now: float) -> Message | None:
        while self.sources:
            if (made := next(self.sources[0], None)) is not None:
                return self._new(*made, now)
            self.sources.popleft()
        return None

    def _new(self, tpdu: bytes, smsc: bytes, now: float) -> Message:
        message = Message(id=len(self.messages) + 1, tpdu=tpdu, smsc=smsc, offered=now)
        self.messages.append(message)
        return message


class Centre:
    """The SMS centre of one process: finds the subscriber of a number."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def join(self, number: str, attention: Callable[[], None]) -> Subscriber:
        """Return a new subscriber."""
        subscriber = Subscriber(number, attention)
        self._subscribers.append(subscriber)
        return subscriber

    def find(self, number: str) -> Subscriber | None:
        """Return who has this number; the last ten digits decide, so that national and international forms meet."""
        wanted = number.lstrip("+")[-10:]
        for subscriber in self._subscribers:
            if wanted and subscriber.number.lstrip("+")[-10:] == wanted:
                return subscriber
        return None
