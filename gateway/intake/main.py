"""The intake process: everything of it put together, started and ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlite_utils import Database

from gateway.box import Box, load_box
from gateway.config import Config
from gateway.faults import StorageError
from gateway.intake.canaries import CanaryFailed, CanaryKeeper
from gateway.intake.clockwork import Clockwork
from gateway.intake.control import Handler, serve
from gateway.intake.guard import guard_loop, guard_process, guard_words
from gateway.intake.household import HOUSE_PATIENCE, House, port_name
from gateway.intake.kept import KeptMemory, settled_table
from gateway.intake.line import Line
from gateway.intake.outbox import Outbox
from gateway.intake.replugging import replugger
from gateway.intake.report import Report
from gateway.memory.redelivery import Redelivery
from gateway.service import Service
from gateway.spool.committer import Committer, NotStored, reserve_for
from gateway.spool.lines import count_minute, known_line, unknown_line
from gateway.spool.schema import SpoolTrouble, open_spool, spool_fault
from gateway.state import INTAKE_LOCK, SPOOL, Lock, check_private
from hw.contract import ModemStatus
from hw.driver.modem import Modem
from hw.driver.port import PortSpec
from hw.ports.claims import Claims

AGAIN_SECONDS = 2.0
"""Between two attempts to open a spool whose disk is full; well within the watchdog's 30 s."""
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
    try:
        asyncio.run(_run(config, box))
    finally:
        lock.release()


class _Intake:
    """The parts of a running intake. Made without writing to the spool: a start on a full disk holds, and goes on.

    Raises StorageError, sqlite3.Error.
    """

    def __init__(self, config: Config, box: Box, kept: KeptMemory, db: Database) -> None:
        memory = kept.shared
        self.config = config
        self.db = db
        known = {line.name: known_line(db, line.name) or unknown_line(line.name) for line in config.line}
        first = kept.lay_out(db)
        table = settled_table(memory, db)
        redelivery = Redelivery(memory)
        redelivery.turn(time.monotonic())
        reserve = reserve_for(lines=len(config.line), slots=config.batch.slots)
        self.committer = Committer(config.state_dir / SPOOL, reserve=reserve, first=first)
        self.committer.begun.add_done_callback(lambda _: kept.keep())
        self.lines = [
            Line(
                line,
                config.batch,
                box=box,
                state=known[line.name],
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


async def _begin(config: Config, box: Box, service: Service, stop: asyncio.Event) -> _Intake | None:
    """Return the parts of intake, once the disk lets the spool be opened; None when the end was asked for before.

    Until then nothing is received: no modem is opened, and messages wait with the network. Raises StorageError.
    """
    memory, said = KeptMemory(), ""

    async def answer(_: dict[str, Any]) -> dict[str, Any]:
        return {"held": said, "problem": None, "modems": [], "lines": {}}

    async with contextlib.AsyncExitStack() as waiting:
        while not stop.is_set():
            try:
                return _parts(config, box, memory)
            except SpoolTrouble as error:
                if not said:
                    await _listen(waiting, config, answer)
                    service.ready()
                if said != str(error):
                    said = str(error)
                    _log.error("nothing is received: %s; %s", said, error.way_out)
            service.status(f"NOT RECEIVING: {said}")
            service.watchdog()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN_SECONDS)
    return None


async def _listen(waiting: contextlib.AsyncExitStack, config: Config, answer: Handler) -> None:
    """Answer the operator's commands until ``waiting`` ends, if the disk lets a socket be made."""
    with contextlib.suppress(OSError):
        server = await serve(config.state_dir, answer)
        waiting.callback(server.close)


def _parts(config: Config, box: Box, memory: KeptMemory) -> _Intake:
    db = open_spool(config.state_dir / SPOOL, patience=HOUSE_PATIENCE)
    try:
        return _Intake(config, box, memory, db)
    except sqlite3.Error as error:
        db.close()
        raise spool_fault(error) from error
    except StorageError:
        db.close()
        raise


async def _run(config: Config, box: Box) -> None:
    guard_loop(asyncio.get_running_loop())
    service, stop = Service(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    parts = await _begin(config, box, service, stop)
    if parts is not None:
        await _serve(config, parts, service, stop)


async def _serve(config: Config, parts: _Intake, service: Service, stop: asyncio.Event) -> None:
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
