"""What the parts of one modem's session share: the dialogue, what is known of the modem, and its status."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hw.at.commands import Command
from hw.at.events import Answer
from hw.contract import Assignment, Clock, Delivery, Household, ModemStatus, NotDurable, Phase, SimIdentity
from hw.driver.kept import Kept
from hw.driver.link import Link
from hw.driver.pace import Pace
from hw.driver.proof import Proof
from hw.driver.spoilt import Spoilt
from hw.driver.step import Step
from hw.driver.trouble import Refused, Restarted
from hw.profiles import Profile, for_modem

T = TypeVar("T")


class Board:
    """A modem's status; tells the household of each change, and of nothing else."""

    def __init__(self, port: str, household: Household) -> None:
        self.status = ModemStatus(port)
        self._household = household

    def show(self, **changes: Any) -> None:
        """Change the status by these of its fields."""
        status = replace(self.status, **changes)
        if status != self.status:
            self.status = status
            self._household.changed(status)


class Desk:
    """The shared state of a session. ``epoch`` rises when the modem restarts or its SIM changes."""

    def __init__(
        self, link: Link, board: Board, pace: Pace, clock: Clock, *, step: Step, spoilt: Spoilt, kept: Kept
    ) -> None:
        self.step, self.spoilt, self.kept = step, spoilt, kept
        self.link, self.board, self.pace, self.clock = link, board, pace, clock
        self.profile: Profile = for_modem(None, None)
        self.sim = SimIdentity(None)
        self.iccid_by: str | None = None
        """The command that told the ICCID."""
        self.assignment: Assignment | None = None
        self.epoch = 0
        self.acknowledging = False
        """True where +CSMS said that the modem waits for +CNMA."""
        self.direct_since = 0
        """``Link.answered`` when routing became direct: what came before the modem gave on other terms."""
        self.proof: Proof | None = None
        self.deaf_to_boots = False
        """True where a modem says "started" again and again, and answers all the while: it chatters."""
        self.ended = False
        """The session is over: what it began beside itself neither speaks nor shows anything any more."""
        self.wake = asyncio.Event()
        self._held: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def in_doubt(self) -> bool:
        """Whether an answer that does not say what it answers may belong to another question."""
        return self.step.in_doubt(self.link)

    def end(self) -> None:
        """End the session. What is left of it may come to its end, but has no say in the next one."""
        self.ended = True
        self.epoch += 1

    async def command(self, command: Command) -> Answer:
        """Return the answer, whatever its result. Raises why the dialogue ended, or Restarted after ``end``."""
        async with self.link.lock:
            if self.ended:
                raise Restarted("that dialogue is over")
            return await self.link.exchange(command)

    async def needed(self, command: Command) -> Answer:
        """Return the answer. Raises Refused too, where the result is not OK."""
        answer = await self.command(command)
        if not answer.result.ok:
            raise Refused(command, answer.result)
        return answer

    async def offer(self, delivery: Delivery) -> bool:
        """Return True once ``delivery`` is durable, False where it cannot be now."""
        assert self.assignment is not None, "nothing is taken from a SIM that is not assigned"
        try:
            await self.assignment.receiver.take(delivery)
        except NotDurable:
            return False
        return True

    def hold(self, what: str, *, held: bool) -> None:
        """Show that ``what`` (a way of receiving) is held because nothing can be stored, or no longer."""
        if self.ended or held == (what in self._held):
            return
        (self._held.add if held else self._held.discard)(what)
        if self.board.status.phase in (Phase.RECEIVING, Phase.HELD):
            self.board.show(phase=Phase.HELD if self._held else Phase.RECEIVING)

    @property
    def held(self) -> bool:
        """Whether anything waits for room."""
        return bool(self._held)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``work`` beside the session; its commits are let come to their end when the session ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def outcome(self, taking: asyncio.Task[bool]) -> bool:
        """Return what ``offer`` came to. Raises why the dialogue ended if that comes first; the commit goes on."""
        if not taking.done():
            over = asyncio.ensure_future(self.link.over.wait())
            await asyncio.wait((taking, over), return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
        if not taking.done() and self.link.broken is not None:
            raise self.link.broken
        return await taking

    async def finish(self, seconds: float) -> None:
        """Wait for what ``spawn`` started, but not longer."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
