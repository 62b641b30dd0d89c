"""Whether what is in memory can come onto a disk in clear: swap that is neither encrypted nor in memory itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workstation.machine.findings import Check, Finding

_OCTAL = re.compile(r"\\([0-7]{3})")
"""How the kernel writes a space and its like in a path."""
_DEEPEST = 8
"""Devices upon devices (a volume on an array on a partition) that are followed."""


def swap(root: Path) -> Finding:
    """Return whether no swap of the machine under ``root`` is in clear; what cannot be told is taken to be."""
    areas = list(_areas(root))
    clear = [path for path, kind in areas if not _is_safe(root, path, kind)]
    if clear:
        words = (
            f"swap is not encrypted: {', '.join(clear)}. What is read here may lie on the disk: swapoff -a"
        )
        return Finding(Check.SWAP, good=False, words=words)
    words = "swap is encrypted, or in memory" if areas else "there is no swap"
    return Finding(Check.SWAP, good=True, words=words)


def _areas(root: Path) -> Iterator[tuple[str, str]]:
    """Yield path and kind (``partition`` or ``file``) of each swap area. proc(5)."""
    try:
        rows = (root / "proc/swaps").read_text(errors="replace").splitlines()[1:]
    except FileNotFoundError:  # a kernel without swap
        return
    for row in rows:
        path, kind = row.split()[:2]
        yield _OCTAL.sub(lambda found: chr(int(found[1], 8)), path), kind


def _is_safe(root: Path, path: str, kind: str) -> bool:
    device = _device_under(root, path) if kind == "file" else _device_name(root, path)
    return device is not None and _is_encrypted(root, device, _DEEPEST)


def _is_encrypted(root: Path, device: str, depth: int) -> bool:
    """Return whether all that is written to the block ``device`` is encrypted, or stays in memory."""
    folder = root / "sys/class/block" / device
    if device.startswith("zram"):
        return _text(folder / "backing_dev") in (None, "none")
    if (_text(folder / "dm/uuid") or "").startswith("CRYPT-"):
        return True
    slaves = (
        sorted(path.name for path in (folder / "slaves").iterdir()) if (folder / "slaves").is_dir() else []
    )
    return bool(slaves) and depth > 0 and all(_is_encrypted(root, one, depth - 1) for one in slaves)


def _device_name(root: Path, path: str) -> str | None:
    """Return the kernel's name of the block device at ``path``; names of the mapper are links."""
    found = root / path.lstrip("/")
    return found.resolve().name if found.exists() or found.is_symlink() else Path(path).name or None


def _device_under(root: Path, path: str) -> str | None:
    """Return the kernel's name of the device that the file at ``path`` lies on, None if it has none."""
    best, found = "", None
    for row in (root / "proc/self/mountinfo").read_text(errors="replace").splitlines():
        fields = row.split(" ")
        point = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, found = point, fields[fields.index("-") + 2]
    return _device_name(root, found) if found and found.startswith("/dev/") else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
