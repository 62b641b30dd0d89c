"""The commands that keep the case book: log, retention, districts, settings, filters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wire.hashing import HASH_OCTETS
from workstation.amounts import amount
from workstation.cli.book_common import JSON, act, now, opened, resolve
from workstation.cli.common import Place, confirm

if TYPE_CHECKING:
    from workstation.book.connection import Book
    from workstation.book.log import Row
    from workstation.home import Home


def _hash(context: click.Context, param: click.Parameter, value: str | None) -> bytes | None:
    """Return the 32 octets of a hash in hexadecimal. Raises click.BadParameter."""
    try:
        octets = None if value is None else bytes.fromhex(value)
    except ValueError:
        octets = b""
    if octets is not None and len(octets) != HASH_OCTETS:
        raise click.BadParameter("not 64 hexadecimal digits", context, param)
    return octets


@click.group(invoke_without_command=True)
@click.option("--tip", "name", metavar="ID", help="What concerns this tip.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The last N rows.")
@JSON
@click.pass_context
def log(context: click.Context, name: str | None, last: int | None, json_wanted: bool) -> None:
    """Show the log: who did what and when, the earliest first. No text of a tip or note is in it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such tip).
    Example:
      tipline-workstation --home ~/tipline log --last 20
    """
    if context.invoked_subcommand is not None:
        return
    from workstation.book.log import rows
    from workstation.cli.book_words import log_object, names_of

    if name is not None and last is not None:
        raise click.UsageError("Give --tip or --last, not both.")
    with opened(context.obj) as (_, book):
        names = names_of(book)
        found = rows(book.connection, tip=None if name is None else resolve(book, name), newest=last)
        for row in found:
            click.echo(json.dumps(log_object(row, names)) if json_wanted else _log_line(row, names(row.tip)))


def _log_line(row: Row, tip: str | None) -> str:
    from wire.signed import time_text
    from workstation.cli.book_words import SHORT
    from workstation.messages.visible import visible

    words = [f"{row.id}", time_text(row.at), visible(row.users), row.action, (tip or "")[:SHORT]]
    return "  ".join(word for word in (*words, visible(row.detail)) if word)


@log.command("verify")
@click.option(
    "--head",
    callback=_hash,
    metavar="HASH",
    help="A hash that was noted or published: it has to be in the log.",
)
@JSON
@click.pass_obj
def verify_(place: Place, head: bytes | None, json_wanted: bool) -> None:
    """Verify that each row follows from the one before, and that the tips are as the log says.

    Rows cut off at the end are seen only with --head.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 17 (it does not verify: the first bad row).
    Example:
      tipline-workstation --home ~/tipline log verify --head 4c1f…
    """
    from workstation.book.checking import verify_log
    from workstation.console import progress

    with opened(place) as (_, book):
        (total,) = book.connection.execute("SELECT count(*) FROM log").fetchone()
        with progress(total, "Verifying the log") as advance:
            state = verify_log(book, head=head, advance=advance)
    if json_wanted:
        click.echo(json.dumps({"rows": state.rows, "head": state.head.hex()}))
    else:
        click.echo(f"the log verifies: {state.rows} rows")
        click.echo(f"head  {state.head.hex()}")


@click.group(invoke_without_command=True)
@JSON
@click.pass_context
def retention(context: click.Context, json_wanted: bool) -> None:
    """Show what is due for destruction by the rule, and what two people hold back from it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 17.
    Example:
      tipline-workstation --home ~/tipline retention
    """
    if context.invoked_subcommand is not None:
        return
    from wire.signed import time_text
    from workstation.book.certified import is_certified
    from workstation.book.retention import due

    with opened(context.obj) as (home, book):
        found, certified = due(book, now=now()), is_certified(home, book)
    before = None if found.days is None else time_text(max(0, found.closed_before))
    if json_wanted:
        values = {"days": found.days, "closed_before": before, "tips": found.tips, "held": found.held}
        click.echo(json.dumps({**values, "certified": certified}))
        return
    if found.days is None:
        click.echo("no rule: nothing is ever destroyed. To set one: settings retention_days DAYS")
    else:
        click.echo(f"rule   {amount(found.days, 'day')} after closing")
        click.echo(f"due    {amount(found.tips, 'tip')}, closed before {before}")
        click.echo(f"held   {amount(found.held, 'tip')} that two people hold back")
    if not certified:
        click.echo("The last destruction has no certificate yet: run it again.")


@retention.command("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
@click.pass_obj
def run(place: Place, yes: bool, json_wanted: bool) -> None:
    """Destroy what is due, for good, and write the certificate.

    The sealed batches still hold these tips until the secrets of their epochs are destroyed (epochs destroy), and
    backups of the book hold them until they are replaced.

    \b
    Exit codes: 0 (also if nothing was due), 2, 5, 7, 8, 9, 10 (not confirmed), 11, 12, 17, 20 (there is no rule).
    Example:
      tipline-workstation --home ~/tipline retention run --yes
    """
    with opened(place) as (home, book):
        _confirm_run(book, yes=yes)
        found = _run(home, book)
    if json_wanted:
        click.echo(json.dumps(found))
        return
    if found["tips"] == 0:
        click.echo("nothing was due")
    else:
        click.echo(f"destroyed    {amount(found['tips'], 'tip')}; held back: {found['held']}")
        click.echo("The sealed batches still hold them until the secrets of their epochs are destroyed,")
        click.echo("and backups of the case book until they are replaced.")
    if found["certificate"] is not None:
        click.echo(f"certificate  {found['certificate']}")


def _confirm_run(book: Book, *, yes: bool) -> None:
    from wire.signed import time_text
    from workstation.book.retention import due

    clock = now()
    found = due(book, now=clock)
    if found.tips:
        before, today = time_text(max(0, found.closed_before))[:10], time_text(clock)
        said = f"The clock of this machine says {today}: {amount(found.tips, 'tip')} closed before {before}."
        confirm(f"{said} Destroy them for good?", yes=yes)


def _run(home: Home, book: Book) -> dict[str, Any]:
    from workstation.book.certified import certify_last
    from workstation.book.log import Actor
    from workstation.book.retention import GROUP, destroy_due, due
    from workstation.console import progress

    groups = -(-due(book, now=now()).tips // GROUP)
    with progress(groups, "Destroying") as advance:
        ended = destroy_due(book, Actor(home.users), now=now(), advance=advance)
    kept = certify_last(home, book)
    return {
        "tips": ended.tips if ended else 0,
        "held": ended.held if ended else 0,
        "certificate": kept.certificate.serial if kept else None,
    }


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False, metavar="[FILE]")
@JSON
@click.pass_obj
def districts(place: Place, file: Path | None, json_wanted: bool) -> None:
    """Show the districts, or take the list from a CSV FILE with the columns code,es,en: whole, or not at all.

    \b
    Exit codes: 0, 2, 3 (the file is refused, with the line), 5, 7, 8, 9, 11, 12, 20 (a tip has a
    district that is not in it).
    Example:
      tipline-workstation --home ~/tipline districts /media/stick/districts.csv
    """
    from workstation.book.actions import districts as known
    from workstation.book.actions import read_districts, set_districts
    from workstation.book.districts import LIMIT

    new = None
    if file is not None:
        with file.open("rb") as source:
            new = read_districts(source.read(LIMIT + 1))
    with opened(place) as (home, book):
        if new is not None:
            act(place, home, lambda actor: set_districts(book, actor, new, now=now()))
        for one in known(book):
            shown = {"code": one.code, "es": one.es, "en": one.en}
            click.echo(json.dumps(shown) if json_wanted else f"{one.code:<32}  {one.es} / {one.en}")


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("value", required=False, metavar="[VALUE]")
@JSON
@click.pass_obj
def settings(place: Place, name: str | None, value: str | None, json_wanted: bool) -> None:
    """Show the settings of the case book, or one, or set it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such setting), 20 (no such value).
    Example:
      tipline-workstation --home ~/tipline settings silence_days 21
    """
    from workstation.book.actions import SETTINGS, all_settings, change_setting, setting

    with opened(place) as (home, book):
        if name is not None and value is not None:
            act(place, home, lambda actor: change_setting(book, actor, name, value, now=now()))
        found = all_settings(book) if name is None else {name: setting(book, name)}
    if json_wanted:
        click.echo(json.dumps(dict(found)))
        return
    for key, one in found.items():
        click.echo(f"{key:<16} {'none' if one is None else one:<8} {SETTINGS[key].help}")


@click.command()
@click.option("--remove", metavar="NAME", help="Remove this one.")
@JSON
@click.pass_obj
def filters(place: Place, remove: str | None, json_wanted: bool) -> None:
    """Show the saved filters, or remove one; list --save makes one, and so does the screen.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such filter).
    Example:
      tipline-workstation --home ~/tipline filters
    """
    from workstation.book.actions import remove_filter

    with opened(place) as (home, book):
        if remove is not None:
            act(place, home, lambda actor: remove_filter(book, actor, remove, now=now()))
        for line in _filter_lines(book, json_wanted=json_wanted):
            click.echo(line)


def _filter_lines(book: Book, *, json_wanted: bool) -> Iterator[str]:
    from workstation.book.actions import saved_filters
    from workstation.messages.visible import visible

    for one in saved_filters(book):
        shown = {"name": one.name, "query": one.query, "users": one.users.split(",")}
        yield json.dumps(shown) if json_wanted else f"{visible(one.name)}  {visible(one.query)}"
