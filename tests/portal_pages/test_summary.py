"""The sums behind the pages: the funnel, what waits, periods of one length, and what is not summed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.pages.over_time import axis_of
from portal.pages.summary import (
    AGE,
    CLASSES,
    Value,
    alike,
    classes,
    cohorts_of_month,
    funnel,
    history,
    last_year,
    response,
    says_something,
    waiting,
    worked,
)
from portal.release.model import Figure, Site
from tests.support.portal_sites import LINE, QUIET, a_site


@pytest.fixture(scope="module")
def site() -> Site:
    """Return the site of a town."""
    return a_site()


def _value(period: str, count: int) -> Value:
    figure = Figure(count, count - 4, count + 4)
    return Value(period, figure, figure, figure)


def test_the_funnel_adds_up_the_last_year_whose_outcome_is_known(site: Site) -> None:
    found = funnel(site, LINE)
    assert (
        found is not None
        and found.acted is not None
        and found.silent is not None
        and found.worked is not None
    )
    periods = [one.period for one in site.cohorts_of(LINE, age=AGE)][-12:]
    months = [one for one in site.months_of(LINE) if one.month in periods]
    assert (found.first, found.last) == (periods[0], periods[-1])
    assert found.received == sum(one.received for one in months)
    assert found.opened == sum(one.opened for one in months)
    acted = [classes(one)["acted"] for one in site.cohorts_of(LINE, age=AGE)][-12:]
    assert found.acted == Figure(
        sum(a.shown for a in acted), sum(a.low for a in acted), sum(a.high for a in acted)
    )


def test_the_funnel_of_a_quiet_line_takes_whole_quarters_and_their_months(site: Site) -> None:
    found = funnel(site, QUIET)
    assert found is not None and "Q" in found.first
    months = [one.month for one in site.months_of(QUIET)]
    assert found.received == sum(one.received for one in site.months_of(QUIET) if one.month in months[:12])


def test_without_tables_the_funnel_ends_at_what_was_opened(site: Site) -> None:
    found = funnel(replace(site, cohorts=()), LINE)
    assert found is not None and (found.worked, found.acted, found.silent) == (None, None, None)
    assert funnel(replace(site, months=(), cohorts=()), LINE) is None


def test_worked_on_is_whatever_is_not_silent_as_narrow_as_it_is_known(site: Site) -> None:
    cohort = site.cohorts[0]
    table = cohort.table("class")
    assert table is not None
    each = replace(table, cells=((Figure(10, 6, 14),),) * len(CLASSES), total=Figure(40, 40, 40))
    assert worked(replace(cohort, tables=(each,))) == Figure(30, 26, 34)
    unknown = replace(each, total=Figure(40, 0, 99))
    assert worked(replace(cohort, tables=(unknown,))) == Figure(30, 18, 42)


def test_a_cohort_without_tables_has_no_classes(site: Site) -> None:
    assert classes(replace(site.cohorts[0], tables=(), left_out="period")) == {}


def test_a_month_has_its_own_cohorts_or_those_of_its_quarter(site: Site) -> None:
    assert {one.period for one in cohorts_of_month(site, LINE, "2025-09")} == {"2025-09"}
    assert {one.period for one in cohorts_of_month(site, QUIET, "2025-09")} == {"2025-Q3"}


def test_what_waits_is_sorted_by_how_long_its_month_has_been_over(site: Site) -> None:
    found = waiting(site.months_of(LINE), "2026-09")
    assert [one.bounds for one in found] == [(0, 1), (1, 3), (3, 6), (6, 12), (12, None)]
    assert sum(one.count for one in found) == sum(one.never_opened for one in site.months_of(LINE))
    last = site.months_of(LINE)[-1]
    assert found[0].count == last.never_opened
    (old,) = [one for one in waiting(site.months_of(LINE)[2:3], "2031-01") if one.count]
    assert old.bounds == (12, None)


def test_periods_of_a_chart_are_all_months_or_all_quarters() -> None:
    mixed = [_value("2025-Q1", 20), *(_value(f"2025-{month:02d}", 30) for month in (4, 5, 6, 7, 8))]
    found = alike(mixed)
    assert [one.period for one in found] == ["2025-Q1", "2025-Q2"]
    assert found[1].reported == Figure(90, 78, 102)


def test_many_months_become_quarters_and_what_is_not_whole_is_left_out() -> None:
    months = [_value(f"{2020 + at // 12}-{at % 12 + 1:02d}", 30) for at in range(1, 30)]
    assert [one.period for one in alike(months, most=24)][:2] == ["2020-Q2", "2020-Q3"]
    assert alike(months[:24], most=24) == tuple(months[:24])


def test_a_year_is_twelve_months_or_four_quarters() -> None:
    months = [_value(f"2025-{month:02d}", 1) for month in range(1, 13)]
    assert len(last_year([*months, *months])) == 12
    assert len(last_year([_value("2025-Q1", 1)] * 9)) == 4
    assert last_year([]) == []


def test_a_response_is_set_against_exactly_its_own_months(site: Site) -> None:
    found = response(site.months_of(LINE), site.cohorts_of(LINE, age=AGE))
    received = {one.month: one.received for one in site.months_of(LINE)}
    assert all(
        one.reported == Figure(received[one.period], received[one.period], received[one.period])
        for one in found
    )
    gap = site.months_of(LINE)[4].month
    assert gap not in {one.period for one in found}


def test_a_code_that_no_table_has_has_no_history(site: Site) -> None:
    assert history(site.cohorts_of(LINE, age=AGE), "class_category", "nothing") == ()
    assert len(history(site.cohorts_of(LINE, age=AGE), "class_category", "extortion")) > 5


def test_a_picture_says_something_when_there_is_more_than_its_band() -> None:
    assert says_something([_value("2025-01", 30), _value("2025-02", 30)])
    assert not says_something([_value("2025-01", 30)])
    assert not says_something([Value("2025-01", *[Figure(0, 0, 8)] * 3)] * 9)


def test_an_axis_leaves_no_period_out() -> None:
    assert axis_of("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")
    assert axis_of("2025-Q4", "2026-Q2") == ("2025-Q4", "2026-Q1", "2026-Q2")
