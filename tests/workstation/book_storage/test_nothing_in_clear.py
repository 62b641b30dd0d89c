"""N1 and N2 at the workstation: no file of the case book has a text in it, not for a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.book import KEY, Shelf
from tests.support.searching import needles
from tests.support.workstation import FIRST, NOW, Box, Station
from workstation.book.connection import NAME, Book
from workstation.book.listing import page
from workstation.book.rows import Filter
from workstation.problems import Damaged, StorageFailed

TEXT = "Zanahoria 4711 quebradiza"
LONG = "La bodega amarilla del callejon guarda llantas robadas y cajas de madera sin marca alguna"
NUMBER = "+526561234567"
BUSY = """
import os, signal, sys
from pathlib import Path
from tests.support.book import KEY, Shelf, NAME
from workstation.book.connection import Book
book = Book.open(Path(sys.argv[1]) / NAME, KEY)
book.connection.execute("PRAGMA cache_size = 8")
shelf = Shelf(book)
shelf.texts(sys.argv[2], sys.argv[3])
book.connection.execute("BEGIN IMMEDIATE")
for number in range(400):
    book.connection.execute("INSERT INTO notes (tip, at, users, text) VALUES (1, 1, 'ana', ?)", (sys.argv[3] * 20,))
    book.connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, sys.argv[2] * 10))
list(book.connection.execute("SELECT text FROM notes ORDER BY random() || text"))
if sys.argv[4] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
sys.stdin.read()
"""


def _found(*folders: Path) -> list[str]:
    """Return what of the texts is in the files of these folders, in any encoding."""
    wanted = needles([NUMBER], [TEXT, LONG])
    wanted_folded = needles([], [TEXT.lower(), LONG.lower()])
    found = []
    for path in _files(*folders):
        octets = path.read_bytes()
        found += [f"{path.name}: {one.what}" for one in (*wanted, *wanted_folded) if one.octets in octets]
    return found


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def _start(folder: Path, temporary: Path, end: str) -> subprocess.Popen[str]:
    temporary.mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", BUSY, str(folder), TEXT, LONG, end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)},
    )


def test_the_search_of_this_test_finds_what_lies_open(tmp_path: Path) -> None:
    (tmp_path / "open").write_text(f"xx{TEXT}xx")
    (tmp_path / "folded").write_text(LONG.lower())
    assert {name.partition(":")[0] for name in _found(tmp_path)} == {"open", "folded"}


def test_no_file_holds_a_text_in_the_middle_of_a_transaction_or_after_a_kill(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    with _start(home, temporary, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        names = {path.name for path in home.iterdir()}
        assert names == {NAME, f"{NAME}-wal", f"{NAME}-shm"}
        assert (home / f"{NAME}-wal").stat().st_size > 500_000, (
            "pages of the open transaction are in the journal"
        )
        assert list(temporary.iterdir()) == []
        assert _found(home, temporary) == []
        process.kill()
    assert _found(home, temporary) == []
    with Book.open(home / NAME, KEY) as book:
        assert book.connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
        assert {row.text for row in page(book, Filter(text="quebradiza"), now=NOW).rows} == {TEXT}
    assert _found(home, temporary) == []


def test_no_file_holds_a_text_after_a_kill_within_a_write(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    with _start(home, temporary, "kill") as process:
        assert process.wait() == -signal.SIGKILL
    assert list(temporary.iterdir()) == []
    assert _found(home) == []


def test_a_whole_import_leaves_nothing_open_in_the_home(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text(TEXT), *box.long_text([LONG[:60], LONG[60:]]))
    station.take(stick)
    assert {tip["text"] for tip in station.tips()} == {TEXT, LONG}
    assert (station.home / NAME).stat().st_size > 50_000
    assert _found(station.home.parent) == []


def test_the_first_page_is_encrypted_too(shelf: Shelf) -> None:
    shelf.texts(TEXT)
    assert b"SQLite" not in shelf.book.path.read_bytes()
    assert b"CREATE TABLE" not in b"".join(path.read_bytes() for path in shelf.book.path.parent.iterdir())


def test_the_pragmas_that_matter_hold(shelf: Shelf) -> None:
    def value(name: str) -> object:
        return shelf.book.connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert str(value("cipher_version")).startswith("4.")
    assert value("journal_mode") == "wal"
    assert {name: value(name) for name in ("synchronous", "temp_store", "secure_delete", "foreign_keys")} == {
        "synchronous": 2,
        "temp_store": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
    }
    found = shelf.book.connection.execute("SELECT v FROM words_config WHERE k = 'secure-delete'").fetchone()
    assert found == (1,)


def _change(path: Path, at: int) -> None:
    octets = bytearray(path.read_bytes())
    octets[at] ^= 1
    path.write_bytes(octets)


def test_another_key_and_a_changed_file_are_told_as_damage(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / NAME
    with Book.open(path, KEY) as book:
        Shelf(book).texts(*(f"{LONG} {number}" for number in range(50)))
    with pytest.raises(Damaged, match=NAME):
        Book.open(path, bytes(32))
    with pytest.raises(ValueError, match="length"):
        Book.open(path, b"short")
    size = path.stat().st_size
    for at in range(4096 + 100, size, 4096):
        _change(path, at)
    with pytest.raises(Damaged, match="malformed"), Book.open(path, KEY) as book:
        page(book, Filter(text="bodega"), now=NOW)
    _change(path, 100)
    with pytest.raises(Damaged, match=NAME):
        Book.open(path, KEY)
    assert capfd.readouterr() == ("", ""), "SQLCipher writes nothing by itself"


@pytest.mark.parametrize("octets", [b"", b"SQLite format 3\0" + bytes(4080), b"x" * 8192])
def test_what_is_no_book_ends_a_command_with_a_clear_word(
    station: Station, box: Box, stick: Path, octets: bytes
) -> None:
    box.cut(stick, box.text(TEXT))
    (station.home / NAME).write_bytes(octets)
    result = station.run("import", stick, code=11 if octets else 0)
    assert "Traceback" not in result.output
    if octets:
        assert NAME in result.stderr
        assert (station.home / NAME).read_bytes() == octets
        (station.home / NAME).unlink()
        station.take(stick)
    assert [tip["text"] for tip in station.tips()] == [TEXT]


def test_a_book_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with Book.open(path, KEY) as book:
        book.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(Damaged, match="another version"):
        Book.open(path, KEY)


def test_a_book_that_another_holds_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.book.connection.WAIT_SECONDS", 0.05)
    with Book.open(tmp_path / NAME, KEY) as one, Book.open(tmp_path / NAME, KEY) as two, one.write():
        with pytest.raises(StorageFailed, match="somebody else is writing"), two.write():
            raise AssertionError("two cannot write at once")
        assert page(two, Filter(), now=FIRST).rows == (), "reading goes on"


def test_what_fails_within_a_write_is_undone(shelf: Shelf) -> None:
    with pytest.raises(RuntimeError), shelf.book.write():
        shelf.book.connection.execute("INSERT INTO settings VALUES ('a', 'b')")
        raise RuntimeError
    assert shelf.book.connection.execute("SELECT count(*) FROM settings").fetchone() == (0,)
    with shelf.book.write():
        shelf.book.connection.execute("INSERT INTO settings VALUES ('a', 'b')")
    assert shelf.book.connection.execute("SELECT count(*) FROM settings").fetchone() == (1,)
