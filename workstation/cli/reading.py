"""The commands that take batches and show tips: import, tips."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import click

from workstation.batches.importing import Trusted, import_files
from workstation.batches.report import as_json, in_words
from workstation.batches.store import Store
from workstation.batches.walk import find_files
from workstation.cli.common import Place
from workstation.console import progress, tip_json
from workstation.home import alone
from workstation.messages.tips import Faults, Reader, read_tips
from workstation.messages.visible import tip_lines, visible

SOME_REFUSED = 3
SOME_QUARANTINED = 4
SOME_DAMAGED = 11


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def import_(context: click.Context, paths: tuple[Path, ...], json_wanted: bool) -> None:
    """Take batch files, or folders of them: verify, count, keep sealed. Nothing on the medium is changed.

    \b
    Exit codes: 0 (also with gaps), 2, 3 (a file was refused, or a folder could not be listed),
    4 (a batch was quarantined), 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline import /media/stick --json
    """
    place: Place = context.obj
    home = place.open()
    trusted = Trusted(home.sheet.line, home.boxes.keys())
    files = find_files(paths)
    with (
        alone(home.path),
        closing(Store(home.batches)) as store,
        progress(len(files), "Reading batches") as advance,
    ):
        report = import_files(files, store, trusted, keys=home.epoch_keys(), advance=advance)
    if json_wanted:
        click.echo(json.dumps(as_json(report, home.sheet.name)))
    else:
        for line in in_words(report):
            click.echo(visible(line))
    if report.quarantined:
        context.exit(SOME_QUARANTINED)
    if report.refused:
        context.exit(SOME_REFUSED)


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object a line on stdout.")
@click.pass_context
def tips(context: click.Context, json_wanted: bool) -> None:
    """Open the batches and show the tips, the earliest first. Nothing is written to the disk.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11 (also if a stored batch does not verify any more), 12.
    Example:
      tipline-workstation --home ~/tipline tips --json | jq -r .text
    """
    place: Place = context.obj
    home = place.open()
    reader = Reader(home.sheet.line, home.boxes.keys(), home.epoch_keys())
    faults = Faults()
    name, width = home.sheet.name, shutil.get_terminal_size().columns
    with closing(Store(home.batches)) as store:
        for tip in read_tips(store, reader, faults):
            click.echo(tip_json(tip, name) if json_wanted else "\n".join(tip_lines(tip, name, width=width)))
    if faults.unopened + faults.bad:
        click.echo(f"{faults.unopened} slips do not open here, {faults.bad} are not in form", err=True)
    for fault in faults.batches:
        click.echo(f"error: a stored batch does not verify any more: {fault}", err=True)
    if faults.batches:
        context.exit(SOME_DAMAGED)
