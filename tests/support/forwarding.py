"""A forwarder in the test's own process, or in one of its own, and waiting for what it does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config import Config, Destination, DirectoryDestination, LineConfig
from gateway.forward.forwarder import forward
from gateway.forward.lock import locked
from gateway.forward.marker import prepare_directory
from gateway.forward.notices import DestinationStatus, Status, read_status

PATIENCE = 60.0
"""Seconds after which a test gives up; a bound for a hung test, not a measure of speed."""

_PROGRAM = """
import os
import sys
import tomllib
from pathlib import Path
from sqlite_utils import Database
from gateway.config import load
from gateway.forward.main import run
from tests.support.forwarding import Told
Database(memory=True).close()  # loads what it loads late
for user in map(int, sys.argv[2:]):
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
sys.exit(run(load(Path(sys.argv[1])), Told()))
"""
REPOSITORY = Path(__file__).parents[2]


@dataclass
class Told:
    """Takes down what the service manager is told."""

    words: list[str] = field(default_factory=list)

    def ready(self) -> None:
        self.words.append("ready")

    def status(self, text: str) -> None:
        self.words.append(text)

    def watchdog(self) -> None:
        pass

    def stopping(self) -> None:
        self.words.append("stopping")


def config_for(folder: Path, *destinations: Destination, lines: Sequence[str] = ("police",)) -> Config:
    """Return a configuration with everything under ``folder``."""
    return Config(
        state_dir=folder / "state",
        outbox_dir=folder / "outbox",
        forward_dir=folder / "forward",
        line=tuple(LineConfig(name=name) for name in lines),
        destination=destinations,
    )


def stick(folder: Path, name: str = "stick", *, lines: tuple[str, ...] | None = None) -> DirectoryDestination:
    """Return a prepared folder as destination."""
    path = folder / name
    path.mkdir()
    prepare_directory(path)
    return DirectoryDestination(name=name, path=path, lines=lines)


def batches(folder: Path) -> dict[str, bytes]:
    """Return the files of a destination that do not begin with a dot."""
    return {item.name: item.read_bytes() for item in folder.iterdir() if not item.name.startswith(".")}


def forwarding(config: Config, scenario: Callable[[], Awaitable[None]]) -> Told:
    """Run ``scenario`` while a forwarder runs in this process, then end it in order."""

    async def both() -> Told:
        stop, told = asyncio.Event(), Told()
        async with asyncio.timeout(2 * PATIENCE), asyncio.TaskGroup() as group:
            group.create_task(forward(config, stop, told))
            try:
                await scenario()
            finally:
                stop.set()
        return told

    with locked(config.forward):
        return asyncio.run(both())


async def until(condition: Callable[[], bool]) -> None:
    """Return once ``condition`` holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once ``condition`` holds; for tests without a loop."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def status_of(config: Config, name: str) -> DestinationStatus | None:
    """Return what the status file says of a destination."""
    status: Status | None = read_status(config.forward)
    return next((at for at in status.destinations if at.name == name), None) if status else None


def start_process(toml: Path, *, user: int | None = None) -> subprocess.Popen[bytes]:
    """Start a forwarder as a process of its own, as ``user`` where one is named.

    It becomes that user once it is loaded, and before it reads a file of the box: the interpreter itself may lie
    where only its owner can read.
    """
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(toml), *([] if user is None else [str(user)])],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Send a signal; return the exit code and what stood on stderr."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors.decode()
