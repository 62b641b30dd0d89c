"""tipline-portal: the commands. What each prints and returns is docs/portal.md."""

from __future__ import annotations

import io
import sys

import click

from portal.cli.attack import attack
from portal.cli.build import build
from portal.cli.preview import preview
from portal.cli.verify import verify
from portal.console import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The public site of a tip line, and the verifier, from signed files only.

    \b
    Exit codes: 0 done, or all holds, 1 failed, 2 wrong usage, 3 files were refused,
    4 something that was published or committed to was changed, 5 totals and proofs do not
    agree, 6 something is missing, 7 the attacker recovers a small count, 9 site.toml or
    another file of yours cannot be used, 10 nothing to build from, 11 the output folder is
    no site of ours, 12 reading or writing failed, 13 another build is at work.

    \b
    Example:
      tipline-portal build --ledgers ledgers --bulletins bulletins --output public
    """


for _command in (build, verify, attack, preview):
    cli.add_command(_command)


def main() -> None:
    """Run the command of the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="tipline-portal")
