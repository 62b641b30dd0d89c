"""One modem on one port, for ever: opened, served, and brought back by a ladder of ever stronger means.

===== ================================================ =========================================
rung  what is done                                     for
===== ================================================ =========================================
0     ESC on the open port, into step, start anew      a stuck prompt, one lost answer
1, 2  close without draining, open again               a confused driver or USB port
3     open, AT+CFUN=1,1, wait                          a confused modem
4     plug it in anew (``PortSpec.replug``: a helper)  a dead modem
5 ... tell the operator, and go on trying at 3 and 4   whatever is left
===== ================================================ =========================================

A port that is not there is no failure: it is waited for. Nothing here waits for another modem.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable

from hw.at.commands import ACKNOWLEDGE, ACKNOWLEDGE_ZERO, Patience, plain
from hw.at.engine import Engine
from hw.contract import Clock, Delivery, Household, ModemStatus, Phase
from hw.driver.call_lists import CallLists
from hw.driver.desk import Board, Desk
from hw.driver.kept import Kept
from hw.driver.link import Link
from hw.driver.pace import Pace
from hw.driver.port import PortSpec
from hw.driver.proof import Proof
from hw.driver.session import Session
from hw.driver.spoilt import Spoilt
from hw.driver.step import Step
from hw.driver.trouble import (
    LinkLost,
    ModemTrouble,
    NoAnswer,
    Restarted,
    SendFailed,
    SimTrouble,
    Started,
    StrayPrompt,
    Stuck,
)
from hw.serial_port import OPEN_SECONDS, Errands, PortError, open_port

RESET_RUNG, REPLUG_RUNG, OPERATOR_RUNG = 3, 4, 5
RESCUES = 3
"""Answers lost on one open port before it is opened again."""
CHATTER = 4
"""Times in a row a modem in service says "started": some print ^BOOT for ever. Then it is no longer believed."""
END_SECONDS = 15.0
"""Whatever holds it up, ``stop`` takes no longer: the other modems and the spool have to be closed too."""
RESET = plain("AT+CFUN=1,1", Patience.RESET)
NEEDS_OPERATOR = "does not answer after every means was tried: unplug it, wait ten seconds, plug it in again"

log = logging.getLogger(__name__)


class Modem:
    """A modem. ``run`` is its life; the other methods may be called from the same loop meanwhile."""

    def __init__(
        self, port: PortSpec, household: Household, *, pace: Pace | None = None, clock: Clock = time.monotonic
    ) -> None:
        self._port, self._household = port, household
        self._pace = pace or Pace()
        self._clock = clock
        self._board = Board(port.name, household)
        self._rung = 0
        self._direct_allowed = True
        self._call_lists = CallLists()
        self._errands = Errands()
        self._step = Step()
        self._spoilt = Spoilt()
        self._kept = Kept()
        self._served = False
        self._reset_due = self._was_reset = False
        self._session: Session | None = None
        self._life: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def status(self) -> ModemStatus:
        """The modem as the operator sees it."""
        return self._board.status

    async def run(self) -> None:
        """Receive until ``stop``. Raises only what is a bug of ours."""
        self._life = asyncio.ensure_future(self._live())
        try:
            await self._life
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
        finally:
            self._board.show(phase=Phase.ABSENT, device=None, mode=None)

    async def stop(self) -> None:
        """End cleanly: routing given back so that what comes is stored, the port closed. Takes seconds at most."""
        self._stopping.set()
        if self._session is not None:
            await self._session.leave()
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life], timeout=END_SECONDS)

    async def send(self, octets: bytes, tpdu_length: int) -> int:
        """Send SMSC address and SMS-SUBMIT ``octets``; return the message reference.

        ``tpdu_length`` counts the octets without the SMSC address. Raises SendFailed.
        """
        session = self._serving()
        try:
            return await session.send(octets, tpdu_length)
        except ModemTrouble as trouble:
            raise SendFailed(str(trouble)) from None

    async def prove_direct(self, recognise: Callable[[Delivery], bool], *, seconds: float) -> bool:
        """Leave the next +CMT that ``recognise`` knows unacknowledged; return whether it is delivered again.

        The caller sends that message once this runs. False after ``seconds``, or where the modem cannot give
        messages directly. The second delivery is taken and acknowledged as any other. Raises SendFailed
        where the modem is not receiving.
        """
        session = self._serving()
        try:
            async with asyncio.timeout(seconds):
                return await session.prove_direct(Proof(recognise))
        except TimeoutError:
            return False
        except ModemTrouble as trouble:
            raise SendFailed(str(trouble)) from None

    def _serving(self) -> Session:
        if self._session is None or not self._session.serving:
            raise SendFailed("the modem is not receiving")
        return self._session

    async def _live(self) -> None:
        while True:
            try:
                device = await self._locate()
                if device is None:
                    self._board.show(phase=Phase.ABSENT, device=None, mode=None, tried=True)
                    await asyncio.sleep(self._pace.absent)
                    continue
                await self._use(device)
            except (ModemTrouble, PortError, OSError) as trouble:
                await self._after(trouble)

    async def _locate(self) -> str | None:
        try:
            return await self._errands.run(self._port.locate, OPEN_SECONDS)
        except TimeoutError:
            raise PortError("it hangs while it is looked for or opened") from None
        except OSError:
            return None

    async def _use(self, device: str) -> None:
        """Open ``device`` and serve it until something ends that. Raises what."""
        self._board.show(phase=Phase.OPENING, device=device)
        self._served = self._was_reset = False
        link = Link(Engine(), self._pace)
        link.connection_made(await open_port(device, link, baud=self._port.baud, errands=self._errands))
        try:
            if self._reset_due:
                await self._reset(link)
            await self._sessions(link)
        finally:
            self._session = None
            await link.close()

    async def _sessions(self, link: Link) -> None:
        """Run one session after another on an open port, while that is enough to recover."""
        rescues = boots = 0
        while True:
            desk = Desk(
                link,
                self._board,
                self._pace,
                self._clock,
                step=self._step,
                spoilt=self._spoilt,
                kept=self._kept,
            )
            desk.deaf_to_boots = boots >= CHATTER
            session = self._session = Session(
                desk, self._household, direct_allowed=self._direct_allowed, call_lists=self._call_lists
            )
            began, trouble = self._clock(), None
            try:
                await self._while_it_answers(link, session)
            except (Restarted, SimTrouble, NoAnswer) as ended:
                trouble = ended
            finally:
                desk.end()  # now: what this session began beside itself must not speak in the next one
                healthy = session.roused and self._clock() - began >= self._pace.healthy
                if healthy:
                    self._rung = 0  # whatever ended it: pulled out after weeks, it begins at the lowest again
                self._served = session.serving
                self._direct_allowed = self._direct_allowed and not session.direct_untrue
            if trouble is None:
                continue
            self._note(trouble)
            boots = boots + 1 if isinstance(trouble, Started) else 0
            rescues = (0 if healthy else rescues) + (0 if boots else 1)
            self._step.lost = isinstance(trouble, NoAnswer) or (self._step.lost and not healthy)
            mute = isinstance(trouble, NoAnswer) and not session.roused
            if rescues > RESCUES or mute or not await self._again(link, trouble):
                raise trouble

    async def _while_it_answers(self, link: Link, session: Session) -> None:
        """Run ``session``. Raises what ended it, or Stuck where no answer came for longer than anything may take."""
        running = asyncio.ensure_future(session.run())
        try:
            heard = -1
            while heard != link.answered:
                heard = link.answered
                if (await asyncio.wait((running,), timeout=self._pace.stuck))[0]:
                    return running.result()
            raise Stuck("it was neither asked nor answered for minutes")
        finally:
            running.cancel()
            await asyncio.wait((running,), timeout=self._pace.goodbye)
            if running.done() and not running.cancelled():
                running.exception()  # heard already, or of no use to who ends this

    def _note(self, trouble: ModemTrouble) -> None:
        log.warning("%s: %s", self._port.name, trouble)
        if isinstance(trouble, StrayPrompt) and trouble.command in (ACKNOWLEDGE, ACKNOWLEDGE_ZERO):
            self._direct_allowed = False
        self._board.show(phase=Phase.RECOVERING, mode=None, restarts=self.status.restarts + 1)

    async def _again(self, link: Link, trouble: ModemTrouble) -> bool:
        """Return whether the open port can be used for a new session."""
        if link.gone:
            return False
        if isinstance(trouble, NoAnswer):
            link.escape()  # it may sit in a prompt
            await asyncio.sleep(min(self._pace.probe, 0.3))  # a late answer is dropped meanwhile
        if isinstance(trouble, Restarted):
            await asyncio.sleep(self._pace.settle)
        return link.renew()

    async def _reset(self, link: Link) -> None:
        """Rungs 3 and above: have the modem start anew. Raises LinkLost if the port goes with it.

        Once for each failure: a modem whose port goes with the reset would else be reset at each opening.
        """
        self._reset_due, self._was_reset = False, True
        log.warning("%s: AT+CFUN=1,1", self._port.name)
        with contextlib.suppress(NoAnswer):
            await link.command(RESET)
        await asyncio.sleep(self._pace.settle)
        if not link.renew():
            raise LinkLost("the port went with the reset")

    async def _after(self, trouble: Exception) -> None:
        """Show what happened, climb a rung, wait."""
        log.warning("%s: %s", self._port.name, trouble)
        self._board.show(mode=None, tried=True, restarts=self.status.restarts + 1)
        if isinstance(trouble, LinkLost) and (self._served or self._was_reset):
            self._board.show(phase=Phase.RECOVERING, problem=None)  # pulled out, or gone with the reset
            await asyncio.sleep(self._pace.backoff)
            return
        failed = self._rung >= OPERATOR_RUNG
        problem = f"{trouble}; {NEEDS_OPERATOR}" if failed else str(trouble)
        self._board.show(phase=Phase.FAILED if failed else Phase.RECOVERING, problem=problem)
        self._rung += 1
        self._reset_due = self._rung >= RESET_RUNG
        if self._rung >= REPLUG_RUNG and self._port.replug is not None:
            with contextlib.suppress(PortError):
                await self._port.replug()
        await asyncio.sleep(self._delay())

    def _delay(self) -> float:
        """Seconds before the next attempt: doubled each time up to the cap, and never in step with others."""
        delay = min(self._pace.backoff_cap, self._pace.backoff * 2.0 ** (min(self._rung, 16) - 1))
        return delay * random.uniform(0.75, 1.0)  # noqa: S311  # no secret
