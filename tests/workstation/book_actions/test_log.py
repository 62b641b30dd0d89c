"""The log verifies, and shows what was done to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.book_actions import ANA, NOW, TWO, add_tips, value
from wire.hashing import NO_HASH
from workstation.book.actions import Changes, add_note, change, hold, merge, set_status, undo_newest
from workstation.book.checking import verify_log
from workstation.book.connection import Book
from workstation.book.faults import LogBroken
from workstation.book.log import LogWriter, canonical, row_hash, rows


def _some_actions(book: Book) -> bytes:
    """Return the head in the middle of some actions."""
    tips = add_tips(book, 4)
    set_status(book, ANA, tips[:2], "valid", now=NOW)
    change(book, ANA, [tips[2]], Changes(category="homicide", unit="U"), now=NOW + 1)
    middle = verify_log(book).head
    merge(book, ANA, [tips[3]], tips[0], now=NOW + 2)
    undo_newest(book, ANA, [tips[3]], now=NOW + 3)
    hold(book, TWO, [tips[0]], now=NOW + 4)
    return middle


def test_an_empty_log_verifies(book: Book) -> None:
    state = verify_log(book)
    assert (state.rows, state.head) == (0, NO_HASH)
    with pytest.raises(LogBroken):
        verify_log(book, head=bytes([1]) * 32)


def test_a_log_verifies_against_any_head_it_ever_had(book: Book) -> None:
    middle = _some_actions(book)
    state = verify_log(book, head=middle)
    assert state.rows == 7
    assert verify_log(book, head=state.head) == state
    assert verify_log(book, head=NO_HASH) == state
    with pytest.raises(LogBroken, match="has the hash"):
        verify_log(book, head=bytes(31) + b"\1")


def _rewrite_from(connection: Any, first: int) -> None:
    """Hash all rows from ``first`` on anew: what somebody does who has the key of the book."""
    found = connection.execute("SELECT hash FROM log WHERE id = ?", (first - 1,)).fetchone()
    before = found[0] if found else NO_HASH
    for row in list(rows(connection)):
        if row.id >= first:
            before = row_hash(before, row)
            connection.execute("UPDATE log SET hash = ? WHERE id = ?", (before, row.id))


_DAMAGES: dict[str, Callable[[Any], object]] = {
    "a changed detail": lambda c: c.execute("UPDATE log SET detail = '{}' WHERE id = 2"),
    "another user": lambda c: c.execute("UPDATE log SET users = 'eve' WHERE id = 2"),
    "another time": lambda c: c.execute("UPDATE log SET at = at - 1 WHERE id = 2"),
    "another tip": lambda c: c.execute("UPDATE log SET tip = 4 WHERE id = 2"),
    "another salt": lambda c: c.execute("UPDATE log SET salt = zeroblob(16) WHERE id = 2"),
    "another hash": lambda c: c.execute("UPDATE log SET hash = zeroblob(32) WHERE id = 2"),
    "a removed row": lambda c: c.execute("DELETE FROM log WHERE id = 2"),
    "the first row removed": lambda c: c.execute("DELETE FROM log WHERE id = 1"),
    "two rows exchanged": lambda c: [
        c.execute("UPDATE log SET id = 1000 WHERE id = 2"),
        c.execute("UPDATE log SET id = 2 WHERE id = 3"),
        c.execute("UPDATE log SET id = 3 WHERE id = 1000"),
    ],
    "an inserted row": lambda c: [
        c.execute("UPDATE log SET id = -id WHERE id > 2"),
        c.execute("UPDATE log SET id = 1 - id WHERE id < 0"),
        c.execute(
            "INSERT INTO log SELECT 3, at, users, action, 3, tip, other, undoes, detail, salt, hash"
            " FROM log WHERE id = 2"
        ),
    ],
}


@pytest.mark.parametrize("what", _DAMAGES)
def test_what_was_done_to_the_log_is_seen_and_the_first_bad_row_is_named(book: Book, what: str) -> None:
    _some_actions(book)
    _DAMAGES[what](book.connection)
    with pytest.raises(LogBroken, match=r"row [123]\b") as caught:
        verify_log(book)
    assert caught.value.exit_code == 17


def test_a_tail_that_was_cut_off_is_seen_against_a_noted_head(book: Book) -> None:
    middle = _some_actions(book)
    head = verify_log(book).head
    book.connection.execute("DELETE FROM log WHERE id > 4")
    book.connection.execute("DELETE FROM history WHERE log > 4")
    assert verify_log(book, head=middle).rows == 4
    with pytest.raises(LogBroken, match="has the hash"):
        verify_log(book, head=head)


def test_a_log_written_anew_with_right_hashes_is_seen_against_a_noted_head(book: Book) -> None:
    middle = _some_actions(book)
    book.connection.execute("UPDATE log SET users = 'eve' WHERE id = 1")
    _rewrite_from(book.connection, 1)
    assert verify_log(book).rows == 7
    with pytest.raises(LogBroken, match="has the hash"):
        verify_log(book, head=middle)


@pytest.mark.parametrize(
    "change_behind_the_log",
    [
        "UPDATE tips SET status = 'investigating' WHERE id = 1",
        "UPDATE tips SET closed = 5 WHERE id = 1",
        "UPDATE tips SET category = 'other' WHERE id = 4",
        "UPDATE tips SET first_action = NULL WHERE id = 2",
        "UPDATE history SET value = 'investigating' WHERE tip = 1 AND field = 'status'",
        "UPDATE history SET at = at - 86400 WHERE tip = 1 AND field = 'status'",
        "DELETE FROM history WHERE tip = 1",
        "INSERT INTO history VALUES (1, 3, 1790000000, 'status', 'valid')",
        "INSERT INTO history VALUES (1, 4711, 1790000000, 'status', 'valid')",
    ],
)
def test_a_tip_that_is_not_as_the_log_says_is_seen(book: Book, change_behind_the_log: str) -> None:
    _some_actions(book)
    book.connection.execute(change_behind_the_log)
    with pytest.raises(LogBroken):
        verify_log(book)


def test_a_row_whose_time_goes_back_does_not_verify_though_its_hash_does(book: Book) -> None:
    _some_actions(book)
    book.connection.execute("UPDATE log SET at = at - 100 WHERE id = 6")
    _rewrite_from(book.connection, 6)
    with pytest.raises(LogBroken, match="row 6 cannot stand"):
        verify_log(book)


def test_a_clock_that_goes_back_sets_no_time_back_and_is_noted(book: Book) -> None:
    tips = add_tips(book, 2)
    set_status(book, ANA, [tips[0]], "valid", now=NOW)
    set_status(book, ANA, [tips[1]], "not_actionable.prank", now=NOW - 1000)
    set_status(book, ANA, [tips[1]], "reopened", now=NOW + 1)
    found = list(rows(book.connection))
    assert [row.at for row in found] == [NOW, NOW, NOW + 1]
    assert [row.details.get("clock") for row in found] == [None, NOW - 1000, None]
    assert value(book, tips[1], "first_action") == (NOW,)
    assert verify_log(book).rows == 3


def test_no_text_of_a_tip_or_a_note_is_in_the_log(book: Book) -> None:
    (tip,) = add_tips(book, 1, text="the man with the red lorry")
    add_note(book, ANA, [tip], "we looked for the lorry", now=NOW)
    set_status(book, ANA, [tip], "unconfirmed", reason="no lorry there", now=NOW)
    undo_newest(book, ANA, [tip], now=NOW)
    found = book.connection.execute("SELECT * FROM log").fetchall()
    assert len(found) == 3
    assert "lorry" not in str(found)


def test_a_head_confirms_no_guess_at_a_row(book: Book) -> None:
    """The same row twice has two hashes: what is published is no function of what was done alone."""
    for _ in range(2):
        with book.write():
            LogWriter(book.connection, ANA, now=NOW).add("setting", detail={"name": "x"})
    first, second = rows(book.connection)
    assert first.salt != second.salt
    assert len(first.salt) == 16
    assert row_hash(NO_HASH, first) == first.hash


def test_details_are_written_in_one_way_in_ascii(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    change(book, ANA, [tip], Changes(person="Íñigo"), now=NOW)
    (row,) = rows(book.connection)
    assert row.detail == canonical(json.loads(row.detail))
    assert row.detail.isascii()
    assert json.loads(row.detail)["set"]["person"] == "Íñigo"
