"""A workstation whose epochs have ended, boxes that say which epoch is their lowest, and a medium for the key."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.workstation import ANALYST, CHEAP, OFFICER, Box, Station
from workstation.home import Home, Plan, create_home, open_home
from workstation.keys.people import Credential
from workstation.keys.sheet import EPOCH_SECONDS

LONG_AGO = 1_600_000_000
"""2020-09-13: weekly epochs from then on have ended, whatever the clock of the test."""
EPOCHS = 4
THEN = LONG_AGO + EPOCHS * EPOCH_SECONDS + 86400
"""All have ended."""


def ended_station(folder: Path, *, epochs: int = EPOCHS) -> Station:
    """Return a workstation of a single-user home with two users, whose epochs have all ended."""
    home = folder / "home"
    plan = Plan(name="police", users=(ANALYST, OFFICER), epochs=epochs, cost=CHEAP)
    create_home(home, plan, now=LONG_AGO)
    files = []
    for user in (ANALYST, OFFICER):
        file = folder / f"{user.name}.pass"
        file.write_bytes(user.passphrase + b"\n")
        file.chmod(0o600)
        files.append(file)
    return Station(home, files[0])


def both(station: Station, folder: Path) -> Station:
    """Return the same workstation, opened by both of its users."""
    return Station(station.home, station.passphrase_file, (folder / f"{OFFICER.name}.pass",))


def opened(station: Station) -> Home:
    """Return the home, opened by its first user."""
    return open_home(station.home, [Credential(ANALYST.passphrase)])


def cut(box: Box, folder: Path, *texts: str, epoch: int, lowest: int) -> Path:
    """Return the next batch of ``box``: it seals to ``epoch`` and says that ``lowest`` is its lowest."""
    slips = [box.text(text, epoch=epoch) for text in texts]
    number = box.start + box.sequence + 1
    body = box.full_body(slips, epoch=epoch, cut=number, lowest_epoch=lowest)
    return box.cut(folder, body=body, epoch=epoch)


@contextmanager
def other_disk(beside: Path) -> Iterator[Path]:
    """Yield an empty folder on another file system than ``beside``."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or not os.access(shared, os.W_OK) or shared.stat().st_dev == beside.stat().st_dev:
        pytest.skip("no second file system that anybody may write to")
    folder = Path(tempfile.mkdtemp(dir=shared))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def station_with_tips(folder: Path) -> Station:
    """Return an ended station with a batch of each of three epochs; its box says that epoch 3 is its lowest."""
    made = ended_station(folder)
    box = Box(made.sheet)
    made.trust(box, folder)
    for epoch, lowest in ((1, 1), (2, 1), (3, 3)):
        cut(box, folder / "stick", f"tip of {epoch}", epoch=epoch, lowest=lowest)
    made.take(folder / "stick")
    return made
