"""The machine it was measured on: cores, disk, versions."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

MEMORY_DISKS = ("tmpfs", "ramfs")
ROOT = Path(__file__).resolve().parents[1]


def folder_on_disk() -> Path:
    """Return where temporary folders go: the usual place, or the source folder where that is only memory."""
    usual = Path(tempfile.gettempdir())
    return ROOT if disk_of(usual)[1] in MEMORY_DISKS else usual


def disk_of(path: Path) -> tuple[str, str]:
    """Return the device that ``path`` lies on, and its file system. proc(5), /proc/self/mountinfo."""
    wanted = path.stat().st_dev
    number = f"{os.major(wanted)}:{os.minor(wanted)}"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if before.split()[2] == number:
            kind, device, *_ = after.split()
            return device, kind
    return "unknown", "unknown"


def machine(folder: Path) -> dict[str, Any]:
    """Return what the figures depend on, for JSON and for the heading."""
    device, kind = disk_of(folder)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "disk": f"{device} ({kind})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
