"""The commands about what is published: bulletin, identity."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from workstation.amounts import amount
from workstation.cli.common import Place, outside


@click.command()
@click.argument("month", metavar="YYYY-MM")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@click.option("--preview", is_flag=True, help="Show what it says and what changed; write and sign nothing.")
@click.option(
    "--after-restore", is_flag=True, help="The log came back from a backup and ends before the last bulletin."
)
@click.option("--json", "json_wanted", is_flag=True, help="The same as one JSON object on stdout.")
@click.pass_obj
def bulletin(
    place: Place, month: str, output: Path | None, *, preview: bool, after_restore: bool, json_wanted: bool
) -> None:
    """Make the bulletin of a month: proofs, two exact totals, disturbed tables, attacked before they leave.

    A bulletin that was made is written again as it was, octet by octet.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 15 (the month is not over, a box's ledger is missing, or the
    home came back from a backup: see published), 16 (it cannot be made safe), 17 (the log or a
    certificate does not verify), 19 (no such bulletin).
    Example:
      tipline-workstation --home ~/tipline bulletin 2026-11 --preview
      tipline-workstation --home ~/tipline bulletin 2026-11 --output /media/stick/2026-11.bulletin
    """
    from disclosure.rules import AGES
    from wire.period import month_value
    from wire.refusal import Refused
    from workstation.book.taking import open_book
    from workstation.bulletin.making import issue, prepare
    from workstation.bulletin.showing import as_json, in_words
    from workstation.cli.machine import begin
    from workstation.console import progress
    from workstation.messages.visible import visible

    try:
        month_value(month)
    except Refused as refused:
        raise click.UsageError(f"{month}: {refused.reason}.") from None
    if preview == (output is not None):
        raise click.UsageError("Give either --output FILE or --preview.")
    now, home = int(time.time()), place.open()
    begin(home)
    if output is not None:
        outside(output, place.path)
    with open_book(home) as book:
        with progress(2 * len(AGES), "Counting and attacking") as advance:
            draft = prepare(home, book, month, now=now, after_restore=after_restore, advance=advance)
        if output is not None:
            issue(home, book, draft, output, now=now)
    if json_wanted:
        click.echo(json.dumps(as_json(draft)))
        return
    for line in in_words(draft):
        click.echo(visible(line))
    if output is not None:
        click.echo(f"written: {output}, to be published as {draft.name}")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]…")
@click.option("--last", metavar="YYYY-MM", help="The last bulletin that was published; none where none was.")
@click.pass_obj
def published(place: Place, files: tuple[Path, ...], last: str | None) -> None:
    """After a restore: take back the bulletins that were published since, and say which was the last.

    Until then no bulletin is made, since its number might be one that readers have already. Ask somebody who can see
    the public site. On a terminal it is asked for; else --last.

    \b
    Exit codes: 0, 2, 3 (a file is not the line's bulletin, or one before it is missing), 5, 7, 8, 9,
    10 (the newest one here is another), 11, 12.
    Example:
      tipline-workstation --home ~/tipline published /media/stick/*.bulletin --last 2026-10
    """
    from wire.period import month_value
    from wire.refusal import Refused
    from workstation.bulletin.issued import read_issued
    from workstation.bulletin.published import NONE, confirm_last, take_back
    from workstation.keys.desk import is_terminal

    try:
        said = last if last in (None, NONE) else month_value(last)
    except Refused as refused:
        raise click.UsageError(f"--last {last}: {refused.reason}.") from None
    home = place.open()
    taken = take_back(home, files)
    newest = read_issued(home).last or NONE
    click.echo(f"{amount(taken, 'bulletin')} taken back; the newest here: {newest}")
    if said is None and is_terminal():
        said = click.prompt("Which month's bulletin is the last on the public site? (YYYY-MM, or none)")
    if said is None:
        click.echo("Then say which was the last that was published: published --last YYYY-MM")
        return
    confirm_last(home, said)
    click.echo("The next bulletin counts on from there.")


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to write it."
)
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def identity(place: Place, output: Path, *, json_wanted: bool) -> None:
    """Write the identity of the line's authority, by which readers know whose bulletins they read; nothing is secret.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline identity --output /media/stick/authority.identity
    """
    from wire.hashing import fingerprint
    from workstation.bulletin.identity import write_identity_file

    home = place.open()
    authority = write_identity_file(home, outside(output, place.path))
    shown = {
        "line": authority.line.hex(),
        "name": authority.name,
        "authority": fingerprint(authority.authority),
        "bulletin": fingerprint(authority.bulletin),
    }
    if json_wanted:
        click.echo(json.dumps(shown))
        return
    click.echo(f"line                   {shown['name']}, {shown['line']}")
    click.echo(f"authority fingerprint  {shown['authority']}")
    click.echo(f"bulletin fingerprint   {shown['bulletin']}")
    click.echo("Publish the file beside the bulletins, and say both fingerprints where everybody hears them.")
