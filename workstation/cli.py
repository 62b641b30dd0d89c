"""tipline-workstation: the commands. What each prints and returns is docs/workstation.md."""

from __future__ import annotations

import io
import json
import shutil
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from wire.hashing import fingerprint, same_fingerprint
from wire.identity import LIMIT as IDENTITY_LIMIT
from wire.identity import Identity, read_identity
from wire.keysheet import MAX_EPOCHS
from workstation.console import Commands, progress, tip_json
from workstation.files import PUBLIC_FILE, write_file
from workstation.hardening import harden
from workstation.home import Home, alone, check_home, create_home, open_home, refuse_existing
from workstation.importing import Trusted, import_files
from workstation.passphrase import read_passphrase
from workstation.problems import NotConfirmed
from workstation.report import as_json, in_words
from workstation.sheet import DEFAULT_EPOCHS
from workstation.store import Store
from workstation.tips import Faults, Reader, read_tips
from workstation.visible import tip_lines, visible
from workstation.walk import find_files

SOME_REFUSED = 3
SOME_QUARANTINED = 4
SOME_DAMAGED = 11


@dataclass(frozen=True, slots=True)
class Place:
    """The options before the command."""

    home: Path | None
    passphrase_file: Path | None

    @property
    def path(self) -> Path:
        """The home. Raises click.UsageError without one."""
        if self.home is None:
            raise click.UsageError("Missing option '--home', before the command.")
        return self.home

    def open(self) -> Home:
        """Return the home, opened with the passphrase."""
        check_home(self.path)
        return open_home(self.path, read_passphrase(self.passphrase_file, new=False))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The workstation's own folder.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its first line is the passphrase; without it a terminal is asked.",
)
@click.pass_context
def cli(context: click.Context, home: Path | None, passphrase_file: Path | None) -> None:
    """The airgapped side of a tip line: keys, opening, reading.

    \b
    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a file was refused, 4 a batch was quarantined,
    5 no such home, 6 the home exists, 7 wrong passphrase, 8 no passphrase, 9 others may read the
    home, 10 not confirmed, 11 the home is damaged, 12 reading or writing failed.

    \b
    Example:
      tipline-workstation --home ~/tipline --passphrase-file pass import /media/stick
    """
    context.obj = Place(home, passphrase_file)


@cli.command()
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
    passphrase = read_passphrase(place.passphrase_file, new=True)
    sheet = create_home(place.path, passphrase, name=line, epochs=epochs, now=now)
    click.echo(f"line                   {sheet.name}")
    click.echo(f"line id                {sheet.line.hex()}")
    click.echo(f"authority fingerprint  {fingerprint(sheet.authority)}")
    click.echo(f"epochs                 {epochs}, a week each")
    click.echo("Next: write the key sheet (keysheet --output FILE), carry it to the box, enroll it there,")
    click.echo("and compare the fingerprint aloud. Then trust the box here (trust BOX-IDENTITY-FILE).")


@cli.command()
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


@cli.command()
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


@cli.command("import")
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


@cli.command()
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


def main() -> None:
    """Run the command of the command line."""
    harden()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of few characters loses none of a tip
    cli(prog_name="tipline-workstation")
