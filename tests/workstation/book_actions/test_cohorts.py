"""Records for disclosure: the counted tips of a month as they stood at an age."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from disclosure.records import record_key
from tests.support.book_actions import ANA, DAY, TWO, add_tips
from wire.commitment import commitment
from workstation.book.actions import (
    Changes,
    add_note,
    change,
    change_setting,
    merge,
    read_districts,
    set_districts,
    set_status,
    undo_newest,
)
from workstation.book.cohorts import month_end, records
from workstation.book.connection import Book
from workstation.book.retention import destroy_due

SECRET = bytes(range(100, 132))
MONTH = "2026-05"
END = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
CAME = END - 10 * DAY


def _ledger(book: Book, month: str, name: bytes, *, quarantined: str | None = None) -> bytes:
    hash_ = name.ljust(32, b"-")
    book.connection.execute(
        "INSERT INTO ledgers (hash, box, line, month, serial, previous, count, quarantined) VALUES (?,?,?,?,1,?,1,?)",
        (hash_, bytes(8), bytes(8), month, bytes(32), quarantined),
    )
    return hash_


def _counted(
    book: Book, number: int, ledger: bytes | None, *, received: int = CAME, booked: int | None = None
) -> list[int]:
    tips = add_tips(book, number, received=received, booked=booked)
    for tip in tips:
        digest = _digest(tip)
        book.connection.execute(
            "INSERT INTO digests (commitment, digest, tip, ledger) VALUES (?, ?, ?, ?)",
            (commitment(digest), digest, tip, ledger),
        )
    return tips


def _digest(tip: int) -> bytes:
    return Random(tip).randbytes(32)


def _of(book: Book, tip: int, age: int = 30) -> tuple[object, ...]:
    """Return the record of ``tip`` without its key."""
    key = record_key(SECRET, _digest(tip))
    (found,) = [one for one in records(book, SECRET, MONTH, age) if one.key == key]
    return (
        found.category,
        found.district,
        found.status,
        found.status_class,
        found.days_to_first_action,
        found.days_to_close,
    )


def test_the_counted_tips_of_a_month_are_those_of_its_ledgers(book: Book) -> None:
    ledger = _ledger(book, MONTH, b"may")
    mine = _counted(book, 3, ledger)
    _counted(book, 1, _ledger(book, "2026-06", b"june"))
    _counted(book, 1, _ledger(book, MONTH, b"bad", quarantined="contradiction"))
    _counted(book, 1, None)
    add_tips(book, 1)
    found = records(book, SECRET, MONTH, 30)
    assert {one.key for one in found} == {record_key(SECRET, _digest(tip)) for tip in mine}
    assert records(book, SECRET, "2026-04", 30) == ()


def test_a_record_is_as_of_the_age_whatever_came_later(book: Book) -> None:
    set_districts(book, ANA, read_districts(b"code,es,en\nnorte,N,N\n"), now=CAME)
    (tip,) = _counted(book, 1, _ledger(book, MONTH, b"may"))
    change(book, ANA, [tip], Changes(category="extortion", district="norte"), now=CAME + DAY)
    set_status(book, ANA, [tip], "investigating", now=CAME + 3 * DAY + 5)
    set_status(book, ANA, [tip], "action_taken.judicialised", now=END + 60 * DAY)
    change(book, ANA, [tip], Changes(category="threats"), now=END + 100 * DAY)
    assert _of(book, tip, 30) == ("extortion", "norte", "no_response", "silent", 3, None)
    assert _of(book, tip, 90) == ("extortion", "norte", "action_taken.judicialised", "acted", 3, 70)
    assert _of(book, tip, 180)[0] == "threats"


def test_the_last_second_of_an_age_counts_and_the_next_does_not(book: Book) -> None:
    one, two = _counted(book, 2, _ledger(book, MONTH, b"may"))
    set_status(book, ANA, [one], "unconfirmed", now=END + 30 * DAY - 1)
    set_status(book, ANA, [two], "unconfirmed", now=END + 30 * DAY)
    assert _of(book, one)[2] == "unconfirmed"
    assert _of(book, two)[2] == "no_response"


def test_what_was_undone_is_as_if_it_had_not_been_from_then_on(book: Book) -> None:
    (tip,) = _counted(book, 1, _ledger(book, MONTH, b"may"))
    set_status(book, ANA, [tip], "unconfirmed", now=END + 29 * DAY)
    undo_newest(book, ANA, [tip], now=END + 31 * DAY)
    assert _of(book, tip, 30)[2:] == ("unconfirmed", "closed", 39, 39)
    assert _of(book, tip, 90)[2:] == ("no_response", "silent", None, None)


def test_silence_is_published_by_one_measure_whatever_the_setting(book: Book) -> None:
    (tip,) = _counted(book, 1, _ledger(book, MONTH, b"may"))
    change_setting(book, ANA, "silence_days", "365", now=END)
    assert _of(book, tip)[2:4] == ("no_response", "silent")
    add_note(book, ANA, [tip], "looked at", now=END + 29 * DAY)
    assert _of(book, tip)[2:4] == ("delivered", "open")


def test_what_came_after_the_age_was_only_received_then(book: Book) -> None:
    ledger = _ledger(book, MONTH, b"may")
    (tip,) = _counted(book, 1, ledger, booked=END + 40 * DAY)
    set_status(book, ANA, [tip], "valid", now=END + 41 * DAY)
    assert _of(book, tip, 30) == ("none", "none", "received", "open", None, None)
    assert _of(book, tip, 90)[2] == "no_response"


def test_a_destroyed_tip_counts_with_what_it_was_closed_as(book: Book) -> None:
    tips = _counted(book, 3, _ledger(book, MONTH, b"may"))
    change(book, ANA, tips, Changes(category="threats"), now=CAME)
    set_status(book, ANA, tips[:1], "action_taken.judicialised", now=CAME + DAY)
    merge(book, ANA, tips[1:2], tips[0], now=CAME + DAY)
    before = [_of(book, tip, 180) for tip in tips]
    change_setting(book, ANA, "retention_days", "10", now=CAME)
    ended = destroy_due(book, ANA, now=END + 20 * DAY)
    assert ended is not None
    assert ended.tips == 2
    assert [_of(book, tip, 180) for tip in tips] == before
    assert before[0][2:] == ("action_taken.judicialised", "acted", 1, 1)
    assert before[1][2] == "merged"


def test_a_withheld_tip_is_told_as_that(book: Book) -> None:
    (tip,) = _counted(book, 1, _ledger(book, MONTH, b"may"))
    set_status(book, TWO, [tip], "withheld", now=END + 10 * DAY)
    assert _of(book, tip)[2:4] == ("withheld", "open")


def test_no_two_secrets_give_the_same_keys_and_no_key_shows_in_a_repr(book: Book) -> None:
    _counted(book, 2, _ledger(book, MONTH, b"may"))
    first, other = records(book, SECRET, MONTH, 30), records(book, bytes(32), MONTH, 30)
    assert not {one.key for one in first} & {one.key for one in other}
    assert "key" not in repr(first)


@pytest.mark.parametrize(("month", "end"), [("2026-12", "2027-01-01"), ("2024-02", "2024-03-01")])
def test_a_month_ends_where_the_next_begins(month: str, end: str) -> None:
    assert month_end(month) == int(datetime.fromisoformat(f"{end}T00:00:00+00:00").timestamp())
