"""Where a passphrase comes from: a file's first line, or a person at a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workstation.problems import NoPassphrase

LIMIT = 4096
"""Octets of a passphrase file that are looked at."""


def ask_passphrase(whose: str = "") -> bytes:
    """Return what a person types; ``whose`` says who is meant. Raises NoPassphrase off a terminal."""
    if not sys.stdin.isatty():
        raise NoPassphrase("this is not a terminal", way_out="Give it with --passphrase-file FILE.")
    question = f"Passphrase of {whose}" if whose else "Passphrase"
    typed: str = click.prompt(question, hide_input=True, err=True)
    return _not_empty(typed.encode())


def ask_new_passphrase(whose: str = "") -> bytes:
    """Return what a person types twice. Raises NoPassphrase off a terminal."""
    if not sys.stdin.isatty():
        raise NoPassphrase("this is not a terminal", way_out="Give it with --passphrase-file FILE.")
    question = f"New passphrase of {whose}" if whose else "New passphrase"
    typed: str = click.prompt(question, hide_input=True, confirmation_prompt=True, err=True)
    return _not_empty(typed.encode())


def passphrase_in(file: Path) -> bytes:
    """Return the first line of ``file``. Raises NoPassphrase, OSError."""
    with file.open("rb") as opened:
        octets = opened.read(LIMIT)
    if file.stat().st_mode & 0o077:
        click.echo(f"warning: others may read {file}; chmod 600 it", err=True)
    return _not_empty(octets.partition(b"\n")[0].removesuffix(b"\r"))


def _not_empty(passphrase: bytes) -> bytes:
    if not passphrase:
        raise NoPassphrase("it is empty", way_out="The first line of the file is the passphrase.")
    return passphrase
