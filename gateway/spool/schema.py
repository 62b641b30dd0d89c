"""The spool's tables. Keys are random, so that the order on disk tells nothing of the order of arrival.

Batches alone have rowids, as they have numbers: in a table without them each comparison of keys would read a whole
batch, 78 kB.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from gateway.faults import StorageError

VERSION = 2
_TABLES = """
CREATE TABLE line (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, line BLOB, sheet BLOB, highest_epoch INTEGER,
    clock_accepted INTEGER NOT NULL DEFAULT 0,
    chain BLOB, sequence INTEGER NOT NULL DEFAULT 0, previous BLOB NOT NULL, head BLOB NOT NULL,
    slots INTEGER, slots_day INTEGER, cuts INTEGER NOT NULL DEFAULT 0, last_cut INTEGER, open_month TEXT,
    canary_counter INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE slip (
    key BLOB PRIMARY KEY, line INTEGER NOT NULL, epoch INTEGER NOT NULL, rank INTEGER NOT NULL,
    period INTEGER NOT NULL, sealed BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE seen (hash BLOB PRIMARY KEY, generation INTEGER NOT NULL, change BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE commitment (
    commitment BLOB PRIMARY KEY, line INTEGER NOT NULL, chain BLOB, sequence INTEGER
) WITHOUT ROWID;
CREATE INDEX commitment_of_batch ON commitment (line, chain, sequence);
CREATE TABLE batch (
    line INTEGER NOT NULL, chain BLOB NOT NULL, sequence INTEGER NOT NULL, cut INTEGER NOT NULL,
    header_hash BLOB NOT NULL,
    period INTEGER NOT NULL, month TEXT NOT NULL, head_before BLOB NOT NULL, salt BLOB NOT NULL,
    name TEXT NOT NULL, octets BLOB, filed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (line, chain, sequence)
);
CREATE TABLE meter (
    line INTEGER NOT NULL, month TEXT NOT NULL, conversations INTEGER NOT NULL DEFAULT 0,
    canaries_sent INTEGER NOT NULL DEFAULT 0, canaries_received INTEGER NOT NULL DEFAULT 0,
    minutes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (line, month)
) WITHOUT ROWID;
CREATE TABLE ledger (
    line INTEGER NOT NULL, month TEXT NOT NULL, serial INTEGER NOT NULL, conversations INTEGER NOT NULL,
    canaries_sent INTEGER NOT NULL, canaries_received INTEGER NOT NULL, minutes INTEGER NOT NULL,
    hash BLOB, name TEXT, header BLOB, filed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (line, month)
) WITHOUT ROWID;
CREATE TABLE pin_attempt (sim TEXT PRIMARY KEY, pin_file TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE direct_proof (model TEXT NOT NULL, revision TEXT NOT NULL, PRIMARY KEY (model, revision)) WITHOUT ROWID;
CREATE TABLE started (once INTEGER PRIMARY KEY) WITHOUT ROWID;
"""


PATIENCE = 10.0
"""Seconds for which a connection waits for another one's transaction."""
_PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
"""Primary result codes of a disk that is full or does not answer, and of another process that is at the spool."""


class SpoolTrouble(StorageError):
    """The spool cannot be used at this moment. It may be later, so intake waits for it."""


def spool_fault(error: sqlite3.Error) -> StorageError:
    """Return ``error`` as a sentence with a way out: SpoolTrouble where it may pass."""
    what = f"the spool cannot be used: {error}"
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING:
        return SpoolTrouble(
            what, "make room on the disk of the state folder; if there is room, look at the disk"
        )
    return StorageError(
        what, "look at the disk and the rights of the state folder; docs/operating.md, Backup and restore"
    )


def open_spool(path: Path, *, make: bool = False, patience: float = PATIENCE) -> Database:
    """Return the spool at ``path``; with ``make`` it is made where there is none. Raises StorageError.

    A connection waits ``patience`` seconds for another one's transaction.

    WAL with synchronous=FULL: a commit that returned survives a power cut. secure_delete: what was removed does
    not stay in free pages.
    """
    if not make and not path.exists():
        raise StorageError(f"there is no spool {path}", "run `tipline-gateway init` first")
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        _make_tables(connection, path)
    except sqlite3.Error as error:
        raise spool_fault(error) from error
    return Database(connection, use_counts_table=False, execute_plugins=False)


def open_reader(path: Path) -> Database:
    """Return a connection that only reads the spool at ``path``, which another one has open. Raises sqlite3.Error."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=1)
    return Database(connection, use_counts_table=False, execute_plugins=False)


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    if version != 0:
        raise StorageError(
            f"the spool {path} is of version {version}", f"this software reads version {VERSION}"
        )
    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
    path.chmod(0o600)
