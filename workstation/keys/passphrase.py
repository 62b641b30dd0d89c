"""Where the passphrase comes from: a file's first line, or a person at a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workstation.problems import NoPassphrase

LIMIT = 4096
"""Octets of a passphrase file that are looked at."""


def read_passphrase(file: Path | None, *, new: bool) -> bytes:
    """Return the passphrase; a ``new`` one is asked for twice. Raises NoPassphrase, OSError."""
    if file is not None:
        return _from_file(file)
    if not sys.stdin.isatty():
        raise NoPassphrase("this is not a terminal", way_out="Give it with --passphrase-file FILE.")
    typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    return _not_empty(typed.encode())


def _from_file(file: Path) -> bytes:
    with file.open("rb") as opened:
        octets = opened.read(LIMIT)
    if file.stat().st_mode & 0o077:
        click.echo(f"warning: others may read {file}; chmod 600 it", err=True)
    return _not_empty(octets.partition(b"\n")[0].removesuffix(b"\r"))


def _not_empty(passphrase: bytes) -> bytes:
    if not passphrase:
        raise NoPassphrase("it is empty", way_out="The first line of the file is the passphrase.")
    return passphrase
