"""What intake finds when it starts: the memory that was kept over a crash, and what the spool says of it."""

from __future__ import annotations

import time

from sqlite_utils import Database

from gateway.memory.store import SharedMemory, fits, new_memfd
from gateway.memory.table import Table
from gateway.service import Service, kept_memory
from gateway.spool.committer import First


class KeptMemory:
    """The shared memory: the one a keeper held, or a new one, which is given to the keeper once it is in use."""

    def __init__(self) -> None:
        fd = kept_memory()
        if fd is not None and not fits(fd):
            Service().forget()
            fd = None
        self._fresh = fd is None
        self._fd = new_memfd() if fd is None else fd
        self._first: First | None = None
        self.shared = SharedMemory(self._fd)

    def lay_out(self, db: Database) -> First | None:
        """Return what has to be done in the spool before it is stored in, if this memory knows nothing yet."""
        if not self.shared.used_before:
            started_before = db.conn.execute("SELECT count(*) FROM started").fetchone()[0] > 0
            self.shared.lay_out(now=time.monotonic(), after_loss=started_before)
            self._first = forget_seen
        return self._first

    def keep(self) -> None:
        """Give a new memory to the keeper."""
        if self._fresh:
            Service().keep(self._fd)


def forget_seen(db: Database) -> None:
    """Forget what was seen under keys that are gone; note that this box has run."""
    db.conn.execute("DELETE FROM seen")
    db.conn.execute("INSERT OR IGNORE INTO started VALUES (1)")


def settled_table(memory: SharedMemory, db: Database) -> Table:
    """Return the table in ``memory``, what was under way at a kill settled by what the spool has of it."""
    table = Table(memory)
    find = "SELECT 1 FROM seen WHERE change = ?"
    table.settle(lambda change: db.conn.execute(find, (change,)).fetchone() is not None)
    for (line,) in db.conn.execute("SELECT id FROM line WHERE id NOT IN (SELECT line FROM slip)").fetchall():
        table.after_cut(table.pending(line), left=0, lowest_rank_left=0)  # killed between a cut and this
    return table
