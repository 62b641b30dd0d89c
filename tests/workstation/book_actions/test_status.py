"""Which status a tip may get, from whom, and what is noted of it."""

from __future__ import annotations

import pytest

from disclosure.vocabulary import StatusClass, statuses
from tests.support.book_actions import ANA, DAY, NOW, START, TWO, actions, add_tips, value
from workstation.book.actions import Changes, add_note, change, merge, notes, set_status
from workstation.book.actions_status import NEVER_BY_HAND, by_hand, is_closed, possible
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.listing import tip as row_of
from workstation.book.silence import status_shown
from workstation.problems import SecondPersonNeeded


def test_a_new_tip_is_delivered_and_gets_any_status_that_is_set_by_hand_but_reopened(book: Book) -> None:
    for code in by_hand():
        (tip,) = add_tips(book, 1)
        if code == "reopened":
            with pytest.raises(NotAllowed, match="open already"):
                set_status(book, TWO, [tip], code, now=NOW)
            continue
        set_status(book, TWO, [tip], code, now=NOW)
        assert value(book, tip, "status", "first_action", "last_action") == (code, NOW, NOW)
        assert value(book, tip, "closed") == (NOW if is_closed(code) else None,)


@pytest.mark.parametrize("code", sorted(NEVER_BY_HAND))
def test_a_status_of_the_program_is_never_set_by_hand(book: Book, code: str) -> None:
    (tip,) = add_tips(book, 1)
    with pytest.raises(NotAllowed, match=code) as caught:
        set_status(book, TWO, [tip], code, now=NOW)
    assert caught.value.exit_code == 20
    assert "investigating" in caught.value.way_out
    assert value(book, tip, "status") == ("delivered",)


@pytest.mark.parametrize(
    "code", [code for code, one in statuses().items() if one.terminal and code in by_hand()]
)
def test_what_is_ended_goes_on_only_through_reopened(book: Book, code: str) -> None:
    (tip,) = add_tips(book, 1)
    set_status(book, ANA, [tip], code, now=NOW)
    for other in by_hand():
        if other not in (code, "reopened"):
            with pytest.raises(NotAllowed) as caught:
                set_status(book, TWO, [tip], other, now=NOW)
            assert caught.value.way_out == "Possible: reopened."
    set_status(book, ANA, [tip], "reopened", now=NOW + 5)
    assert value(book, tip, "status", "closed", "first_action") == ("reopened", None, NOW)
    set_status(book, ANA, [tip], "investigating", now=NOW + 6)


def test_what_is_archived_for_a_time_goes_on_without_being_reopened(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    set_status(book, ANA, [tip], "archived_temp", now=NOW)
    assert value(book, tip, "closed") == (NOW,)
    set_status(book, ANA, [tip], "action_taken.arrest", now=NOW + 1)
    assert value(book, tip, "status", "closed") == ("action_taken.arrest", None)


def test_the_way_out_of_every_refusal_is_a_way_that_works(book: Book) -> None:
    for code in statuses():
        for other in possible(code):
            assert other in by_hand()
        assert code == "destroyed" or possible(code)


def test_withheld_takes_two_people_to_set_and_to_lift(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    with pytest.raises(SecondPersonNeeded) as caught:
        set_status(book, ANA, [tip], "withheld", now=NOW)
    assert caught.value.exit_code == 18
    set_status(book, TWO, [tip], "withheld", now=NOW)
    with pytest.raises(SecondPersonNeeded):
        set_status(book, ANA, [tip], "valid", now=NOW)
    with pytest.raises(SecondPersonNeeded):
        merge(book, ANA, [tip], add_tips(book, 1)[0], now=NOW)
    set_status(book, TWO, [tip], "valid", now=NOW)


def test_one_name_twice_is_one_person(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    for same in (("ana", "ana"), ("Ana", "ana")):
        with pytest.raises(SecondPersonNeeded):
            set_status(book, type(ANA)(same), [tip], "withheld", now=NOW)


def test_a_bulk_action_is_done_on_all_or_on_none(book: Book) -> None:
    tips = add_tips(book, 3)
    set_status(book, ANA, [tips[2]], "not_actionable.prank", now=NOW)
    before = actions(book)
    with pytest.raises(NotAllowed):
        set_status(book, ANA, tips, "valid", reason="seen", now=NOW)
    assert [value(book, tip, "status") for tip in tips[:2]] == [("delivered",)] * 2
    assert not notes(book, tips[0])
    assert actions(book) == before


def test_an_unknown_code_or_tip_is_named(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    for wanted, name in (
        (Changes(status="gone"), "gone"),
        (Changes(category="gossip"), "gossip"),
        (Changes(district="atlantis"), "atlantis"),
    ):
        with pytest.raises(NoSuch, match=name) as caught:
            change(book, ANA, [tip], wanted, now=NOW)
        assert caught.value.exit_code == 19
    with pytest.raises(NoSuch, match="99"):
        set_status(book, ANA, [99], "valid", now=NOW)
    assert actions(book) == []


@pytest.mark.parametrize(
    "wrong", [Changes(priority=4), Changes(unit="x" * 65), Changes(person="a\x1b[2J"), Changes(reason="r")]
)
def test_a_value_that_cannot_be_is_refused(book: Book, wrong: Changes) -> None:
    (tip,) = add_tips(book, 1)
    with pytest.raises(NotAllowed):
        change(book, ANA, [tip], wrong, now=NOW)
    assert actions(book) == []


def test_several_values_are_set_in_one_action_and_an_empty_one_takes_away(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    done = change(
        book, ANA, [tip], Changes(status="valid", category="extortion", priority=3, unit=" Unit  4 "), now=NOW
    )
    assert value(book, tip, "status", "category", "priority", "unit") == ("valid", "extortion", 3, "Unit 4")
    assert len(done.log_ids) == 4
    change(book, ANA, [tip], Changes(category="", unit=""), now=NOW)
    assert value(book, tip, "category", "unit") == (None, None)


def test_what_is_so_already_is_no_action_but_its_reason_is_kept(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    set_status(book, ANA, [tip], "valid", now=NOW)
    assert set_status(book, ANA, [tip], "valid", now=NOW + 1).log_ids == ()
    set_status(book, ANA, [tip], "valid", reason="still", now=NOW + 2)
    assert [note.text for note in notes(book, tip)] == ["still"]
    assert actions(book) == ["status", "note"]
    query = "SELECT field FROM history WHERE tip = ? AND log = 2"
    assert book.connection.execute(query, (tip,)).fetchall() == [("last_action",)]
    set_status(book, ANA, [tip], "verifying", now=NOW + 3)
    query = "SELECT field FROM history WHERE tip = ? AND log = 3 ORDER BY field"
    assert book.connection.execute(query, (tip,)).fetchall() == [("last_action",), ("status",)]


def test_labels_and_notes_are_no_first_action_and_a_note_ends_silence(book: Book) -> None:
    (tip,) = add_tips(book, 1)
    change(book, ANA, [tip], Changes(category="threats", priority=1), now=NOW)
    assert value(book, tip, "first_action", "last_action") == (None, None)
    add_note(book, ANA, [tip], "asked around", now=NOW + 1)
    assert value(book, tip, "first_action", "last_action") == (None, NOW + 1)
    change(book, ANA, [tip], Changes(person="Luz"), now=NOW + 2)
    assert value(book, tip, "first_action", "last_action") == (NOW + 2, NOW + 2)


def test_an_open_tip_shows_as_without_response_by_itself(book: Book) -> None:
    (tip,) = add_tips(book, 1, received=START, booked=START)
    assert status_shown(row_of(book, tip), START + 30 * DAY, 30) == "delivered"
    assert status_shown(row_of(book, tip), START + 30 * DAY + 1, 30) == "no_response"
    add_note(book, ANA, [tip], "called", now=START + 20 * DAY)
    assert status_shown(row_of(book, tip), START + 50 * DAY, 30) == "delivered"
    assert status_shown(row_of(book, tip), START + 51 * DAY, 30) == "no_response"
    set_status(book, ANA, [tip], "action_taken.patrol", now=START + 60 * DAY)
    assert status_shown(row_of(book, tip), START + 900 * DAY, 30) == "action_taken.patrol"
    assert statuses()["action_taken.patrol"].status_class is StatusClass.ACTED
