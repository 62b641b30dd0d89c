"""What the commands of the case book share: opening it, naming tips, a second person where one is not enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from workstation.cli.common import Place
from workstation.problems import SecondPersonNeeded

if TYPE_CHECKING:
    from workstation.book.connection import Book
    from workstation.book.deeds import Done
    from workstation.book.log import Actor
    from workstation.home import Home

TIPS = click.argument("ids", nargs=-1, required=True, metavar="ID…")
JSON = click.option("--json", "json_wanted", is_flag=True, help="JSON on stdout.")
_Result = TypeVar("_Result")


@contextmanager
def opened(place: Place) -> Iterator[tuple[Home, Book]]:
    """Yield the home and its case book."""
    from workstation.book.connection import NAME, Book

    home = place.open()
    with Book.open(home.path / NAME, home.vault.book) as book:
        yield home, book


def now() -> int:
    """Return the present time, Unix seconds."""
    return int(time.time())


def resolve(book: Book, name: str) -> int:
    """Return the tip whose id begins with ``name``. Raises NoSuch: none does, or more than one."""
    from workstation.book.faults import NoSuch
    from workstation.book.listing import find
    from workstation.messages.visible import visible

    found = find(book, name)
    if len(found) != 1:
        way_out = "More than one id begins so: give more of it." if found else "The ids are shown by: list"
        raise NoSuch(f"tip {visible(name)}", way_out=way_out)
    return found[0].id


def resolve_all(book: Book, names: Sequence[str]) -> list[int]:
    """Return the tips of ``names``. Raises NoSuch."""
    return [resolve(book, name) for name in names]


def act(place: Place, home: Home, action: Callable[[Actor], _Result]) -> _Result:
    """Return what ``action`` does for those who opened the home; a second person is asked for where that is needed."""
    from workstation.book.log import Actor
    from workstation.cli.people import two_people

    try:
        return action(Actor(home.users))
    except SecondPersonNeeded as needed:
        what = str(needed).partition(": to ")[2]
        return action(Actor(two_people(place, home, what)))


def said(done: Done) -> None:
    """Print what was done, with the number by which all of it is undone."""
    if done.first is None:
        click.echo("nothing to change: it is so already")
        return
    rows = len(done.log_ids)
    click.echo(f"done: action {done.first}, {rows} row{'s' if rows > 1 else ''} in the log")
