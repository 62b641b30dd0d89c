"""One line at work: what its slips are sealed to in this period, and its cut at the end of it."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from functools import partial

from gateway.box import Box
from gateway.canary import Canaries
from gateway.clock import KeyAlarm, KeyChoice, Period, choose_epoch, next_period
from gateway.config import BatchConfig, LineConfig
from gateway.fields import LINE_FIELD
from gateway.intake.receiver import LineReceiver, Seal
from gateway.memory.redelivery import Redelivery
from gateway.memory.store import SharedMemory
from gateway.memory.table import MESSAGE_WINDOW, Table
from gateway.sealing import fill_body
from gateway.spool.committer import Committer
from gateway.spool.cut import Cut, Outdated, Picked, Place, next_place, pick, slots_for, store_batch
from gateway.spool.ledgers import keep_signed, sign_ledger, unsigned
from gateway.spool.lines import LineState, follow_clock, line_state, use_epoch
from hw.contract import Clock
from wire.batch import BatchHeader
from wire.manifest import ClockState, Manifest

SOFTWARE = "tipline 0.1.0"
_log = logging.getLogger(__name__)


class Line:
    """A line of this box. ``turn`` begins a period, ``cut`` ends it."""

    def __init__(
        self,
        config: LineConfig,
        batch: BatchConfig,
        *,
        box: Box,
        state: LineState,
        memory: SharedMemory,
        table: Table,
        redelivery: Redelivery,
        committer: Committer,
        clock: Clock = time.monotonic,
    ) -> None:
        self.config = config
        self.state = state
        self.alarm: KeyAlarm | None = None
        window = float(config.link_window) if config.linking == "window" else 0.0
        self.receiver = LineReceiver(
            state.id, window=window, table=table, redelivery=redelivery, committer=committer, clock=clock
        )
        self.last_header: BatchHeader | None = None
        self._batch = batch
        self._box = box
        self._memory = memory
        self._table = table
        self._committer = committer
        self._clock = clock
        self._choice: KeyChoice | None = None

    @property
    def enrolled(self) -> bool:
        """Return whether there is a key to seal to."""
        return self.receiver.sealing is not None

    @property
    def period(self) -> Period | None:
        """Return the period under way, None before the line is enrolled."""
        return self.receiver.sealing.period if self.receiver.sealing else None

    @property
    def counted_on(self) -> bool:
        """Return whether the period under way does not follow the clock, which jumped."""
        return self._choice is not None and self._choice.clock is ClockState.JUMPED

    @property
    def certain(self) -> int | None:
        """Return the end of the last period cut (Unix seconds), None while the clock is in doubt."""
        good = self._choice is not None and self._choice.clock is ClockState.GOOD
        return self.state.last_cut if good else None

    async def sign_ledgers(self) -> None:
        """Sign the ledgers of the months that were closed. Raises NotStored, StorageError."""
        for month in await self._committer.read(partial(unsigned, line=self.state.id)):
            sign = partial(sign_ledger, name=self.config.name, month=month, box=self._box)
            signed = await self._committer.read(sign)
            await self._committer.run(partial(keep_signed, line=self.state.id, month=month, signed=signed))

    async def turn(self, now: float) -> None:
        """Begin the period of ``now`` (Unix seconds): read what the operator changed, choose the key."""
        self.state = await self._committer.run(partial(line_state, name=self.config.name))
        self.receiver.line = self.state.id
        sheet, line = self.state.keysheet, self.state.line
        if sheet is None or line is None:
            return
        accepted, length = bool(self.state.clock_accepted), self._batch.period
        if accepted:
            follow = partial(follow_clock, name=self.config.name, now=int(now), length=length)
            self.state = await self._committer.run(follow)
        choice = choose_epoch(
            sheet,
            now=int(now),
            highest=self.state.highest_epoch,
            last_cut=self.state.last_cut,
            accepted=accepted,
        )
        if accepted or choice.epoch.number > (self.state.highest_epoch or 0):
            await self._committer.run(partial(use_epoch, line=self.state.id, epoch=choice.epoch.number))
        self._note(choice)
        period = next_period(choice, length, now=now, last_cut=self.state.last_cut)
        if self.receiver.canaries is None:
            key = self._box.derived_key("canary")
            self.receiver.canaries = Canaries(key, line, self.state.canary_counter)
        self.receiver.sealing = Seal(
            line, choice.epoch.number, choice.epoch.key, period, self._month(period), self._after_loss()
        )

    def _month(self, period: Period) -> str:
        """Return the month to whose ledger ``period`` counts: no earlier one than the one that is open."""
        return max(period.month, self.state.open_month or "")

    def _note(self, choice: KeyChoice) -> None:
        if choice.alarm is not self.alarm and choice.alarm is not None:
            _log.warning(
                "line %s: %s", self.config.name, choice.alarm.value, extra={LINE_FIELD: self.config.name}
            )
        self.alarm = choice.alarm
        self._choice = choice

    def _after_loss(self) -> bool:
        return self._memory.after_loss and self._clock() - self._memory.made < MESSAGE_WINDOW

    async def cut(self, period: Period) -> None:
        """End ``period``: store its batch, unless it has one already. Raises NotStored; then nothing has changed."""
        while not await self._cut(period):
            _log.info(
                "line %s: its chain changed during the cut",
                self.config.name,
                extra={LINE_FIELD: self.config.name},
            )

    async def _cut(self, period: Period) -> bool:
        """Return whether ``period`` has its batch now; if not, another process began a chain meanwhile."""
        sealing, choice = self.receiver.sealing, self._choice
        assert sealing is not None and choice is not None
        state = await self._committer.run(partial(line_state, name=self.config.name))
        if state.last_cut is not None and period.start < state.last_cut:
            return True
        slots = slots_for(state, self._batch.slots, period)
        picked = await self._committer.run(partial(pick, line=state.id, most=slots - 1))
        waited = self._table.pending(state.id)
        place = await self._committer.run(partial(next_place, state=state))
        manifest = _manifest(picked, choice, place)
        body = await asyncio.to_thread(
            fill_body,
            picked.sealed,
            manifest,
            slots=slots,
            epoch=sealing.epoch,
            key=sealing.key,
            line=sealing.line,
            received=period.start,
            period=period.length,
        )
        cut = Cut(
            name=self.config.name,
            period=period,
            epoch=sealing.epoch,
            slots=slots,
            body=body,
            picked=picked,
            manifest=manifest,
        )
        try:
            self.last_header = await self._committer.run(partial(store_batch, cut=cut, box=self._box))
        except Outdated:
            return False
        self._table.after_cut(waited, left=picked.left, lowest_rank_left=picked.lowest_rank_left)
        return True


def _manifest(picked: Picked, choice: KeyChoice, place: Place) -> Manifest:
    lowest = choice.epoch.number
    if picked.lowest_epoch_left is not None:
        lowest = min(lowest, picked.lowest_epoch_left)
    return Manifest(
        real=len(picked.sealed),
        backlog=picked.left,
        lowest_epoch=lowest,
        cut=place.cut,
        before=place.before,
        clock=choice.clock,
        salt=os.urandom(32),
        software=SOFTWARE,
    )
