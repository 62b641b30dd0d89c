"""The machine as a home sees it that was opened: its audit log has times, too."""

from __future__ import annotations

from pathlib import Path

from workstation.book.connection import NAME, Book
from workstation.home import Home
from workstation.machine.examination import Examination, examine
from workstation.machine.policy import read_policy


def examine_opened(home: Home, *, now: int, root: Path | None = None) -> Examination:
    """Return what the machine is like for ``home`` at ``now`` (Unix seconds). Raises Damaged."""
    return examine(home.path, read_policy(home.path), now=now, latest=_last_action(home), root=root)


def _last_action(home: Home) -> int | None:
    """Return when the last row of the audit log was written; None without one."""
    path = home.path / NAME
    if not path.exists():
        return None
    with Book.open(path, home.vault.book) as book:
        row = book.connection.execute("SELECT at FROM log ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else int(row[0])
