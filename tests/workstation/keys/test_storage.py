"""A full disk, a kill in mid-write, a wrong clock: the keyring is the one before or the one after, never between."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.mounts import mounted, needs_root
from tests.support.people import bare, killed_at_sync, secret, sheet
from tests.support.workstation import ANALYST, CHEAP, NOW, Station
from workstation.home import Plan, create_home
from workstation.keys.keyring import read_keyring
from workstation.problems import HomeExists, StorageFailed

SYNCS = (1, 2)
"""Of the file, and of its folder: what one change of the keyring does."""


def _changes(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return one command for each way in which a keyring changes."""
    return {
        "add": ("users", "add", "b", "--new-passphrase-file", secret(folder, "second", "b")),
        "remove": ("users", "remove", "spare"),
        "passphrase": ("users", "passphrase", "spare", "--new-passphrase-file", secret(folder, "third", "c")),
        "rekey": ("rekey", "--yes", "--leave-out", "spare"),
        "restore": (
            "restore", "--yes", "--words-file", folder / "words", "--new-passphrase-file", folder / "passphrase"
        ),
    }  # fmt: skip


@pytest.fixture
def spare(station: Station, tmp_path: Path) -> Station:
    """Return a home with a second user, and the words of its only share in a file."""
    file = secret(tmp_path, ANALYST.passphrase.decode(), "spare")
    station.run("users", "add", "spare", "--new-passphrase-file", file)
    words = station.run("shares", "make", "--custodians", 1, "--threshold", 1).stdout
    secret(tmp_path, words, "words")
    return station


@pytest.mark.parametrize("sync", SYNCS)
@pytest.mark.parametrize("change", ["add", "remove", "passphrase", "rekey", "restore"])
def test_killed_in_mid_write_the_home_opens_and_the_change_can_be_made_again(
    spare: Station, tmp_path: Path, change: str, sync: int
) -> None:
    vault, before = spare.open().vault, (spare.home / "keyring").read_bytes()
    command = _changes(tmp_path)[change]
    with spare.start(*command, prelude=killed_at_sync(sync)) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert ((spare.home / "keyring").read_bytes() == before) is (sync == 1)
    assert spare.open().vault == vault
    spare.run(*command, code=0 if sync == 1 else None)
    assert spare.open().vault == vault
    if sync == 1:
        assert (spare.home / "keyring").read_bytes() != before
        assert not list(spare.home.glob(".keyring.*"))


@needs_root
@pytest.mark.parametrize("change", ["add", "remove", "passphrase", "rekey", "restore"])
def test_on_a_full_disk_nothing_changes_and_it_is_said(spare: Station, tmp_path: Path, change: str) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    with mounted(medium, "1M"):
        shutil.copytree(spare.home, medium / "home")
        _fill(medium / "filler")
        station = Station(medium / "home", spare.passphrase_file)
        before = {path: path.read_bytes() for path in station.home.rglob("*") if path.is_file()}
        result = station.run(*_changes(tmp_path)[change], code=12)
        assert "No space left" in result.stderr and "Traceback" not in result.output
        assert {path: path.read_bytes() for path in station.home.rglob("*") if path.is_file()} == before
        (medium / "filler").unlink()
        station.run(*_changes(tmp_path)[change])


def _fill(path: Path) -> None:
    """Write ``path`` until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


@needs_root
def test_on_a_full_disk_no_home_is_made(tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    with mounted(medium, "64k"):
        plan = Plan(name="l", users=(ANALYST,), epochs=60, cost=CHEAP)
        with pytest.raises(StorageFailed):
            create_home(medium / "home", plan, now=NOW)
        assert list(medium.iterdir()) == []


@needs_root
@pytest.mark.parametrize("command", [("extend", "--epochs", "300", "--yes"), ("succeed", "--yes")])
def test_on_a_full_disk_the_sheet_stays_and_is_made_when_there_is_room(
    station: Station, tmp_path: Path, command: tuple[str, ...]
) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    with mounted(medium, "1M"):
        shutil.copytree(station.home, medium / "home")
        _fill(medium / "filler")
        full = Station(medium / "home", station.passphrase_file)
        full.run("keysheet", *command, code=12)
        assert full.open().sheet == station.sheet
        (medium / "filler").unlink()
        full.run("keysheet", *(("extend", "--epochs", "3") if command[0] == "extend" else command))
        assert full.open().sheet.serial == 2


def test_a_home_without_its_keyring_is_damaged_and_nobody_is_told_to_make_one(station: Station) -> None:
    (station.home / "keyring").unlink()
    told = station.run("users", code=11).stderr
    assert "keyring is missing" in told and "init" not in told


@pytest.mark.parametrize("clock", [0, 4_102_444_800])
def test_a_wrong_clock_at_init_makes_a_home_that_opens(tmp_path: Path, clock: int) -> None:
    create_home(tmp_path / "h", Plan(name="l", users=(ANALYST,), epochs=2, cost=CHEAP), now=clock)
    station = Station(tmp_path / "h", secret(tmp_path, ANALYST.passphrase.decode()))
    sheet(station)
    assert station.open().sheet.date == clock


def test_two_who_change_users_at_once_lose_nothing(station: Station, tmp_path: Path) -> None:
    commands = [
        ("users", "add", f"user {n}", "--new-passphrase-file", str(secret(tmp_path, f"words {n}", f"p{n}")))
        for n in range(6)
    ]
    running = [station.start(*command) for command in commands]
    for process in running:
        process.communicate()
        assert process.returncode == 0
    assert len(read_keyring((station.home / "keyring").read_bytes()).users) == 7


def test_two_ceremonies_of_one_home_do_not_meet(tmp_path: Path) -> None:
    site = tmp_path / ".home.init"
    site.mkdir(mode=0o700)
    handle = os.open(site, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(HomeExists, match="never overwritten"):
            create_home(tmp_path / "home", Plan(name="l", users=(ANALYST,), epochs=1, cost=CHEAP), now=NOW)
    finally:
        os.close(handle)
    assert site.exists()
    bare("--home", tmp_path / "home", "--passphrase-file", secret(tmp_path, "x"), "init", "--epochs", 1)
