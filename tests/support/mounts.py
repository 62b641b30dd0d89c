"""Small file systems in memory, for full disks and pulled sticks."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 30.0
"""Seconds."""
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
        _unmount(path)


def _unmount(path: Path) -> None:
    """Unmount ``path`` once nobody is in it: a server that ends may still answer its last question."""
    end = time.monotonic() + PATIENCE
    while subprocess.run(["umount", str(path)], check=False, capture_output=True).returncode:
        assert time.monotonic() < end, f"somebody stays in {path}"
        time.sleep(0.05)
