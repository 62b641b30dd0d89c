"""Connections to the case book, kept from one request to the next while somebody is there; a lock closes them.

A new connection has read nothing yet: with a million tips it would decrypt the upper pages of all indexes again for
each page that is shown. docs/decisions/0044.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from workstation.book.connection import NAME, Book
from workstation.home import Home
from workstation.problems import Problem

MOST_KEPT = 2
"""As many as one person's requests use at once; with its cache each takes up to 64 MB."""
_File = tuple[int, int]


@dataclass(slots=True)
class Books:
    """The connections that nobody uses just now, the last used one behind."""

    is_open: Callable[[Home], bool]
    """Whether a home is the one that lies open on the desk."""
    _kept: list[tuple[Book, _File]] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, home: Home) -> Book:
        """Return a connection for one request. Raises Damaged, StorageFailed."""
        path = home.path / NAME
        with self._lock:
            while self.is_open(home) and self._kept:
                book, file = self._kept.pop()
                if book.path == path and file == _file(book):  # else another one was put in its place
                    return book
                book.close()
        return Book.open(path, home.vault.book, any_thread=True)

    def give(self, book: Book, home: Home | None) -> None:
        """Keep a connection that was taken for ``home`` if that is open still; close it otherwise."""
        try:
            book.let_go()
        except Problem:  # its page has told it, or the next one will
            home = None
        with self._lock:
            file = _file(book)
            if home is not None and self.is_open(home) and file is not None and len(self._kept) < MOST_KEPT:
                self._kept.append((book, file))
                return
        book.close()

    def drop(self) -> None:
        """Close what is kept. What is in use is closed when its request ends."""
        with self._lock:
            while self._kept:
                self._kept.pop()[0].close()


def _file(book: Book) -> _File | None:
    """Return which file lies under the book's name; None for none."""
    try:
        found = book.path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
