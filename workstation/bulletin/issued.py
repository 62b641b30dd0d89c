"""The bulletins that were issued: home/bulletins, each signed by the line's own bulletin key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nacl.signing import SigningKey

from disclosure.sums import Release as When
from disclosure.tables import Release
from wire.bulletin import Bulletin, BulletinFile, read_bulletin
from wire.hashing import NO_HASH, hashes_in
from wire.period import quarter_of
from wire.refusal import Refused
from wire.release import Table
from workstation.files import PRIVATE_FOLDER, sync_folder, write_file
from workstation.home import Home
from workstation.problems import Damaged

FOLDER = "bulletins"
_SUFFIX = ".bulletin"


@dataclass(frozen=True, slots=True)
class Issued:
    """The bulletins of a line so far, by their serials."""

    files: tuple[BulletinFile, ...] = ()
    octets: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def bulletins(self) -> tuple[Bulletin, ...]:
        """Return what they say."""
        return tuple(file.bulletin for file in self.files)

    @property
    def last(self) -> str | None:
        """Return the month of the newest one."""
        return self.files[-1].bulletin.month if self.files else None

    @property
    def head(self) -> bytes:
        """Return the hash that the next one names."""
        return self.files[-1].hash if self.files else NO_HASH

    def of(self, month: str) -> tuple[Bulletin, bytes] | None:
        """Return the bulletin of ``month`` and its octets, if it was issued."""
        for file, octets in zip(self.files, self.octets, strict=True):
            if file.bulletin.month == month:
                return file.bulletin, octets
        return None

    def proven(self) -> Mapping[bytes, frozenset[bytes]]:
        """Return the digests that were published, by the hash of their ledger."""
        found: dict[bytes, set[bytes]] = defaultdict(set)
        for file in self.files:
            for answered, digests in file.digests():
                found[answered.ledger].update(hashes_in(digests))
        return {ledger: frozenset(digests) for ledger, digests in found.items()}

    def quiet(self) -> Mapping[str, bool]:
        """Return of each quarter that was answered whether it was taken for quiet: then no month of it has totals."""
        told = {total.period for bulletin in self.bulletins for total in bulletin.totals}
        months = {answered.month for bulletin in self.bulletins for answered in bulletin.ledgers}
        found = {quarter_of(month): True for month in months}
        return found | {quarter_of(month): False for month in months if month in told}

    def releases(self) -> Mapping[When, Release]:
        """Return what was shown of each cohort."""
        tables: dict[When, list[Table]] = defaultdict(list)
        for bulletin in self.bulletins:
            for table in bulletin.tables:
                tables[table.period, table.age].append(table)
        return {when: Release(*when, tuple(found)) for when, found in tables.items()}


def read_issued(home: Home) -> Issued:
    """Return the bulletins in ``home``. Raises Damaged: one is missing, or is not the line's own."""
    folder = home.path / FOLDER
    paths = sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []
    key = bytes(SigningKey(home.vault.bulletin).verify_key)
    read = sorted(((_read(path, key), path) for path in paths), key=lambda found: found[0].bulletin.serial)
    before = NO_HASH
    for serial, (file, path) in enumerate(read, 1):
        said = file.bulletin
        if (said.serial, said.previous, said.line) != (serial, before, home.sheet.line):
            raise Damaged(f"{FOLDER}/{path.name} does not follow from the one before, or one is missing")
        before = file.hash
    return Issued(tuple(file for file, _ in read), tuple(path.read_bytes() for _, path in read))


def keep(home: Home, name: str, octets: bytes) -> None:
    """Return once the bulletin is kept durably under ``name``."""
    folder = home.path / FOLDER
    if not folder.is_dir():
        folder.mkdir(mode=PRIVATE_FOLDER)
        sync_folder(home.path)
    write_file(folder / name, octets)


def _read(path: Path, key: bytes) -> BulletinFile:
    try:
        return read_bulletin(path.read_bytes(), key)
    except Refused as refused:
        raise Damaged(f"{FOLDER}/{path.name}: {refused}") from None
