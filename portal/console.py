"""Where core and terminal meet: exit codes, progress, and names of others shown so that no terminal acts on them."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from portal.problems import Problem, StorageFailed

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, formats (bidirectional overrides, zero-width), surrogates, private, unassigned, separators of lines."""


class Commands(click.Group):
    """A group whose commands end with a clear word and a documented exit code, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (Problem, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            problem = error if isinstance(error, Problem) else StorageFailed(visible(str(error)))
            click.echo(f"error: {visible(str(problem))}", err=True)
            if problem.way_out:
                click.echo(visible(problem.way_out), err=True)
            ctx.exit(problem.exit_code)


def visible(text: str) -> str:
    """Return ``text`` with every character that a terminal could act on, or not show, written as ``<U+XXXX>``."""
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN else c for c in text)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield what says what is being done, on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what: None
        return
    console = Console(stderr=True)
    yield lambda what: console.print(
        f"{what} …", style="dim"
    )  # no spinner: it is a thread, and helpers are forked
