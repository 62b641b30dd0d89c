"""Where core and terminal meet: exit codes, the progress bar, the JSON line of a tip."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlcipher3 import dbapi2

from wire.refusal import Refused
from wire.signed import time_text
from workstation.book.connection import NAME, ROOM, problem_in
from workstation.messages.joining import Tip
from workstation.problems import Damaged, NotTaken, Problem, StorageFailed, is_full, is_taken

_REFRESH_SECONDS = 0.1


class Commands(click.Group):
    """A group whose commands end with a clear word and a documented exit code, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (Problem, Refused, sqlite3.Error, dbapi2.Error, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            problem = problem_of(error)
            click.echo(f"error: {problem}", err=True)
            if problem.way_out:
                click.echo(problem.way_out, err=True)
            ctx.exit(problem.exit_code)


def problem_of(error: Exception) -> Problem:
    """Return what a person is told of ``error``."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return NotTaken(str(error))
    if isinstance(error, ChildProcessError):
        return Problem(str(error), way_out="Was there too little memory? Nothing was half done; try again.")
    if isinstance(error, dbapi2.Error) or is_taken(error):
        error = problem_in(error, NAME if isinstance(error, dbapi2.Error) else "batches.db")
        if not isinstance(error, Problem):
            raise error  # our own fault
        return error
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return Damaged(f"batches.db: {error}")
    return StorageFailed(str(error), way_out=ROOM if is_full(error) else "")


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Yield what counts one step on a bar on stderr, if that is a terminal. No thread: helpers are forked within."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - a twelfth of a second, which only a bar is worth
    from rich.progress import Progress  # noqa: PLC0415

    shown = 0.0
    with Progress(console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance() -> None:
            nonlocal shown
            now = time.monotonic()
            bar.update(task, advance=1, refresh=now - shown > _REFRESH_SECONDS)
            shown = now if now - shown > _REFRESH_SECONDS else shown

        yield advance


def tip_json(tip: Tip, line: str) -> str:
    """Return ``tip`` as one line of JSON in ASCII, so that no terminal can be told anything by it."""
    return json.dumps(
        {
            "tip": tip.tip.hex(),
            "line": line,
            "conversation": tip.conversation.hex(),
            "received": time_text(tip.received),
            "period": tip.period,
            "text": tip.text,
            "parts": tip.parts,
            "parts_missing": list(tip.parts_missing),
            "flags": list(tip.flags),
            "data": None if tip.data is None else tip.data.hex(),
            "perhaps": [other.hex() for other in tip.perhaps],
        }
    )
