"""The forwarder's loop: one look at the outbox for all, a task for each destination, and the notices."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from random import SystemRandom
from typing import Protocol

from gateway.config import Config, Destination, DirectoryDestination
from gateway.forward import notices
from gateway.forward.base import PassingTrouble, Store
from gateway.forward.directory import DirectoryStore
from gateway.forward.notices import NewerChain, Noticeboard, Sent, State, Status
from gateway.forward.outbox import Entry, Outbox, Stream
from gateway.forward.progress import Progress
from gateway.forward.resend import lines_of, take_requests
from gateway.forward.restored import mistrust, newer_chains
from gateway.forward.retry import Backoff
from gateway.forward.sender import Desk, Sender
from gateway.forward.sftp import SftpStore

_log = logging.getLogger(__name__)
LOOK_EVERY = 0.5
"""Seconds between looks at the outbox: one stat for each line while nothing changes."""


class Service(Protocol):
    """What the service manager is told."""

    def ready(self) -> None:
        """Say that all is up."""

    def status(self, text: str) -> None:
        """Say in plain words how it is."""

    def watchdog(self) -> None:
        """Say that the loop turns."""

    def stopping(self) -> None:
        """Say that it ends."""


def open_store(destination: Destination) -> Store:
    """Return the store of a configured destination; nothing is opened yet."""
    if isinstance(destination, DirectoryDestination):
        return DirectoryStore(destination.path)
    return SftpStore(destination)


async def forward(config: Config, stop: asyncio.Event, service: Service) -> None:
    """Send until ``stop`` is set. The lock of the folder has to be held. Raises StorageError at the start."""
    progress = Progress(config.forward / notices.PROGRESS)
    try:
        await Forwarder(config, progress, service).run(stop)
    finally:
        progress.close()


class Forwarder:
    """Everything of one process."""

    def __init__(self, config: Config, progress: Progress, service: Service) -> None:
        self._config = config
        self._service = service
        self._progress = progress
        self._board = Noticeboard(config.forward)
        self._desk = Desk(
            outbox=Outbox(config.outbox, (line.name for line in config.line)), progress=progress
        )
        self._senders = [self._sender(destination) for destination in config.destination]
        self._newer = notices.read_newer_chains(config.forward)
        self._started = int(time.time())
        self._looks = -1
        self._dirty = True
        self._fault: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop`` is set."""
        self._keep_house()
        self._service.ready()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sender.run(self._changed)) for sender in self._senders]
            while not stop.is_set():
                self._keep_house()
                await _wait(stop, LOOK_EVERY)
            self._service.stopping()
            for task in tasks:
                task.cancel()
        self._keep_house()

    def _sender(self, destination: Destination) -> Sender:
        store = open_store(destination)
        return Sender(
            destination.name,
            "directory" if isinstance(destination, DirectoryDestination) else "sftp",
            store,
            lines=lines_of(self._config, destination.name),
            desk=self._desk,
            backoff=Backoff(store.longest_wait, SystemRandom()),
        )

    def _changed(self) -> None:
        self._dirty = True

    def _keep_house(self) -> None:
        """Look, take requests, tell. Trouble with the box's own folders is told and tried again."""
        self._service.watchdog()
        try:
            self._look()
            if take_requests(self._config, self._progress):
                self._wake()
            if self._dirty:
                self._tell()
            self._fault = None
        except OSError as error:
            self._found(f"the outbox or the forwarder's folder cannot be used: {error.strerror}")
        except PassingTrouble as trouble:
            self._found(str(trouble))

    def _look(self) -> None:
        entries = self._desk.outbox.entries()
        if self._desk.outbox.looks != self._looks or len(entries) != len(self._desk.entries):
            self._looks = self._desk.outbox.looks
            self._desk.entries = entries
            self._desk.broken.clear()
            self._wake()

    def _wake(self) -> None:
        self._dirty = True
        for sender in self._senders:
            sender.wake()

    def _tell(self) -> None:
        self._dirty = False
        entries = self._desk.entries
        seen = [*(sender.tops for sender in self._senders), self._sent_tops(entries)]
        self._newer = newer_chains(
            self._desk.outbox, entries, known=self._newer, seen=seen, clashes=self._desk.clashes
        )
        self._board.write(notices.NEWER_CHAIN, self._newer)
        # After the notice is on disk: once forgotten, it could not be found again.
        if mistrust(self._progress, entries):
            self._wake()
        self._board.write(notices.SENT, tuple(self._sent(entries)))
        status = Status(
            started=self._started,
            destinations=tuple(sender.status() for sender in self._senders),
            alarms=self._alarms(),
        )
        self._board.write(notices.STATUS, status)
        self._service.status(in_words(status))

    def _sent_tops(self, entries: Iterable[Entry]) -> dict[Stream, int]:
        return {stream: self._progress.top(stream) for stream in {entry.stream for entry in entries}}

    def _sent(self, entries: Iterable[Entry]) -> Iterable[Sent]:
        """Yield how far each chain went to all destinations of its line: up to the first that did not."""
        through: dict[tuple[str, Stream], int] = {}
        stuck: set[Stream] = set()
        went = {
            (sender.name, stream): self._progress.went(sender.name, None, stream)
            for stream in {entry.stream for entry in entries}
            for sender in self._senders
        }
        for entry in entries:
            names = [sender.name for sender in self._senders if entry.line_name in sender.lines]
            if not names or not all(entry.sequence in went[name, entry.stream] for name in names):
                stuck.add(entry.stream)
            if entry.stream not in stuck:
                through[entry.line_name, entry.stream] = entry.sequence
        for (line, stream), sequence in through.items():
            yield Sent(line=line, chain=stream.chain, sequence=sequence)

    def _alarms(self) -> tuple[str, ...]:
        for notice in self._newer:
            self._desk.log(_restored(notice))
        return (*map(_restored, self._newer), *self._desk.broken.values(), *self._desk.alarms)

    def _found(self, fault: str) -> None:
        if fault != self._fault:
            _log.error("%s", fault)
            self._service.status(fault)
        self._fault = fault
        self._dirty = True


def in_words(status: Status) -> str:
    """Return the status in a line for the service manager."""
    if not status.destinations:
        return "no destination is configured: nothing is sent"
    words = []
    for at in status.destinations:
        waiting = f", {at.backlog} waiting" if at.backlog else ""
        problem = f" ({at.problem})" if at.problem and at.state is not State.UP else ""
        words.append(f"{at.name} {at.state.value}{problem}{waiting}")
    return "; ".join(words)


def _restored(notice: NewerChain) -> str:
    return (
        f"line {notice.line}: batches up to {notice.sequence} of chain {notice.chain} were sent before; the box was "
        "restored from an old backup, intake begins a new chain"
    )


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
