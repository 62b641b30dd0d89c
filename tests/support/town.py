"""A whole tip line made by a test: virtual modems, a box and a workstation, each run by its own command."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hw.virtual.client import Client

BIN = Path(sys.executable).parent
PATIENCE = 60.0
"""Seconds for anything to happen on a busy machine."""


class Failed(AssertionError):
    """A command ended with another exit code than expected."""


@dataclass
class Line:
    """A line of the configuration: its modems are the numbers of virtual ones."""

    name: str
    modems: tuple[int, ...] = (0,)
    sims: tuple[str, ...] = ()
    mode: str = "auto"
    options: str = ""


@dataclass
class Town:
    """The folder of one tip line, and its processes."""

    folder: Path
    lines: tuple[Line, ...] = (Line("police"),)
    period: str = "1s"
    slots: int = 16
    extra: str = ""
    destinations: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "tipline.toml"

    @property
    def stick(self) -> Path:
        return self.folder / "stick"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def set_up(self) -> None:
        """Make identity, keys and trust; a workstation for each line."""
        self.stick.mkdir(exist_ok=True)
        self.write_config()
        self.gateway("init")
        self.gateway("identity", "--output", str(self.folder / "box.identity"))
        self.gateway("prepare", str(self.stick))
        for line in self.lines:
            passphrase = self.folder / f"{line.name}.pass"
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_hex(12))
            self.workstation("init", "--line", line.name, "--epochs", "8", line=line.name)
            sheet = self.folder / f"{line.name}.keysheet"
            self.workstation("keysheet", "--output", str(sheet), line=line.name)
            self.gateway("enroll", line.name, str(sheet), "--yes")
            self.workstation("trust", str(self.folder / "box.identity"), "--yes", line=line.name)

    def write_config(self) -> None:
        """Write the box's configuration."""
        words = [
            f'state_dir = "{self.state}"',
            self.extra,
            f'[batch]\nperiod = "{self.period}"\nslots = {self.slots}',
        ]
        for line in self.lines:
            words.append(f'[[line]]\nname = "{line.name}"\n{line.options}')
            for at, modem in enumerate(line.modems):
                words.append(f'[[line.modem]]\nport = "{self.folder}/modem{modem}"\nmode = "{line.mode}"')
                words += [f'sim = "{line.sims[at]}"'] if line.sims else []
        words.append(
            f'[[destination]]\nname = "stick"\ntype = "directory"\npath = "{self.stick}"'
            if self.destinations is None
            else self.destinations
        )
        self.config.write_text("\n".join(words) + "\n")

    def gateway(self, *words: str, expect: int | tuple[int, ...] = 0) -> str:
        """Return what a command of the box prints to stdout."""
        return _command(["tipline-gateway", "--config", str(self.config), *words], expect)

    def workstation(self, *words: str, line: str | None = None, expect: int | tuple[int, ...] = 0) -> str:
        """Return what a command of the workstation prints to stdout."""
        name = line or self.lines[0].name
        home = [
            "--home",
            str(self.folder / f"home-{name}"),
            "--passphrase-file",
            str(self.folder / f"{name}.pass"),
        ]
        return _command(["tipline-workstation", *home, *words], expect)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command of the box that runs on; its output goes to the log."""
        log = (self.folder / "box.log").open("ab")
        process = subprocess.Popen(
            [BIN / "tipline-gateway", "--config", str(self.config), *words],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env=os.environ | self.environment,
        )
        log.close()
        self.processes.append(process)
        return process

    def log(self) -> str:
        """Return what the box logged."""
        path = self.folder / "box.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def status(self) -> dict[str, Any]:
        """Return the box's status."""
        found: dict[str, Any] = json.loads(self.gateway("status", "--json", expect=(0, 1)))
        return found

    def receiving(self, count: int = 1) -> bool:
        """Return whether at least ``count`` modems receive."""
        return sum(modem["state"] == "receiving" for modem in self.status()["modems"]) >= count

    def wait_receiving(self, count: int = 1) -> None:
        """Return once ``count`` modems receive."""
        until(lambda: self.receiving(count), "the modems receive", self.log)

    def batches(self) -> list[Path]:
        """Return the batches on the stick."""
        return sorted(self.stick.glob("*.batch"))

    def wait_forwarded(self, line: str | None = None) -> None:
        """Return once no slip waits and every batch is on the stick."""

        def done() -> bool:
            status = self.status()
            waiting = any(entry["waiting"] for entry in status["lines"] if line in (None, entry["name"]))
            return not waiting

        until(done, "no slip waits", self.log)
        highest = {
            entry["name"]: entry["last_batch"]["sequence"]
            for entry in self.status()["lines"]
            if entry["last_batch"]
        }
        until(lambda: len(self.batches()) >= sum(highest.values()), "all batches are on the stick", self.log)

    def tips(
        self, line: str | None = None, *, import_expect: int | tuple[int, ...] = 0
    ) -> list[dict[str, Any]]:
        """Carry the stick over and return the tips."""
        self.workstation("import", str(self.stick), line=line, expect=import_expect)
        return [json.loads(row) for row in self.workstation("tips", "--json", line=line).splitlines()]

    def pid_of(self, word: str) -> int | None:
        """Return the process id of intake or forwarder of this box."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if str(self.config).encode() in command and word.encode() in command:
                    return int(entry.name)
        return None

    def kill(self, word: str) -> bool:
        """Kill a process of this box with SIGKILL; return whether there was one."""
        pid = self.pid_of(word)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for word in ("intake", "forward", "run"):
            self.kill(word)


def _command(words: list[str], expect: int | tuple[int, ...]) -> str:
    done = subprocess.run(
        [BIN / words[0], *words[1:]], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode not in ((expect,) if isinstance(expect, int) else expect):
        raise Failed(f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def until(true: Callable[[], bool], what: str, more: Callable[[], str] = str) -> None:
    """Return once ``true()``; fail after a long while."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise Failed(f"it never came to this: {what}\n{more()[-4000:]}")
        time.sleep(0.1)


@contextmanager
def town(
    folder: Path, *, modems: int = 1, modem_options: tuple[str, ...] = (), **options: Any
) -> Iterator[tuple[Town, Client]]:
    """Yield a tip line that is set up, its virtual modems on; nothing of the box runs yet."""
    made = Town(folder, **options)
    command = [
        sys.executable,
        "-m",
        "hw.virtual.cli",
        "--link",
        f"{folder}/modem{{n}}",
        "--count",
        str(modems),
    ]
    process = subprocess.Popen([*command, "--control", f"{folder}/control", *modem_options])
    try:
        with Client(folder / "control", wait=30) as client:
            client.status()
            made.set_up()
            yield made, client
    finally:
        made.stop()
        process.terminate()
        process.wait(20)
