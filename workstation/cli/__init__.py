"""tipline-workstation: the commands. What each prints and returns is docs/workstation-reference.md."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from workstation.cli.common import Place
from workstation.cli.keys import init, keysheet, trust
from workstation.cli.reading import import_, tips
from workstation.console import Commands
from workstation.hardening import harden


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


for _command in (init, keysheet, trust, import_, tips):
    cli.add_command(_command)


def main() -> None:
    """Run the command of the command line."""
    harden()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal of few characters loses none of a tip
    cli(prog_name="tipline-workstation")
