"""What goes wrong where people type and files are edited: the home stays, and the sentence says what it was."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import sys
import termios
import unicodedata
from pathlib import Path

import pytest

from tests.support.people import bare, sheet
from tests.support.terminal import Terminal, terminal
from tests.support.workstation import CHEAP, OFFICER, WATCHER, Station
from workstation.home import Plan, create_home, load_keyring, open_home, save_keyring
from workstation.keys.keyring import read_keyring, unlock
from workstation.keys.passphrase import LIMIT, passphrase_in
from workstation.keys.people import Credential, NewUser, Organisation, checked_name
from workstation.keys.slots import Cost, Slot, close_slot, in_form, new_content, open_slot
from workstation.keys.users import with_user
from workstation.problems import BadName, Damaged, NoPassphrase, Problem, SecondPersonNeeded

ACCENTED = "contraseña de la línea ocho"
TWELVE = "swordfish and more"
FIRST_ANSWERS = (
    ("Press Enter.", ""),
    ("two or one?", "one"),
    ("[analyst]", ""),
    ("passphrase of analyst:", TWELVE),
    ("again:", TWELVE),
    ("custodians?", "1"),
)


@pytest.fixture
def two(tmp_path: Path) -> Station:
    (tmp_path / "two").mkdir()
    return Station.make_two_person(tmp_path / "two")


@pytest.mark.parametrize("name", ["keyring", "epochs/../keyring", "casebook.db", "new"])
@pytest.mark.parametrize("command", [(), ("extend",), ("extend", "--epochs", "1"), ("succeed", "--yes")])
def test_no_key_sheet_is_written_over_a_file_of_the_home(
    station: Station, name: str, command: tuple[str, ...]
) -> None:
    before = {path.name: path.read_bytes() for path in station.home.rglob("*") if path.is_file()}
    result = station.run("keysheet", *command, "--output", station.home / name, code=2)
    assert "in the home" in result.output
    assert {path.name: path.read_bytes() for path in station.home.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["keyring", "batches.db", "epochs/other"])
@pytest.mark.parametrize("command", ["backup", "identity"])
def test_nothing_else_is_written_over_a_file_of_the_home_either(
    station: Station, name: str, command: str
) -> None:
    before = {path.name: path.read_bytes() for path in station.home.rglob("*") if path.is_file()}
    assert "in the home" in station.run(command, "--output", station.home / name, code=2).output
    assert {path.name: path.read_bytes() for path in station.home.rglob("*") if path.is_file()} == before


def test_no_key_sheet_takes_the_place_of_a_device_or_a_folder(station: Station, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path):
        assert "no file" in station.run("keysheet", "--output", place, code=2).output
    assert pipe.is_fifo()


@pytest.mark.parametrize("made", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_an_accent_is_the_same_from_every_keyboard(tmp_path: Path, made: str, typed: str) -> None:
    forms = {form: unicodedata.normalize(form, ACCENTED).encode() for form in ("NFC", "NFD")}
    assert forms["NFC"] != forms["NFD"]
    user = NewUser("Ana", Organisation.POLICE, forms[made])
    create_home(tmp_path / "home", Plan(name="l", users=(user,), cost=CHEAP, epochs=1), now=0)
    assert open_home(tmp_path / "home", [Credential(forms[typed])]).users == ("Ana",)


def test_a_passphrase_that_is_no_text_is_taken_as_it_is() -> None:
    octets = b"contrase\xf1a \xff\x00 "
    slot = close_slot(NewUser("Ana", Organisation.POLICE, octets), new_content(bytes(32)), CHEAP)
    assert open_slot(slot, octets) is not None
    assert open_slot(slot, octets.rstrip()) is None


@pytest.mark.parametrize(
    ("octets", "passphrase"),
    [
        (b"\xef\xbb\xbfsecret\r\nmore", b"secret"),
        (b"secret \n", b"secret "),
        (b" secret", b" secret"),
        (b"x" * LIMIT, b"x" * LIMIT),
        (b"\xef\xbb\xbf" + b"x" * LIMIT + b"\r\n", b"x" * LIMIT),
    ],
)
def test_a_passphrase_file_is_its_first_line(tmp_path: Path, octets: bytes, passphrase: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(octets)
    assert passphrase_in(path) == passphrase


def test_a_file_too_long_for_a_passphrase_is_not_cut_off_silently(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(NoPassphrase, match="more than 4096"):
        passphrase_in(path)


def test_one_person_twice_is_told_as_that(two: Station) -> None:
    twice = Station(two.home, two.passphrase_file, (two.passphrase_file,))
    assert "that is officer twice" in sheet(twice, code=18)
    named = ("--user", "officer", "--user", "Officer")
    assert (
        "that is officer twice" in bare(*named, *twice.arguments("keysheet", "--output", "k"), code=18).output
    )


def test_a_wrong_passphrase_is_not_called_a_person_who_is_there_twice(two: Station) -> None:
    ring = load_keyring(two.home)
    with pytest.raises(Problem) as caught:
        unlock(ring, [Credential(OFFICER.passphrase), Credential(b"guess", OFFICER.name)])
    assert not isinstance(caught.value, SecondPersonNeeded)


def test_a_keyring_whose_figures_would_stop_the_work_is_damage(two: Station) -> None:
    slot = load_keyring(two.home).users[0]
    assert in_form(slot)
    for cost in (Cost(17, 8192), Cost(1, (1 << 30) + 1), Cost(64, 4 << 30)):
        assert not in_form(_with(slot, passes=cost.passes, memory=cost.memory))


def test_too_little_memory_is_said_and_is_no_wrong_passphrase(two: Station) -> None:
    file = json.loads((two.home / "keyring").read_bytes())
    file["users"][0] |= {"memory": 1 << 30}
    (two.home / "keyring").write_text(json.dumps(file))
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({700 << 20}, {700 << 20}))"
    with two.start("keysheet", "--output", two.home.parent / "k", prelude=limit) as process:
        said = process.communicate()[1]
    assert process.returncode == 1, said
    assert "too little memory" in said and "1024 MiB" in said and "Traceback" not in said


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "a\u202eb", "x" * 33, "", "a\u1160b"])
def test_a_name_put_into_the_keyring_with_an_editor_is_never_shown(two: Station, name: str) -> None:
    """``users`` shows names before anybody opened anything."""
    file = json.loads((two.home / "keyring").read_bytes())
    file["users"][1]["name"] = name
    (two.home / "keyring").write_text(json.dumps(file))
    output = bare("--home", two.home, "users", code=11).output
    assert "damaged" in output and (not name or name not in output)


def test_letters_that_show_as_nothing_are_in_no_name() -> None:
    for letter in "\u115f\u1160\u3164\uffa0":
        with pytest.raises(BadName):
            checked_name(f"Ana{letter}")


def test_two_slots_of_one_name_are_damage(two: Station) -> None:
    file = json.loads((two.home / "keyring").read_bytes())
    file["users"].append(file["users"][0] | {"name": "OFFICER"})
    with pytest.raises(Damaged, match="one name"):
        read_keyring(json.dumps(file).encode())


def test_digits_that_moved_from_one_field_to_the_next_are_damage(two: Station) -> None:
    file = json.loads((two.home / "keyring").read_bytes())
    file["vault"], file["check"] = file["check"][-1] + file["vault"], file["check"][:-1]
    with pytest.raises(Damaged):
        read_keyring(json.dumps(file).encode())


@pytest.mark.parametrize("name", ["keyring", "keysheet"])
def test_a_file_that_is_too_long_is_damage_and_is_not_read_to_its_end(two: Station, name: str) -> None:
    os.truncate(two.home / name, 1 << 40)
    assert f"{name} is too long" in sheet(two, code=11)


def test_who_came_while_others_gave_their_passphrases_is_not_dropped_by_a_rekey(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of the home is taken after people were asked, so that nobody waits for a person."""

    def meanwhile(_question: str, *, yes: bool) -> None:
        assert yes
        keys = unlock(load_keyring(station.home), [Credential(passphrase_in(station.passphrase_file))])
        save_keyring(station.home, with_user(keys, WATCHER))

    monkeypatch.setattr(sys.modules["workstation.cli.shares"], "confirm", meanwhile)
    assert "meanwhile" in station.run("rekey", "--yes", code=1).output
    assert [slot.name for slot in load_keyring(station.home).users] == ["analyst", "watcher"]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--police", "a\x1b[2Jb"), 3, "letters and digits"),
        (("--police", "Ana", "--civil", "ANA"), 2, "different names"),
        (("--line", "a\x1b[2Jb"), 3, "name"),
        (("--civil", ""), 3, "letters and digits"),
    ],
)
def test_a_ceremony_does_not_begin_with_names_that_cannot_be(
    tmp_path: Path, words: tuple[str, ...], code: int, why: str
) -> None:
    with terminal("--home", tmp_path / "home", "init", *words) as term:
        assert term.close() == code
        assert why in term.shown and "1. Keys for a new line" not in term.shown


def test_the_first_user_does_not_take_the_name_that_the_second_has(tmp_path: Path) -> None:
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1, "--civil", "police-1") as term:
        term.answer("phones and cameras outside? Press Enter.")
        term.answer("Name of the user of police")
        term.until("That name is taken.")
        term.answer("Name of the user of police", "Ana")
        term.answer("New passphrase of Ana:", TWELVE)


def test_half_a_letter_does_not_end_a_ceremony(tmp_path: Path) -> None:
    """A terminal that takes back one octet of two leaves such a thing where an accent was corrected."""
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1) as term:
        term.answer("phones and cameras outside? Press Enter.")
        term.answer("two or one?", "one")
        term.until("Name of the user")
        os.write(term.end, b"Jos\xc3\n")
        term.answer("Name of the user", "José")
        term.until("New passphrase of José:")
        os.write(term.end, b"contrase\xc3a de la casa\n")
        term.until("once more")
        term.answer("New passphrase of José:", ACCENTED)
        term.answer("The same again:", ACCENTED)
        term.answer("How many custodians?", "1")
        term.until("press Enter to see the words.")
        assert "contrase" not in term.heard


def test_a_sheet_is_shown_only_when_the_window_holds_it_whole(tmp_path: Path) -> None:
    """What left the window above is in no history, and its words would be missing on the paper."""
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1) as term:
        _resize(term, 40, 24)
        for question, answer in FIRST_ANSWERS:
            term.answer(question, answer)
        term.until("This window has 40 columns")
        term.until("and press Enter.")
        _resize(term, 80, 12)
        term.answer("and press Enter.")
        term.until("80 columns and 12 lines")
        term.until("and press Enter.")
        _resize(term, 80, 24)
        term.answer("and press Enter.")
        term.answer("press Enter to see the words.")
        term.until("Press Enter to clear the screen.")
        assert "SHARE SHEET" in term.screen.display[0]


def _resize(term: Terminal, columns: int, lines: int) -> None:
    fcntl.ioctl(term.end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    term.screen.resize(lines, columns)


def _with(slot: Slot, **changes: object) -> Slot:
    return Slot(**{name: getattr(slot, name) for name in slot.__struct_fields__} | changes)
