"""The clock of the box: one batch per line and period, whatever came in."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from gateway.clock import Period
from gateway.config import Config
from gateway.forward.notices import read_newer_chains, read_sent
from gateway.intake.line import Line
from gateway.intake.outbox import Outbox
from gateway.memory.redelivery import Redelivery
from gateway.memory.table import Table
from gateway.spool.committer import Committer, NotStored
from gateway.spool.lines import begin_chain

_LOOK = 2.0
"""Seconds between two looks at the wall clock, which may be set at any time."""
_RETRY = 5.0
_log = logging.getLogger(__name__)


class Clockwork:
    """Turns the periods of all lines together."""

    def __init__(
        self,
        config: Config,
        lines: list[Line],
        *,
        committer: Committer,
        outbox: Outbox,
        table: Table,
        redelivery: Redelivery,
    ) -> None:
        self._config = config
        self._lines = lines
        self._committer = committer
        self._outbox = outbox
        self._table = table
        self._redelivery = redelivery
        self.problem: str | None = None
        """Why the last cut or its copy to the outbox did not succeed, or None."""

    async def start(self) -> None:
        """Begin the first period and copy what an earlier run left."""
        await self._turn()
        await self._outbox.refile()
        await self._file()

    async def run(self) -> None:
        """End periods and begin new ones, until cancelled."""
        while True:
            await self._wait()
            await self._cut()
            await self._file()
            await self._turn()

    async def _wait(self) -> None:
        """Return when the period is over: by the wall clock, or by its length where that clock was set back."""
        length = self._config.batch.period
        now = time.time()
        period = next((line.period for line in self._lines if line.period), None)
        if period is None:
            period = Period(int(now) // length * length, length)
        deadline = time.monotonic() + (period.end - now if now >= period.start else length)
        while (left := min(period.end - time.time(), deadline - time.monotonic())) > 0:
            await asyncio.sleep(min(left, _LOOK))
            for line in self._lines:
                if not line.enrolled:
                    await self._turn_line(line)

    async def _cut(self) -> None:
        for line in self._lines:
            period = line.period
            while period is not None:
                try:
                    await line.cut(period)
                    self.problem = None
                    break
                except NotStored as error:
                    self._alarm(f"the batch of line {line.config.name} cannot be cut: {error}")
                    await asyncio.sleep(_RETRY)

    async def _turn(self) -> None:
        """Begin a period on every line; forget what is over."""
        try:
            await self._follow_destinations()
            for line in self._lines:
                await line.turn(time.time())
            lowest = self._redelivery.turn(time.monotonic())
            if lowest is not None:
                await self._committer.run(
                    lambda db: db.conn.execute("DELETE FROM seen WHERE generation < ?", (lowest,)).rowcount
                )
            self._table.forget_expired(time.monotonic())
            await self._committer.truncate_wal()
        except NotStored as error:
            self._alarm(f"the spool cannot be written: {error}")

    async def _turn_line(self, line: Line) -> None:
        try:
            await line.turn(time.time())
        except NotStored as error:
            self._alarm(f"the spool cannot be written: {error}")

    async def _file(self) -> None:
        try:
            await self._outbox.file()
            keep = int(time.time()) - self._config.keep
            sent = {(s.line, bytes.fromhex(s.chain)): s.sequence for s in read_sent(self._config.forward)}
            await self._outbox.prune(before=keep, sent=sent)
        except (OSError, NotStored) as error:
            self._alarm(f"the outbox cannot be written: {error}")

    async def _follow_destinations(self) -> None:
        """Begin a new chain where a destination holds a later batch of ours than this box remembers."""
        for newer in read_newer_chains(self._config.forward):
            for line in self._lines:
                state = line.state
                if line.config.name != newer.line or state.chain is None or state.chain.hex() != newer.chain:
                    continue
                _log.warning("line %s: a destination is ahead of this box: a new chain begins", newer.line)
                await self._committer.run(partial(begin_chain, name=newer.line))

    def _alarm(self, problem: str) -> None:
        if problem != self.problem:
            _log.error("%s", problem)
        self.problem = problem
