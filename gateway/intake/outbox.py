"""The outbox: copies of finished batches and ledgers for the forwarder, made anew where one is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from gateway.durable import write_durably
from gateway.faults import StorageError
from gateway.spool.committer import Committer
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
        for row in await self._committer.run(_unfiled):
            octets = await self._committer.run(partial(_octets, row=row))
            folder = self._path / row.name
            await asyncio.to_thread(_copy, folder, row.file, octets)
            await self._committer.run(partial(_mark, table=row.table, line=row.line, file=row.file))

    async def refile(self) -> None:
        """Have what is missing in the folder copied again."""
        there = {(path.parent.name, path.name) for path in self._path.glob("*/*")}
        await self._committer.run(partial(_unmark, there=there))

    async def prune(self, *, before: int, sent: Sent) -> None:
        """Remove batches of periods before ``before`` (Unix seconds) that the forwarder says went everywhere."""
        for row in await self._committer.run(partial(_prunable, before=before, sent=sent)):
            (self._path / row.name / row.file).unlink(missing_ok=True)
            await self._committer.run(partial(_forget_octets, file=row.file))


@dataclass(frozen=True, slots=True)
class _Row:
    """What is to be copied."""

    table: str
    line: int
    name: str
    """Of the line: the folder."""
    file: str


def _publish(path: Path, identity: bytes) -> None:
    """Write the public identity, unless it stands there."""
    try:
        there: bytes | None = path.read_bytes()
    except FileNotFoundError:
        there = None
    if there != identity:
        make_folder(path.parent, mode=FOLDER_MODE)
        write_durably(path, identity, mode=FILE_MODE)


def _copy(folder: Path, file: str, octets: bytes) -> None:
    make_folder(folder, mode=FOLDER_MODE)
    path = folder / file
    if path.exists() and path.read_bytes() != octets:
        raise StorageError(
            f"{path} is there with other octets", "`tipline-gateway restored LINE` begins a new chain"
        )
    write_durably(path, octets, mode=FILE_MODE)


def _unfiled(db: Database) -> list[_Row]:
    rows: list[_Row] = []
    for table in ("batch", "ledger"):
        query = (
            f"SELECT '{table}', t.line, l.name, t.name FROM {table} t JOIN line l ON l.id = t.line"  # noqa: S608  two fixed names
            " WHERE NOT t.filed AND t.octets IS NOT NULL"
        )
        rows += [_Row(*found) for found in db.conn.execute(query)]
    return rows


def _octets(db: Database, *, row: _Row) -> bytes:
    query = f"SELECT octets FROM {row.table} WHERE line = ? AND name = ?"  # noqa: S608  as above
    (octets,) = db.conn.execute(query, (row.line, row.file)).fetchone()
    return bytes(octets)


def _mark(db: Database, *, table: str, line: int, file: str) -> None:
    db.conn.execute(f"UPDATE {table} SET filed = 1 WHERE line = ? AND name = ?", (line, file))  # noqa: S608  as above


def _unmark(db: Database, *, there: set[tuple[str, str]]) -> None:
    for table in ("batch", "ledger"):
        rows = db.conn.execute(
            f"SELECT t.line, l.name, t.name FROM {table} t JOIN line l ON l.id = t.line"  # noqa: S608  as above
            " WHERE t.filed AND t.octets IS NOT NULL"
        ).fetchall()
        for line, folder, name in rows:
            if (folder, name) not in there:
                db.conn.execute(f"UPDATE {table} SET filed = 0 WHERE line = ? AND name = ?", (line, name))  # noqa: S608  as above


def _prunable(db: Database, *, before: int, sent: Sent) -> list[_Row]:
    """Return what may go: old and sent everywhere; but not a line's newest, by which a restored box is known."""
    rows = db.conn.execute(
        "SELECT b.line, b.chain, b.sequence, l.name, b.name FROM batch b"
        " JOIN line l ON l.id = b.line WHERE b.period < ? AND b.octets IS NOT NULL AND NOT (b.chain = l.chain"
        " AND b.sequence = l.sequence)",
        (before,),
    )
    return [
        _Row("batch", line, name, file)
        for line, chain, sequence, name, file in rows
        if sequence <= sent.get((name, chain.hex()), 0)
    ]


def _forget_octets(db: Database, *, file: str) -> None:
    """Drop the octets of a batch whose copy is gone; a kill before this has it copied and removed again."""
    db.conn.execute("UPDATE batch SET octets = NULL WHERE name = ?", (file,))
