"""Undo sets back what another action set, and both stay."""

from __future__ import annotations

import pytest

from tests.support.book_actions import ANA, NOW, TWO, actions, add_tips, value
from workstation.book.actions import (
    Changes,
    add_note,
    change,
    hold,
    link,
    links,
    merge,
    newest,
    notes,
    set_status,
    settle_offer,
    undo,
    undo_newest,
    unlink,
)
from workstation.book.checking import verify_log
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.problems import SecondPersonNeeded

_ALL = (
    "status, category, district, priority, unit, person, first_action, last_action, closed, merged_into, held"
)


def test_one_after_the_other_all_is_taken_back(book: Book) -> None:
    (tip, other) = add_tips(book, 2)
    before = value(book, tip, _ALL)
    set_status(book, ANA, [tip], "valid", now=NOW)
    change(book, ANA, [tip], Changes(category="threats", priority=2, unit="U", person="P"), now=NOW + 1)
    set_status(book, ANA, [tip], "not_actionable", reason="no", now=NOW + 2)
    set_status(book, ANA, [tip], "reopened", now=NOW + 3)
    merge(book, ANA, [tip], other, now=NOW + 4)
    for step in range(5):
        undo_newest(book, ANA, [tip], now=NOW + 10 + step)
    assert value(book, tip, _ALL) == before
    assert newest(book, tip) is None
    with pytest.raises(NotAllowed, match="no action"):
        undo_newest(book, ANA, [tip], now=NOW + 20)
    assert actions(book).count("undo") == 7
    assert [note.withdrawn is not None for note in notes(book, tip)] == [True]
    assert verify_log(book).rows == len(actions(book))


def test_a_bulk_action_is_undone_as_a_whole(book: Book) -> None:
    tips = add_tips(book, 5)
    done = set_status(book, ANA, tips, "not_actionable.prank", reason="all one joke", now=NOW)
    back = undo(book, ANA, done.log_ids[3], now=NOW + 1)
    assert len(back.log_ids) == 5
    assert {value(book, tip, "status", "closed", "first_action") for tip in tips} == {
        ("delivered", None, None)
    }


def test_of_a_bulk_action_one_tip_can_be_undone_and_then_the_rest(book: Book) -> None:
    tips = add_tips(book, 3)
    done = set_status(book, ANA, tips, "valid", now=NOW)
    undo_newest(book, ANA, [tips[1]], now=NOW + 1)
    assert [value(book, tip, "status")[0] for tip in tips] == ["valid", "delivered", "valid"]
    assert len(undo(book, ANA, done.log_ids[0], now=NOW + 2).log_ids) == 2
    with pytest.raises(NotAllowed, match="undone already"):
        undo(book, ANA, done.log_ids[0], now=NOW + 3)


def test_what_something_newer_stands_on_is_not_undone_before_it(book: Book) -> None:
    tips = add_tips(book, 2)
    done = set_status(book, ANA, tips, "valid", now=NOW)
    set_status(book, ANA, [tips[1]], "investigating", now=NOW + 1)
    with pytest.raises(NotAllowed, match="newer action"):
        undo(book, ANA, done.log_ids[0], now=NOW + 2)
    assert value(book, tips[0], "status") == ("valid",)


def test_an_undone_action_stays_undone_when_the_next_is_undone(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    for code in ("valid", "verifying", "investigating"):
        set_status(book, ANA, [tip], code, now=NOW)
    undo_newest(book, ANA, [tip], now=NOW)
    set_status(book, ANA, [tip], "forwarded", now=NOW)
    for expected in ("verifying", "valid", "delivered"):
        undo_newest(book, ANA, [tip], now=NOW)
        assert value(book, tip, "status") == (expected,)


def test_links_and_notes_and_offers_come_back_as_they_were(book: Book) -> None:
    one, two = add_tips(book, 2)
    link(book, ANA, [one], two, now=NOW)
    undo_newest(book, ANA, [one], now=NOW)
    assert links(book, one) == ()
    link(book, ANA, [one], two, now=NOW)
    unlink(book, ANA, [two], one, now=NOW)
    undo_newest(book, ANA, [two], now=NOW)
    assert links(book, one) == (two,)
    add_note(book, ANA, [one], "seen", now=NOW)
    undo_newest(book, ANA, [one], now=NOW)
    assert notes(book, one)[0].withdrawn
    book.connection.execute(
        "INSERT INTO offers (id, tip, other, kind) VALUES (7, ?, ?, 'similar')", (two, one)
    )
    for same in (True, False):
        settle_offer(book, ANA, 7, same=same, now=NOW)
        undo_newest(book, ANA, [two], now=NOW)
        assert book.connection.execute("SELECT settled FROM offers").fetchall() == [(None,)]
    assert value(book, two, "status", "merged_into") == ("delivered", None)


def test_what_two_people_did_one_does_not_undo(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    done = set_status(book, TWO, [tip], "withheld", now=NOW)
    hold(book, TWO, [tip], now=NOW)
    with pytest.raises(SecondPersonNeeded):
        undo_newest(book, ANA, [tip], now=NOW)
    with pytest.raises(SecondPersonNeeded):
        undo(book, ANA, done.log_ids[0], now=NOW)
    undo_newest(book, TWO, [tip], now=NOW)
    assert value(book, tip, "status", "held") == ("delivered", 1)
    with pytest.raises(NotAllowed):
        undo_newest(book, TWO, [tip], now=NOW)


def test_what_is_no_action_of_tips_is_not_undone(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    done = hold(book, TWO, [tip], now=NOW)
    with pytest.raises(NotAllowed, match="none that can be"):
        undo(book, TWO, done.log_ids[0], now=NOW)
    with pytest.raises(NoSuch, match="77"):
        undo(book, ANA, 77, now=NOW)


def test_a_tip_is_never_merged_into_its_own_part_by_an_undo(book: Book) -> None:
    one, two = add_tips(book, 2)
    merge(book, ANA, [one], two, now=NOW)
    set_status(book, ANA, [one], "reopened", now=NOW + 1)
    merge(book, ANA, [two], one, now=NOW + 2)
    with pytest.raises(NotAllowed, match="own part"):
        undo_newest(book, ANA, [one], now=NOW + 3)
    undo_newest(book, ANA, [two], now=NOW + 4)
    undo_newest(book, ANA, [one], now=NOW + 5)
    assert value(book, one, "merged_into") == (two,)
