"""Proofs that a build keeps for the next one, by the hash of all that they were proven from.

A verification keeps nothing and looks at nothing that was kept.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from portal import kept
from portal.release.proofs import Memory

_NAME = "proofs.json"


def recall(folder: Path | None) -> Memory:
    """Return what was kept in ``folder``; nothing where there is none, or none that can be read."""
    octets = kept.recall(folder, _NAME)
    try:
        return {} if octets is None else msgspec.json.decode(octets, type=Memory)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}


def keep(folder: Path | None, memory: Memory) -> None:
    """Return once ``memory`` is kept in ``folder``. Raises OSError."""
    kept.keep(folder, _NAME, msgspec.json.encode(memory, order="sorted"))
