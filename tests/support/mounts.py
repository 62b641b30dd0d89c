"""Small file systems in memory, for full disks and pulled sticks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")


@contextmanager
def mounted(path: Path, size: str) -> Iterator[None]:
    """Mount a small file system in memory at ``path``."""
    mount = shutil.which("mount")
    assert mount is not None
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    made = subprocess.run(command, check=False, capture_output=True)
    if made.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)
