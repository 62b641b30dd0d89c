"""What a home that came back from a backup does not know: which bulletins were published since."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workstation.files import sync_folder, write_file
from workstation.noted import read_noted

NAME = "restored"
FORMAT = "tipline-restored 1"


class Restored(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The marker, until somebody says which bulletin was published last."""

    format: str = FORMAT
    backup: str
    """When the backup was made, by the clock of the machine that made it."""


def mark_restored(home: Path, backup: str) -> None:
    """Return once the home at ``home`` knows that it came back from a backup made at ``backup``."""
    write_file(home / NAME, msgspec.json.encode(Restored(backup=backup)) + b"\n")


def restored(home: Path) -> Restored | None:
    """Return the marker, None where nothing is open. Raises Damaged."""
    return read_noted(home / NAME, Restored, form=FORMAT)


def settled(home: Path) -> None:
    """Return once nothing is open any more."""
    (home / NAME).unlink(missing_ok=True)
    sync_folder(home)
