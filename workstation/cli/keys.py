"""The commands for keys and trust: init, keysheet, trust."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from wire.hashing import fingerprint, same_fingerprint
from wire.identity import LIMIT as IDENTITY_LIMIT
from wire.identity import Identity, read_identity
from wire.keysheet import MAX_EPOCHS
from workstation.cli.common import Place
from workstation.files import PUBLIC_FILE, write_file
from workstation.home import Plan, alone, check_home, create_home, refuse_existing
from workstation.keys.passphrase import ask_new_passphrase, passphrase_in
from workstation.keys.people import NewUser, Organisation
from workstation.keys.sheet import DEFAULT_EPOCHS
from workstation.problems import NotConfirmed


@click.command()
@click.option("--line", default="police", show_default=True, metavar="NAME", help="The line's name.")
@click.option(
    "--epochs",
    type=click.IntRange(1, MAX_EPOCHS),
    default=DEFAULT_EPOCHS,
    show_default=True,
    help="Weekly keys to make.",
)
@click.pass_obj
def init(place: Place, line: str, epochs: int) -> None:
    """Make a new home with the keys of one line.

    \b
    Exit codes: 0, 2, 3 (no such name for a line), 6, 8, 12.
    Example:
      tipline-workstation --home ~/tipline init --line police --epochs 53
    """
    now = int(time.time())
    refuse_existing(place.path)
    files = place.passphrase_files
    passphrase = passphrase_in(files[0]) if files else ask_new_passphrase()
    users = (NewUser("analyst", Organisation.POLICE, passphrase),)
    sheet = create_home(place.path, Plan(name=line, users=users, epochs=epochs), now=now)
    click.echo(f"line                   {sheet.name}")
    click.echo(f"line id                {sheet.line.hex()}")
    click.echo(f"authority fingerprint  {fingerprint(sheet.authority)}")
    click.echo(f"epochs                 {epochs}, a week each")
    click.echo("Next: write the key sheet (keysheet --output FILE), carry it to the box, enroll it there,")
    click.echo("and compare the fingerprint aloud. Then trust the box here (trust BOX-IDENTITY-FILE).")


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to write it."
)
@click.pass_obj
def keysheet(place: Place, output: Path) -> None:
    """Write the signed key sheet of the line, for the box; nothing in it is secret.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline keysheet --output /media/stick/police.keysheet
    """
    home = place.open()
    write_file(output, home.sheet_octets, mode=PUBLIC_FILE)
    click.echo(f"line                   {home.sheet.name}, {home.sheet.line.hex()}")
    click.echo(f"serial                 {home.sheet.serial}, {len(home.sheet.epochs)} epochs")
    click.echo(f"authority fingerprint  {fingerprint(home.sheet.authority)}")
    click.echo("Compare this fingerprint aloud with what the box shows when it enrolls the sheet.")


@click.command()
@click.argument("identity_file", type=click.Path(path_type=Path), metavar="BOX-IDENTITY-FILE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--fingerprint", "said", metavar="F", help="Trust it only if this is its fingerprint.")
@click.pass_obj
def trust(place: Place, identity_file: Path, yes: bool, said: str | None) -> None:
    """Take batches of this box from now on, after its fingerprint was compared.

    \b
    Exit codes: 0, 2, 3 (not an identity), 5, 7, 8, 9, 10 (another fingerprint, or not confirmed), 11, 12.
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
    elif not yes:
        if not sys.stdin.isatty():
            raise NotConfirmed("this is not a terminal", way_out="Give --fingerprint F, or --yes.")
        if not click.confirm("Is this what the box shows?", err=True):
            raise NotConfirmed("nothing was changed")
