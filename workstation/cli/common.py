"""What all commands share: where the home is, and who opens it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from workstation.home import Home, alone, check_home, load_keyring, open_home
from workstation.keys.keyring import Keyring, Opened, missing, unlock
from workstation.keys.passphrase import ask_passphrase, passphrase_in
from workstation.keys.people import Credential
from workstation.problems import NoPassphrase


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
        """Return the home, opened by those who are named or asked."""
        check_home(self.path)
        return open_home(self.path, self.credentials(load_keyring(self.path)))

    @contextmanager
    def keys(self) -> Iterator[Opened]:
        """Yield the opened keyring for a change of users or keys; nobody else changes the home meanwhile."""
        check_home(self.path)
        credentials = self.credentials(load_keyring(self.path))
        with alone(self.path):
            yield unlock(load_keyring(self.path), credentials)

    def credentials(self, ring: Keyring) -> list[Credential]:
        """Return what the options say, and what those say who are still missing and can be asked."""
        given = self.given()
        if not sys.stdin.isatty():
            return given or _nobody()
        for name in self.names[len(given) :]:
            given.append(Credential(ask_passphrase(ring.slot(name).name), name))
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
