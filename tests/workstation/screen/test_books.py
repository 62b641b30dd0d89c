"""Connections to the case book are kept while somebody is there, see what is new, and end with a lock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.screens import HOUR, City
from tests.support.workstation import NOW
from workstation.book.connection import NAME
from workstation.book.taking import open_book
from workstation.home import Home
from workstation.screen.app import create_app
from workstation.screen.desk import Desk
from workstation.screen.gate import Gate
from workstation.screen.here import Screen
from workstation.screen.languages import read_languages

PERIOD = NOW // HOUR * HOUR


@dataclass
class Asking:
    """A browser at a screen, without either: the application is asked itself."""

    parts: Screen
    client: FlaskClient
    time: float = 0.0

    @property
    def base(self) -> str:
        return f"http://{self.parts.gate.host}"

    def get(self, path: str) -> str:
        return self.client.get(path, base_url=self.base).text

    def post(self, path: str, **form: str) -> None:
        session = self.parts.gate._session
        assert session is not None
        answer = self.client.post(
            path, base_url=self.base, data={"token": session.token, **form}, headers={"Origin": self.base}
        )
        assert answer.status_code in (200, 303), answer.text


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City(tmp_path_factory.mktemp("books"))
    made.cut(*made.slips("Vi un coche rojo", PERIOD), period=PERIOD)
    made.take()
    return made


@pytest.fixture
def home(city: City) -> Home:
    return city.home()


@pytest.fixture
def asking(city: City, home: Home) -> Iterator[Asking]:
    desk = Desk(idle=60.0, clock=lambda: made.time)
    parts = Screen(desk, Gate(8000), read_languages(), str(home.path), now=lambda: NOW)
    app = create_app(parts)
    with app.test_client() as client:
        made = Asking(parts, client)
        desk.unlock(lambda: home)
        made.get(parts.gate.new_link().removeprefix(made.base))
        yield made
        desk.lock()


def open_files() -> list[str]:
    """Return which of the case book's files this process has open."""
    names = []
    for number in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:  # the folder's own
            continue
    return [name for name in names if NAME in name]


def test_a_connection_is_kept_for_the_next_page(asking: Asking) -> None:
    assert "Vi un coche rojo" in asking.get("/inbox")
    ((first, _),) = asking.parts.books._kept
    asking.get("/tips/1")
    ((second, _),) = asking.parts.books._kept
    assert second is first


def test_a_lock_closes_what_is_open(asking: Asking) -> None:
    asking.get("/inbox")
    assert open_files()
    asking.post("/lock")
    assert open_files() == []


def test_a_lock_for_want_of_anybody_closes_what_is_open_too(asking: Asking) -> None:
    asking.get("/inbox")
    asking.time += 61
    assert asking.parts.desk.home() is None
    assert open_files() == []


def test_a_connection_in_use_at_a_lock_is_closed_when_its_page_ends(asking: Asking, home: Home) -> None:
    book = asking.parts.books.take(home)
    asking.parts.desk.lock()
    assert open_files(), "its request goes on"
    asking.parts.books.give(book, home)
    assert open_files() == []


def test_no_connection_of_one_home_is_given_to_another(asking: Asking, city: City) -> None:
    asking.get("/inbox")
    asking.parts.desk.lock()
    again = city.home()
    asking.parts.desk.unlock(lambda: again)
    assert asking.parts.books._kept == []
    assert "Vi un coche rojo" in asking.get("/inbox")


def test_only_some_connections_are_kept(asking: Asking, home: Home) -> None:
    taken = [asking.parts.books.take(home) for _ in range(5)]
    for book in taken:
        asking.parts.books.give(book, home)
    assert asking.parts.books._kept == [(book, found) for book, (_, found) in zip(
        taken[:2], asking.parts.books._kept, strict=True
    )]  # fmt: skip


def test_a_page_that_read_only_half_does_not_keep_the_next_one_from_what_is_new(
    asking: Asking, home: Home
) -> None:
    book = asking.parts.books.take(home)
    half_read = book.connection.execute("SELECT id FROM tips UNION ALL SELECT 7")
    half_read.fetchone()
    asking.parts.books.give(book, home)
    with open_book(home) as other:
        with other.write():
            other.connection.execute("INSERT OR REPLACE INTO settings VALUES ('silence_days', '9')")
        assert other.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "nobody reads"
    again = asking.parts.books.take(home)
    assert again is book
    assert again.connection.execute("SELECT value FROM settings").fetchall() == [("9",)]
    asking.parts.books.give(again, home)


def test_a_transaction_that_was_left_open_is_taken_back(asking: Asking, home: Home) -> None:
    book = asking.parts.books.take(home)
    book.connection.execute("BEGIN IMMEDIATE")
    book.connection.execute("UPDATE tips SET status = 'valid'")
    asking.parts.books.give(book, home)
    assert "Vi un coche rojo" in asking.get("/inbox?status=delivered")


def test_another_file_under_the_books_name_is_seen_at_once(
    asking: Asking, home: Home, tmp_path: Path
) -> None:
    asking.get("/inbox")
    path = home.path / NAME
    kept = tmp_path / NAME
    shutil.copy(path, kept)
    asking.parts.books.drop()
    asking.get("/inbox")
    path.unlink()
    for end in ("-wal", "-shm"):
        path.with_name(NAME + end).unlink(missing_ok=True)
    assert "Vi un coche rojo" not in asking.get("/inbox?order=newest"), "a new book is empty"
    asking.parts.books.drop()
    shutil.copy(kept, path)
    assert "Vi un coche rojo" in asking.get("/inbox?order=newest")
