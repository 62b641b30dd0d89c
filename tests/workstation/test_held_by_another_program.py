"""A database of the home that another program holds: whoever would write waits, and is then told so and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.ended_epochs import THEN, both, cut, opened, station_with_tips
from tests.support.workstation import Box, Station
from workstation.book.connection import NAME
from workstation.epochs.destruction import destroy
from workstation.problems import WAITING

HOLDER = """
import sys
from {module} import connect
path, lock, *pragmas = sys.argv[1:]
held = connect(path, isolation_level=None)
for pragma in pragmas:
    held.execute("PRAGMA " + pragma)
held.execute(lock)
held.execute("SELECT count(*) FROM sqlite_schema").fetchone()
print("held", flush=True)
sys.stdin.read()
"""
WRITES = "BEGIN IMMEDIATE"
ALONE = "BEGIN EXCLUSIVE"


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """A workstation with tips in its book, one destroyed epoch, and a box that has more to bring; it waits not long."""
    made = station_with_tips(tmp_path)
    destroy(opened(made), [1], now=THEN)
    monkeypatch.setattr("workstation.book.connection.WAIT_SECONDS", 0.05)
    connect = sqlite3.connect

    def soon(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return connect(*arguments, **{**named, "timeout": 0.05})

    monkeypatch.setattr(sqlite3, "connect", soon)
    return made


@contextmanager
def _held(path: Path, lock: str, *pragmas: str, module: str = "sqlite3") -> Iterator[None]:
    """Let a process of its own hold the database at ``path``."""
    words = [sys.executable, "-c", HOLDER.format(module=module), path, lock, *pragmas]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            yield
        finally:
            holder.communicate()


@contextmanager
def _book_held(station: Station, lock: str, *pragmas: str) -> Iterator[None]:
    key = opened(station).vault.book.hex()
    with _held(station.home / NAME, lock, f"key = \"x'{key}'\"", *pragmas, module="sqlcipher3.dbapi2"):
        yield


def _told(station: Station, words: Sequence[object], name: str) -> None:
    result = station.run(*words, code=12)
    assert f"{name}: somebody else is writing to it" in result.stderr and WAITING in result.stderr
    assert "room" not in result.stderr


def _more(tmp_path: Path, station: Station) -> Path:
    """Return a batch that was not imported yet, of a box that is trusted."""
    box = Box(station.sheet, seed=2)
    station.trust(box, tmp_path)
    return cut(box, tmp_path / "second stick", "one more", epoch=3, lowest=3)


def test_an_import_into_sealed_batches_that_are_held_says_so_and_takes_nothing(
    station: Station, tmp_path: Path
) -> None:
    batch = _more(tmp_path, station)
    with _held(station.home / "batches.db", WRITES):
        _told(station, ("import", batch), "batches.db")
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
    with _held(station.home / "batches.db", ALONE, "locking_mode = EXCLUSIVE"):
        _told(station, [given.get(word, word) for word in words], "batches.db")
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
    with _book_held(station, WRITES):
        _told(pair, words, NAME)
    assert len(station.tips()) == 3, "who only reads is not held up"


def test_an_import_while_the_book_is_held_says_so_and_the_next_one_brings_all(
    station: Station, tmp_path: Path
) -> None:
    batch = _more(tmp_path, station)
    with _book_held(station, WRITES):
        _told(station, ("import", batch), NAME)
    station.take(batch)
    assert "one more" in {tip["text"] for tip in station.tips()}


@pytest.mark.parametrize("words", [("backup", "--output", "FILE"), ("tips",), ("list",), ("import", "BATCH")])
def test_a_book_that_nobody_else_may_even_read_is_told_by_every_command(
    station: Station, tmp_path: Path, words: tuple[str, ...]
) -> None:
    given = {"BATCH": _more(tmp_path, station), "FILE": tmp_path / "backup"}
    with _book_held(station, ALONE, "locking_mode = EXCLUSIVE"):
        _told(station, [given.get(word, word) for word in words], NAME)
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
