"""Tips that belong together."""

from __future__ import annotations

import pytest

from tests.support.book_actions import ANA, NOW, START, TWO, actions, add_tips, value
from workstation.book.actions import (
    hold,
    link,
    links,
    master,
    merge,
    parts_of,
    set_status,
    settle_offer,
    unhold,
    unlink,
)
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.history import timeline
from workstation.problems import SecondPersonNeeded


def test_a_merged_tip_has_a_status_of_its_own_and_a_master(book: Book) -> None:
    one, two, three = add_tips(book, 3)
    merge(book, ANA, [one, two], three, now=NOW)
    assert value(book, one, "status", "merged_into", "closed") == ("merged", three, NOW)
    assert value(book, three, "status", "last_action") == ("delivered", None)
    assert parts_of(book, three) == (one, two)


def test_merging_goes_on_over_masters_but_never_in_a_circle(book: Book) -> None:
    one, two, three = add_tips(book, 3)
    merge(book, ANA, [one], two, now=NOW)
    merge(book, ANA, [two], three, now=NOW)
    assert master(book.connection, one) == three
    for tip, into, name in ((three, one, "is merged"), (one, three, "is merged"), (three, three, "itself")):
        with pytest.raises(NotAllowed, match=name):
            merge(book, ANA, [tip], into, now=NOW)


def test_a_merged_tip_is_reopened_to_stand_alone_again(book: Book) -> None:
    one, two = add_tips(book, 2)
    merge(book, ANA, [one], two, now=NOW)
    with pytest.raises(NotAllowed):
        set_status(book, ANA, [one], "valid", now=NOW)
    set_status(book, ANA, [one], "reopened", now=NOW)
    assert value(book, one, "merged_into", "closed") == (None, None)


def test_an_offer_is_settled_by_merging_the_later_into_the_earlier(book: Book) -> None:
    (late,) = add_tips(book, 1, received=START + 7200)
    (early,) = add_tips(book, 1, received=START)
    for number, kind in ((1, "similar"), (2, "possible-repeat")):
        book.connection.execute("INSERT INTO offers VALUES (?, ?, ?, ?, NULL)", (number, late, early, kind))
    settle_offer(book, ANA, 1, same=True, now=NOW)
    assert value(book, late, "merged_into") == (early,)
    assert book.connection.execute("SELECT settled FROM offers").fetchall() == [("merged",), ("merged",)]
    with pytest.raises(NotAllowed, match="was settled"):
        settle_offer(book, ANA, 2, same=False, now=NOW)
    with pytest.raises(NoSuch, match="offer 9"):
        settle_offer(book, ANA, 9, same=True, now=NOW)


def test_an_offer_is_settled_as_not_the_same_and_nothing_else_changes(book: Book) -> None:
    one, two = add_tips(book, 2)
    book.connection.execute("INSERT INTO offers VALUES (1, ?, ?, 'similar', NULL)", (two, one))
    settle_offer(book, ANA, 1, same=False, now=NOW)
    assert book.connection.execute("SELECT settled FROM offers").fetchall() == [("different",)]
    assert value(book, two, "status", "last_action") == ("delivered", None)
    assert actions(book) == ["different"]


def test_links_go_both_ways_and_once(book: Book) -> None:
    one, two, three = add_tips(book, 3)
    link(book, ANA, [one, three], two, now=NOW)
    assert link(book, ANA, [two], one, now=NOW).log_ids == ()
    assert (links(book, one), links(book, two), links(book, three)) == ((two,), (one, three), (two,))
    unlink(book, ANA, [two], one, now=NOW)
    assert links(book, two) == (three,)
    assert unlink(book, ANA, [two], one, now=NOW).log_ids == ()
    with pytest.raises(NotAllowed):
        link(book, ANA, [one], one, now=NOW)


def test_what_concerns_two_tips_is_in_the_timeline_of_both(book: Book) -> None:
    one, two = add_tips(book, 2)
    link(book, ANA, [one], two, now=NOW)
    merge(book, ANA, [one], two, now=NOW)
    assert [event.kind for event in timeline(book, one)] == ["booked", "link", "merge"]
    assert [(event.kind, event.tip) for event in timeline(book, two)][1:] == [("link", one), ("merge", one)]


def test_two_people_hold_a_tip_back_and_let_it_go(book: Book) -> None:
    tips = add_tips(book, 2)
    for action in (hold, unhold):
        with pytest.raises(SecondPersonNeeded):
            action(book, ANA, tips, now=NOW)
    hold(book, TWO, tips, now=NOW)
    assert hold(book, TWO, tips, now=NOW).log_ids == ()
    unhold(book, TWO, [tips[0]], now=NOW)
    assert [value(book, tip, "held") for tip in tips] == [(0,), (1,)]
    assert book.connection.execute("SELECT DISTINCT users FROM log").fetchall() == [("ana,ben",)]
