"""keysheet extend and succeed, with the real box at the other end."""

from __future__ import annotations

import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

import gateway.cli
from gateway.faults import Exit
from tests.support.people import bare, killed_at_sync, secret
from tests.support.terminal import terminal
from tests.support.workstation import ANALYST, CHEAP, NOW, Station
from wire.hashing import blake2b_256, fingerprint
from wire.keysheet import KeySheet, accept, read_keysheet
from workstation.home import Plan, create_home, load_keyring
from workstation.keys.extend import extend, succeed
from workstation.keys.keyring import unlock
from workstation.keys.people import Credential
from workstation.keys.sheet import (
    EPOCH_SECONDS,
    FAR_WEEKS,
    MAX_EPOCHS,
    WARN_WEEKS,
    warning,
    weeks_left,
    weeks_missing,
)
from workstation.problems import NotPossible

WEEK = EPOCH_SECONDS


class Box:
    """A real box, by its own commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tipline.toml").write_text('state_dir = "state"\n[[line]]\nname = "police"\n')
        self.run("init")

    def run(self, *words: object, code: int = 0) -> str:
        """Return what the command says; its exit code has to be ``code``."""
        words = ("--config", self.folder / "tipline.toml", *words)
        result = CliRunner().invoke(gateway.cli.main, [str(word) for word in words])
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def box(tmp_path: Path) -> Box:
    folder = tmp_path / "box"
    folder.mkdir()
    return Box(folder)


def test_an_extended_sheet_is_taken_by_the_box(station: Station, box: Box, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    station.run("keysheet", "--output", first)
    box.run("enroll", "police", first, "--yes")
    output = station.run("keysheet", "extend", "--epochs", 5, "--output", second).output
    assert "serial                 2, 8 epochs" in output
    box.run("enroll", "police", second)
    old, new = read_keysheet(first.read_bytes()), read_keysheet(second.read_bytes())
    assert new.epochs[:3] == old.epochs
    assert (new.authority, new.next_authority) == (old.authority, old.next_authority)
    assert [key.public for key in station.open().epoch_keys()] == [epoch.key for epoch in new.epochs]
    assert second.read_bytes() == (station.home / "keysheet").read_bytes()


def test_the_next_authority_is_taken_by_the_box_after_its_fingerprint(
    station: Station, box: Box, tmp_path: Path
) -> None:
    sheets = [tmp_path / name for name in "abc"]
    station.run("keysheet", "--output", sheets[0])
    box.run("enroll", "police", sheets[0], "--yes")
    station.run("keysheet", "succeed", "--yes", "--output", sheets[1])
    station.run("keysheet", "succeed", "--yes", "--output", sheets[2])
    read = [read_keysheet(path.read_bytes()) for path in sheets]
    for before, after in pairwise(read):
        assert blake2b_256(after.authority) == before.next_authority
        assert (after.serial, after.epochs) == (before.serial + 1, before.epochs)
    assert len({sheet.authority for sheet in read}) == len({sheet.next_authority for sheet in read}) == 3
    box.run("enroll", "police", sheets[2], "--yes", code=Exit.TRUST)  # one authority was left out
    box.run("enroll", "police", sheets[1], "--fingerprint", fingerprint(read[1].authority))
    box.run("enroll", "police", sheets[2], "--fingerprint", fingerprint(read[2].authority))
    box.run("enroll", "police", sheets[0], "--yes", code=Exit.TRUST)


def test_a_succession_is_begun_only_when_every_box_has_the_sheet_before(station: Station) -> None:
    """Two in a row, and a box that saw neither would refuse the second."""
    before = (station.home / "keysheet").read_bytes()
    output = station.run("keysheet", "succeed", code=10).output
    assert "serial 1" in output and "--yes" in output
    assert (station.home / "keysheet").read_bytes() == before


def test_without_a_number_a_sheet_is_made_to_reach_a_year_ahead(station: Station) -> None:
    assert "weekly keys made" in station.run("keysheet", "extend").output
    length = len(station.sheet.epochs)
    output = station.run("keysheet", "extend").output
    assert "nothing was made" in output and "warning" not in output
    assert (len(station.sheet.epochs), station.sheet.serial) == (length, 2)


def test_a_sheet_far_beyond_a_year_is_made_only_if_somebody_says_so(station: Station) -> None:
    """Epochs end so that their secrets can be destroyed: those of years to come would lie here for a thief."""
    now = int(time.time())
    station.run("keysheet", "extend")
    before, secrets = station.sheet, sorted((station.home / "epochs").iterdir())
    said = station.run("keysheet", "extend", "--epochs", 200, code=10).stderr
    assert f"{weeks_left(before, now) + 201} weeks ahead" in said and "--yes" in said
    assert station.sheet == before and sorted((station.home / "epochs").iterdir()) == secrets
    station.run("keysheet", "extend", "--epochs", FAR_WEEKS - weeks_left(before, now) - 1)
    station.run("keysheet", "extend", "--epochs", 2, "--yes")
    assert station.sheet.serial == before.serial + 2


@pytest.mark.parametrize(("answer", "made"), [("n", False), ("y", True)])
def test_on_a_terminal_it_is_asked_whether_a_sheet_may_reach_so_far(
    station: Station, tmp_path: Path, answer: str, made: bool
) -> None:
    over = (int(time.time()) - station.sheet.epochs[-1].ends) // EPOCH_SECONDS
    arguments = station.arguments("keysheet", "extend", "--epochs", over + FAR_WEEKS + 2)
    with terminal(*arguments) as term:
        term.until("whoever takes them")
        term.answer("Go on?", answer)
        assert term.close() == (0 if made else 10)
    assert (station.sheet.serial == 2) is made


def test_a_line_whose_first_sheet_is_far_too_long_is_made_with_a_warning(tmp_path: Path) -> None:
    words = ("--home", tmp_path / "home", "--passphrase-file", secret(tmp_path, "correct horse"), "init")
    assert (
        f"warning: the keys would reach {FAR_WEEKS + 1} weeks"
        in bare(*words, "--epochs", FAR_WEEKS + 1).stderr
    )
    assert (tmp_path / "home").is_dir()


def test_more_epochs_than_a_sheet_holds_leave_no_secret_behind(station: Station) -> None:
    before = sorted((station.home / "epochs").iterdir())
    station.run("keysheet", "extend", "--epochs", MAX_EPOCHS, "--yes", code=1)
    assert sorted((station.home / "epochs").iterdir()) == before


def test_a_sheet_that_runs_out_is_told_by_each_command(station: Station) -> None:
    result = station.run("keysheet", "--output", station.home.parent / "k")
    assert "keysheet extend" in result.stderr and "warning" in result.stderr


@pytest.fixture
def sheet(station: Station) -> KeySheet:
    return station.sheet


def test_weeks_are_counted_whole(sheet: KeySheet) -> None:
    end = sheet.epochs[-1].ends
    assert [weeks_left(sheet, end - WEEK * n) for n in (8, 1, 0, -5)] == [8, 1, 0, 0]
    assert weeks_left(sheet, end - WEEK * 8 + 1) == 7
    assert warning(sheet, end - WARN_WEEKS * WEEK) == ""
    assert "in 7 weeks;" in warning(sheet, end - WARN_WEEKS * WEEK + 1)
    assert "in 7 days;" in warning(sheet, end - WEEK)
    assert "in hours;" in warning(sheet, end - 86400)
    assert "ended on" in warning(sheet, end)


def test_a_wrong_clock_makes_neither_thousands_of_keys_nor_a_sheet_that_a_box_refuses(
    station: Station,
) -> None:
    end = station.sheet.epochs[-1].ends
    assert weeks_missing(station.sheet, end) == 53
    assert weeks_missing(station.sheet, 0) == 0
    with pytest.raises(NotPossible, match="clock says 2100"):
        weeks_missing(station.sheet, 4_102_444_800)
    home = station.open()
    for clock in (0, NOW, 4_102_444_800):
        before = station.sheet
        extend(station.open(), 1, now=clock)
        accept(before, station.sheet, now=NOW + 3 * WEEK)
    assert station.sheet.epochs[:3] == home.sheet.epochs


def test_a_sheet_has_an_end(station: Station) -> None:
    with pytest.raises(NotPossible, match=str(MAX_EPOCHS)):
        extend(station.open(), MAX_EPOCHS, now=NOW)
    assert station.sheet.serial == 1


def test_secrets_that_no_sheet_names_are_used_and_not_replaced(station: Station) -> None:
    """As after a kill between the two, or with a key sheet from an older backup."""
    old = (station.home / "keysheet").read_bytes()
    extend(station.open(), 2, now=NOW)
    longer = station.sheet
    (station.home / "keysheet").write_bytes(old)
    extend(station.open(), 3, now=NOW)
    assert station.sheet.epochs[:5] == longer.epochs
    assert len(station.sheet.epochs) == 6


def _keys(station: Station) -> list[Credential]:
    return [Credential(ANALYST.passphrase)]


def test_a_succession_cut_short_is_completed_and_not_begun_again(station: Station) -> None:
    before, old = station.sheet, (station.home / "keysheet").read_bytes()
    succeed(station.open(), unlock(load_keyring(station.home), _keys(station)), now=NOW)
    after = station.sheet
    (station.home / "keysheet").write_bytes(old)
    assert station.open().sheet == before
    succeed(station.open(), unlock(load_keyring(station.home), _keys(station)), now=NOW)
    assert station.sheet == after
    (station.home / "keysheet").write_bytes(old)
    extend(station.open(), 1, now=NOW)
    assert (station.sheet.authority, station.sheet.next_authority) == (after.authority, after.next_authority)
    accept(before, station.sheet, now=NOW + WEEK)


@pytest.mark.parametrize("command", [("extend", "--epochs", "40"), ("succeed", "--yes")])
@pytest.mark.parametrize("sync", [1, 2, 3, 4, 5])
def test_killed_at_a_write_the_home_opens_and_the_next_run_makes_a_good_sheet(
    station: Station, command: tuple[str, ...], sync: int
) -> None:
    before = station.sheet
    with station.start("keysheet", *command, prelude=killed_at_sync(sync)) as process:
        process.communicate()
    assert process.returncode in (-signal.SIGKILL, 0)
    assert station.open().sheet.epochs[:3] == before.epochs
    accept(before, station.sheet, now=NOW + WEEK)
    between = station.sheet
    station.run("keysheet", *command)
    accept(between, station.sheet, now=NOW + WEEK)
    public = {key.number: key.public for key in station.open().epoch_keys()}
    assert all(public[epoch.number] == epoch.key for epoch in station.sheet.epochs)


def test_the_first_sheet_names_its_successor(tmp_path: Path) -> None:
    made = create_home(tmp_path / "h", Plan(name="l", users=(ANALYST,), epochs=1, cost=CHEAP), now=NOW)
    assert made.next_authority != blake2b_256(made.authority)
