"""users: who may open a home; people come and go without a new key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.people import bare, secret, sheet
from tests.support.terminal import terminal
from tests.support.workstation import OFFICER, WATCHER, Station
from workstation.home import load_keyring
from workstation.keys.slots import COST, Cost


@pytest.fixture
def two(tmp_path: Path) -> Station:
    (tmp_path / "two").mkdir()
    return Station.make_two_person(tmp_path / "two")


def test_the_list_needs_no_passphrase(two: Station) -> None:
    two.passphrase_file.unlink()
    two.more_files = ()
    output = two.run("users").output
    assert "two-person" in output and "officer" in output and "watcher" in output
    assert json.loads(two.run("users", "--json").stdout) == {
        "mode": "two-person",
        "users": [
            {"name": "officer", "organisation": "police"},
            {"name": "watcher", "organisation": "civil"},
        ],
    }


def test_a_new_user_opens_and_the_others_still_do(two: Station, tmp_path: Path) -> None:
    file = secret(tmp_path, "a third passphrase")
    two.run("users", "add", "Ana Ruiz", "--organisation", "police", "--new-passphrase-file", file)
    sheet(two)
    other = Station(two.home, file, two.more_files)
    sheet(other)
    assert other.open().users == ("Ana Ruiz", "watcher")


def test_in_a_two_person_home_the_organisation_has_to_be_said(two: Station, tmp_path: Path) -> None:
    file = secret(tmp_path, "x")
    assert "--organisation" in two.run("users", "add", "a", "--new-passphrase-file", file, code=2).output


def test_names_and_organisation_are_asked_for_before_any_passphrase(two: Station, tmp_path: Path) -> None:
    with terminal("--home", two.home, "users", "add", "a") as term:
        assert term.close() == 2 and "--organisation" in term.shown and "Passphrase" not in term.shown
    named = (
        "--home",
        two.home,
        "--user",
        "officer",
        "--user",
        "nobody",
        "keysheet",
        "--output",
        tmp_path / "k",
    )
    with terminal(*named) as term:
        assert term.close() == 19 and "no such user: nobody" in term.shown and "Passphrase" not in term.shown


def test_in_a_single_user_home_it_need_not_be(station: Station, tmp_path: Path) -> None:
    station.run("users", "add", "Ana", "--new-passphrase-file", secret(tmp_path, "x"))
    listed = json.loads(station.run("users", "--json").stdout)["users"]
    assert listed[1] == {"name": "Ana", "organisation": "police"}
    sheet(Station(station.home, tmp_path / "new"))


def test_nobody_is_added_by_one_organisation_alone(two: Station, tmp_path: Path) -> None:
    alone = Station(two.home, two.passphrase_file)
    words = ("users", "add", "x", "--organisation", "police", "--new-passphrase-file", secret(tmp_path, "x"))
    assert "nobody of civil" in alone.run(*words, code=18).output
    assert "nobody of civil" in sheet(alone, code=18)
    alone.run("users", "remove", "officer", code=18)


def test_who_was_removed_opens_nothing_any_more(station: Station, tmp_path: Path) -> None:
    file = secret(tmp_path, "second")
    station.run("users", "add", "second", "--new-passphrase-file", file)
    second = Station(station.home, file)
    sheet(second)
    station.run("users", "remove", "SECOND")
    assert "passphrase is wrong" in sheet(second, code=7)
    station.run("users", "remove", "nobody", code=19)
    assert "last user" in station.run("users", "remove", "analyst", code=1).output
    sheet(station)


def test_the_last_of_an_organisation_is_not_removed(two: Station) -> None:
    before = (two.home / "keyring").read_bytes()
    assert "last user of civil" in two.run("users", "remove", "watcher", code=1).output
    assert (two.home / "keyring").read_bytes() == before


def test_a_user_changes_the_own_passphrase_alone(two: Station, tmp_path: Path) -> None:
    file = secret(tmp_path, "better words")
    alone = Station(two.home, two.passphrase_file)
    alone.run("users", "passphrase", "officer", "--new-passphrase-file", file)
    assert "passphrase is wrong" in sheet(two, code=7)
    sheet(Station(two.home, file, two.more_files))
    alone.run("users", "passphrase", "watcher", "--new-passphrase-file", file, code=7)
    alone.run("users", "passphrase", "nobody", "--new-passphrase-file", file, code=19)


def test_users_are_named_in_the_order_of_their_passphrases(two: Station) -> None:
    names = ["--home", two.home, "--user", "watcher", "--user", "officer"]
    officer, watcher = (["--passphrase-file", file] for file in two.passphrase_files)
    command = ["keysheet", "--output", two.home.parent / "k"]
    bare(*names, *watcher, *officer, *command)
    assert "watcher" in bare(*names, *officer, *watcher, *command, code=7).output


def test_a_guess_at_any_slot_costs_what_the_others_cost(station: Station, tmp_path: Path) -> None:
    station.run("users", "add", "b", "--new-passphrase-file", secret(tmp_path, "x"))
    station.run("users", "passphrase", "analyst", "--new-passphrase-file", secret(tmp_path, "y", "y"))
    costs = {slot.cost for slot in load_keyring(station.home).users}
    assert costs == {Cost(passes=1, memory=8192)} != {COST}


@pytest.mark.parametrize("name", ["a,b", "\x1b[2J", "x" * 33, ""])
def test_a_name_that_could_deceive_is_refused(station: Station, tmp_path: Path, name: str) -> None:
    before = (station.home / "keyring").read_bytes()
    station.run("users", "add", name, "--new-passphrase-file", secret(tmp_path, "x"), code=3)
    assert (station.home / "keyring").read_bytes() == before


def test_without_a_terminal_a_new_passphrase_comes_from_a_file(station: Station) -> None:
    assert "--new-passphrase-file" in station.run("users", "add", "b", code=8).output


def test_no_passphrase_stands_in_the_keyring(two: Station) -> None:
    octets = (two.home / "keyring").read_bytes()
    assert OFFICER.passphrase not in octets and WATCHER.passphrase not in octets


SHORT = "is too short: at least 12 characters. A good passphrase is six words"


@pytest.mark.parametrize(
    ("words", "warned"), [("elevenlettr", True), ("contraseñas", True), ("twelveletter", False)]
)
def test_a_file_with_a_passphrase_that_nobody_may_type_is_taken_with_a_warning(
    tmp_path: Path, words: str, warned: bool
) -> None:
    """Whoever writes such a file is a program: what worked before goes on working."""
    first, new = secret(tmp_path, words, "first"), secret(tmp_path, words, "new one")
    given = ("--home", tmp_path / "home", "--passphrase-file", first)
    told = bare(*given, "init", "--epochs", 1).stderr
    assert (f"warning: the passphrase in {first} {SHORT}" in told) is warned and words not in told
    for command in (("add", "Ana"), ("passphrase", "Ana")):
        given = given if command[0] == "add" else ("--home", tmp_path / "home", "--passphrase-file", new)
        told = bare(*given, "users", *command, "--new-passphrase-file", new).stderr
        assert (f"warning: the passphrase in {new} {SHORT}" in told) is warned
    assert SHORT not in bare(*given, "keysheet", "--output", tmp_path / "sheet").stderr
