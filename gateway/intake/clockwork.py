"""The clock of the box: one batch per line and period, whatever came in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.clock import Period, period_at, seconds_left
from gateway.config import Config
from gateway.faults import OperatorError
from gateway.fields import LINE_FIELD
from gateway.forward.notices import NewerChain, read_newer_chains, read_sent
from gateway.intake.line import Line
from gateway.intake.outbox import Outbox
from gateway.memory.redelivery import Redelivery
from gateway.memory.table import Table
from gateway.spool.committer import Committer, NotStored
from gateway.spool.lines import begin_chain

_LOOK = 2.0
"""Seconds between two looks at the wall clock, which may be set at any time."""
_RETRY = 5.0
_FORGET = 60.0
"""Seconds between two wipings of what is over in the memory of senders, if the period is longer."""
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
        self._problems: dict[str, str] = {}
        self._finished = asyncio.Event()
        """Set by a cut: there is something to file."""
        self._wal_full = True
        self._forgot = 0.0
        """When the memory of senders was wiped of what is over, monotonic seconds."""

    @property
    def problem(self) -> str | None:
        """Return what keeps a batch from being cut or handed on, or a period from turning, None when nothing does."""
        return next(iter(self._problems.values()), None)

    async def start(self) -> None:
        """Begin the first period, if the spool lets it."""
        for line in self._lines:
            await self._try(f"turn {line.config.name}", partial(self._start_line, line))

    async def _start_line(self, line: Line) -> None:
        """Begin a new chain if the outbox is ahead of the spool, which then came from a backup; begin a period."""
        name, state = line.config.name, line.state
        ahead = state.chain is not None and (
            await asyncio.to_thread(self._outbox.highest, name, state.chain) > state.sequence
        )
        if ahead:
            _log.warning(
                "line %s: the outbox is ahead of this spool: a new chain begins",
                name,
                extra={LINE_FIELD: name},
            )
            await self._committer.run(partial(begin_chain, name=name))
        await self._turn_line(line)

    async def run(self) -> None:
        """End periods and begin new ones, until cancelled."""
        while True:
            await self._wait()
            for line in self._lines:
                await self._until_done(f"cut {line.config.name}", partial(self._cut_line, line))
            self._finished.set()
            await self._until_done("turn", self._turn)

    async def keep_filing(self) -> None:
        """Do what follows from a cut and may take its time, beside the periods, until cancelled.

        First what an earlier run left: of a new outbox that may be a year of batches.
        """
        work = self._refile
        while True:
            self._finished.clear()
            if await self._file_with(work):
                work = self._file
                await self._finished.wait()
            else:
                await asyncio.sleep(_RETRY)

    async def file(self) -> None:
        """Sign the ledgers of closed months, fill the outbox with all that belongs there, prune it; once."""
        await self._file_with(self._refile)

    async def _file_with(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Return whether the ledgers were signed and ``work`` was done."""
        signed = [await self._try(f"ledger {line.config.name}", line.sign_ledgers) for line in self._lines]
        return await self._try("outbox", work) and all(signed)

    async def _wait(self) -> None:
        """Return when the period is over: by the wall clock, or by its length where that clock was set back."""
        began, length = time.monotonic(), self._config.batch.period
        unenrolled = period_at(time.time(), length, not_before=None)
        while True:
            lines = sorted((line for line in self._lines if line.period), key=lambda line: line.counted_on)
            left = seconds_left(
                (lines[0].period if lines else None) or unenrolled,
                wall=time.time(),
                under_way=time.monotonic() - began,
                counted_on=bool(lines and lines[0].counted_on),
            )
            if left <= 0:
                return
            await asyncio.sleep(min(left, _LOOK))
            await self._look()

    async def _look(self) -> None:
        """Do what does not wait for the end of a period."""
        for line in self._lines:
            if not line.enrolled:
                await self._try(f"turn {line.config.name}", partial(self._turn_line, line))
        if self._wal_full:
            await self._try("spool", self._truncate)
        if time.monotonic() - self._forgot > _FORGET:
            self._forget()

    async def _cut_line(self, line: Line) -> None:
        period: Period | None = line.period
        if period is not None:
            await line.cut(period)

    async def _turn(self) -> None:
        """Begin a period on every line; forget what is over."""
        await self._follow_destinations()
        for line in self._lines:
            await self._turn_line(line)
        lowest = self._redelivery.turn(time.monotonic())
        if lowest is not None:
            await self._committer.run(
                lambda db: db.conn.execute("DELETE FROM seen WHERE generation < ?", (lowest,)).rowcount
            )
        self._forget()
        await self._truncate()

    async def _turn_line(self, line: Line) -> None:
        await line.turn(time.time())

    async def _truncate(self) -> None:
        """Empty the WAL, now or at the next look: another process may be reading the spool."""
        self._wal_full = True
        self._wal_full = not await self._committer.truncate_wal()

    def _forget(self) -> None:
        self._forgot = time.monotonic()
        self._table.forget_expired(self._forgot)

    async def _refile(self) -> None:
        await self._outbox.refile()
        await self._file()

    async def _file(self) -> None:
        await self._outbox.file()
        sent = {(s.line, s.chain): s.sequence for s in read_sent(self._config.forward)}
        certain = {line.config.name: line.certain for line in self._lines}
        before = {name: end - self._config.keep for name, end in certain.items() if end is not None}
        await self._outbox.prune(before=before, sent=sent)

    async def _follow_destinations(self) -> None:
        """Begin a new chain where a destination holds a later batch of ours than this box remembers."""
        told: list[NewerChain] = []

        async def listen() -> None:
            told.extend(read_newer_chains(self._config.forward))

        await self._try("what the forwarder says", listen)  # it is another user, and must not stop a cut
        for newer in told:
            for line in self._lines:
                state = line.state
                if line.config.name != newer.line or state.chain is None or state.chain.hex() != newer.chain:
                    continue
                _say(newer.line, "a destination is ahead of this box: a new chain begins")
                await self._committer.run(partial(begin_chain, name=newer.line))

    async def _until_done(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do ``work``, again and again until it succeeds: a period has one batch, and begins only once."""
        while not await self._try(what, work):  # noqa: ASYNC110  it waits for the disk, which tells nobody
            await asyncio.sleep(_RETRY)

    async def _try(self, what: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Return whether ``work`` was done; say so where it was not."""
        try:
            await work()
        except (OSError, OperatorError, NotStored) as error:
            problem = f"{what}: {_reason(error)}"
            if self._problems.get(what) != problem:
                _log.error("%s", problem)
            self._problems[what] = problem
            return False
        self._problems.pop(what, None)
        return True


def _reason(error: Exception) -> str:
    """Return why, without what a file system puts into its words."""
    return error.strerror or "input/output error" if isinstance(error, OSError) else str(error)


def _say(line: str, words: str) -> None:
    _log.warning("line %s: %s", line, words, extra={LINE_FIELD: line})
