"""Who has a port open, as far as it can be seen, and whether ModemManager is about.

What another user's process has open is shown to root alone. For everybody else the exclusive opening tells;
to root it tells nothing of TIOCEXCL, which root passes. So both are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hw.ports.places import SYSTEM, Places, text
from hw.ports.sysfs import SerialPort

_IGNORE = re.compile(r"^E:ID_MM_(DEVICE|PORT)_IGNORE=1$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a port."""

    process: str
    pid: int

    def __str__(self) -> str:
        return f"{self.process or 'a process'} (pid {self.pid})"


def holders(devices: Iterable[Path], places: Places = SYSTEM) -> dict[Path, Holder]:
    """Return who has which of ``devices`` open or locked; free ones, and ones not shown to us, are left out."""
    real = {device.resolve(): device for device in devices}
    found: dict[Path, Holder] = {}
    for process in _processes(places):
        for target in _open_files(process):
            if target in real:
                found.setdefault(real[target], _holder(process))
    for device in real.values():
        if device not in found and (locker := _locker(device, places)) is not None:
            found[device] = locker
    return found


def modem_manager_runs(places: Places = SYSTEM) -> bool:
    """Return whether ModemManager runs on this machine: it opens every modem it is not told to leave alone."""
    return any(text(process / "comm") == "ModemManager" for process in _processes(places))


def left_alone(port: SerialPort, places: Places = SYSTEM) -> bool:
    """Return whether a udev rule tells ModemManager to ignore ``port`` or its whole device."""
    for number in port.numbers:
        try:
            known = (places.udev / f"c{number}").read_text("utf-8", "replace")
        except OSError:
            continue
        if _IGNORE.search(known):
            return True
    return False


def _processes(places: Places) -> list[Path]:
    try:
        return [entry for entry in places.proc.iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def _open_files(process: Path) -> Iterator[Path]:
    """Yield what the descriptors of ``process`` point to; nothing where that is not shown to us."""
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                yield descriptor.readlink()
            except FileNotFoundError:
                continue  # closed meanwhile
    except OSError:
        return


def _holder(process: Path) -> Holder:
    return Holder(text(process / "comm"), int(process.name))


def _locker(device: Path, places: Places) -> Holder | None:
    """Return who wrote a lock file for ``device``, if that process still lives. FHS 3.0 §5.9."""
    pid = text(places.locks / f"LCK..{device.name}").split(" ")[0]
    if not (pid.isdecimal() and len(pid) <= 10):
        return None
    process = places.proc / str(int(pid))
    return _holder(process) if process.exists() else None
