"""What of a home goes into a backup: every file but the secrets of epochs, databases as they stand at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from workstation.backup.frozen import frozen
from workstation.book.connection import NAME, Book
from workstation.home import BATCHES, EPOCHS, Home

NEVER = frozenset({EPOCHS})
"""Their key can be destroyed only if no copy of them lies elsewhere."""
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Part:
    """One file."""

    name: str
    """Its path in the home."""
    file: BinaryIO
    size: int


@contextmanager
def parts_of(home: Home) -> Iterator[list[Part]]:
    """Yield the files of ``home``, open, in the order of their names; databases stand still until the end."""
    with ExitStack() as held:
        parts = []
        for path in sorted(_files(home.path)):
            file = held.enter_context(_open(home, path))
            parts.append(Part(path.relative_to(home.path).as_posix(), file, path.stat().st_size))
        yield parts


def belongs(name: str) -> bool:
    """Return whether the file called ``name`` in a home goes into a backup."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or not part for part in parts)
    return not hidden and parts[0] not in NEVER and not name.endswith(_BESIDE)


def _files(home: Path) -> Iterator[Path]:
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink() and belongs(path.relative_to(home).as_posix()):
            yield path


def _open(home: Home, path: Path) -> Any:
    if path == home.path / NAME:
        return frozen(path, lambda: Book.open(path, home.vault.book).connection)
    if path == home.path / BATCHES:
        return frozen(path, lambda: sqlite3.connect(path, isolation_level=None, timeout=60))
    return path.open("rb")
