"""With people at a terminal: the ceremony from its first question to the drill, and what is left on the screen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.people import bare
from tests.support.terminal import PROGRAM, Terminal, terminal
from tests.support.workstation import OFFICER, PASSPHRASE, WATCHER, Station
from workstation.home import open_home
from workstation.keys.people import Credential
from workstation.keys.words import shares_of

PASSPHRASES = (b"police words with dice", b"civil words with dice")


def _begin(term: Terminal, mode: str = "two") -> None:
    term.answer("phones and cameras outside? Press Enter.")
    term.answer("two or one?", mode)


def _users(term: Terminal) -> None:
    for organisation, name, passphrase in zip(("police", "civil"), ("Ana", "Beto"), PASSPHRASES, strict=True):
        term.answer(f"Name of the user of {organisation}", name)
        term.answer(f"New passphrase of {name}:", passphrase.decode())
        term.answer("The same again:", passphrase.decode())


def _custodians(term: Terminal) -> None:
    term.answer("How many custodians of police?", "2")
    term.answer("How many of these 2 are needed together?", "2")
    term.answer("How many custodians of civil?", "1")


def _sheets(term: Terminal, count: int) -> list[str]:
    """Return the words that the custodians copied from the screen."""
    copied = []
    for number in range(1, count + 1):
        term.until(f"Sheet {number} of {count}")
        term.answer("press Enter to see the words.")
        term.answer("Press Enter to clear the screen.")
        copied += shares_of(term.seen[-1])
        term.until("The screen is clear.")
        assert not any(pair in term.shown for pair in _pairs(copied))
    return copied


def _pairs(shares: list[str]) -> Iterator[str]:
    """Yield neighbours of the shares: one word can stand anywhere, two in a row cannot."""
    for share in shares:
        words = share.split()
        yield from (f"{one} {two}" for one, two in pairwise(words))


def _type(term: Terminal, share: str, *, line: int = 8) -> None:
    """Type a share, ``line`` words on each line."""
    term.answer("come to the keyboard alone, and press Enter.")
    words = share.split()
    for at in range(0, len(words), line):
        term.answer(f"Word {at + 1}:", " ".join(words[at : at + line]))


def _end_drill(term: Terminal, *more: str) -> None:
    """Have sheets checked that the drill did not need, then go on."""
    for share in more:
        term.answer("to see that it is written right?", "y")
        _type(term, share)
        term.until("It is written right: ")
    term.answer("to see that it is written right?")


def test_a_whole_ceremony_ends_with_a_drill_and_a_home_that_opens(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with terminal("--home", home, "init", "--epochs", 2, "--line", "Línea 1") as term:
        _begin(term)
        _users(term)
        _custodians(term)
        first, second, third = _sheets(term, 3)
        assert not home.exists()
        term.until("7. The drill")
        _type(term, second)
        term.until("1 of 2 shares of police are there.")
        _type(term, first)
        term.until("Now a custodian of civil.")
        _type(term, third, line=33)
        _end_drill(term, second)
        term.until("8. Done")
        assert term.close() == 0
        assert "authority fingerprint" in term.shown and "Línea 1" in term.shown
    opened = open_home(home, [Credential(passphrase) for passphrase in PASSPHRASES])
    assert (opened.users, opened.single, opened.sheet.name) == (("Ana", "Beto"), False, "Línea 1")
    assert not any(passphrase.decode() in term.heard for passphrase in PASSPHRASES)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_each_page_fits_a_small_screen_whole(tmp_path: Path) -> None:
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1) as term:
        _begin(term)
        _users(term)
        _custodians(term)
        term.answer("press Enter to see the words.")
        term.until("Press Enter to clear the screen.")
        assert "SHARE SHEET" in term.screen.display[0]
        assert all(f" {number}. " in " ".join(term.screen.display) for number in range(1, 34))


def test_of_one_person_fewer_questions_are_asked(tmp_path: Path) -> None:
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1) as term:
        _begin(term, "one")
        term.answer("Name of the user [analyst]:")
        term.answer("New passphrase of analyst:", "short")
        term.until("at least 12 characters")
        term.answer("New passphrase of analyst:", "swordfish and more")
        term.answer("The same again:", "swordfish and less")
        term.until("not the same")
        term.answer("New passphrase of analyst:", "swordfish and more")
        term.answer("The same again:", "swordfish and more")
        term.answer("How many custodians?", "2")
        term.answer("needed together? [2]:")
        shares = _sheets(term, 2)
        for share in shares:
            _type(term, share)
        _end_drill(term)
        assert term.close() == 0
    assert open_home(tmp_path / "home", [Credential(b"swordfish and more")]).users == ("analyst",)


def test_mistakes_in_the_drill_are_named_and_put_right(tmp_path: Path) -> None:
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1) as term:
        _begin(term)
        _users(term)
        _custodians(term)
        first, second, third = _sheets(term, 3)
        words = first.split()
        term.answer("come to the keyboard alone, and press Enter.")
        term.answer("Word 1:", f"{words[0]} acadmic {words[2]}")
        term.until("Word 2 is not in the list. Is it academic")
        wrong = "zero" if words[5] != "zero" else "acid"
        term.answer("Word 2:", " ".join([*words[1:5], wrong, *words[6:]]))
        term.until("Look at word 6 again.")
        term.answer("Which word do you want to type again? [6]:")
        term.answer("Word 6:", words[5])
        term.until("1 of 2 shares of police are there.")
        _type(term, first)
        term.until("typed already")
        _type(term, second)
        _type(term, third)
        _end_drill(term)
        assert term.close() == 0


@pytest.mark.parametrize("how", ["interrupt", "kill", "drill"])
def test_stopped_in_the_middle_nothing_is_there(tmp_path: Path, how: str) -> None:
    home = tmp_path / "home"
    with terminal("--home", home, "init", "--epochs", 1) as term:
        _begin(term)
        if how == "drill":
            _users(term)
            _custodians(term)
            _type(term, _sheets(term, 3)[0])
            term.until("1 of 2 shares")
        if how == "kill":
            term.until("Name of the user")
            term.kill()
        else:
            term.interrupt()
            assert term.close() == 1
            assert "nothing was made" in term.shown
    assert not home.exists()
    assert list(tmp_path.iterdir()) == []


def test_killed_in_the_drill_the_next_ceremony_begins_from_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with terminal("--home", home, "init", "--epochs", 1) as term:
        _begin(term)
        _users(term)
        _custodians(term)
        _sheets(term, 3)
        term.kill()
    assert not home.exists()
    bare("--home", home, "--passphrase-file", _file(tmp_path), "init", "--epochs", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "pass"]


def _file(folder: Path) -> Path:
    path = folder / "pass"
    path.write_text("first line\n")
    path.chmod(0o600)
    return path


def test_both_people_are_asked_for_their_passphrases(tmp_path: Path) -> None:
    station = Station.make_two_person(tmp_path)
    with terminal("--home", station.home, "keysheet", "--output", tmp_path / "k") as term:
        term.answer("Passphrase of a user of police:", OFFICER.passphrase.decode())
        term.answer("Passphrase of a user of civil:", WATCHER.passphrase.decode())
        assert term.close() == 0
    with terminal(
        "--home", station.home, "--user", "watcher", "keysheet", "--output", tmp_path / "k"
    ) as term:
        term.answer("Passphrase of watcher:", WATCHER.passphrase.decode())
        term.answer("Passphrase of a user of police:", OFFICER.passphrase.decode())
        assert term.close() == 0


def test_a_drill_at_the_terminal_changes_nothing(station: Station) -> None:
    pages = station.run("shares", "make", "--custodians", 2, "--threshold", 2).stdout
    before = (station.home / "keyring").read_bytes()
    with terminal("--home", station.home, "restore", "--drill") as term:
        for share in shares_of(pages):
            _type(term, share, line=1)
        assert term.close() == 0
        assert "Nothing was changed." in term.shown
    assert (station.home / "keyring").read_bytes() == before


def test_restored_at_the_terminal_by_new_people(tmp_path: Path) -> None:
    two = Station.make_two_person(tmp_path)
    figures = ("--custodians", 1, "--threshold", 1, "--civil-custodians", 1, "--civil-threshold", 1)
    pages = two.run("shares", "make", *figures).stdout
    with terminal("--home", two.home, "restore") as term:
        for share in shares_of(pages):
            _type(term, share, line=33)
        term.answer("Go on?", "y")
        term.answer("Name of the user of police", "Ana")
        term.answer("Name of the user of civil", "Beto")
        for name, passphrase in zip(("Ana", "Beto"), PASSPHRASES, strict=True):
            term.answer(f"New passphrase of {name}:", passphrase.decode())
            term.answer("The same again:", passphrase.decode())
        assert term.close() == 0
    assert open_home(two.home, [Credential(one) for one in PASSPHRASES]).users == ("Ana", "Beto")


def test_shares_of_two_sets_at_the_terminal(station: Station) -> None:
    old, new = (
        shares_of(station.run("shares", "make", "--custodians", 2, "--threshold", 2).stdout) for _ in range(2)
    )
    with terminal("--home", station.home, "restore", "--drill") as term:
        _type(term, old[0])
        _type(term, new[0])
        term.answer("Begin anew with set", "y")
        _type(term, new[1])
        assert term.close() == 0


def test_rekey_hands_out_new_shares_and_drills_before_anything_changes(station: Station) -> None:
    before = (station.home / "keyring").read_bytes()
    with terminal(*station.arguments("rekey")) as term:
        term.answer("become worthless. Go on?", "y")
        term.answer("How many custodians?", "1")
        (share,) = _sheets(term, 1)
        assert (station.home / "keyring").read_bytes() == before
        _type(term, share)
        _end_drill(term, share)
        assert term.close() == 0
    assert (station.home / "keyring").read_bytes() != before
    station.passphrase_file.write_text(PASSPHRASE)
    assert station.open().users == ("analyst",)


def test_no_history_of_the_keyboard_is_kept(tmp_path: Path) -> None:
    """With readline the next custodian could call up the words of the one before by the arrow."""
    program = PROGRAM.replace(
        "main()\n", "import atexit\natexit.register(lambda: print('readline' in sys.modules))\nmain()\n"
    )
    with terminal("--home", tmp_path / "home", "init", "--epochs", 1, program=program) as term:
        _begin(term)
        term.interrupt()
        term.close()
        assert term.shown.endswith("False")


needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@needs_tmux
def test_a_real_terminal_keeps_no_sheet_in_its_history(tmp_path: Path) -> None:
    """tmux keeps what left its screen; the sheet is on the alternate one, which has no history."""
    tmux = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]

    def call(*words: str) -> str:
        return subprocess.run([*tmux, *words], check=True, capture_output=True, text=True).stdout

    def until(words: str) -> str:
        deadline = time.monotonic() + 120
        while words not in (shown := call("capture-pane", "-p", "-S", "-1000", "-t", "k")):
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)
        return shown

    words = [
        "-c",
        PROGRAM.replace("fcntl.ioctl(0, termios.TIOCSCTTY, 0)", ""),
        "--home",
        str(tmp_path / "h"),
        "init",
    ]
    call("new-session", "-d", "-s", "k", "-x", "80", "-y", "24", sys.executable, *words)
    try:
        for asked, answer in (("Press", ""), ("two or one?", "one"), ("[analyst]", ""), ("New passphrase", "x" * 12),
                              ("again:", "x" * 12), ("custodians?", "1"), ("see the words", "")):  # fmt: skip
            until(asked)
            call("send-keys", "-t", "k", answer, "Enter")
        until("Press Enter to clear")
        (share,) = shares_of(call("capture-pane", "-p", "-t", "k"))
        call("send-keys", "-t", "k", "Enter")
        shown = until("The screen is clear.")
        assert len(re.findall(r"\d\d?\. [a-z]+ ", shown)) == 0
        assert not any(pair in shown for pair in _pairs([share]))
    finally:
        call("kill-server")
