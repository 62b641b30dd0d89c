"""Making a backup. While it is made no batch is imported and no key is changed; the case book can be worked with."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from workstation.backup.contents import Part, parts_of
from workstation.backup.header import backup_key, header_of, write_header
from workstation.backup.stream import CHUNK, Sealing
from workstation.bars import Bar
from workstation.files import written
from workstation.home import KEYRING, Home, alone
from workstation.problems import Damaged


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written."""

    files: int
    octets: int
    """Of those files."""


def make_backup(home: Home, target: Path, bar: Bar, *, now: int) -> Made:
    """Return once a backup of ``home`` is durable at ``target``; before that what was there stays. Raises OSError.

    For a process of its own, see ``frozen``.
    """
    with alone(home.path), parts_of(home) as parts:
        keyring = next((part for part in parts if part.name == KEYRING), None)
        if keyring is None:
            raise Damaged(f"{KEYRING} is missing")
        clear = write_header(header_of(home, keyring.file.read(), now=now))
        keyring.file.seek(0)
        octets = sum(part.size for part in parts)
        _clear_away(target)
        with bar(octets // CHUNK + 1) as advance, written(target) as file:
            file.write(clear)
            sealing = Sealing(file, backup_key(home.vault), clear, advance)
            _pack(parts, sealing, now)
            sealing.end()
    return Made(len(parts), octets)


def _clear_away(target: Path) -> None:
    """Remove what killed runs left beside ``target``."""
    for left in target.parent.glob(f".{target.name}.????????"):
        left.unlink()


def _pack(parts: list[Part], sealing: Sealing, now: int) -> None:
    with tarfile.open(fileobj=cast(IO[bytes], sealing), mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for part in parts:
            entry = tarfile.TarInfo(part.name)
            entry.size, entry.mode, entry.mtime = part.size, 0o600, now
            archive.addfile(entry, part.file)
