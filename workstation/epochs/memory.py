"""Whether a folder lies on a file system that forgets everything when the machine is switched off."""

from __future__ import annotations

import os
from pathlib import Path

from workstation.problems import StorageFailed

_IN_MEMORY = frozenset({"tmpfs", "ramfs", "rootfs", "devtmpfs"})
MOUNTS = Path("/proc/self/mountinfo")


def refuse_memory(folder: Path, *, mounts: Path = MOUNTS) -> None:
    """Return if what is written into ``folder`` outlasts the machine. Raises StorageFailed."""
    device = folder.stat().st_dev
    name = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.read_text(errors="replace").splitlines():
        fields = line.split(" ")
        if fields[2] == name and fields[fields.index("-") + 1] in _IN_MEMORY:
            way_out = "Give --yes if it is meant so: after a power cut no tip could be opened."
            raise StorageFailed(f"{folder} is in memory only", way_out=way_out)
