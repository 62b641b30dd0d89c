"""The commands that take batches and show tips: import, tips."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workstation.cli.common import Place

if TYPE_CHECKING:
    from workstation.home import Home

SOME_REFUSED = 3
SOME_QUARANTINED = 4
SOME_DAMAGED = 11


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def import_(context: click.Context, paths: tuple[Path, ...], json_wanted: bool) -> None:
    """Take batch and ledger files, or folders of them: verify, count, keep sealed, book the tips.

    Nothing on the medium is changed.

    \b
    Exit codes: 0 (also with gaps), 2, 3 (a file was refused, or a folder could not be listed),
    4 (a batch or a ledger was quarantined), 5, 7, 8, 9, 11, 12, 13.
    Example:
      tipline-workstation --home ~/tipline import /media/stick --json
    """
    from workstation.batches.report import as_json, in_words
    from workstation.batches.walk import find_files
    from workstation.book.taking import take
    from workstation.cli.machine import begin
    from workstation.console import progress
    from workstation.messages.visible import visible

    place: Place = context.obj
    home = place.open()
    begin(home)
    files = find_files(paths)
    with progress(len(files), "Taking batches") as advance:
        report = take(home, files, now=int(time.time()), advance=advance)
    if json_wanted:
        click.echo(json.dumps(as_json(report, home.sheet.name)))
    else:
        for line in in_words(report):
            click.echo(visible(line))
    if report.quarantined:
        context.exit(SOME_QUARANTINED)
    if report.refused:
        context.exit(SOME_REFUSED)
    if report.damaged:
        context.exit(SOME_DAMAGED)


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object a line on stdout.")
@click.pass_context
def tips(context: click.Context, json_wanted: bool) -> None:
    """Show the tips of the case book, the earliest first; batches that waited are booked before.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11 (also if a stored batch does not verify any more), 12, 13.
    Example:
      tipline-workstation --home ~/tipline tips --json | jq -r .text
    """
    from workstation.book.reading import read_tips, sealed
    from workstation.book.taking import open_book
    from workstation.cli.machine import begin
    from workstation.console import tip_json
    from workstation.messages.visible import tip_lines

    place: Place = context.obj
    home = place.open()
    begin(home)
    damaged = _book_waiting(home)
    name, width = home.sheet.name, shutil.get_terminal_size().columns
    with open_book(home) as book:
        for tip in read_tips(book):
            click.echo(tip_json(tip, name) if json_wanted else "\n".join(tip_lines(tip, name, width=width)))
        unopened, bad = sealed(book)
    if unopened + bad:
        click.echo(f"{unopened} slips do not open here, {bad} are not in form", err=True)
    for fault in damaged:
        click.echo(f"error: a stored batch does not verify any more: {fault}", err=True)
    if damaged:
        context.exit(SOME_DAMAGED)


def _book_waiting(home: Home) -> Sequence[object]:
    """Return the faults of stored batches, once those that waited are booked; without the epochs' key they wait on."""
    from workstation.book.taking import take_waiting
    from workstation.epochs.tpm import MediumMissing

    try:
        return take_waiting(home, now=int(time.time()), advance=lambda: None).damaged
    except MediumMissing as missing:
        click.echo(f"warning: what may still wait is not opened. {missing}", err=True)
        return ()
