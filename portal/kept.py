"""What a build keeps for the next one: files under names that say what they follow from, each with its own hash.

A file that was damaged, cut short, or written by a process that died is as good as none. Whoever can write the folder
can write a good hash too: it is believed as the program is (docs/decisions/0035), never published, and ``verify`` never
looks at it.
"""

from __future__ import annotations

from pathlib import Path

from portal.files import read_regular, write_file
from wire.hashing import HASH_OCTETS, blake2b_256

MAX_OCTETS = 1 << 26
"""64 MB: proofs of 500,000 months of boxes; a picture has 20 kB."""


def recall(folder: Path | None, name: str) -> bytes | None:
    """Return what was kept in ``folder`` under ``name``; None where there is nothing, or not what was kept."""
    if folder is None:
        return None
    try:
        octets = read_regular(folder / name, most=MAX_OCTETS)
    except OSError:
        return None
    hash_of, kept = octets[:HASH_OCTETS], octets[HASH_OCTETS:]
    return kept if blake2b_256(kept) == hash_of else None


def keep(folder: Path | None, name: str, octets: bytes) -> None:
    """Return once ``octets`` are kept; another process may read there meanwhile. Raises OSError."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / name, blake2b_256(octets) + octets, durable=False)
