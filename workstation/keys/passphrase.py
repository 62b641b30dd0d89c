"""Where a passphrase comes from: a file's first line, or a person at a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import fill

import click

from workstation.keys.desk import WIDTH
from workstation.problems import NoPassphrase

LIMIT = 4096
"""Octets that a passphrase has at most."""
_MARK = b"\xef\xbb\xbf"
"""What some editors put before a text in UTF-8; nobody types it."""
LEAST = 12
"""Characters of a passphrase typed anew. Six dice words have twenty and more; this only stops the worst."""
ADVICE = (
    "A good passphrase is six words drawn with dice from a printed list (Diceware), written on paper until you know "
    f"them by heart, and used for nothing else. At least {LEAST} characters; nothing shows while you type."
)

_FEW = f"at least {LEAST} characters. {ADVICE.partition('.')[0]}."


def ask_passphrase(whose: str = "") -> bytes:
    """Return what a person types; ``whose`` says who is meant. Raises NoPassphrase off a terminal."""
    _at_a_terminal("--passphrase-file FILE")
    question = f"Passphrase of {whose}" if whose else "Passphrase"
    return _as_octets(_hidden(question))


def ask_new_passphrase(whose: str = "") -> bytes:
    """Return what a person types twice. Raises NoPassphrase off a terminal."""
    _at_a_terminal("--new-passphrase-file FILE")
    question = f"New passphrase of {whose}" if whose else "New passphrase"
    while True:
        typed = _hidden(question)
        if len(typed) < LEAST:
            click.echo(fill(f"Too short: {_FEW}", WIDTH), err=True)
        elif len(_as_octets(typed)) > LIMIT:
            click.echo(f"Too long: at most {LIMIT} octets.", err=True)
        elif _hidden("The same again") != typed:
            click.echo("The two are not the same; once more.", err=True)
        else:
            return _as_octets(typed)


def passphrase_in(file: Path) -> bytes:
    """Return the first line of ``file``. Raises NoPassphrase, OSError."""
    with file.open("rb") as opened:
        octets = opened.read(len(_MARK) + LIMIT + len(b"\r\n"))
        mode = os.fstat(opened.fileno()).st_mode
    if mode & 0o077:
        click.echo(f"warning: others may read {file}; chmod 600 it", err=True)
    passphrase = octets.removeprefix(_MARK).partition(b"\n")[0].removesuffix(b"\r")
    if not passphrase:
        raise NoPassphrase("it is empty", way_out="The first line of the file is the passphrase.")
    if len(passphrase) > LIMIT:
        raise NoPassphrase(f"it has more than {LIMIT} octets", way_out="Is it the right file?")
    return passphrase


def new_passphrase_in(file: Path) -> bytes:
    """Return the first line of ``file``, for a new slot; says so if it is shorter than a person may type it.

    Whoever writes such a file has a reason, and may be a program. Raises NoPassphrase, OSError.
    """
    passphrase = passphrase_in(file)
    if len(passphrase.decode(errors="replace")) < LEAST:
        click.echo(f"warning: the passphrase in {file} is too short: {_FEW}", err=True)
    return passphrase


def _hidden(question: str) -> str:
    """Return what is typed unseen, asked again if it is no text: half of an accent is left by some terminals."""
    while True:
        try:
            typed: str = click.prompt(question, hide_input=True, err=True)
        except UnicodeDecodeError:
            click.echo("\nThat is not in the characters of this terminal; once more.", err=True)
        else:
            return typed


def _as_octets(typed: str) -> bytes:
    return typed.encode(errors="surrogateescape")


def _at_a_terminal(option: str) -> None:
    if not sys.stdin.isatty():
        raise NoPassphrase("this is not a terminal", way_out=f"Give it with {option}.")
