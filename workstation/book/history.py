"""What happened to a tip, one thing after the other; and how it stood at a time, also after its text was destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workstation.book.connection import Book
from workstation.book.deeds import REMEMBERED, Value, state_of
from workstation.book.log import rows
from workstation.book.notes import Note, notes

BOOKED = "booked"
INITIAL: Mapping[str, str | None] = {name: "delivered" if name == "status" else None for name in REMEMBERED}
"""Of a tip about which history says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    at: int
    """Unix seconds."""
    kind: str
    """``booked``, or the action of the log."""
    users: str
    log: int | None
    """Its row; None for the booking."""
    tip: int
    """Not the tip asked for where that was the other one: another was merged into it, or linked with it."""
    other: int | None = None
    new: Mapping[str, Value] = field(default_factory=dict)
    old: Mapping[str, Value] = field(default_factory=dict)
    note: Note | None = field(default=None, repr=False)
    undone: int | None = None
    """The row that took it back."""
    undoes: int | None = None
    clock: int | None = None
    """What the clock said, where it had gone back."""


def timeline(book: Book, tip: int) -> tuple[Event, ...]:
    """Return what happened to ``tip``, the earliest first. Raises NoSuch."""
    state = state_of(book.connection, tip)
    written = {note.id: note for note in notes(book, tip)}
    found = tuple(rows(book.connection, tip=tip))
    gone = {row.undoes: row.id for row in found if row.undoes is not None}
    events = [Event(at=state.booked, kind=BOOKED, users="", log=None, tip=tip)]
    for row in found:
        said = row.details
        events.append(
            Event(
                at=row.at,
                kind=row.action,
                users=row.users,
                log=row.id,
                tip=tip if row.tip is None else row.tip,
                other=row.other,
                new=said.get("set", {}),
                old=said.get("was", {}),
                note=written.get(said.get("note", 0)) if row.tip == tip else None,
                undone=gone.get(row.id),
                undoes=row.undoes,
                clock=said.get("clock"),
            )
        )
    return tuple(events)


def as_of(connection: Any, tip: int, at: int) -> dict[str, str | None]:
    """Return the remembered values of ``tip`` as they were at the end of second ``at``."""
    found = dict(INITIAL)
    query = "SELECT field, value FROM history WHERE tip = ? AND at <= ? ORDER BY log"
    for name, value in connection.execute(query, (tip, at)):
        found[name] = value
    return found
