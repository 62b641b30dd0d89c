"""What a page works with: the parts of the screen, and this visit's session, language, time and home."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app, g

from workstation.book.connection import Book
from workstation.home import Home
from workstation.machine.examination import Examination
from workstation.screen.books import Books
from workstation.screen.desk import Desk
from workstation.screen.gate import Gate, Session
from workstation.screen.jobs import Job
from workstation.screen.languages import Language

NAME = "tipline"


@dataclass(slots=True)
class Screen:
    """The parts that live as long as the program."""

    desk: Desk
    gate: Gate
    languages: Mapping[str, Language]
    path: str
    """The home's folder, as it was named."""
    now: Callable[[], int] = lambda: int(time.time())
    job: Job[Any] | None = None
    """The import that runs, or the last one."""
    preview: Job[Any] | None = None
    """The bulletin that is being made, or was made and is looked at."""
    machine: Examination | None = None
    """What the machine was like when the book was opened."""
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.desk.holds)
        self.desk.on_lock = self._forget

    def show_preview(self, job: Job[Any], home: Home) -> None:
        """Let ``job``, the bulletin that is made of ``home``, be the one that is looked at while that lies open."""
        self.preview = job
        if not self.desk.holds(home):  # locked since the request began
            self._forget()

    def _forget(self) -> None:
        """Forget what was made of the book that is locked now, be it by hand or because nobody was there."""
        self.books.drop()
        preview, self.preview = self.preview, None
        if preview is not None:
            preview.stop()


@dataclass(slots=True)
class Visit:
    """One request."""

    session: Session
    language: Language
    now: int
    turn: int
    home: Home | None = field(default=None, repr=False)
    book: Book | None = field(default=None, repr=False)


def screen() -> Screen:
    """Return the parts of the screen that this request belongs to."""
    return cast(Screen, current_app.extensions[NAME])


def visit() -> Visit:
    """Return this request's visit; only behind the gate."""
    return cast(Visit, g.visit)


def has_visit() -> bool:
    """Return whether the request is of a browser that was let in."""
    return hasattr(g, "visit")


def language() -> Language:
    """Return the language to answer in, also to one who was not let in."""
    return visit().language if has_visit() else next(iter(screen().languages.values()))


def home() -> Home:
    """Return the opened home; only on pages that are not shown locked."""
    found = visit().home
    if found is None:
        raise RuntimeError("a page that needs the home was reached locked")
    return found


def book() -> Book:
    """Return this request's connection to the case book, taken at the first call and given back behind the answer."""
    here = visit()
    if here.book is None:
        here.book = screen().books.take(home())
    return here.book


def close_book() -> None:
    """Give this request's connection back, if there is one."""
    here = visit() if has_visit() else None
    if here is not None and here.book is not None:
        book, here.book = here.book, None
        screen().books.give(book, here.home)
