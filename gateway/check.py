"""``check``: configuration, keys, folders, clock, swap; each problem with its way out."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.box import load_box
from gateway.clock import choose_epoch
from gateway.config import Config, DirectoryDestination, SftpDestination
from gateway.durable import opened_folder
from gateway.faults import OperatorError
from gateway.forward.base import OperatorNeeded, PassingTrouble
from gateway.forward.marker import read_marker
from gateway.forward.ssh_keys import check_rights, server_keys
from gateway.spool.committer import reserve_for
from gateway.spool.lines import line_state
from gateway.spool.schema import open_spool
from gateway.state import SPOOL, check_private
from hw.ports.specs import clashes

_ENOUGH_EPOCHS = 4
_SWAPS = Path("/proc/swaps")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the operator should know. ``serious`` findings stop tips from being received or kept secret."""

    what: str
    way_out: str
    serious: bool = True


def check(config: Config) -> list[Finding]:
    """Return what was found, nothing where all is well."""
    try:
        check_private(config.state_dir)
        load_box(config.state_dir)
    except OperatorError as error:
        return [Finding(error.problem, error.way_out)]
    return [*_lines(config), *_modems(config), *_folders(config), *_destinations(config), *_machine()]


def _lines(config: Config) -> Iterator[Finding]:
    try:
        db = open_spool(config.state_dir / SPOOL)
    except OperatorError as error:
        yield Finding(error.problem, error.way_out)
        return
    now = int(time.time())
    for line in config.line:
        state = line_state(db, line.name)
        sheet = state.keysheet
        if sheet is None:
            yield Finding(
                f"line {line.name} has no key sheet: nothing is received", f"enroll {line.name} KEYSHEET"
            )
            continue
        choice = choose_epoch(
            sheet,
            now=now,
            highest=state.highest_epoch,
            last_cut=state.last_cut,
            accepted=bool(state.clock_accepted),
        )
        if choice.alarm is not None:
            yield Finding(f"line {line.name}: {choice.alarm.value}", "see docs/operating.md, Clock and keys")
        left = sheet.epochs[-1].number - choice.epoch.number
        if left < _ENOUGH_EPOCHS:
            yield Finding(
                f"line {line.name}: {left} epochs left on the key sheet",
                "ask the authority for a new one",
                serious=False,
            )
    db.close()
    if len(config.line) > 1:
        yield Finding(
            "this box sees the tips of more than one line",
            "a line whose recipients must not share a box with the others (misconduct) needs a box of its own",
            serious=False,
        )


def _modems(config: Config) -> Iterator[Finding]:
    for line in config.line:
        if not line.modem:
            yield Finding(f"line {line.name} has no modem", "add [[line.modem]] with its port")
        for modem in line.modem:
            if modem.port.startswith("/") and not Path(modem.port).exists():
                yield Finding(
                    f"modem {modem.port} is not there",
                    "plug it in; `tipline-gateway ports` shows what answers",
                )
            if modem.pin_file is not None:
                yield from _pin_file(modem.pin_file)
            if config.canary.enabled and modem.number is None:
                yield Finding(
                    f"modem {modem.port} has no number: it takes no part in canaries",
                    "add its number",
                    serious=False,
                )
    for one, other in clashes([modem.port for line in config.line for modem in line.modem]):
        yield Finding(
            f"{one} and {other} are one modem",
            "two drivers ruin each other's dialogue: configure one of them",
        )
    if not config.canary.enabled:
        yield Finding(
            "canaries are off: nothing proves that a line can be reached",
            "set [canary] enabled = true",
            serious=False,
        )


def _pin_file(path: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        way_out = (
            "write the PIN there, mode 0400, owner tipline-intake, or take pin_file out of the configuration"
        )
        yield Finding(f"the PIN file {path} cannot be looked at: {error.strerror}", way_out)
        return
    if mode & 0o077:
        yield Finding(f"others can read the PIN file {path}", f"chmod 600 {path}")


def _folders(config: Config) -> Iterator[Finding]:
    found = os.statvfs(config.state_dir)
    free = found.f_bavail * found.f_frsize
    reserve = reserve_for(lines=len(config.line), slots=config.batch.slots)
    if free < reserve:
        yield Finding(
            f"{free // 1_000_000} MB free in {config.state_dir}: nothing is stored",
            f"make room: at least {reserve // 1_000_000} MB",
        )


def _destinations(config: Config) -> Iterator[Finding]:
    if not config.destination:
        yield Finding(
            "there is no destination: batches stay on the box", "add a [[destination]]", serious=False
        )
    for destination in config.destination:
        if not isinstance(destination, DirectoryDestination):
            yield from _server(destination)
            continue
        try:
            with opened_folder(destination.path) as folder:
                read_marker(folder, destination.path)
        except (OSError, OperatorNeeded, PassingTrouble):
            yield Finding(
                f"destination {destination.name}: {destination.path} is not there or not prepared",
                f"mount it, then `tipline-gateway prepare {destination.path}`",
                serious=False,
            )


def _server(destination: SftpDestination) -> Iterator[Finding]:
    """What can be seen without asking the server, and without reading a key that is the forwarder's alone."""
    try:
        server_keys(destination.host_key)
        check_rights(destination.key_file)
    except OperatorNeeded as error:
        yield Finding(f"destination {destination.name}: {error.problem}", error.way_out, serious=False)
    except OSError as error:
        yield Finding(
            f"destination {destination.name}: {destination.key_file} cannot be looked at: {error.strerror}",
            f"run `ls -l {destination.key_file}` as tipline-forward: it has to be there, mode 0400, owned by that user",
            serious=False,
        )


def _machine() -> Iterator[Finding]:
    swaps = _SWAPS.read_text().splitlines()[1:] if _SWAPS.exists() else []
    for swap in swaps:
        device = swap.split()[0]
        if "zram" not in device and not Path(device).resolve().name.startswith("dm-"):
            yield Finding(f"swap is on ({device}) and not encrypted", "swapoff, or use encrypted swap")
