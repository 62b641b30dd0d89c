"""A book that another process holds is told apart from a disk that is full: one waits, the other makes room."""

from __future__ import annotations

from pathlib import Path

import pytest

from workstation.book.connection import ROOM, Book, problem_in
from workstation.problems import WAITING, StorageFailed

KEY = bytes(32)


def test_whoever_finds_the_book_held_is_told_to_wait_and_not_to_make_room(tmp_path: Path) -> None:
    path = tmp_path / "casebook.db"
    with Book.open(path, KEY) as holder, Book.open(path, KEY) as other:
        other.connection.execute("PRAGMA busy_timeout = 20")
        with holder.write(), pytest.raises(StorageFailed) as told, other.write():
            pass
    assert "somebody else is writing to it" in str(told.value)
    assert told.value.way_out == WAITING


def test_a_full_book_is_still_told_to_make_room(tmp_path: Path) -> None:
    with Book.open(tmp_path / "casebook.db", KEY) as book:
        (pages,) = book.connection.execute("PRAGMA page_count").fetchone()
        book.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageFailed) as told, book.write():
            book.connection.execute("INSERT INTO settings VALUES ('x', ?)", ("y" * 100_000,))
    assert told.value.way_out == ROOM


def test_what_is_our_own_fault_is_no_trouble_with_a_disk() -> None:
    error = ValueError("x")
    assert problem_in(error) is error
