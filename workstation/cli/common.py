"""What all commands share: where the home is, and who opens it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from workstation.bars import Bar
from workstation.home import Home, alone, check_home, home_of, load_keyring, open_home
from workstation.keys.desk import ask_name, is_terminal
from workstation.keys.keyring import Keyring, Mode, Opened, missing, unlock
from workstation.keys.passphrase import ask_new_passphrase, ask_passphrase, new_passphrase_in, passphrase_in
from workstation.keys.people import (
    FIRST_NAMES,
    SINGLE_NAME,
    Credential,
    NewUser,
    Organisation,
    checked_name,
    same_name,
)
from workstation.keys.sheet import warning
from workstation.problems import NoPassphrase, NotConfirmed


@dataclass(frozen=True, slots=True)
class Place:
    """The options before the command."""

    home: Path | None
    passphrase_files: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    """Users, in the order of their passphrase files."""

    @property
    def path(self) -> Path:
        """The home. Raises click.UsageError without one."""
        if self.home is None:
            raise click.UsageError("Missing option '--home', before the command.")
        return self.home

    def open(self) -> Home:
        """Return the home, opened by those who are named or asked; says so when the key sheet runs out."""
        check_home(self.path)
        home = open_home(self.path, self.credentials(load_keyring(self.path)))
        if said := warning(home.sheet, int(time.time())):
            click.echo(f"warning: {said}", err=True)
        return home

    @contextmanager
    def keys(self) -> Iterator[Opened]:
        """Yield the opened keyring for a change of users or keys; nobody else changes the home meanwhile."""
        check_home(self.path)
        credentials = self.credentials(load_keyring(self.path))
        with alone(self.path):
            yield unlock(load_keyring(self.path), credentials)

    @contextmanager
    def opened(self) -> Iterator[tuple[Home, Opened]]:
        """Yield the home and its opened keyring for a change of both."""
        with self.keys() as keys:
            yield home_of(self.path, keys), keys

    def credentials(self, ring: Keyring) -> list[Credential]:
        """Return what the options say, and what those say who are still missing and can be asked.

        Raises NoSuchUser, before anybody is asked.
        """
        called = [ring.slot(name).name for name in self.names]
        given = self.given()
        if not sys.stdin.isatty():
            return given or _nobody()
        given += [Credential(ask_passphrase(name), name) for name in called[len(given) :]]
        return given + _ask_missing(ring, given)

    def given(self) -> list[Credential]:
        """Return what the options say, without asking anybody. Raises NoPassphrase, OSError."""
        names = (*self.names, *(None for _ in self.passphrase_files))
        return [
            Credential(passphrase_in(file), name)
            for file, name in zip(self.passphrase_files, names, strict=False)
        ]


def _nobody() -> list[Credential]:
    raise NoPassphrase("this is not a terminal", way_out="Give it with --passphrase-file FILE.")


def _ask_missing(ring: Keyring, given: list[Credential]) -> list[Credential]:
    """Return what users of the organisations say of which nobody is here yet."""
    if len(given) >= ring.people:
        return []
    named = [ring.slot(one.name).user for one in given if one.name is not None]
    if len(named) < len(given):
        return [Credential(ask_passphrase("another user"))]
    if ring.single:
        return [Credential(ask_passphrase())]
    return [Credential(ask_passphrase(f"a user of {one}")) for one in missing(ring, named)]


def outside(output: Path, home: Path) -> Path:
    """Return ``output`` if a file can be written there: outside the home, no device. Raises click.UsageError.

    What is written takes the place of what was there: the keyring must not be lost by a slip of the hand.
    """
    if output.resolve().is_relative_to(home.resolve()):
        raise click.UsageError(f"{output} is in the home; choose a medium of its own.")
    if output.exists() and not output.is_file():
        raise click.UsageError(f"{output} is there and no file; choose the name of a file.")
    return output


def first_names(police: str | None, civil: str | None) -> tuple[str | None, str | None]:
    """Return the names that the options say, in their one form. Raises BadName, click.UsageError."""
    names = tuple(checked_name(name) if name is not None else None for name in (police, civil))
    if names[0] is not None and names[1] is not None and same_name(names[0], names[1]):
        raise click.UsageError("The two users need different names.")
    return names[0], names[1]


def new_users(mode: Mode, names: tuple[str | None, str | None], files: Sequence[Path]) -> tuple[NewUser, ...]:
    """Return the first users of a home, of police and civil in two-person mode; whose passphrase has no file is asked.

    Raises BadName, NoPassphrase, click.UsageError.
    """
    people = (Organisation.POLICE,) if mode is Mode.SINGLE else tuple(Organisation)
    if len(files) > len(people):
        raise click.UsageError(f"A {mode} home takes {len(people)} passphrases, these are {len(files)}.")
    if names[1] and mode is Mode.SINGLE:
        raise click.UsageError("A single-user home has its first user by --police NAME.")
    usual = {Organisation.POLICE: SINGLE_NAME} if mode is Mode.SINGLE else FIRST_NAMES
    ask = not files and is_terminal()
    called = [
        checked_name(name)
        if name
        else ask_name(f"Name of the user of {one}", usual[one])
        if ask
        else usual[one]
        for name, one in zip(names, people, strict=False)
    ]
    if len(called) == 2 and same_name(*called):
        raise click.UsageError("The two users need different names.")
    passphrases = [new_passphrase_in(file) for file in files]
    passphrases += [ask_new_passphrase(name) for name in called[len(files) :]]
    return tuple(NewUser(*user) for user in zip(called, people, passphrases, strict=True))


def confirm(question: str, *, yes: bool, way_out: str = "if the answer is yes, give --yes.") -> None:
    """Return if ``yes`` was said on the command line or at the terminal. Raises NotConfirmed.

    It is asked on stderr, so that stdout can go into a file.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(question, way_out=f"This is not a terminal: {way_out}")
    if not click.confirm(question, err=True):
        raise NotConfirmed("nothing was changed")


def bar_of(what: str) -> Bar:
    """Return what gives, for so many steps, a bar on stderr with ``what`` beside it."""
    from workstation.console import progress

    return lambda total: progress(total, what)
