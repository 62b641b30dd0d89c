"""Destruction by rule: what was closed long enough ago loses its text, and all that could tell of it.

What is left of a destroyed tip: its ids, digest, day, category, district, and the codes that its status ever had, so
that counts stay what they were. docs/decisions/0026.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workstation.book.actions_status import DESTROYED
from workstation.book.connection import Book, told
from workstation.book.deeds import Deed, state_of
from workstation.book.faults import NotAllowed
from workstation.book.log import Actor, LogWriter
from workstation.book.settings import setting
from workstation.book.silence import DAY
from workstation.book.traces import forget
from workstation.problems import StorageFailed

GROUP = 2000
"""Tips in one transaction; the screen can write between two of them."""
RULE = "retention_days"
_NO_CONVERSATION = bytes(16)

_MET = """
WITH RECURSIVE met (id, hidden, spared) AS (
    SELECT id, held, held FROM tips WHERE merged_into IS NULL AND closed < ?1
    UNION ALL
    SELECT t.id, met.hidden, met.hidden OR t.held FROM tips AS t JOIN met ON t.merged_into = met.id
)
SELECT met.id, met.spared FROM met JOIN tips AS t ON t.id = met.id WHERE t.destroyed IS NULL
"""
"""Tips whose master was closed before a time: a merged tip follows its master, also into being held back."""


@dataclass(frozen=True, slots=True)
class Due:
    """What the rule meets now."""

    days: int | None
    """None: there is no rule."""
    closed_before: int
    """Unix seconds."""
    tips: int
    held: int
    """What the rule meets as well, but two people hold back."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A destruction that was done."""

    row: int
    """Of the log."""
    at: int
    days: int
    closed_before: int
    tips: int
    held: int
    users: tuple[str, ...]


def due(book: Book, *, now: int) -> Due:
    """Return what is to be destroyed at ``now``."""
    days = setting(book, RULE)
    if days is None:
        return Due(None, 0, 0, 0)
    before = now - days * DAY
    with told(book.path.name):
        query = f"SELECT coalesce(sum(NOT spared), 0), coalesce(sum(spared), 0) FROM ({_MET})"  # noqa: S608 - ours
        tips, held = book.connection.execute(query, (before,)).fetchone()
    return Due(days, before, tips, held)


def destroy_due(
    book: Book, actor: Actor, *, now: int, advance: Callable[[], None] = lambda: None
) -> Ended | None:
    """Return what was destroyed, once no page of the file has anything of it; None where nothing was due.

    What a killed run had destroyed already counts with it. Raises NotAllowed (no rule), StorageFailed.
    """
    found = due(book, now=now)
    if found.days is None:
        raise NotAllowed("there is no rule", way_out=f"Set one first: settings {RULE} DAYS")
    while _destroy_some(book, actor, found.closed_before, now=now):
        advance()
    if not _unsigned(book.connection):
        return None
    rewrite(book)
    with book.write():
        said = {
            "days": found.days,
            "closed_before": found.closed_before,
            "tips": _unsigned(book.connection),
            "held": found.held,
        }
        LogWriter(book.connection, actor, now=now).add("destruction", detail=said)
    return last_ended(book)


def last_ended(book: Book) -> Ended | None:
    """Return the last destruction that was brought to its end."""
    query = "SELECT id, at, users, detail ->> 'days', detail ->> 'closed_before', detail ->> 'tips', detail ->> 'held'"
    row = book.connection.execute(
        f"{query} FROM log WHERE action = 'destruction' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, at, users, days, before, tips, held = row
    return Ended(number, at, days, before, tips, held, tuple(users.split(",")))


def rewrite(book: Book) -> None:
    """Return once the file was written anew, without what deleted rows left behind in it.

    SQLite overwrites a deleted row where it lies, but not a copy of it that stayed in the free part of a page when
    rows moved to another page. The new file is built beside the book, encrypted like it, and has no name.
    Raises StorageFailed: somebody reads, or there is no room for two more files of its size.
    """
    connection = book.connection
    folder = str(book.path.parent.resolve()).replace("'", "''")
    with told(book.path.name):
        connection.execute(f"PRAGMA temp_store_directory = '{folder}'")
        connection.execute("PRAGMA temp_store = FILE")
        try:
            connection.execute("VACUUM")
        finally:
            connection.execute("PRAGMA temp_store = MEMORY")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StorageFailed(
            f"{book.path.name}: somebody else reads it", way_out="Close the screen, and run it again."
        )


def _unsigned(connection: Any) -> int:
    """Return how many tips were destroyed since the last destruction that was brought to its end."""
    (number,) = connection.execute(
        "SELECT count(*) FROM log WHERE action = 'destroy'"
        " AND id > (SELECT coalesce(max(id), 0) FROM log WHERE action = 'destruction')"
    ).fetchone()
    return int(number)


def _destroy_some(book: Book, actor: Actor, closed_before: int, *, now: int) -> int:
    """Return how many tips of a group were destroyed; 0 when there are none left."""
    query = f"SELECT id FROM ({_MET}) WHERE NOT spared LIMIT ?2"  # noqa: S608 - ours
    with book.write():
        tips = [number for (number,) in book.connection.execute(query, (closed_before, GROUP)).fetchall()]
        if tips:
            doing = Deed(book.connection, actor, now=now)
            for tip in tips:
                _destroy(doing, tip)
    return len(tips)


def _destroy(doing: Deed, tip: int) -> None:
    state = state_of(doing.connection, tip)
    forget(doing.connection, tip)
    for statement in _GONE:
        doing.connection.execute(statement, (tip,))
    doing.change(state, "destroy", {"status": DESTROYED, "unit": None, "person": None, "priority": 0})
    doing.connection.execute(
        "UPDATE tips SET destroyed = ?, text = NULL, data = NULL, missing = '', flags = '', conversation = ?"
        " WHERE id = ?",
        (doing.at, _NO_CONVERSATION, tip),
    )


_GONE = (
    "DELETE FROM slips WHERE tip = ?",
    "DELETE FROM notes WHERE tip = ?",
    "DELETE FROM links WHERE tip = ?1 OR other = ?1",
    "DELETE FROM offers WHERE tip = ?1 OR other = ?1",
)
