"""The figures of the dashboard: the counts are right whatever happened, and the medians count what waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.book_actions import ANA, DAY, NOW, START, add_tips
from workstation.book import tallies
from workstation.book.actions import Changes, change, merge, set_status, undo_newest
from workstation.book.connection import Book
from workstation.book.figures import Figures, figures
from workstation.book.survival import survival, time_until

HOUR = 3600


def _counts(pairs: list[tuple[int, bool]]) -> tuple[dict[int, int], dict[int, int]]:
    done: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for time, happened in pairs:
        target = done if happened else waiting
        target[time] = target.get(time, 0) + 1
    return done, waiting


def test_the_curve_is_that_of_the_published_example() -> None:
    """Freireich and others (1963), 6-mercaptopurine in leukaemia: the example of most textbooks."""
    happened = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    lost = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = survival(*_counts([(time, True) for time in happened] + [(time, False) for time in lost]))
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert {time: round(share, 3) for time, share in curve} == published
    assert time_until(curve, 0.5) == 23
    assert time_until(curve, 0.9) is None


def test_where_nothing_waits_the_median_is_that_of_the_placebo_group() -> None:
    times = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    curve = survival(*_counts([(time, True) for time in times]))
    assert time_until(curve, 0.5) == 8
    assert time_until(curve, 0.9) == 17


def test_of_nothing_there_is_no_median() -> None:
    assert survival({}, {}) == ()
    assert time_until((), 0.5) is None
    assert time_until(survival({}, {5: 10}), 0.5) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=40), st.integers(0, 30))
def test_what_waits_never_makes_a_median_shorter(pairs: list[tuple[int, bool]], more: int) -> None:
    done, waiting = _counts(pairs)
    before = time_until(survival(done, waiting), 0.5)
    longest = max([*done, more])
    after = time_until(survival(done, {**waiting, longest: waiting.get(longest, 0) + 1}), 0.5)
    assert before is None or after is None or after >= before


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_without_what_waits_the_curve_is_the_share_that_is_left(times: list[int]) -> None:
    for time, share in survival(*_counts([(time, True) for time in times])):
        assert share == pytest.approx(sum(other > time for other in times) / len(times))


def _stored(book: Book) -> dict[tuple[str, int, object], int]:
    query = "SELECT kind, at, word, number FROM tallies WHERE number != 0"
    return {(kind, at, word): number for kind, at, word, number in book.connection.execute(query)}


def recounted(book: Book) -> dict[tuple[str, int, object], int]:
    """Return what the tallies would be if all were counted now."""
    with book.write():
        book.connection.execute("DELETE FROM tallies WHERE kind != 'counted'")
        book.connection.execute("UPDATE tallies SET number = 0")
        tallies.count_new(book.connection)
    return _stored(book)


def test_the_counts_follow_every_change_of_a_counted_tip(book: Book) -> None:
    tips = add_tips(book, 6)
    figures(book, now=NOW)
    change(book, ANA, tips[:3], Changes(category="threats", unit="U"), now=NOW)
    set_status(book, ANA, [tips[0]], "not_actionable", now=NOW + HOUR)
    set_status(book, ANA, [tips[1]], "action_taken.patrol", now=NOW + HOUR)
    merge(book, ANA, [tips[3]], tips[2], now=NOW)
    merge(book, ANA, [tips[4]], tips[2], now=NOW)
    undo_newest(book, ANA, [tips[4]], now=NOW)
    more = add_tips(book, 2, received=START + DAY)
    set_status(book, ANA, more, "valid", now=NOW)
    found = figures(book, now=NOW + DAY)
    stored = _stored(book)
    assert stored == recounted(book)
    assert found == figures(book, now=NOW + DAY)
    assert found.tips == 8


def test_a_tip_completed_by_an_earlier_part_is_counted_on_its_new_day(book: Book) -> None:
    (tip,) = add_tips(book, 1, received=START + DAY)
    assert [one.day for one in figures(book, now=NOW).received] == [START + DAY]
    book.connection.execute("UPDATE tips SET received = ? WHERE id = ?", (START, tip))
    assert [(one.day, one.tips) for one in figures(book, now=NOW).received] == [(START, 1)]


def _some(book: Book) -> Figures:
    old = add_tips(book, 4, received=START - 100 * DAY)
    new = add_tips(book, 4, received=START)
    change(book, ANA, [*old[:1], *new[:2]], Changes(category="homicide", unit="U"), now=START + 5 * HOUR)
    set_status(book, ANA, new[:1], "not_actionable", now=START + 8 * HOUR)
    set_status(book, ANA, new[1:2], "action_taken.arrest", now=START + 9 * HOUR)
    return figures(book, now=START + 9 * HOUR)


def test_the_backlog_is_told_by_age_and_whether_anybody_began(book: Book) -> None:
    found = {one.from_days: (one.untouched, one.begun) for one in _some(book).backlog}
    assert found == {0: (2, 0), 1: (0, 0), 7: (0, 0), 30: (0, 0), 90: (3, 1), 180: (0, 0), 365: (0, 0)}


def test_open_cases_are_told_by_unit_the_most_first(book: Book) -> None:
    assert [(one.unit, one.tips) for one in _some(book).units] == [(None, 5), ("U", 2)]


def test_times_are_those_of_what_came_in_the_window(book: Book) -> None:
    _some(book)
    found = figures(book, now=START + 9 * HOUR, days=30)
    assert (found.first_action.median, found.first_action.done, found.first_action.waiting) == (5, 2, 2)
    assert (found.closing.median, found.closing.done, found.closing.waiting) == (None, 1, 3)
    whole = figures(book, now=START + 9 * HOUR, days=400)
    assert (whole.first_action.done, whole.first_action.waiting) == (3, 5)
    assert [(one.category, one.tips) for one in found.received] == [(None, 2), ("homicide", 2)]


def test_a_merged_tip_counts_with_its_master(book: Book) -> None:
    one, two = add_tips(book, 2)
    merge(book, ANA, [one], two, now=NOW)
    found = figures(book, now=NOW)
    assert (found.first_action.done, found.first_action.waiting) == (0, 1)
    assert sum(unit.tips for unit in found.units) == 1
    assert found.tips == 2
