"""Talking with people at the terminal of a ceremony: what is said, asked, and shown to one person alone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from textwrap import fill
from typing import Any

import click

from workstation.keys.people import checked_name
from workstation.problems import BadName, NotPossible

WIDTH = 78
_ALONE = "\x1b[?1049h\x1b[H\x1b[2J"
"""The alternate screen, which has no history (xterm's private mode 1049), emptied."""
_BACK = "\x1b[H\x1b[2J\x1b[3J\x1b[?1049l"
"""Emptied again, with what some terminals keep of it (3J), and back to the screen there was."""

_WITHIN: Mapping[signal.Signals, Any] = {
    signal.SIGTSTP: signal.SIG_IGN,
    signal.SIGQUIT: signal.SIG_IGN,
    signal.SIGTERM: signal.default_int_handler,
}
"""What is done about signals while something is shown to one person alone. A SIGKILL or SIGSTOP nobody can do anything
about."""


def is_terminal() -> bool:
    """Return whether a person sits there: what is typed and what is shown both go through a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal(otherwise: str) -> None:
    """Return if a person sits there. Raises NotPossible, which says what to do ``otherwise``."""
    if not is_terminal():
        raise NotPossible("this is not a terminal", way_out=otherwise)


def say(text: str) -> None:
    """Print ``text``, filled to the width."""
    click.echo(fill(text, _width()))


def _width() -> int:
    """Return how wide text is filled: to the usual width, or to a window that is narrower."""
    columns = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0
    return min(WIDTH, columns - 1) if columns > 20 else WIDTH


def heading(text: str) -> None:
    """Print the title of a step."""
    click.echo(f"\n{text}\n{'-' * len(text)}\n")


def wait(text: str) -> None:
    """Return when Enter was pressed."""
    click.prompt(fill(text, _width()), default="", show_default=False, prompt_suffix=" ")


def ask_name(question: str, default: str) -> str:
    """Return the name of a user, asked until it is one."""
    while True:
        typed: str = click.prompt(question, default=default)
        try:
            return checked_name(typed)
        except BadName as error:
            say(str(error))


def ask_number(question: str, *, default: int, least: int, most: int) -> int:
    """Return a number of that range. What was typed instead is not repeated: it may be the words of a share."""

    def number_of(typed: str) -> int:
        try:
            number = int(typed)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            asked = (
                f"a number from {least} to {most} is asked for" if least < most else f"only {least} will do"
            )
            raise click.BadParameter(asked)
        return number

    number: int = click.prompt(question, value_proc=number_of, default=str(default))
    return number


def need_room(page: str, below: int = 3) -> None:
    """Return when the window shows ``page`` and so many lines ``below`` whole; what left it above could not be read.

    A terminal that does not tell its size is taken as large enough.
    """
    lines = page.splitlines()
    columns, rows = max(map(len, lines)), len(lines) + below
    while True:
        has = os.get_terminal_size(sys.stdout.fileno())
        if has.columns in range(1, columns) or has.lines in range(1, rows):
            wait(
                f"This window has {has.columns} columns and {has.lines} lines; the sheet takes {columns} and {rows}. "
                "Make it larger, or the letters smaller, and press Enter."
            )
        else:
            return


@contextmanager
def alone() -> Iterator[None]:
    """Show what is printed within the block on a screen that is gone afterwards, history included.

    Meanwhile nothing leaves it there: Ctrl-Z and Ctrl-\\ do nothing, and to be ended is to be stopped by Ctrl-C.
    """
    with _signals():
        click.echo(_ALONE, nl=False, color=True)
        try:
            yield
        finally:
            click.echo(_BACK, nl=False, color=True)


@contextmanager
def _signals() -> Iterator[None]:
    before = {number: signal.signal(number, action) for number, action in _WITHIN.items()}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
