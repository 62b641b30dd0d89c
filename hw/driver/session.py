"""One dialogue with one modem from the first AT until something ends it: start, SIM, routing, service.

``run`` returns only by raising: a ModemTrouble says what the ladder in ``hw.driver.modem`` has to deal with.
Nothing is routed, read or deleted before the household has assigned the SIM.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator

from hw.at.commands import plain, submit
from hw.at.events import Booted, Call, CallEnded, Event, MemoryFull, Message, Report, SimLost, Stored
from hw.at.replies import cmgs_reference
from hw.contract import Delivery, Household, Mode, Phase, SimIdentity
from hw.driver import start, watch
from hw.driver.call_lists import CallLists
from hw.driver.desk import Desk
from hw.driver.direct import Direct
from hw.driver.proof import Proof
from hw.driver.routing import DIRECT, NOWHERE, STORED, Routing
from hw.driver.sim import SimState, enter_pin, read_iccid, sim_state
from hw.driver.sweep import Sweeper
from hw.driver.trouble import (
    DirectUntrue,
    ModemTrouble,
    Refused,
    Restarted,
    SendFailed,
    SimTrouble,
    Started,
)

RING_SECONDS = 5.0
"""Rings closer together than this are of one call. TS 22.001: a ringing cadence is 5 s."""
LATE_RING = 1.0
"""Seconds after the end of a call in which a ring may still be of that call."""
_UNLOCK = "the SIM wants its PUK or another unlock code: do that in a telephone"
_BLOCKED = {
    SimState.BUSY: (Phase.NO_SIM, "the SIM stays busy: take it out and put it in again"),
    SimState.PUK: (Phase.PUK_NEEDED, _UNLOCK),
    SimState.OTHER: (Phase.PUK_NEEDED, _UNLOCK),
}
PDU_MODE = plain("AT+CMGF=0")

log = logging.getLogger(__name__)


class Session:
    """A dialogue. Made anew after each reboot, re-open or change of the SIM."""

    def __init__(
        self, desk: Desk, household: Household, *, direct_allowed: bool, call_lists: CallLists
    ) -> None:
        self.desk = desk
        self.roused = False
        """Question and answer were in step."""
        self.serving = False
        self.direct_untrue = False
        self._household = household
        self._direct_allowed = direct_allowed
        self._call_lists = call_lists
        self._routing = Routing(desk)
        self._direct: Direct | None = None
        self._sweeper = Sweeper(desk, self._check_before_taking)
        self._checked = -math.inf
        """When the SIM was last seen to be the one that was assigned."""
        self._mode = Mode.STORED
        self._woken: set[str] = set()
        self._last_ring: float | None = None
        self._call_ended: float | None = None
        self._rearm_at: float | None = None
        self._sending = asyncio.Lock()
        desk.link.listener = self._heard
        desk.link.on_broken = desk.kept.told = desk.wake.set

    async def run(self) -> None:
        """Serve until a ModemTrouble ends it."""
        desk = self.desk
        desk.board.show(phase=Phase.STARTING)
        desk.kept.forget_strangers()
        await desk.step.find(desk.link, desk.pace)
        self.roused = True
        await start.be_civil(desk)
        await self._quietly(NOWHERE)
        await start.introduce(desk)
        await self._admit()
        await self._begin()
        phase = Phase.HELD if desk.held else Phase.RECEIVING
        desk.board.show(phase=phase, mode=self._mode, problem=None, tried=True)
        self.serving = True
        self._call_lists.begin(desk)
        desk.spawn(self._call_lists.clear())
        await self._serve()

    async def _admit(self) -> None:
        """Return once the SIM is ready and assigned, looking again now and then."""
        while True:
            trouble = await self._look_at_sim()
            if trouble is None:
                return
            phase, problem = trouble
            self.desk.board.show(phase=phase, problem=problem, mode=None, tried=True)
            await self._pause(self.desk.pace.unassigned)

    async def _look_at_sim(self) -> tuple[Phase, str] | None:
        """Return None if the SIM may be used, else the phase to wait in and what the operator can do."""
        desk = self.desk
        state = await sim_state(desk)
        if state is SimState.MISSING:
            desk.board.show(iccid=None)
            return Phase.NO_SIM, "no SIM is seen: put one in, or clean its contacts"
        await self._identify()
        if state in _BLOCKED:
            return _BLOCKED[state]
        if not self._assign():
            return await self._turn_away()
        return None if state is SimState.READY else await self._unlock()

    async def _unlock(self) -> tuple[Phase, str] | None:
        """Give the PIN, and ask again whose SIM it is: some modems tell the ICCID only then."""
        if (problem := await enter_pin(self.desk, self._household, self.desk.sim)) is not None:
            return Phase.PIN_NEEDED, problem
        await self._identify()
        return None if self._assign() else await self._turn_away()

    async def _identify(self) -> None:
        iccid = await read_iccid(self.desk)
        self.desk.sim = SimIdentity(iccid if iccid == await read_iccid(self.desk) else None)
        self.desk.board.show(iccid=self.desk.sim.iccid)

    def _assign(self) -> bool:
        self.desk.assignment = self._household.assign(self.desk.board.status.port, self.desk.sim)
        return self.desk.assignment is not None

    async def _turn_away(self) -> tuple[Phase, str]:
        self.desk.kept.forget_strangers()
        await self._quietly(NOWHERE)
        if self.desk.sim.iccid is None:
            return Phase.UNASSIGNED, "the SIM does not tell its ICCID: use another modem for it"
        return Phase.UNASSIGNED, "no line has this SIM: put its ICCID into the configuration, or take it out"

    async def _quietly(self, target: int) -> None:
        """Route to ``target``, whatever the modem says to that: some refuse it before the PIN."""
        with contextlib.suppress(Refused):
            await self._routing.use(target)

    async def _begin(self) -> None:
        """Set PDU mode and routing; empty the memories before anything may come directly."""
        desk = self.desk
        assert desk.assignment is not None, "begun only with an assigned SIM"
        direct = self._direct = Direct(desk)  # from here on a +CMT has somewhere to go
        desk.kept.belong(desk.assignment.receiver)
        desk.hold("direct", held=bool(desk.kept))
        await self._quietly(STORED)
        await desk.needed(PDU_MODE)
        await self._sweeper.choose()
        await self._routing.acknowledge_by_hand()
        self._mode = self._decide()
        await self._routing.use(STORED)
        await self._sweeper.all(gently=False)
        if self._mode is Mode.DIRECT:
            try:
                await self._routing.use(DIRECT)
            except DirectUntrue:
                await self._leave_direct(direct)
            else:
                direct.expected = True
                # What was given to a process that died is still owed: the modem will stop giving directly.
                self._rearm_at = desk.clock() + desk.pace.withheld

    def _decide(self) -> Mode:
        desk, assignment = self.desk, self.desk.assignment
        assert assignment is not None, "decided only for an assigned SIM"
        if not self._direct_allowed or not desk.acknowledging or assignment.mode is Mode.STORED:
            return Mode.STORED
        proven = desk.profile.direct_proof is not None or assignment.direct_proven
        return Mode.DIRECT if assignment.mode is Mode.DIRECT or proven else Mode.STORED

    async def _leave_direct(self, direct: Direct) -> None:
        """Use stored mode from now on, for good: else a message could be let go before it is durable."""
        log.warning(
            "%s: direct mode is not true on this modem: stored mode is used", self.desk.board.status.port
        )
        direct.expected = direct.untrue = False
        self.direct_untrue, self._mode = True, Mode.STORED
        await self._routing.use(STORED)
        self.desk.board.show(mode=self._mode)
        self._woken.add("")

    async def _serve(self) -> None:
        """Sweep when told and about once a minute, look at signal and registration as rarely."""
        desk = self.desk
        ahead = desk.pace.ahead(desk.board.status.port)
        watched, swept = (desk.clock() - ahead * each for each in (desk.pace.watch, desk.pace.sweep))
        await watch.look(desk)
        while True:
            await self._pause(self._patience(swept, watched))
            now = desk.clock()
            if desk.kept and self._direct is not None:
                await self._direct.retry()
            if self._direct is not None and self._direct.untrue:
                await self._leave_direct(self._direct)
            await self._rearm(now)
            if now - swept >= desk.pace.sweep or (desk.held and now - swept >= desk.pace.hold_retry):
                swept = now
                self._woken.clear()
                await self._check_sim()
                await self._route_again()
                await self._sweeper.all(gently=self._mode is Mode.DIRECT)
                if self._call_lists.due:
                    desk.spawn(self._call_lists.clear())
            elif self._woken:
                woken, self._woken = self._woken, set()
                await self._sweeper.some(woken, gently=self._mode is Mode.DIRECT)
            if now - watched >= desk.pace.watch:
                watched = now
                await watch.look(desk)

    def _patience(self, swept: float, watched: float) -> float:
        pace, now = self.desk.pace, self.desk.clock()
        sweep = pace.hold_retry if self.desk.held else pace.sweep
        rearm = self._rearm_at if self._rearm_at is not None else now + pace.watch
        return max(0.0, min(swept + sweep, watched + pace.watch, rearm) - now)

    async def _pause(self, seconds: float) -> None:
        """Return when woken or after ``seconds``. Raises why the dialogue ended, if it did."""
        wake, link = self.desk.wake, self.desk.link
        if link.broken is None and not self._woken:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await wake.wait()
        wake.clear()
        if link.broken is not None:
            raise link.broken

    async def _rearm(self, now: float) -> None:
        """Route anew after a missed acknowledgement: now, and once more when the modem has given up waiting."""
        direct = self._direct
        if direct is not None and direct.rearm:
            direct.rearm = False
            self._rearm_at = now + self.desk.pace.withheld
        elif self._rearm_at is None or now < self._rearm_at:
            return
        else:
            self._rearm_at = None
        await self._route_again()
        self._woken.add("")

    async def _route_again(self) -> None:
        """Say once more where messages go: some modems forget it without a word. Not while nothing is stored."""
        await self.desk.needed(PDU_MODE)
        if self._routing.target is not None and not self.desk.held:
            await self._routing.use(self._routing.target)

    async def _check_sim(self) -> None:
        """Raise SimTrouble where another SIM is in the modem than the one that was assigned, or may be."""
        desk = self.desk
        if desk.sim.iccid is None or await read_iccid(desk) == desk.sim.iccid:
            self._checked = desk.clock()
            return
        await asyncio.sleep(desk.pace.busy_retry)
        found = await read_iccid(desk)
        if found != desk.sim.iccid:
            raise SimTrouble(
                "the SIM no longer tells its ICCID" if found is None else "another SIM is in the modem"
            )

    async def _check_before_taking(self) -> None:
        if self.desk.clock() - self._checked >= self.desk.pace.known:
            await self._check_sim()

    def _heard(self, event: Event) -> None:
        """Deal with what came unasked; returns at once."""
        kind = type(event)
        if isinstance(event, Message):
            self._message(event)
        elif isinstance(event, Stored):
            self._wake(event.memory)
        elif kind is MemoryFull:
            self._wake("")
        elif kind is Report and self._direct is not None:
            self._direct.report_arrived()
        elif kind is Call:
            self._ring()
        elif kind is CallEnded:
            self._call_ended = self.desk.clock()
        elif isinstance(event, Booted):
            self._booted(event)
        elif kind is SimLost and self.serving:
            self.desk.epoch += 1
            self.desk.link.fail(SimTrouble("the SIM was taken out or is locked"))

    def _message(self, message: Message) -> None:
        if message.length is None:  # every header in PDU mode has it
            self.desk.link.fail(Restarted("the modem left PDU mode"))
        elif self._direct is not None:
            self._direct.arrived(message)
        else:  # a modem that acknowledges by itself will not give it again
            pdu = message.pdu
            self.desk.kept.keep(Delivery(pdu.octets, message.length, pdu.intact), None)

    def _wake(self, memory: str) -> None:
        self._woken.add(memory)
        self.desk.wake.set()

    def _booted(self, event: Booted) -> None:
        if self.desk.deaf_to_boots:
            return
        if event.sure or self.serving:
            self.desk.epoch += 1
            self.desk.link.fail(Started("the modem started anew"))

    def _ring(self) -> None:
        now = self.desk.clock()
        last, self._last_ring = self._last_ring, now
        ended = self._call_ended is not None and now - self._call_ended > LATE_RING
        if last is None or now - last > RING_SECONDS or ended:
            self._call_ended = None
            self.desk.board.show(calls=self.desk.board.status.calls + 1)
            self.desk.spawn(self._hang_up())

    async def _hang_up(self) -> None:
        with contextlib.suppress(ModemTrouble):
            for text in self.desk.profile.hang_up:
                if (await self.desk.command(plain(text))).result.ok:
                    self._call_ended = self.desk.clock()
                    break
        self._last_ring = self.desk.clock()
        await self._call_lists.clear()
        self._call_lists.due = True  # some write the call into their list a while after it ended

    async def send(self, octets: bytes, tpdu_length: int) -> int:
        """Return the message reference. Raises SendFailed. What comes meanwhile is stored, and swept after."""
        async with self._sending, self._stored_meanwhile():
            answer = await self.desk.command(submit(tpdu_length, octets))
        if not answer.result.ok:
            raise SendFailed(f"+CMGS refused: {answer.result.kind.name}", answer.result.number)
        return cmgs_reference(answer.lines) or 0

    @contextlib.asynccontextmanager
    async def _stored_meanwhile(self) -> AsyncIterator[None]:
        # The message of a proof may arrive before +CMGS ends, and must come directly; another one is then late.
        direct = self._routing.target == DIRECT and self.desk.proof is None
        if direct:
            await self._routing.use(STORED)
        try:
            yield
        finally:
            if direct and self._speaks:
                await self._routing.use(DIRECT)
                self._wake("")

    async def prove_direct(self, proof: Proof) -> bool:
        """Return True once a message that ``proof`` left unacknowledged was delivered again.

        Waits without end for it; the caller sets the time. False where the modem cannot be routed directly.
        """
        if self._direct is None:
            return False
        before, self.desk.proof = self._routing.target, proof
        try:
            if not await self._routing.acknowledge_by_hand():
                return False
            await self._routing.use(DIRECT)
            await proof.withheld.wait()
            await asyncio.sleep(self.desk.pace.withheld)
            await self._routing.use(DIRECT)
            self._wake("")
            await proof.again.wait()
            return True
        except DirectUntrue:
            return False
        finally:
            self.desk.proof = None
            if self._speaks:
                await self._routing.use(STORED if before is None else before)

    @property
    def _speaks(self) -> bool:
        return self.desk.link.broken is None and not self.desk.ended

    async def leave(self) -> None:
        """Have the modem store what comes while nobody listens. Quick, and quiet if it fails."""
        if self._routing.target is None or not self._speaks:
            return
        with contextlib.suppress(ModemTrouble, TimeoutError):
            async with asyncio.timeout(self.desk.pace.goodbye):
                await self.desk.finish(self.desk.pace.goodbye / 2)
                await self._routing.use(STORED)
