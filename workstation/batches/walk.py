"""Finding batch files on a medium, read-only."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wire import batch, identity, keysheet, ledger
from wire.slip import SEALED_OCTETS

LARGEST_BATCH = batch.HEADER_LIMIT + batch.MAX_SLOTS * SEALED_OCTETS
SUFFIX = ".batch"
_OTHERS = {
    magic.encode() + b"\n": name
    for magic, name in (
        (identity.MAGIC, "an identity"),
        (keysheet.MAGIC, "a key sheet"),
        (ledger.MAGIC, "a ledger"),
        (ledger.AUDIT_MAGIC, "an audit file"),
    )
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was named, or that lay in a folder that was named."""

    path: Path
    named: bool
    fault: str | None = None
    """Why the folder at ``path`` could not be listed; None for a file."""


def find_files(paths: Iterable[Path]) -> list[Found]:
    """Return the files at and under ``paths``, sorted within each; hidden ones and links in folders are not looked at.

    A folder that cannot be listed, or only in part, is among them with its fault: nothing of it was found.
    Our own names sort by box, line, chain and number, so that batches come in their order.
    """
    return [found for path in paths for found in _at(path)]


def _at(path: Path) -> Iterator[Found]:
    if not os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises where a folder above refuses it
        yield Found(path, named=True)
        return
    faults: list[OSError] = []
    for folder, names, files in os.walk(path, onerror=faults.append, followlinks=False):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(".") and not os.path.islink(file):  # noqa: PTH114  as above
                yield Found(file, named=False)
    for error in faults:
        fault = f"the folder cannot be listed: {error.strerror or 'input/output error'}"
        yield Found(Path(error.filename or path), named=False, fault=fault)


def read_file(path: Path) -> bytes:
    """Return the octets of ``path``, one more than a batch can have at the most. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("not a regular file")
        return file.read(LARGEST_BATCH + 1)


def not_a_batch(found: Found, octets: bytes) -> str | None:
    """Return why this is left without being called a bad batch, None where it has to be a batch."""
    for magic, name in _OTHERS.items():
        if octets.startswith(magic):
            return f"not a batch but {name}"
    if (
        found.named
        or found.path.suffix == SUFFIX
        or octets.startswith(batch.MAGIC.partition(" ")[0].encode())
    ):
        return None
    return "not a batch"
