"""A database that stands still while it is copied, though others go on writing to it.

With the write-ahead log emptied into the database, a reader that begins before the next commit holds the database's
file as it is: SQLite carries nothing over from the log as long as somebody reads behind it. Writers are not held up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from workstation.problems import StorageFailed

TRIES = 50
"""Of finding the log empty; each waits for other writers as long as the connection does."""

Connect = Callable[[], Any]
"""Gives an open connection to the database."""


@contextmanager
def frozen(path: Path, connect: Connect) -> Iterator[BinaryIO]:
    """Yield the file of the database at ``path``, which does not change until the end. Raises StorageFailed.

    For a process of its own: closing the file drops every lock that this process has on it (POSIX), so it is closed
    behind the connections.
    """
    with path.open("rb") as file, closing(connect()) as reader, closing(connect()) as writer:
        _hold(path, reader, writer)
        yield file


def _hold(path: Path, reader: Any, writer: Any) -> None:
    log = path.with_name(f"{path.name}-wal")
    for _ in range(TRIES):
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        writer.execute("BEGIN IMMEDIATE")
        try:
            if not log.exists() or os.stat(log).st_size == 0:  # noqa: PTH116 - its size, just now
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                return
        finally:
            writer.execute("ROLLBACK")
    raise StorageFailed(
        f"{path.name} is written to all the time", way_out="Close what uses it, and try again."
    )
