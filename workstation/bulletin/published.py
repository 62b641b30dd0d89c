"""After a restore: bulletins that were published since are taken back, and somebody says which was the last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nacl.signing import SigningKey

from wire.bulletin import MAX_OCTETS, BulletinFile, bulletin_name, read_bulletin
from wire.hashing import NO_HASH
from wire.refusal import Refused
from workstation.backup.marker import settled
from workstation.bulletin.issued import keep, read_issued
from workstation.home import Home, alone
from workstation.problems import NotConfirmed, NotTaken

NONE = "none"
"""What is said where no bulletin was ever published."""


def take_back(home: Home, paths: Sequence[Path]) -> int:
    """Return how many of the bulletins in the files ``paths`` were not here and are now.

    With those that are here they have to make one row. Raises NotTaken, Damaged, OSError.
    """
    with alone(home.path):
        here = read_issued(home)
        row = {
            file.bulletin.serial: (file, octets) for file, octets in zip(here.files, here.octets, strict=True)
        }
        new: dict[int, tuple[BulletinFile, bytes]] = {}
        for path in paths:
            file, octets = _read(home, path)
            serial = file.bulletin.serial
            if row.setdefault(serial, (file, octets))[1] != octets:
                raise NotTaken(f"{path}: it is not the bulletin of number {serial} that is here")
            if serial > len(here.files):
                new[serial] = (file, octets)
        _follow(row)
        for _, (file, octets) in sorted(new.items()):
            keep(home, bulletin_name(file.bulletin), octets)
    return len(new)


def confirm_last(home: Home, month: str) -> None:
    """Return once the home counts on from the bulletin of ``month``, the newest here; ``NONE`` where there is none.

    Raises NotConfirmed, Damaged.
    """
    with alone(home.path):
        newest = read_issued(home).last or NONE
        if newest != month:
            raise NotConfirmed(
                f"the newest bulletin here is {'of ' + newest if newest != NONE else 'none'}, not of {month}",
                way_out="Give the files of all that were published after it: published FILE…",
            )
        settled(home.path)


def _read(home: Home, path: Path) -> tuple[BulletinFile, bytes]:
    with path.open("rb") as file:
        octets = file.read(MAX_OCTETS + 1)
    try:
        found = read_bulletin(octets, bytes(SigningKey(home.vault.bulletin).verify_key))
    except Refused as refused:
        raise NotTaken(f"{path}: {refused}") from None
    if found.bulletin.line != home.sheet.line:
        raise NotTaken(f"{path}: it is of another line")
    return found, octets


def _follow(row: dict[int, tuple[BulletinFile, bytes]]) -> None:
    before = NO_HASH
    for expected, (serial, (file, _)) in enumerate(sorted(row.items()), 1):
        if serial != expected:
            raise NotTaken(f"number {expected} is missing before number {serial}")
        if file.bulletin.previous != before:
            raise NotTaken(f"number {serial} does not follow from the one before")
        before = file.hash
