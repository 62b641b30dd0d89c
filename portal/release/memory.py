"""What a build keeps for the next one: proofs by the hash of all that they were proven from.

A verification keeps nothing and looks at nothing that was kept. The folder belongs to whoever builds, like the program
itself; it is never published.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from portal.files import read_regular, write_file
from portal.release.proofs import Memory

_NAME = "proofs.json"
_MAX_OCTETS = 1 << 26
"""64 MB: 500,000 months of boxes."""


def recall(folder: Path | None) -> Memory:
    """Return what was kept in ``folder``; nothing where there is none, or none that can be read."""
    if folder is None:
        return {}
    try:
        return msgspec.json.decode(read_regular(folder / _NAME, most=_MAX_OCTETS), type=Memory)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return {}


def keep(folder: Path | None, memory: Memory) -> None:
    """Return once ``memory`` is kept in ``folder``. Raises OSError."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / _NAME, msgspec.json.encode(memory, order="sorted"))
