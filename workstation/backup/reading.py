"""Reading a backup: verifying it, and making a home of it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from workstation.backup.contents import belongs
from workstation.backup.header import Header, backup_key, read_header
from workstation.backup.marker import mark_restored
from workstation.backup.stream import CHUNK, Opening
from workstation.bars import Bar
from workstation.batches.store import Store
from workstation.book.connection import NAME, Book
from workstation.files import PRIVATE_FOLDER, written
from workstation.home import BOXES, EPOCHS, KEYRING, SHEET, Home, home_from, open_home
from workstation.keys.keyring import Keyring, unlock
from workstation.keys.people import Credential
from workstation.problems import Damaged, NotTaken

Ask = Callable[[Keyring], Sequence[Credential]]
"""Gives what the users of a keyring say."""
NEEDED = frozenset({KEYRING, SHEET})


@dataclass(frozen=True, slots=True)
class Found:
    """What a backup holds."""

    header: Header
    files: tuple[tuple[str, int], ...]
    """Names and sizes."""


def verify_backup(source: Path, ask: Ask, bar: Bar) -> Found:
    """Return what the backup at ``source`` holds, once every octet of it was verified.

    Raises NotTaken where it was changed or cut off, WrongPassphrase and its like, OSError.
    """
    with _opened(source, ask, bar) as (header, _, members):
        return Found(header, tuple((name, sum(map(len, _pieces(file)))) for name, file in members))


def restore_backup(source: Path, target: Path, ask: Ask, bar: Bar) -> tuple[Found, Home]:
    """Return what was in the backup at ``source`` and the home that is now at ``target``, where none was.

    It is built beside ``target`` and renamed in one step: killed before that, nothing is at ``target``. Secrets of
    epochs are in no backup. The home knows that bulletins may have been published since.
    Raises as ``verify_backup``, HomeExists, StorageFailed.
    """
    files = []
    with _opened(source, ask, bar) as (header, credentials, members), home_from(target) as site:
        for folder in (EPOCHS, BOXES):
            (site / folder).mkdir(mode=PRIVATE_FOLDER)
        for name, file in members:
            files.append((name, _put(site / name, file)))
        mark_restored(site, header.date)
        _check(site, credentials)
    return Found(header, tuple(files)), open_home(target, credentials)


def _check(site: Path, credentials: Sequence[Credential]) -> None:
    """Return if what was unpacked opens as a home. Raises Damaged and its like."""
    home = open_home(site, credentials)
    home.boxes.keys()
    with closing(Store(home.batches)):
        pass
    if (site / NAME).exists():
        with Book.open(site / NAME, home.vault.book):
            pass


@contextmanager
def _opened(
    source: Path, ask: Ask, bar: Bar
) -> Iterator[tuple[Header, Sequence[Credential], Iterator[tuple[str, IO[bytes]]]]]:
    with source.open("rb") as file:
        header, clear = read_header(file)
        credentials, key = _unlocked(header, ask)
        with bar(source.stat().st_size // CHUNK + 1) as advance:
            opening = Opening(file, key, clear, advance)
            yield header, credentials, _members(opening)


def _unlocked(header: Header, ask: Ask) -> tuple[Sequence[Credential], bytes]:
    """Return what the users said, and the key that it gives. Raises NotTaken, WrongPassphrase and its like."""
    try:
        ring = header.ring()
        credentials = ask(ring)
        return credentials, backup_key(unlock(ring, credentials).vault)
    except Damaged as damaged:
        raise NotTaken(f"its keyring was changed: {damaged}") from None


def _members(opening: Opening) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and file of each member; at the end everything was there and nothing more."""
    names = set()
    try:
        with tarfile.open(fileobj=cast(BinaryIO, opening), mode="r|") as archive:
            for entry in archive:
                file = archive.extractfile(entry) if entry.isreg() else None
                if file is None or not belongs(entry.name) or entry.name in names:
                    raise NotTaken("a name or kind of file in it is none of a home's")
                names.add(entry.name)
                yield entry.name, file
    except tarfile.TarError:
        raise NotTaken("its content is not in form") from None
    opening.end()
    if not names >= NEEDED:
        raise NotTaken("a home needs more than is in it")


def _put(path: Path, file: IO[bytes]) -> int:
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    length = 0
    with written(path) as target:
        for piece in _pieces(file):
            target.write(piece)
            length += len(piece)
    return length


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece
