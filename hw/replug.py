"""Plugging a USB modem out and in again without hands, by a helper with the rights for it.

Intake has no rights to change a device. It leaves an empty file named after the USB path, ``1-1.2``, in a folder;
a service of root (config/systemd/tipline-replug.path) takes the request away, withdraws the kernel's
authorisation of the device and gives it back, which resets the device and binds its drivers anew. The folder is
the whole of what the two say to each other: names that are no USB path are thrown away, and nothing is read.
Standard library only: this runs as root. Kernel, Documentation/usb/authorization.rst.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

DEVICES = Path("/sys/bus/usb/devices")
PATH = re.compile(r"[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3}){0,6}", re.ASCII)
"""Bus, then a port for each hub; USB 2.0 §4.1.1 allows five hubs in a row."""
MOST = 64
"""Devices at a time: as many modems as a box may have."""
OFF_SECONDS = 5.0
"""A modem's firmware needs a while to notice."""
HUB = "09"
"""bDeviceClass of a hub: what hangs on it is not to be taken away."""


def request(folder: Path, path: str) -> None:
    """Ask for the device at the USB path ``path`` to be plugged in again. Raises OSError."""
    assert PATH.fullmatch(path), "not a USB path"
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(folder / path, flags, 0o600))


def take(folder: Path) -> list[str]:
    """Return the USB paths asked for in ``folder``, and empty it. Raises OSError where it cannot be emptied."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        names = sorted(os.listdir(descriptor))  # noqa: PTH208  of the open folder, whatever its name means by now
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                _remove(descriptor, name)
    finally:
        os.close(descriptor)
    return [name for name in names if PATH.fullmatch(name)][:MOST]


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except IsADirectoryError:
        os.rmdir(name, dir_fd=folder)


def replug(paths: Iterable[str], *, devices: Path = DEVICES, off: float = OFF_SECONDS) -> list[str]:
    """Return which of ``paths`` were authorised, now are again, and were not for ``off`` seconds in between.

    What was not authorised before stays so: somebody decided that. A hub is left alone.
    """
    withdrawn: list[str] = []
    try:
        for path in paths:
            if _may(devices / path):
                withdrawn.append(
                    path
                )  # first: what is not certainly withdrawn may be given back all the same
                _authorise(devices / path, "0")
        if withdrawn:
            time.sleep(off)
    finally:
        for path in withdrawn:
            _authorise(devices / path, "1")
    return withdrawn


def _may(device: Path) -> bool:
    try:
        authorised = (device / "authorized").read_text().strip() == "1"
        return authorised and (device / "bDeviceClass").read_text().strip() != HUB
    except OSError:
        return False  # it went away, or never was there


def _authorise(device: Path, value: str) -> None:
    with contextlib.suppress(OSError):  # it was pulled out meanwhile
        descriptor = os.open(device / "authorized", os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.write(descriptor, value.encode())
        finally:
            os.close(descriptor)


def main(folder: Path, *, devices: Path = DEVICES, off: float = OFF_SECONDS) -> None:
    """Carry out what is asked for in ``folder``; say what was done. It is not to be ended half-way."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for path in replug(take(folder), devices=devices, off=off):
        sys.stdout.write(f"USB device {path} was plugged in again\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
