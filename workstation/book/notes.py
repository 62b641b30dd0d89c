"""Notes: what people write about a tip. Their words stand in no log; a withdrawn note stays, marked as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workstation.book.connection import Book
from workstation.book.deeds import Deed, Done, State, deed, each
from workstation.book.faults import NotAllowed
from workstation.book.log import Actor

MOST_LETTERS = 20_000
"""About eight printed pages."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note."""

    id: int
    tip: int
    at: int
    users: str
    text: str = field(repr=False)
    withdrawn: int | None
    """The row of the log that took it back."""


def add_note(book: Book, actor: Actor, tips: Sequence[int], text: str, *, now: int) -> Done:
    """Return what was done: each of ``tips`` has the note. Raises NoSuch, NotAllowed."""
    with deed(book, actor, now=now) as doing:
        for tip in each(tips):
            state = doing.state(tip)
            note = write_note(doing, state, text)
            doing.change(state, "note", doing.touched(), detail={"note": note})
    return doing.done()


def write_note(doing: Deed, state: State, text: str) -> int:
    """Return the number of a new note. Raises NotAllowed: it is empty, too long, or no text."""
    text = text.strip()
    if not 1 <= len(text) <= MOST_LETTERS or any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise NotAllowed(f"a note has 1 to {MOST_LETTERS} letters, in UTF-8")
    (number,) = doing.connection.execute(
        "INSERT INTO notes (tip, at, users, text) VALUES (?, ?, ?, ?) RETURNING id",
        (state.id, doing.at, ",".join(doing.actor.users), text),
    ).fetchone()
    return int(number)


def withdraw(connection: Any, note: int, *, row: int) -> None:
    """Mark ``note`` as withdrawn by that row of the log; it stays readable."""
    connection.execute("UPDATE notes SET withdrawn = ? WHERE id = ?", (row, note))


def notes(book: Book, tip: int) -> tuple[Note, ...]:
    """Return the notes of a tip, the earliest first, withdrawn ones too."""
    query = "SELECT id, tip, at, users, text, withdrawn FROM notes WHERE tip = ? ORDER BY id"
    return tuple(Note(*row) for row in book.connection.execute(query, (tip,)))
