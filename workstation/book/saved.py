"""Saved filters: a name for what was asked of the list, kept in the book for all its users."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import Actor, LogWriter
from workstation.messages.visible import visible

MOST_FILTERS = 200
MOST_LETTERS = 64
MOST_QUERY = 4000


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter with a name."""

    name: str
    query: str
    """As the one who saved it wrote it: the query of the screen's address, or JSON."""
    users: str


def save_filter(book: Book, actor: Actor, name: str, query: str, *, now: int) -> None:
    """Return once ``query`` is saved under ``name``, in place of what was there. Raises NotAllowed."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MOST_LETTERS or visible(name) != name or len(query) > MOST_QUERY:
        raise NotAllowed(
            f"the name of a filter has 1 to {MOST_LETTERS} letters, the filter up to {MOST_QUERY}"
        )
    with book.write():
        book.connection.execute(
            "INSERT OR REPLACE INTO filters (name, query, users) VALUES (?, ?, ?)",
            (name, query, ",".join(actor.users)),
        )
        (number,) = book.connection.execute("SELECT count(*) FROM filters").fetchone()
        if number > MOST_FILTERS:
            raise NotAllowed(f"more than {MOST_FILTERS} saved filters", way_out="Remove one first.")
        LogWriter(book.connection, actor, now=now).add("filter", detail={"name": name})


def remove_filter(book: Book, actor: Actor, name: str, *, now: int) -> None:
    """Return once no filter is saved under ``name``. Raises NoSuch."""
    with book.write():
        if not book.connection.execute("DELETE FROM filters WHERE name = ?", (name,)).rowcount:
            raise NoSuch(f"saved filter {visible(name)}")
        LogWriter(book.connection, actor, now=now).add("filter-removed", detail={"name": name})


def saved_filters(book: Book) -> tuple[SavedFilter, ...]:
    """Return the saved filters, by name."""
    query = "SELECT name, query, users FROM filters ORDER BY name"
    return tuple(SavedFilter(*row) for row in book.connection.execute(query))
