"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def inputs(command: _Command) -> _Command:
    """Return ``command`` with the options for what it reads."""
    for option in reversed(
        (
            click.option(
                "--ledgers", type=FOLDER, required=True, metavar="DIR", help="Ledgers of the boxes."
            ),
            click.option(
                "--bulletins", type=FOLDER, required=True, metavar="DIR", help="Bulletins of the authorities."
            ),
            click.option(
                "--identities",
                type=FOLDER,
                metavar="DIR",
                help="Identity files of boxes and authorities, where they are not in the other two.",
            ),
        )
    ):
        command = option(command)
    return command


def folders(ledgers: Path, bulletins: Path, identities: Path | None) -> tuple[Path, ...]:
    """Return the folders to be read, each once."""
    return tuple(dict.fromkeys(path for path in (ledgers, bulletins, identities) if path is not None))
