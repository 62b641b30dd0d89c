"""A box with virtual modems, made for one measurement: real ports, real processes, a real disk."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from bench.messages import postings
from bench.processes import children, command, running, until, usage
from bench.scale import Scale
from hw.virtual.client import Client
from wire.keysheet import read_keysheet

_QUIET = 1.0
"""Seconds that a box is left alone once its modems receive."""
_TOO_LATE = 120.0
_DIRECT, _STORED = 2, 1
"""<mt> of +CNMI. TS 27.005 §3.4.1."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: its folder, its sizes, and the key sheet that all its boxes seal to."""

    folder: Path
    scale: Scale
    _sites: count[int]
    shelf: Path | None = None
    """Where a filled case book is kept from run to run."""

    @classmethod
    def make(cls, folder: Path, scale: Scale, *, shelf: Path | None = None) -> Bench:
        """Return a bench with a workstation's home and key sheet in ``folder``."""
        bench = cls(folder, scale, count(), shelf)
        (folder / "passphrase").touch(mode=0o600)
        (folder / "passphrase").write_text(secrets.token_hex(16))
        bench.workstation("init", "--line", "police", "--epochs", 8)
        bench.workstation("keysheet", "--output", bench.sheet)
        return bench

    @property
    def sheet(self) -> Path:
        """The key sheet's file."""
        return self.folder / "police.keysheet"

    @property
    def home(self) -> tuple[object, ...]:
        """The workstation's words before any command."""
        return ("--home", self.folder / "home", "--passphrase-file", self.folder / "passphrase")

    @property
    def key(self) -> bytes:
        """The first epoch's public key."""
        return read_keysheet(self.sheet.read_bytes()).epochs[0].key

    def workstation(self, *words: object) -> str:
        """Return what a command of the workstation prints. Raises Failed."""
        return command("tipline-workstation", *self.home, *words)

    def new_folder(self) -> Path:
        """Return a new folder in this run's."""
        folder = self.folder / f"site{next(self._sites)}"
        folder.mkdir()
        return folder


@dataclass(frozen=True, slots=True)
class Site:
    """A running box with its modems; those behind the box's are spare, for the bare loop."""

    folder: Path
    network: Client
    modem_pid: int
    box_pid: int

    def link(self, modem: int) -> Path:
        """Return the port of a modem."""
        return self.folder / f"modem{modem}"

    def whole_box(self) -> list[int]:
        """Return the processes of ``tipline-gateway run``: keeper, intake, forwarder."""
        return [self.box_pid, *children(self.box_pid)]

    def offer(self, modems: Sequence[int], each: int) -> dict[int, int]:
        """Offer ``each`` messages to each of ``modems``, all at one moment; return the last id before them."""
        before = {modem: int(self.network.status(modem)["offered"]) for modem in modems}
        for modem in modems:  # not registered: the network holds them back until all are there
            self.network.set(modem, registration=2)
            self.network.deliver_many(postings(each), modem)
        for modem in modems:
            self.network.set(modem, registration=1)
        return before

    def taken(self, before: dict[int, int]) -> list[Taken]:
        """Return what became of the messages offered since ``before``, once all are settled."""
        for modem in before:
            if not self.network.wait(modem, timeout=_TOO_LATE):
                raise TimeoutError(f"messages for modem {modem} were not all taken")
        rows = [
            row
            for modem, last in before.items()
            for row in self.network.record(modem, since=last)["messages"]
        ]
        return [Taken.of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Taken:
    """Times of one message, in seconds of the network's clock."""

    offered: float
    tried: float
    done: float
    """The acknowledgement or deletion by the driver, which only comes after the commit."""
    again: bool
    """It was delivered more than once."""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Taken:
        """Return the times in a row of the virtual modem's record."""
        done = row["acknowledged"] if row["memory"] is None else row["deleted"]
        return cls(
            row["offered"], row["attempts"][0], done, row["memory"] is None and len(row["attempts"]) > 1
        )


def rate(taken: Sequence[Taken]) -> float:
    """Return messages a second, from the first attempt to the last acknowledgement."""
    return len(taken) / (max(one.done for one in taken) - min(one.tried for one in taken))


@contextmanager
def site(bench: Bench, *, modems: int, mode: str, spare: int = 0, whole: bool = False) -> Iterator[Site]:
    """Yield a box whose ``modems`` all receive: intake alone, or the ``whole`` box with forwarder and keeper."""
    folder = bench.new_folder()
    log, control, config = folder / "log", folder / "control", folder / "tipline.toml"
    (folder / "stick").mkdir()
    config.write_text(_config(folder, modems, mode), encoding="utf-8")
    box = ("tipline-gateway", "--config", config)
    command(*box, "init")
    command(*box, "enroll", "police", bench.sheet, "--yes")
    command(*box, "prepare", folder / "stick")
    ports = ("--link", folder / "modem{n}", "--count", modems + spare, "--control", control)
    with (
        running(log, "tipline-modem", *ports) as modem_pid,
        Client(control, wait=30, timeout=2 * _TOO_LATE) as network,
        running(log, *box, "run" if whole else "intake") as box_pid,
    ):
        wanted = _DIRECT if mode == "direct" else _STORED
        until(lambda: _routed(network, modems, wanted), "the modems receive", log)
        time.sleep(_QUIET)
        yield Site(folder, network, modem_pid, box_pid)


def _routed(network: Client, modems: int, wanted: int) -> bool:
    return all(network.status(modem)["cnmi"][1] == wanted for modem in range(modems))


def _config(folder: Path, modems: int, mode: str) -> str:
    ports = "".join(
        f'[[line.modem]]\nport = "{folder}/modem{number}"\nmode = "{mode}"\n' for number in range(modems)
    )
    return (
        f'state_dir = "{folder}/state"\n[batch]\nperiod = "1h"\nslots = 64\n[[line]]\nname = "police"\n{ports}'
        f'[[destination]]\nname = "stick"\ntype = "directory"\npath = "{folder}/stick"\n'
    )


def processor_ms(pid: int, earlier: float, messages: int) -> float:
    """Return the processor time of a process since ``earlier``, for each message, in milliseconds."""
    return (usage(pid).processor - earlier) / messages * 1000
