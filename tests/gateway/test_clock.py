"""Which key and which period: the table of docs/formats.md, "Epochs", and what holds whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import KeyAlarm, Period, choose_epoch, next_period, period_at, seconds_left
from tests.support.boxes import NOW, WEEK, make_sheet
from wire.manifest import ClockState

SHEET, _ = make_sheet(begins=NOW, first=3, epochs=4)
"""Epochs 3 to 6, from NOW on."""


@pytest.mark.parametrize(
    ("weeks", "highest", "last_cut", "accepted", "epoch", "alarm"),
    [
        (0, None, None, False, 3, None),
        (1, None, None, False, 4, None),
        (3.99, None, None, False, 6, None),
        (-1, None, None, False, 3, KeyAlarm.EARLY),
        (9, None, None, False, 6, KeyAlarm.RUN_OUT),
        (1, 3, 0, False, 4, None),
        (1, 4, 1, False, 4, None),
        (2, 3, 0, False, 3, KeyAlarm.JUMPED),
        (2, 3, 0, True, 5, None),
        (9, 3, 0, False, 3, KeyAlarm.JUMPED),
        (9, 3, 0, True, 6, KeyAlarm.RUN_OUT),
        (9, 5, 8.5, False, 6, KeyAlarm.RUN_OUT),
        (9, 6, 8, False, 6, KeyAlarm.RUN_OUT),
        (9, 6, 7.99, False, 6, KeyAlarm.JUMPED),  # no later epoch, by which it would show
        (9, 5, 0, False, 5, KeyAlarm.JUMPED),
        (9, 5, 0, True, 6, KeyAlarm.RUN_OUT),
        (9, 6, None, False, 6, KeyAlarm.RUN_OUT),
        (1, 4, 1.5, False, 4, KeyAlarm.BEHIND),
        (0, 5, None, False, 5, KeyAlarm.LATER_KEY),
        (0, 5, None, True, 5, KeyAlarm.LATER_KEY),
        (0, 5, 3, False, 5, KeyAlarm.BEHIND),
        (0, 5, 3, True, 5, KeyAlarm.LATER_KEY),  # not told again to run what was run
        (-1, 5, None, False, 5, KeyAlarm.EARLY),
        (2, 1, 0, False, 3, KeyAlarm.JUMPED),
    ],
)
def test_the_key_is_chosen_by_date_and_never_falls(
    weeks: float,
    highest: int | None,
    last_cut: float | None,
    accepted: bool,
    epoch: int,
    alarm: KeyAlarm | None,
) -> None:
    choice = choose_epoch(
        SHEET,
        now=NOW + int(weeks * WEEK),
        highest=highest,
        last_cut=None if last_cut is None else NOW + int(last_cut * WEEK),
        accepted=accepted,
    )
    assert (choice.epoch.number, choice.alarm) == (epoch, alarm)


def test_the_manifest_says_how_the_clock_is() -> None:
    def state(weeks: int, highest: int, last_cut: int = 1) -> ClockState:
        cut = NOW + last_cut * WEEK
        return choose_epoch(SHEET, now=NOW + weeks * WEEK, highest=highest, last_cut=cut).clock

    assert state(1, 4) is ClockState.GOOD
    assert state(0, 4) is ClockState.BEHIND
    assert state(0, 4, last_cut=0) is ClockState.BEHIND
    assert state(3, 3) is ClockState.JUMPED
    assert state(9, 6, last_cut=8) is ClockState.GOOD
    assert state(9, 6) is ClockState.JUMPED


@given(
    clocks=st.lists(st.tuples(st.integers(NOW - 9 * WEEK, NOW + 99 * WEEK), st.booleans()), max_size=30),
    last_cut=st.none() | st.integers(NOW - WEEK, NOW + 9 * WEEK),
)
def test_epochs_only_rise_whatever_the_clock_and_the_operator_do(
    clocks: list[tuple[int, bool]], last_cut: int | None
) -> None:
    highest: int | None = None
    for now, accepted in clocks:
        choice = choose_epoch(SHEET, now=now, highest=highest, last_cut=last_cut, accepted=accepted)
        if highest is not None:
            assert choice.epoch.number >= highest
            assert accepted or choice.epoch.number <= highest + 1
        highest = choice.epoch.number


@given(now=st.integers(0, 2**33), length=st.integers(1, 86400), before=st.none() | st.integers(0, 2**33))
def test_a_period_starts_at_a_multiple_of_its_length_and_not_before_the_last_one_ended(
    now: int, length: int, before: int | None
) -> None:
    period = period_at(now, length, not_before=before)
    assert period.start % length == 0
    assert before is None or period.start >= before
    if before is None or before <= now:
        assert period.start <= max(now, (before or 0) + length - 1)
    if before is None:
        assert period.start <= now < period.end


def test_a_period_counts_to_the_month_it_starts_in() -> None:
    assert Period(NOW, 3600).month == "2027-01"
    assert Period(1_801_439_999, 3600).month == "2027-01"
    assert Period(1_801_440_000, 3600).month == "2027-02"


HOUR = Period(NOW, 3600)


@pytest.mark.parametrize(
    ("wall", "under_way", "left"),
    [
        (NOW, 0, 3600),
        (NOW + 3600, 3600, 0),
        (NOW + 3599.5, 3599.5, 0.5),
        (NOW + 3000, 0, 600),  # the box was started in the middle of the period
        (NOW + 99999, 10, 3600 - 99999),  # set forward: at once
        (NOW + 3599, 3600, 1),  # set back by a second: the wall clock is waited for
        (NOW, 3600, 3600),  # by a period: as well
        (NOW - 1, 3600, 0),  # by more: it has lasted long enough
        (NOW - 999999, 100, 3500),
        (NOW - 3600, 0, 3600 + 3600),  # behind the last cut by a period: it catches up
        (NOW - 3601, 0, 3600),  # by more: as long as any other
    ],
)
def test_a_period_ends_by_the_clock_or_by_its_length_where_that_was_set_back(
    wall: float, under_way: float, left: float
) -> None:
    assert seconds_left(HOUR, wall=wall, under_way=under_way) == left


def test_a_period_that_is_counted_on_lasts_its_length_whatever_the_clock_says() -> None:
    for wall in (NOW - 10**9, NOW, NOW + 10**9):
        assert seconds_left(HOUR, wall=wall, under_way=600, counted_on=True) == 3000


@pytest.mark.parametrize(
    ("weeks", "highest", "last_cut", "accepted", "start"),
    [
        (0, None, None, False, 0),
        (1, 3, 0.5, False, 1),  # off for half a week
        (0, 3, 0.5, False, 0.5),  # set back: not before the last cut
        (60, 3, 0.5, False, 0.5),  # jumped: counted on
        (2, 3, 0.5, False, 0.5),
        (2, 3, 0.5, True, 2),
        (60, 6, 0.5, False, 0.5),  # the sheet has run out: counted on as well
        (60, 6, 59.5, False, 60),
        (60, 3, None, False, 0),  # nothing was cut before: from the beginning of the epoch
    ],
)
def test_a_period_follows_the_clock_but_not_one_that_jumped(
    weeks: float, highest: int | None, last_cut: float | None, accepted: bool, start: float
) -> None:
    now, cut = NOW + int(weeks * WEEK), None if last_cut is None else NOW + int(last_cut * WEEK)
    choice = choose_epoch(SHEET, now=now, highest=highest, last_cut=cut, accepted=accepted)
    period = next_period(choice, 3600, now=now + 100, last_cut=cut)
    assert period == Period(NOW + int(start * WEEK), 3600)


@given(set_to=st.floats(-1e9, 1e9), at=st.floats(0, 3600), step=st.floats(0.5, 10))
def test_no_period_lasts_more_than_twice_its_length(set_to: float, at: float, step: float) -> None:
    under_way, wall = at, NOW + set_to
    while seconds_left(HOUR, wall=wall, under_way=under_way) > 0:
        under_way += step
        wall += step
        assert under_way <= 2 * 3600 + step
