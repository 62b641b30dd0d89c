"""A database of the home that another program holds: whoever would write waits, and is then told so and what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ended_epochs import THEN, both, cut, opened, station_with_tips
from tests.support.held import ALONE, WRITES, book_held, held, not_long, told
from tests.support.workstation import Box, Station
from workstation.book.connection import NAME
from workstation.book.taking import open_book
from workstation.epochs.destruction import destroy


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """A workstation with tips in its book, one destroyed epoch, and a box that has more to bring; it waits not long."""
    made = station_with_tips(tmp_path)
    destroy(opened(made), [1], now=THEN)
    not_long(monkeypatch)
    return made


def _more(tmp_path: Path, station: Station) -> Path:
    """Return a batch that was not imported yet, of a box that is trusted."""
    box = Box(station.sheet, seed=2)
    station.trust(box, tmp_path)
    return cut(box, tmp_path / "second stick", "one more", epoch=3, lowest=3)


def test_an_import_into_sealed_batches_that_are_held_says_so_and_takes_nothing(
    station: Station, tmp_path: Path
) -> None:
    batch = _more(tmp_path, station)
    with held(station.home / "batches.db", WRITES):
        told(station, ("import", batch), "batches.db")
    assert station.take(batch)["known"] == 0 and len(station.tips()) == 4


@pytest.mark.parametrize(
    "words",
    [
        ("import", "BATCH"),
        ("epochs",),
        ("epochs", "destroy", "2"),
        ("check",),
        ("backup", "--output", "FILE"),
    ],
)
def test_sealed_batches_that_nobody_else_may_even_read_are_told_by_every_command(
    station: Station, tmp_path: Path, words: tuple[str, ...]
) -> None:
    given = {"BATCH": _more(tmp_path, station), "FILE": tmp_path / "backup"}
    with held(station.home / "batches.db", ALONE, "locking_mode = EXCLUSIVE"):
        told(station, [given.get(word, word) for word in words], "batches.db")
    assert not (tmp_path / "backup").exists()
    station.run("epochs")


def _writing(tip: str, other: str, folder: Path) -> dict[str, tuple[object, ...]]:
    districts = folder / "districts.csv"
    districts.write_text("code,es,en\n1,uno,one\n")
    return {
        "set": ("set", "--priority", 2, tip),
        "note": ("note", tip, "seen"),
        "merge": ("merge", other, "--into", tip),
        "link": ("link", tip, "--with", other),
        "hold": ("hold", tip),
        "list": ("list", "--silent", "--save", "quiet"),
        "settings": ("settings", "silence_days", 9),
        "districts": ("districts", districts),
        "retention": ("settings", "retention_days", 90),
        "undo": ("undo", tip),
    }


@pytest.mark.parametrize("name", sorted(_writing("", "", Path("/tmp"))))
def test_each_command_that_writes_into_a_book_that_is_held_says_so(
    station: Station, tmp_path: Path, name: str
) -> None:
    first, second, *_ = (str(tip["tip"]) for tip in station.tips())
    pair = both(station, tmp_path)
    words = _writing(first, second, tmp_path)[name]
    pair.run("set", "--priority", 1, first)
    with book_held(station, WRITES):
        told(pair, words, NAME)
    assert len(station.tips()) == 3, "who only reads is not held up"


def test_an_import_while_the_book_is_held_says_so_and_the_next_one_brings_all(
    station: Station, tmp_path: Path
) -> None:
    batch = _more(tmp_path, station)
    with book_held(station, WRITES):
        told(station, ("import", batch), NAME)
    station.take(batch)
    assert "one more" in {tip["text"] for tip in station.tips()}


@pytest.mark.parametrize("words", [("backup", "--output", "FILE"), ("tips",), ("list",), ("import", "BATCH")])
def test_a_book_that_nobody_else_may_even_read_is_told_by_every_command(
    station: Station, tmp_path: Path, words: tuple[str, ...]
) -> None:
    given = {"BATCH": _more(tmp_path, station), "FILE": tmp_path / "backup"}
    with book_held(station, ALONE, "locking_mode = EXCLUSIVE"):
        told(station, [given.get(word, word) for word in words], NAME)
    assert not (tmp_path / "backup").exists() and len(station.tips()) == 3


def test_who_waits_for_another_command_in_the_home_says_so_and_then_goes_on(station: Station) -> None:
    holder = (
        "import fcntl, os, sys\nfcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    words = [sys.executable, "-c", holder, station.home]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holding:
        assert holding.stdout is not None and holding.stdout.readline() == "held\n"
        waiting = station.start("keysheet", "extend", "--epochs", 1)
        said = ""
        while "this one waits" not in said:
            line = waiting.stderr.readline()
            assert line, said
            said += line
        assert waiting.poll() is None
        holding.communicate()
    waiting.communicate()
    assert waiting.returncode == 0 and len(station.sheet.epochs) == 5


def test_an_offer_that_cannot_be_settled_yet_stays_open(station: Station, tmp_path: Path) -> None:
    text = "Ana vio el coche rojo en la calle larga, cerca del puente viejo"
    box = Box(station.sheet, seed=3)
    station.trust(box, tmp_path)
    station.take(cut(box, tmp_path / "alike", text, f"{text}!", epoch=3, lowest=3))
    (line,) = station.run("offers", "--json").stdout.splitlines()
    offer = json.loads(line)["offer"]
    with book_held(station, WRITES):
        told(station, ("settle", offer, "--same"), NAME)
    assert station.run("offers", "--json").stdout.splitlines() == [line]
    station.run("settle", offer, "--same")
    assert station.run("offers", "--json").stdout == ""


def test_what_is_due_for_destruction_stays_whole_while_the_book_is_held(station: Station) -> None:
    tip = str(station.tips()[0]["tip"])
    station.run("set", "--status", "other", tip)
    station.run("settings", "retention_days", 1)
    with open_book(opened(station)) as book:
        book.connection.execute("UPDATE tips SET closed = closed - 200000")
    with book_held(station, WRITES):
        told(station, ("retention", "run", "--yes"), NAME)
    assert len(station.tips()) == 3
    assert json.loads(station.run("retention", "--json").stdout)["tips"] == 1
    station.run("retention", "run", "--yes")
    assert len(station.tips()) == 2
