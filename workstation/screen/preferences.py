"""How those who opened the book want the screen: kept in the book, under their names, and nowhere in the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from workstation.book.connection import Book
from workstation.problems import StorageFailed
from workstation.screen.gate import Session

_PREFIX = "screen of "
"""Before the names in the table of settings."""


def settle(session: Session, book: Book, users: Sequence[str], *, turn: int) -> None:
    """Give ``session`` what these people chose before; what was chosen on the locked page is kept for them instead."""
    row = book.connection.execute("SELECT value FROM settings WHERE name = ?", (_name(users),)).fetchone()
    kept = json.loads(row[0]) if row is not None else {}
    session.knows, session.shortcuts = kept.get("knows", False), kept.get("shortcuts", True)
    session.settled = turn
    if session.chose_locked:
        keep(session, book, users)
    else:
        session.language = kept.get("language", session.language)
    session.chose_locked = False


def keep(session: Session, book: Book, users: Sequence[str]) -> None:
    """Keep what ``session`` is like for these people; where the book cannot be written it is so until the lock."""
    value = {"language": session.language, "knows": session.knows, "shortcuts": session.shortcuts}
    with suppress(StorageFailed), book.write():
        book.connection.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (_name(users), json.dumps(value))
        )


def _name(users: Sequence[str]) -> str:
    return _PREFIX + ",".join(sorted(users))
