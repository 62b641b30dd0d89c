"""The commands for backups: backup, restore-backup."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workstation.amounts import amount
from workstation.cli.common import Place, bar_of, outside

if TYPE_CHECKING:
    from workstation.backup.reading import Found


@click.command()
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write a backup there.")
@click.option(
    "--verify", type=click.Path(path_type=Path), metavar="FILE", help="Read a backup and change nothing."
)
@click.pass_obj
def backup(place: Place, output: Path | None, verify: Path | None) -> None:
    """Write everything but the secrets of epochs into one encrypted file, or verify such a file.

    The users and custodians of the home open it. While it is written the case book can be worked with. To verify
    one, no home is needed.

    \b
    Exit codes: 0, 2, 3 (it was changed, or cut off), 5, 7, 8, 9, 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline backup --output /media/backup/2026-11-21.tipline
    """
    if (output is None) == (verify is None):
        raise click.UsageError("Give --output FILE or --verify FILE.")
    if output is not None:
        _write(place, output)
    elif verify is not None:
        from workstation.backup.reading import verify_backup

        _show(verify_backup(verify, place.credentials, bar_of("Verifying")))
        click.echo("every octet of it verifies, and you can open it")


def _write(place: Place, output: Path) -> None:
    from workstation.backup.making import make_backup

    outside(output, place.path)
    made = make_backup(place.open(), output, bar_of("Writing the backup"), now=int(time.time()))
    click.echo(f"{amount(made.files, 'file')}, {amount(made.octets, 'octet')}, are in {output}")
    click.echo("Keep it apart from this machine, and try it now and then: backup --verify FILE")
    click.echo("The secrets of epochs are in no backup.")


@click.command("restore-backup")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.pass_obj
def restore_backup(place: Place, file: Path) -> None:
    """Make a new home of a backup, at --home, where nothing may be yet.

    It opens with the passphrases of the time when the backup was made.

    \b
    Exit codes: 0, 2, 3 (it was changed, or cut off: nothing is made), 6, 7, 8, 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline-again restore-backup /media/backup/2026-11-21.tipline
    """
    from workstation.backup.reading import restore_backup as restore
    from workstation.home import refuse_existing

    refuse_existing(place.path)
    found, home = restore(file, place.path, place.credentials, bar_of("Restoring"))
    _show(found)
    click.echo(f"restored: {home.path}")
    click.echo(
        "The secrets of epochs are in no backup. If the old machine is at hand, copy its folder 'epochs' here."
    )
    click.echo(
        "Else what is sealed and not in the case book is lost, and the box needs new keys: epochs renew."
    )
    click.echo(
        "No bulletin is made before you took back those that were published since: published FILE… --last YYYY-MM"
    )


def _show(found: Found) -> None:
    from workstation.messages.visible import visible

    octets = sum(size for _, size in found.files)
    click.echo(f"line {visible(found.header.name)}, {found.header.line}; made {visible(found.header.date)}")
    click.echo(f"{amount(len(found.files), 'file')}, {amount(octets, 'octet')}")
