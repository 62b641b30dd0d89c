"""Where the system shows its devices. Tests give folders of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that are read. Nothing in them is ever written."""

    sysfs: Path = Path("/sys")
    dev: Path = Path("/dev")
    proc: Path = Path("/proc")
    locks: Path = Path("/run/lock")
    """Of the lock files that minicom and its like write: LCK..ttyUSB0."""
    udev: Path = Path("/run/udev/data")


SYSTEM = Places()

MAX_OCTETS = 4096
"""The most that is read of one file: sysfs gives no attribute longer than a page."""


def text(file: Path) -> str:
    """Return what ``file`` says, without line end and control characters; "" where it cannot be read.

    A device may be pulled out between two reads, and whoever plugs one in chooses its strings.
    """
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_OCTETS)
    except OSError:
        return ""
    said = octets.decode("utf-8", "replace").strip()
    return "".join(character for character in said if character.isprintable())[:126]  # USB 2.0 §9.6.7
