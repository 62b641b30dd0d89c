"""Whether there is room on the disk of the home."""

from __future__ import annotations

import shutil
from pathlib import Path

from workstation.machine.findings import Check, Finding

LEAST = 1 << 30
"""1 GB: a month of a busy line (64 slots an hour) is 14 MB sealed and about as much in the case book."""


def disk(home: Path) -> Finding:
    """Return whether the file system of ``home`` has room for what comes."""
    free = shutil.disk_usage(home).free
    words = f"{free / (1 << 30):.1f} GB are free on the disk of the home"
    if free < LEAST:
        return Finding(Check.DISK, good=False, words=f"only {words}: an import may not fit")
    return Finding(Check.DISK, good=True, words=words)
