"""What all commands share: where the home is, and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from workstation.home import Home, check_home, open_home
from workstation.keys.passphrase import read_passphrase


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
