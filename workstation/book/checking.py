"""Whether the log is what was written, and the book is what the log says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workstation.book.connection import Book, told
from workstation.book.deeds import REMEMBERED
from workstation.book.faults import LogBroken
from workstation.book.history import INITIAL
from workstation.book.log import LogState, Row, verified


def verify_log(
    book: Book, *, head: bytes | None = None, advance: Callable[[], None] = lambda: None
) -> LogState:
    """Return the state of the log, if every row follows from the one before and the tips are as it says.

    ``head`` is a hash that was noted or published: it has to be that of one of the rows, else rows were cut off or
    written anew since. Raises LogBroken, which names the first row that is wrong.
    """
    connection = book.connection
    with told(book.path.name):
        connection.execute("BEGIN")  # what others write meanwhile is not seen
        try:
            state = verified(connection, head=head, check=_history_of, advance=advance)
            _check_no_more(connection)
            _check_tips(connection)
        finally:
            connection.execute("ROLLBACK")
    return state


def _history_of(connection: Any, row: Row) -> None:
    """Return if the history has what ``row`` says. Raises LogBroken."""
    if row.tip is None:
        return
    new = row.details.get("set", {})
    expected = {
        name: None if value is None else str(value) for name, value in new.items() if name in REMEMBERED
    }
    query = "SELECT field, value, at FROM history WHERE tip = ? AND log = ?"
    found = connection.execute(query, (row.tip, row.id)).fetchall()
    if {name: value for name, value, _ in found} != expected or any(at != row.at for _, _, at in found):
        raise LogBroken(f"the history of the tips is not what row {row.id} says")


def _check_no_more(connection: Any) -> None:
    query = (
        "SELECT h.log FROM history AS h LEFT JOIN log AS l ON l.id = h.log"
        " WHERE l.tip IS NOT h.tip ORDER BY h.log LIMIT 1"
    )
    found = connection.execute(query).fetchone()
    if found:
        raise LogBroken(f"the history of the tips names row {found[0]}, which says nothing of it")


def _check_tips(connection: Any) -> None:
    """Return if each tip is as its history says last. Raises LogBroken."""
    for name in sorted(REMEMBERED):
        query = (
            f"SELECT id FROM tips WHERE CAST({name} AS TEXT) IS NOT iif("  # noqa: S608 - names of REMEMBERED
            "EXISTS (SELECT 1 FROM history WHERE tip = tips.id AND field = ?1),"
            "(SELECT value FROM history WHERE tip = tips.id AND field = ?1 ORDER BY log DESC LIMIT 1), ?2) LIMIT 1"
        )
        found = connection.execute(query, (name, INITIAL[name])).fetchone()
        if found:
            raise LogBroken(f"{name} of tip number {found[0]} is not what the log says")
