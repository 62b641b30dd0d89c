"""The outbox: copies of finished batches and ledgers for the forwarder, made anew where one is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from gateway.durable import write_durably, write_pieces_durably
from gateway.faults import StorageError
from gateway.spool.committer import Committer
from gateway.spool.ledgers import ledger_pieces
from gateway.state import make_folder
from wire.identity import IDENTITY_FILE

FILE_MODE = 0o640
FOLDER_MODE = 0o750
Sent = Mapping[tuple[str, str], int]
"""Highest sequence that went to every destination, by line name and chain (hexadecimal)."""


class Outbox:
    """The folder of the outbox, a folder in it for each line."""

    def __init__(self, path: Path, committer: Committer, *, identity: bytes | None = None) -> None:
        self._path = path
        self._identity = identity
        self._committer = committer

    def highest(self, line: str, chain: bytes) -> int:
        """Return the highest sequence of ``chain`` in the folder of ``line``, 0 without one."""
        found = (path.stem.split("-") for path in (self._path / line).glob("*.batch"))
        return max(
            (int(parts[3]) for parts in found if len(parts) == 4 and parts[2] == chain.hex()), default=0
        )

    async def file(self) -> None:
        """Copy what is finished and not yet in the outbox, one at a time, in a thread: a slow disk holds up no modem.

        The box's identity first: by it the forwarder knows the box's own batches at a destination.
        Raises OSError, StorageError when the outbox cannot be written, NotStored.
        """
        if self._identity is not None:
            await asyncio.to_thread(_publish, self._path / IDENTITY_FILE, self._identity)
        for row in await self._committer.read(_unfiled):
            await self._copy(row)
            await self._committer.run(partial(_mark, row=row))

    async def refile(self) -> None:
        """Copy again what is missing in the folder. Raises as ``file``."""
        for row in await self._committer.read(partial(_missing, path=self._path)):
            await self._copy(row)

    async def _copy(self, row: _Row) -> None:
        await self._committer.read(partial(_copy, path=self._path / row.name, row=row))

    async def prune(self, *, before: Mapping[str, int], sent: Sent) -> None:
        """Remove the batches that the forwarder says went everywhere, and whose period began before the time given
        for their line (Unix seconds); those of a line without such a time stay.
        """
        for row in await self._committer.read(partial(_prunable, before=before, sent=sent)):
            await asyncio.to_thread((self._path / row.name / row.file).unlink, missing_ok=True)
            await self._committer.run(partial(_forget_octets, row=row))


@dataclass(frozen=True, slots=True)
class _Row:
    """What is to be copied."""

    line: int
    name: str
    """Of the line: the folder."""
    file: str
    batch: tuple[bytes, int] | None
    """Chain and sequence, or None for a ledger."""
    month: str
    """Of a ledger."""


def _publish(path: Path, identity: bytes) -> None:
    """Write the public identity, unless it stands there."""
    try:
        there: bytes | None = path.read_bytes()
    except FileNotFoundError:
        there = None
    if there != identity:
        make_folder(path.parent, mode=FOLDER_MODE)
        write_durably(path, identity, mode=FILE_MODE)


def _copy(db: Database, *, path: Path, row: _Row) -> None:
    """Write the file of ``row`` in the folder ``path``, unless it stands there."""
    for folder in (path.parent, path):
        make_folder(folder, mode=FOLDER_MODE)
    file = path / row.file
    if file.exists() and not _holds(file, _pieces(db, row)):
        raise StorageError(
            f"{file} is there with other octets", "`tipline-gateway restored LINE` begins a new chain"
        )
    write_pieces_durably(file, _pieces(db, row), mode=FILE_MODE)


def _holds(file: Path, pieces: Iterator[bytes]) -> bool:
    """Return whether the ``file`` holds the ``pieces``, put together, and no more."""
    with file.open("rb") as there:
        return all(there.read(len(piece)) == piece for piece in pieces) and not there.read(1)


def _pieces(db: Database, row: _Row) -> Iterator[bytes]:
    if row.batch is None:
        yield from ledger_pieces(db, row.line, row.month)
        return
    query = "SELECT octets FROM batch WHERE line = ? AND chain = ? AND sequence = ?"
    (octets,) = db.conn.execute(query, (row.line, *row.batch)).fetchone()
    yield bytes(octets)


_BATCHES = (
    "SELECT b.line, l.name, b.name, b.chain, b.sequence FROM batch b JOIN line l ON l.id = b.line WHERE "
)
_LEDGERS = "SELECT g.line, l.name, g.name, g.month FROM ledger g JOIN line l ON l.id = g.line WHERE "


def _unfiled(db: Database) -> list[_Row]:
    return _rows(db, filed=False)


def _rows(db: Database, *, filed: bool) -> list[_Row]:
    batches = db.conn.execute(f"{_BATCHES} b.filed = ? AND b.octets IS NOT NULL", (filed,))
    ledgers = db.conn.execute(f"{_LEDGERS} g.filed = ? AND g.header IS NOT NULL", (filed,))
    rows = [_Row(line, name, file, (chain, sequence), "") for line, name, file, chain, sequence in batches]
    return rows + [_Row(line, name, file, None, month) for line, name, file, month in ledgers]


def _missing(db: Database, *, path: Path) -> list[_Row]:
    there = {(file.parent.name, file.name) for file in path.glob("*/*")}
    return [row for row in _rows(db, filed=True) if (row.name, row.file) not in there]


def _mark(db: Database, *, row: _Row) -> None:
    if row.batch is None:
        db.conn.execute("UPDATE ledger SET filed = 1 WHERE line = ? AND month = ?", (row.line, row.month))
        return
    query = "UPDATE batch SET filed = 1 WHERE line = ? AND chain = ? AND sequence = ?"
    db.conn.execute(query, (row.line, *row.batch))


def _prunable(db: Database, *, before: Mapping[str, int], sent: Sent) -> list[_Row]:
    """Return what may go: old and sent everywhere; but not a line's newest, by which a restored box is known."""
    rows: list[_Row] = []
    for line, end in before.items():
        found = db.conn.execute(
            f"{_BATCHES} l.name = ? AND b.period < ? AND b.octets IS NOT NULL"
            " AND NOT (b.chain = l.chain AND b.sequence = l.sequence)",
            (line, end),
        )
        rows += [
            _Row(id_, name, file, (chain, sequence), "")
            for id_, name, file, chain, sequence in found
            if sequence <= sent.get((name, chain.hex()), 0)
        ]
    return rows


def _forget_octets(db: Database, *, row: _Row) -> None:
    """Drop the octets of a batch whose copy is gone; a kill before this has it copied and removed again."""
    assert row.batch is not None
    query = "UPDATE batch SET octets = NULL WHERE line = ? AND chain = ? AND sequence = ?"
    db.conn.execute(query, (row.line, *row.batch))
