"""The case book's file, opened: SQLCipher under a raw key, so that nothing in it, its journal or its index is in clear.

Temporary tables and sorting stay in memory, deleted content is overwritten, each commit is synced. A connection
belongs to one thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2
from sqlite_utils import Database

from workstation.book.counted import Counts
from workstation.book.schema import SCHEMA, TABLES
from workstation.files import PRIVATE_FILE, sync_folder
from workstation.problems import WAITING, Damaged, StorageFailed, is_taken

NAME = "casebook.db"
KEY_OCTETS = 32
CACHE_KIB = 64 << 10
"""Of pages in clear, in memory: the upper pages of all indexes of a million tips, and what is read just now."""
JOURNAL_OCTETS = 64 << 20
"""What the journal is cut to once it was written back; a large import lets it grow."""
WAIT_SECONDS = 60.0
"""For another writer: an import holds the book for one group, some seconds on a slow machine."""
_PRAGMAS = (
    "synchronous = FULL",
    "temp_store = MEMORY",
    "secure_delete = ON",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    f"cache_size = -{CACHE_KIB}",
    f"journal_size_limit = {JOURNAL_OCTETS}",
)
# for each value that is not just int, float, str or bytearray an adapter is looked for; to find none takes 2 µs
dbapi2.register_adapter(bytes, bytearray)
dbapi2.register_adapter(type(None), lambda value: value)
ROOM = "Make room, or look at the disk; then do it again."


class Book:
    """An open case book; see ``open``."""

    def __init__(self, path: Path, connection: Any) -> None:
        self.path = path
        self.connection = connection
        self.counts = Counts(connection)
        self.db = Database(connection, execute_plugins=False)  # else it loads whatever is installed

    @classmethod
    def open(cls, path: Path, key: bytes, *, any_thread: bool = False) -> Book:
        """Return the case book at ``path``, made if nothing is there; ``key`` has 32 octets.

        With ``any_thread`` it may go from one thread to another, never to two at once.
        Raises Damaged for a wrong key and a damaged file, StorageFailed where the disk does not let it.
        """
        if len(key) != KEY_OCTETS:
            raise ValueError("a key of another length")
        with told(path.name):
            _make_file(path)
            connection = keyed(path, key, any_thread=any_thread)
            try:
                _prepare(connection, path.name)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    def close(self) -> None:
        """Close the files."""
        self.connection.close()

    def let_go(self) -> None:
        """End whatever was begun and not read or written to its end: no old state is seen, or held on to, any more."""
        with told(self.path.name):
            if not self.connection.in_transaction:
                self.connection.execute("BEGIN")
            self.connection.rollback()  # also resets all statements

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """Do together, and durably, what is done within: all of it or nothing. Raises StorageFailed, Damaged."""
        with told(self.path.name):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise


def keyed(path: Path, key: bytes, *, any_thread: bool = False) -> Any:
    """Return a connection to the encrypted database at ``path`` that knows its raw ``key``; nothing is read yet."""
    connection = dbapi2.connect(
        str(path), isolation_level=None, timeout=WAIT_SECONDS, check_same_thread=not any_thread
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # else it writes to stderr by itself
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def told(name: str) -> Iterator[None]:
    """Let what the database ``name`` raises within become a problem: see ``problem_in``."""
    try:
        yield
    except dbapi2.Error as error:
        raise problem_in(error, name) from error


def problem_in(error: Exception, name: str = NAME) -> Exception:
    """Return StorageFailed (the disk, a lock) or Damaged (a wrong key, too) for an error of SQLCipher.

    Its classes are not sqlite3's. What can only be our own fault is returned as it is.
    """
    if is_taken(error):
        return StorageFailed(f"{name}: somebody else is writing to it", way_out=WAITING)
    if isinstance(error, dbapi2.OperationalError):
        return StorageFailed(f"{name}: {error}", way_out=ROOM)
    if type(error) is dbapi2.DatabaseError:
        return Damaged(f"{name}: {error}; or it is the book of another keyring")
    return error


def _make_file(path: Path) -> None:
    """Return once a file only its owner may read is at ``path``; an empty one is a new book."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE))
    except FileExistsError:
        return
    sync_folder(path.parent)


def _prepare(connection: Any, name: str) -> None:
    """Return once the pragmas hold and the tables are there."""
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    version = _version(connection)
    if version == 0:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # nobody else made them while this waited
            _make_tables(connection)
        connection.execute("COMMIT")
        version = _version(connection)
    if version != SCHEMA:
        raise Damaged(f"{name} is of another version")


def _make_tables(connection: Any) -> None:
    for statement in _statements(TABLES):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of ``script``; ``executescript`` would end the transaction they are to be in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if dbapi2.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: Any) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
