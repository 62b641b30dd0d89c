"""Whether a network interface other than loopback is up. No socket is made: the kernel's files tell it."""

from __future__ import annotations

from pathlib import Path

from workstation.machine.findings import Check, Finding

_UP, _LOOPBACK = 0x1, 0x8
"""IFF_UP and IFF_LOOPBACK of linux/if.h."""


def network(root: Path) -> Finding:
    """Return whether the machine under ``root`` has no network; what cannot be read is taken to be up."""
    up = sorted(name for name in _names(root) if _is_up(root, name))
    if not up:
        return Finding(Check.NETWORK, good=True, words="no network interface is up but loopback")
    words = f"network interfaces are up: {', '.join(up)}. This machine should have none: pull the cable, switch it off"
    return Finding(Check.NETWORK, good=False, words=words)


def _names(root: Path) -> set[str]:
    """Return the interfaces of the machine, as sysfs has them, and of this process' own network namespace."""
    folder, table = root / "sys/class/net", root / "proc/self/net/dev"
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if table.is_file():
        rows = table.read_text(errors="replace").splitlines()[2:]
        names |= {row.partition(":")[0].strip() for row in rows}
    return names - {"bonding_masters"}


def _is_up(root: Path, name: str) -> bool:
    try:
        flags = int((root / "sys/class/net" / name / "flags").read_text(), 16)
    except (OSError, ValueError):
        return name != "lo"
    return bool(flags & _UP) and not flags & _LOOPBACK
