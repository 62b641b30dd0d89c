"""Ports that are real pseudo-terminals: with virtual modems behind them, with answers of ours, or with silence."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import tty
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from hw.ports.probe import Haste
from hw.virtual.fleet import Fleet
from hw.virtual.script import Script

QUICK = Haste(answer=0.3, attempts=2)


def modem(**settings: object) -> Script:
    """Return a modem with these settings."""
    script = Script()
    for name, value in settings.items():
        script.settings.set(name, value)
    return script


@asynccontextmanager
async def modems(folder: Path, *scripts: Script) -> AsyncIterator[list[Path]]:
    """Yield the ports of virtual modems that are plugged in."""
    links = [folder / f"modem{number}" for number in range(len(scripts))]
    fleet = Fleet(zip(links, scripts, strict=True))
    fleet.plug_all()
    try:
        yield links
    finally:
        fleet.unplug_all()


@contextmanager
def silent_port() -> Iterator[Path]:
    """A port that takes everything and says nothing."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield Path(os.ttyname(slave))
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def answering_port(answer: Callable[[bytes], bytes]) -> Iterator[tuple[Path, list[bytes]]]:
    """A port on which ``answer`` replies to each read, and what was read."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard: list[bytes] = []

    def reply() -> None:
        heard.append(os.read(master, 4096))
        os.write(master, answer(heard[-1]))

    loop = asyncio.get_running_loop()
    loop.add_reader(master, reply)
    try:
        yield Path(os.ttyname(slave)), heard
    finally:
        loop.remove_reader(master)
        os.close(slave)
        os.close(master)


def run(work: Coroutine[Any, Any, Any]) -> None:
    """Return when ``work`` is done."""
    asyncio.run(work)


@contextmanager
def locked(device: Path) -> Iterator[int]:
    """Another process that has ``device`` open, locked as pyserial locks it."""
    code = (
        "import fcntl, os, sys\n"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
        "fcntl.flock(fd, fcntl.LOCK_EX)\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(device)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdout.readline()
        yield child.pid
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
