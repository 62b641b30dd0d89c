"""The intake process: everything of it put together, started and ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gateway.box import Box, load_box
from gateway.config import Config
from gateway.intake.canaries import CanaryFailed, CanaryKeeper
from gateway.intake.clockwork import Clockwork
from gateway.intake.control import serve
from gateway.intake.guard import guard_loop, guard_process, guard_words
from gateway.intake.household import House, port_name
from gateway.intake.line import Line
from gateway.intake.outbox import FOLDER_MODE, Outbox
from gateway.intake.replugging import replugger
from gateway.intake.report import Report
from gateway.memory.redelivery import Redelivery
from gateway.memory.store import SharedMemory, fits, new_memfd
from gateway.memory.table import Table
from gateway.service import Service, kept_memory
from gateway.spool.committer import Committer, NotStored
from gateway.spool.lines import count_minute, line_state
from gateway.spool.schema import open_spool
from gateway.state import INTAKE_LOCK, SPOOL, Lock, check_private, make_folder
from hw.contract import ModemStatus
from hw.driver.modem import Modem
from hw.driver.port import PortSpec
from hw.ports.claims import Claims

READY_SECONDS = 30.0
"""READY comes when each configured port was tried once, or after this time."""
_log = logging.getLogger(__name__)


def intake(config: Config) -> None:
    """Run intake until SIGTERM or SIGINT. Raises OperatorError."""
    check_private(config.state_dir)
    lock = Lock(config.state_dir / INTAKE_LOCK, "intake")
    guard_process()
    guard_words()
    box = load_box(config.state_dir)
    memory = _memory(config.state_dir / SPOOL)
    try:
        asyncio.run(_run(config, box, memory))
    finally:
        lock.release()


def _memory(spool: Path) -> SharedMemory:
    """Return the shared memory: the one a keeper held, or a new one that is given to the keeper."""
    fd = kept_memory()
    if fd is not None and not fits(fd):
        Service().forget()
        fd = None
    fresh = fd is None
    if fd is None:
        fd = new_memfd()
    memory = SharedMemory(fd)
    db = open_spool(spool)
    if not memory.used_before:
        started_before = db.conn.execute("SELECT count(*) FROM started").fetchone()[0] > 0
        db.conn.execute("DELETE FROM seen")
        db.conn.execute("INSERT OR IGNORE INTO started VALUES (1)")
        memory.lay_out(now=time.monotonic(), after_loss=started_before)
    db.close()
    if fresh:
        Service().keep(fd)
    return memory


def _settled_table(memory: SharedMemory, spool: Path) -> Table:
    table = Table(memory)
    db = open_spool(spool)
    find = "SELECT 1 FROM seen WHERE change = ?"
    table.settle(lambda change: db.conn.execute(find, (change,)).fetchone() is not None)
    for (line,) in db.conn.execute("SELECT id FROM line WHERE id NOT IN (SELECT line FROM slip)").fetchall():
        table.after_cut(table.pending(line), left=0, lowest_rank_left=0)  # killed between a cut and this
    db.close()
    return table


class _Intake:
    """The parts of a running intake."""

    def __init__(self, config: Config, box: Box, memory: SharedMemory) -> None:
        spool = config.state_dir / SPOOL
        self.config = config
        table = _settled_table(memory, spool)
        redelivery = Redelivery(memory)
        redelivery.turn(time.monotonic())
        self.db = open_spool(spool)
        self.committer = Committer(spool)
        self.lines = [
            Line(
                line,
                config.batch,
                box=box,
                state=line_state(self.db, line.name),
                memory=memory,
                table=table,
                redelivery=redelivery,
                committer=self.committer,
            )
            for line in config.line
        ]
        self.tried = asyncio.Event()
        self.house = House(config, self.lines, self.db, on_change=self._changed)
        self.modems = _modems(config, self.house)
        self.clockwork = Clockwork(
            config,
            self.lines,
            committer=self.committer,
            outbox=Outbox(config.outbox, self.committer, identity=box.identity_text),
            table=table,
            redelivery=redelivery,
        )
        self.canaries = CanaryKeeper(config, self.lines, self.modems, self.house, self.committer)
        self.report = Report(
            self.lines, self.house, committer=self.committer, clockwork=self.clockwork, canaries=self.canaries
        )

    def _changed(self, status: ModemStatus) -> None:
        if all(modem.status.tried for modem in self.modems.values()):
            self.tried.set()

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request over the socket."""
        try:
            match request.get("op"):
                case "status":
                    return await self.report.live()
                case "canary":
                    await self.canaries.send(str(request.get("line")))
                    return {"sent": True}
                case "prove":
                    return {"proven": await self.canaries.prove(str(request.get("port")))}
        except (CanaryFailed, NotStored) as error:
            return {"error": str(error)}
        return {"error": "unknown request"}


def _modems(config: Config, house: House) -> dict[str, Modem]:
    """Return a driver for each configured modem, by the name of its port."""
    configured = [modem for line in config.line for modem in line.modem]
    claims = Claims([modem.port for modem in configured])
    names = [port_name(config, modem) for modem in configured]
    return {
        name: Modem(PortSpec(name, claims.locator(at), replug=replugger(claims, at)), house)
        for at, name in enumerate(names)
    }


async def _run(config: Config, box: Box, memory: SharedMemory) -> None:
    guard_loop(asyncio.get_running_loop())
    service, stop = Service(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    make_folder(config.outbox, mode=FOLDER_MODE)
    parts = _Intake(config, box, memory)
    await parts.clockwork.start()
    server = await serve(config.state_dir, parts.answer)
    works = [parts.clockwork.run, parts.canaries.run, service.heartbeat]
    works += [partial(_tell, service, parts.report.sentence), partial(_minutes, parts)]
    works += [modem.run for modem in parts.modems.values()]
    tasks = [asyncio.create_task(work(), name=getattr(work, "__qualname__", "work")) for work in works]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_first(parts.tried, stop, none=not parts.modems), READY_SECONDS)
    service.ready()
    tasks.append(asyncio.create_task(parts.clockwork.keep_filing(), name="keep_filing"))
    _log.info("intake is ready: %s", parts.report.sentence())
    try:
        await _until(stop, tasks)
    finally:
        service.stopping()
        await asyncio.gather(*(modem.stop() for modem in parts.modems.values()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.close()
        await parts.committer.close()
        parts.db.close()
        _log.info("intake has ended")


async def _first(tried: asyncio.Event, stop: asyncio.Event, *, none: bool) -> None:
    waits = [asyncio.create_task(event.wait()) for event in (tried, stop)]
    if not none:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Return when the end is asked for; raise what a task raised: that is a bug, and systemd starts anew."""
    end = asyncio.create_task(stop.wait())
    waiting = {end, *(task for task in tasks if not task.done())}
    while not end.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {end}:
            task.result()


async def _tell(service: Service, sentence: Callable[[], str]) -> None:
    while True:
        service.status(sentence())
        await asyncio.sleep(5)


async def _minutes(parts: _Intake) -> None:
    """Count the minutes in which a line had a modem that receives."""
    while True:
        await asyncio.sleep(60)
        serving = {
            name
            for port, name in parts.house.line_of.items()
            if parts.house.modems[port].phase.value.startswith("receiving")
        }
        for line in parts.lines:
            if line.config.name in serving and line.period is not None:
                count = partial(count_minute, line=line.state.id, month=line.period.month)
                with contextlib.suppress(NotStored):
                    await parts.committer.run(count)
