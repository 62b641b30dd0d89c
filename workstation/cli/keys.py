"""The commands for keys and trust: init, keysheet and what changes it, trust."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wire.hashing import fingerprint, same_fingerprint
from wire.identity import LIMIT as IDENTITY_LIMIT
from wire.identity import Identity, read_identity
from wire.keysheet import MAX_EPOCHS, KeySheet, name_value
from workstation.amounts import amount
from workstation.cli.common import Place, confirm, first_names, new_users, outside
from workstation.files import PUBLIC_FILE, write_file
from workstation.home import Plan, alone, check_home, create_home, refuse_existing
from workstation.keys.keyring import Mode
from workstation.keys.sheet import DEFAULT_EPOCHS, FAR_WEEKS, NEXT, summary, too_far
from workstation.problems import NoPassphrase, NotConfirmed


@click.command()
@click.option("--line", default="police", show_default=True, metavar="NAME", help="The line's name.")
@click.option(
    "--epochs",
    type=click.IntRange(1, MAX_EPOCHS),
    default=DEFAULT_EPOCHS,
    show_default=True,
    help="Weekly keys to make.",
)
@click.option("--two-person", is_flag=True, help="It opens with one user of each organisation only.")
@click.option("--police", metavar="NAME", help="The first user; of the police in a two-person home.")
@click.option("--civil", metavar="NAME", help="The first user of civil society; makes it a two-person home.")
@click.pass_obj
def init(
    place: Place, line: str, epochs: int, *, two_person: bool, police: str | None, civil: str | None
) -> None:
    """Make a new home with the keys of one line.

    On a terminal it is a ceremony that asks and explains; with --passphrase-file (two of them for a two-person home:
    police, then civil) it asks nothing, and shares are made later.

    \b
    Exit codes: 0, 1, 2, 3 (no such name for a line or user), 6, 8, 12.
    Example:
      tipline-workstation --home ~/tipline init --line police --epochs 53
    """
    now = int(time.time())
    refuse_existing(place.path)
    name_value(line)
    mode = Mode.TWO if two_person or civil else None
    names = first_names(police, civil)
    if epochs > FAR_WEEKS:
        click.echo(f"warning: {too_far(epochs)}", err=True)
    if not place.passphrase_files:
        from workstation.keys.ceremony import Wishes, hold_ceremony
        from workstation.keys.desk import is_terminal

        if not is_terminal():
            raise NoPassphrase("this is not a terminal", way_out="Give it with --passphrase-file FILE.")
        hold_ceremony(place.path, Wishes(line, epochs, mode, names), now=now)
        return
    mode = mode or Mode.SINGLE
    plan = Plan(name=line, users=new_users(mode, names, place.passphrase_files), mode=mode, epochs=epochs)
    sheet = create_home(place.path, plan, now=now)
    click.echo(summary(sheet))
    click.echo(NEXT)
    click.echo("No custodian has a share yet: shares make.")


@click.group(invoke_without_command=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@click.pass_context
def keysheet(context: click.Context, output: Path | None) -> None:
    """Write the signed key sheet of the line, for the box; nothing in it is secret.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline keysheet --output /media/stick/police.keysheet
    """
    if context.invoked_subcommand is not None:
        return
    if output is None:
        raise click.UsageError("Missing option '--output'.")
    outside(output, context.obj.path)
    home = context.obj.open()
    _write_sheet(output, home.sheet, home.sheet_octets)


@keysheet.command()
@click.option(
    "--epochs",
    type=click.IntRange(1, MAX_EPOCHS),
    metavar="N",
    help="Weekly keys to add. [default: until the sheet reaches a year ahead]",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Also write the new sheet.")
@click.option("--yes", is_flag=True, help="Do not ask, also for more than two years ahead.")
@click.pass_obj
def extend(place: Place, epochs: int | None, output: Path | None, *, yes: bool) -> None:
    """Make the next key sheet: the keys there are, and more of them.

    The secrets of all keys lie at the workstation from then on, so a sheet is meant to reach a year ahead. One that
    would reach more than two years ahead is asked about.

    \b
    Exit codes: 0, 1 (not possible), 2, 5, 7, 8, 9, 10 (not confirmed), 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline keysheet extend --output /media/stick/police.keysheet
    """
    from workstation.keys.extend import extend as extended
    from workstation.keys.sheet import far_ahead, weeks_missing

    now = int(time.time())
    if output is not None:
        outside(output, place.path)
    with place.opened() as (home, _):
        more = weeks_missing(home.sheet, now) if epochs is None else epochs
        if far := far_ahead(home.sheet, more, now):
            confirm(f"{far}. Go on?", yes=yes)
        sheet, octets = extended(home, more, now=now) if more else (home.sheet, home.sheet_octets)
    click.echo(
        f"{more} weekly keys made" if more else "The sheet reaches a year ahead already; nothing was made."
    )
    _show_sheet(output, sheet, octets)


@keysheet.command()
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Also write the new sheet.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def succeed(place: Place, output: Path | None, *, yes: bool) -> None:
    """Hand the signing of key sheets over to the authority's next key, whose hash the sheet announces.

    For the day the key in use may be known to somebody, or by rule. A new next key is made and announced. A box takes
    one step at a time: each has to have the sheet there is before the next one is made.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 10 (not confirmed), 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline keysheet succeed --output /media/stick/police.keysheet
    """
    from workstation.keys.extend import succeed as succeeded

    if output is not None:
        outside(output, place.path)
    with place.opened() as (home, keys):
        _tell(home.sheet)
        confirm(f"Has every box of the line enrolled the sheet with serial {home.sheet.serial}?", yes=yes)
        sheet, octets = succeeded(home, keys, now=int(time.time()))
    click.echo(
        "The authority's next key signs from now on. Enroll the new sheet at every box of the line; each"
    )
    click.echo("asks for the new fingerprint. Then write the identity for the public site anew.")
    _show_sheet(output, sheet, octets)


def _show_sheet(output: Path | None, sheet: KeySheet, octets: bytes) -> None:
    if output is not None:
        _write_sheet(output, sheet, octets)
        return
    _tell(sheet)
    click.echo("Next: keysheet --output FILE, and enroll it at every box of the line.")


def _write_sheet(output: Path, sheet: KeySheet, octets: bytes) -> None:
    write_file(output, octets, mode=PUBLIC_FILE)
    _tell(sheet)
    click.echo("Compare this fingerprint aloud with what the box shows when it enrolls the sheet.")


def _tell(sheet: KeySheet) -> None:
    click.echo(f"line                   {sheet.name}, {sheet.line.hex()}")
    click.echo(f"serial                 {sheet.serial}, {amount(len(sheet.epochs), 'epoch')}")
    click.echo(f"authority fingerprint  {fingerprint(sheet.authority)}")


@click.command()
@click.argument("identity_file", type=click.Path(path_type=Path), metavar="BOX-IDENTITY-FILE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--fingerprint", "said", metavar="F", help="Trust it only if this is its fingerprint.")
@click.pass_obj
def trust(place: Place, identity_file: Path, yes: bool, said: str | None) -> None:
    """Take batches of this box from now on, after its fingerprint was compared.

    \b
    Exit codes: 0, 2, 3 (not an identity), 5, 7, 8, 9, 10 (another fingerprint, or not confirmed), 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline trust /media/stick/box.identity --fingerprint "1f0c 88b2 …"
    """
    check_home(place.path)
    with identity_file.open("rb") as file:
        octets = file.read(IDENTITY_LIMIT + 1)
    box = read_identity(octets)
    click.echo(f"box          {box.box.hex()}")
    click.echo(f"fingerprint  {fingerprint(box.key)}")
    _confirm(box, yes=yes, said=said)
    home = place.open()
    with alone(home.path):
        home.boxes.add(octets)
    click.echo("trusted")


def _confirm(box: Identity, *, yes: bool, said: str | None) -> None:
    if said is not None:
        if not same_fingerprint(said, box.key):
            raise NotConfirmed(
                "the box has another fingerprint", way_out="Read it from the box's own screen again."
            )
    else:
        confirm("Is this what the box shows?", yes=yes, way_out="give --fingerprint F, or --yes.")
