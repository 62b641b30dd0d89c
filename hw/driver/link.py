"""One opened port with its engine: commands one at a time, everything unsolicited to one listener."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from hw.at.commands import AT, ESC, Command, Patience
from hw.at.engine import Engine
from hw.at.events import Answer, Event, Prompt
from hw.driver.pace import Pace
from hw.driver.trouble import LinkLost, ModemTrouble, NoAnswer, StrayPrompt
from hw.serial_port import CLOSE_SECONDS


class Link(asyncio.Protocol):
    """A dialogue. ``lock`` is held by whoever speaks; ``broken`` is why nobody may speak any more."""

    def __init__(self, engine: Engine, pace: Pace) -> None:
        self.engine = engine
        self.lock = asyncio.Lock()
        self.broken: ModemTrouble | None = None
        self.over = asyncio.Event()
        """Set while ``broken`` is."""
        self.listener: Callable[[Event], None] = lambda event: None
        self.on_broken: Callable[[], None] = lambda: None
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._asked = AT
        """What is waited for."""
        self.answered = 0
        """Answers that somebody waited for."""
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._closed = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; called once by it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand what the modem said to the engine, and each event to whom it is for."""
        for event in self.engine.receive(data):
            if type(event) is Answer:
                self._settle(event)
            elif type(event) is Prompt:
                self._prompt(event)
            else:
                self.listener(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits."""
        self.fail(LinkLost("the port is gone"))
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def fail(self, trouble: ModemTrouble) -> None:
        """End the dialogue: the outstanding command and all later ones raise ``trouble``, until ``renew``."""
        if self.broken is None or isinstance(trouble, LinkLost):
            self.broken = trouble  # the first trouble is the cause of those that follow
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(trouble)
        self.over.set()
        self.on_broken()

    @property
    def gone(self) -> bool:
        """Whether the port is gone: no dialogue can be had on it any more."""
        return isinstance(self.broken, LinkLost)

    def renew(self) -> bool:
        """Begin a new dialogue on the same port; return False where the port is gone.

        A command that is still outstanding ends with NoAnswer: it would wait for ever, and hold the lock.
        """
        if self.gone:
            return False
        if (command := self.engine.outstanding) is not None:
            self._late(command)
        self.broken = None
        self.over.clear()
        self.engine.abandon()
        return True

    async def command(self, command: Command) -> Answer:
        """Return the answer, whatever its result. Raises NoAnswer, LinkLost, or why the dialogue ended."""
        async with self.lock:
            return await self.exchange(command)

    async def exchange(self, command: Command, *, seconds: float | None = None) -> Answer:
        """As ``command``, for who holds the lock. After NoAnswer the dialogue is over until ``renew``."""
        if self.broken is not None:
            raise self.broken
        waiting: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting, self._asked = waiting, command
        patience = Patience.QUICK if command.payload is not None else command.patience  # until the prompt
        self._allow(self._pace.patience[patience] if seconds is None else seconds)
        try:
            self.write(self.engine.begin(command))
            return await waiting
        finally:
            self._waiting = None
            if self.engine.outstanding is command:  # cancelled: its late answer must not end another one
                self._late(command)

    def write(self, octets: bytes) -> None:
        """Write without waiting."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def escape(self) -> None:
        """Get out of a prompt."""
        self.write(ESC)

    async def close(self) -> None:
        """Abort: what was not written is dropped. Returns when the port is closed or its closing hangs."""
        if self._transport is None or self._closed.done():
            return
        self._transport.abort()
        await asyncio.wait([self._closed], timeout=CLOSE_SECONDS + 1)

    def _settle(self, answer: Answer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self.answered += 1
            self._waiting.set_result(answer)

    def _prompt(self, prompt: Prompt) -> None:
        command = self.engine.outstanding
        if prompt.expected and command is not None:
            self._allow(self._pace.patience[command.patience])
            self.write(self.engine.payload())
            return
        self.escape()
        if command is not None:
            # What comes now is the answer to ESC: an OK that must not be taken for the command's.
            self.engine.abandon()
            self.fail(StrayPrompt(command))

    def _allow(self, seconds: float) -> None:
        """Give the outstanding command so long. One timer serves many commands: most are long answered."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._waiting is None or self._waiting.done():
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look_at_clock)
        else:  # whatever the engine says is outstanding: who waits must not wait for ever
            self._late(self._asked)

    def _late(self, command: Command) -> None:
        self.engine.abandon()
        self.fail(NoAnswer(command))
