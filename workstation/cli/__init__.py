"""tipline-workstation: the commands. What each prints and returns is docs/workstation-reference.md."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from workstation.cli.backup import backup, restore_backup
from workstation.cli.book import figures, list_, offers, search, tip, vocabulary
from workstation.cli.book_doing import hold, link, merge, note, set_, settle, undo
from workstation.cli.book_keeping import districts, filters, log, retention, settings
from workstation.cli.bulletin import bulletin, identity, published
from workstation.cli.certificates import certificates
from workstation.cli.common import Place
from workstation.cli.epochs import epochs, retire
from workstation.cli.keys import init, keysheet, trust
from workstation.cli.machine import check
from workstation.cli.reading import import_, tips
from workstation.cli.screen import screen
from workstation.cli.shares import rekey, restore, shares
from workstation.cli.users import users
from workstation.console import Commands
from workstation.hardening import harden


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), metavar="DIR", help="The workstation's own folder.")
@click.option(
    "--user", "names", multiple=True, metavar="NAME", help="Who opens it; more than one may. [default: any]"
)
@click.option(
    "--passphrase-file",
    "passphrase_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its first line is the passphrase; one for each user, in their order. Without it a terminal is asked.",
)
@click.pass_context
def cli(
    context: click.Context, home: Path | None, names: tuple[str, ...], passphrase_files: tuple[Path, ...]
) -> None:
    """The airgapped side of a tip line: keys, opening, reading.

    \b
    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a file was refused, 4 a batch was quarantined,
    5 no such home, 6 the home exists, 7 wrong passphrase, 8 no passphrase, 9 others may read the
    home, 10 not confirmed, 11 the home is damaged, 12 reading or writing failed, 13 the machine is
    refused by policy, 14 the words do not give this key, 15 not yet, 16 the bulletin cannot be made
    safe, 17 a log or certificate does not verify, 18 a second person is needed, 19 no such tip, user
    or code, 20 the case book does not allow that.

    \b
    Example:
      tipline-workstation --home ~/tipline --passphrase-file pass import /media/stick
    """
    context.obj = Place(home, passphrase_files, names)


for _command in (init, keysheet, trust, import_, tips):
    cli.add_command(_command)
cli.add_command(screen)
for _command in (users, shares, restore, rekey):
    cli.add_command(_command)
for _command in (tip, list_, search, offers, vocabulary, figures):
    cli.add_command(_command)
for _command in (set_, note, merge, link, hold, undo, settle):
    cli.add_command(_command)
for _command in (log, retention, districts, settings, filters):
    cli.add_command(_command)
for _command in (epochs, retire, certificates, backup, restore_backup, check):
    cli.add_command(_command)
for _command in (bulletin, published, identity):
    cli.add_command(_command)


def main() -> None:
    """Run the command of the command line."""
    harden()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of few characters loses none of a tip
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # half of an accent must not end a ceremony
    cli(prog_name="tipline-workstation")
