"""What all commands of the box share: the configuration, and errors shown as two lines and an exit code."""

from __future__ import annotations

import functools
import sqlite3
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from gateway.config import Config, LineConfig, load
from gateway.faults import MissingError, OperatorError, StorageError


def fail(error: OperatorError) -> NoReturn:
    """End the process with what is wrong and what to do."""
    click.echo(f"tipline-gateway: {error}", err=True)
    if error.way_out:
        click.echo(f"  what to do: {error.way_out}", err=True)
    sys.exit(error.code)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``command`` with errors for the operator shown as two lines and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except OperatorError as error:
            fail(error)
        except sqlite3.Error as error:
            from gateway.spool.schema import spool_fault

            fail(spool_fault(error))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            fail(StorageError(f"{where}{error.strerror}", "look at the disk and at the rights of the folder"))

    return run


def config_of(ctx: click.Context) -> Config:
    """Return the configuration named by --config. Raises ConfigError."""
    return load(ctx.obj)


def line_of(config: Config, name: str) -> LineConfig:
    """Return the line called ``name``. Raises MissingError."""
    line = config.line_named(name)
    if line is None:
        known = ", ".join(other.name for other in config.line)
        raise MissingError(f'the configuration has no line "{name}"', f"name one that it has: {known}")
    return line
