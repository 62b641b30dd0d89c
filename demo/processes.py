"""The commands the demonstration runs: everything is done from outside, as an operator and an analyst would."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

BIN = Path(sys.executable).parent
MODEMS = 3
_PATIENCE = 20.0


@dataclass
class Stage:
    """The folder of one demonstration and the processes started in it."""

    folder: Path
    period: int
    ports: list[str]
    virtual: bool
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        """The box's configuration."""
        return self.folder / "tipline.toml"

    @property
    def stick(self) -> Path:
        """The destination: stands for a USB stick."""
        return self.folder / "stick"

    @property
    def control(self) -> Path:
        """Control socket of the virtual modems."""
        return self.folder / "modems.sock"

    def write_config(self) -> None:
        """Write the configuration of the box."""
        modems = "".join(f'[[line.modem]]\nport = "{port}"\n' for port in self.ports)
        self.config.write_text(
            f'state_dir = "{self.folder}/box"\n'
            f'[batch]\nperiod = "{self.period}s"\nslots = 16\n'
            f'[[line]]\nname = "police"\n{modems}'
            f'[[destination]]\nname = "stick"\ntype = "directory"\npath = "{self.stick}"\n'
        )
        passphrase = self.folder / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(secrets.token_hex(16) + "\n")
        self.stick.mkdir()

    def gateway(self, *words: str) -> str:
        """Return what ``tipline-gateway`` prints for ``words``."""
        return _output("tipline-gateway", "--config", str(self.config), *words)

    def workstation(self, *words: str) -> str:
        """Return what ``tipline-workstation`` prints for ``words``."""
        return _output(*self.workstation_command(), *words)

    def workstation_command(self) -> tuple[str, ...]:
        """Return the workstation's command up to its own words."""
        home, passphrase = self.folder / "workstation", self.folder / "passphrase"
        return ("tipline-workstation", "--home", str(home), "--passphrase-file", str(passphrase))

    def start(self, name: str, *words: str) -> IO[str]:
        """Start a process that runs until the end; return its output."""
        process = subprocess.Popen(
            [BIN / name, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        assert process.stdout is not None
        return process.stdout

    def ended(self) -> int | None:
        """Return the exit code of the first process that ended by itself, None while all run."""
        codes = (process.poll() for process in self.running)
        return next((code for code in codes if code is not None), None)

    def stop(self) -> None:
        """End everything, the last started first: the box before its modems."""
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def network_record(self, modem: int) -> list[dict[str, Any]]:
        """Return what the network behind a virtual modem saw, message by message."""
        request = json.dumps({"op": "record", "modem": modem})
        reply = json.loads(_output("tipline-modem", "--control", str(self.control), "--op", request))
        return list(reply["messages"])


class CommandFailed(Exception):
    """A command of the project did not succeed; holds what it printed."""


def _output(name: str, *words: str) -> str:
    done = subprocess.run(
        [BIN / name, *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        env=_environment(),
    )
    if done.returncode not in (0, 1):
        raise CommandFailed(f"{name} {' '.join(words)}\n{done.stderr or done.stdout}")
    return done.stdout


def _environment() -> dict[str, str]:
    return os.environ | {"COLUMNS": "100"}


def real_ports() -> list[str]:
    """Return the ports on which a modem answers."""
    try:
        rows = json.loads(_output("tipline-gateway", "ports", "--json"))
    except (CommandFailed, ValueError):
        return []
    return [row["name"] for row in rows["ports"] if row["answers_at"]]
