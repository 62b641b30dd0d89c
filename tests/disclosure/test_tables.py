"""Cohort tables: what is in them, what changes from one age to the next, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.medians import medians
from disclosure.records import Place, Record
from disclosure.rules import AGES, BANDS, EDGES, LEVELS, RULES, TABLES, tables_at
from disclosure.tables import Domains, Earlier, Release, band, can_be, cohort
from disclosure.vocabulary import categories, statuses
from tests.support.cohorts import DISTRICTS, moved, random_records, record, table
from wire.release import Coarse, check_tables

DOMAINS = Domains(DISTRICTS)


def made(records: list[Record], **fields: Any) -> Release:
    values: dict[str, Any] = {"period": "2026-01", "age": 30, "rules": RULES, "domains": DOMAINS}
    return cohort(records, **{**values, **fields})


@given(st.randoms(use_true_random=False), st.integers(20, 400))
@settings(max_examples=30)
def test_a_table_has_every_code_once_in_order_and_no_small_value(random: Random, count: int) -> None:
    release = made(random_records(random, count))
    check_tables(release.tables, RULES)
    assert [found.dimensions for found in release.tables] == list(TABLES)
    shapes = {found.dimensions: len(found.cells) for found in release.tables}
    kinds = len(categories()) + 1
    assert shapes["category",] == kinds
    assert shapes["class", "category"] == 4 * kinds
    assert shapes["class", "district"] == 4 * (len(DISTRICTS) + 1)
    assert shapes["status",] == len(statuses())
    assert shapes["closing",] == shapes["first-action",] == len(BANDS)


def _row(others: int, town: int) -> tuple[int, int]:
    """Return what is shown of Norte, and of its tips without response, where ``others`` had one."""
    records = [
        record(1000 * town + n, district="norte", status="valid" if n < others else "no_response")
        for n in range(40)
    ]
    values = made(records).values()
    return values[("district",), ("norte",)], values[("class", "district"), ("silent", "norte")]


def test_a_margin_that_is_not_shown_as_its_cell_does_not_prove_that_there_is_somebody_else() -> None:
    """With one key for the same tips it would: then 1 to 4 are certain where the margin is 0 to 4 above the cell."""
    alone = [_row(0, town) for town in range(60)]
    differing = [margin != cell for margin, cell in alone]
    assert 30 < sum(differing) < 60, "16.5 % of two draws are the same: as with somebody else"
    assert any(margin - cell <= -4 for margin, cell in alone)


def test_margin_and_cell_of_the_same_tips_are_two_draws_that_know_nothing_of_each_other() -> None:
    apart = [margin - cell for margin, cell in (_row(0, town) for town in range(200))]
    assert abs(sum(apart)) < 4 * (200 * 8) ** 0.5, (
        "no bias: the variance of a difference is twice that of a value"
    )
    assert 5 < sum(one * one for one in apart) / 200 < 11


def test_no_key_is_shown_of_what_is_empty_and_some_of_it_is_shown_as_five() -> None:
    """Which cells it is says the cohort: 4 % of them, and other ones in another cohort."""
    shown = [made([record(1000 * town + n) for n in range(40)]).values() for town in range(20)]
    empty = [place for place in shown[0] if "weapons" in place[1] or "norte" in place[1]]
    fives = [{place for place in empty if values[place]} for values in shown]
    assert {values[place] for values in shown for place in empty} == {0, RULES.k}
    assert len({frozenset(one) for one in fives}) > 3


def test_where_nothing_can_be_nothing_is_shown() -> None:
    """Nobody has waited for 91 days after 30, and no tip of a table was only received."""
    for town in range(40):
        values = made([record(1000 * town + n) for n in range(40)]).values()
        for code in ("received", "destroyed"):
            assert values[("status",), (code,)] == 0
        for code in ("91-180", "181-365", "366-more"):
            assert values[("first-action",), (code,)] == values[("closing",), (code,)] == 0
    assert can_be((("closing",), ("31-60",)), "2026-01", 30)
    assert can_be((("closing",), ("91-180",)), "2026-01", 90)


def test_the_only_status_of_a_class_is_shown_as_the_class_is() -> None:
    for town in range(20):
        values = made([record(1000 * town + n, status="no_response") for n in range(30)]).values()
        assert values[("status",), ("no_response",)] == values[("class",), ("silent",)]


def test_what_is_shown_does_not_depend_on_the_order_of_the_records() -> None:
    records = random_records(Random(3), 100)
    assert made(records) == made(records[::-1])


def test_a_small_cohort_has_no_table() -> None:
    assert made(random_records(Random(1), RULES.least - 1)) == Release("2026-01", 30)
    assert made(random_records(Random(1), RULES.least)).tables


def test_what_is_coarser_leaves_out_more_and_says_so() -> None:
    records = random_records(Random(5), 60)
    shown = [set(tables_at(level)) for level in LEVELS]
    assert all(finer > coarser for finer, coarser in pairwise(shown))
    assert not any("district" in names for names in shown[1])
    assert not any("category" in names for names in shown[2])
    assert not shown[3]
    for level in LEVELS[1:]:
        release = made(records, level=level)
        assert release.coarse == (Coarse("2026-01", 30, level),)
        assert {found.dimensions for found in release.tables} == set(tables_at(level))


def test_a_line_without_districts_is_not_counted_by_them() -> None:
    release = made(random_records(Random(5), 60), domains=Domains())
    assert not [found for found in release.tables if "district" in found.dimensions]


def test_a_code_that_is_no_word_of_ours_counts_as_none() -> None:
    records = [record(n, category="unheard_of", district="nowhere") for n in range(40)]
    values = made(records).values()
    assert min(values[("category",), ("none",)], values[("district",), ("none",)]) >= 36


def _changed(before: Mapping[Place, int], after: Mapping[Place, int]) -> set[Place]:
    return {place for place in before if before[place] != after[place]}


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=60)
def test_a_value_changes_only_if_k_tips_came_or_went(random: Random, moving: int) -> None:
    young = [record(n, status="valid") for n in range(60)]
    old = [record(n, status="unconfirmed") if n < moving else one for n, one in enumerate(young)]
    random.shuffle(old)
    first = made(young)
    second = made(old, age=90, earlier=[Earlier(first, young)])
    if moving < RULES.k:
        assert not _changed(first.values(), second.values())
    else:
        fresh = made(old, age=90).values()
        assert second.values()[("class",), ("open",)] == fresh[("class",), ("open",)]
        assert second.values()[("status",), ("unconfirmed",)] == fresh[("status",), ("unconfirmed",)]


def test_small_moves_add_up_over_the_ages_until_they_are_k() -> None:
    steps = [
        [record(n, status="unconfirmed" if n < 2 * at else "valid") for n in range(60)] for at in range(4)
    ]
    earlier: list[Earlier] = []
    for age, records in zip(AGES, steps, strict=True):
        earlier.append(Earlier(made(records, age=age, earlier=earlier), records))
    shown = [past.shown.values()[("class",), ("open",)] for past in earlier]
    fresh = made(steps[3], age=365).values()[("class",), ("open",)]
    assert shown[0] == shown[1] == shown[2]
    assert shown[3] == fresh


def test_two_tips_that_changed_places_are_two_moves_and_not_none() -> None:
    """The number is the same and the tips are not: what counts is who moved."""
    young = [record(n, status="valid" if n < 30 else "unconfirmed") for n in range(60)]
    old = [record(n, status="unconfirmed" if n < 4 or n >= 34 else "valid") for n in range(60)]
    release = made(old, age=90, earlier=[Earlier(made(young), young)])
    assert release.values()[("class",), ("open",)] == made(old).values()[("class",), ("open",)]


def test_tips_of_a_ledger_that_came_late_are_shown_though_they_seem_to_have_been_there() -> None:
    counted = [record(n, status="valid") for n in range(40)]
    late = [record(n, status="valid") for n in range(40, 70)]
    values = made(counted + late, age=90, earlier=[Earlier(made(counted), counted + late)]).values()
    fresh = made(counted + late).values()
    filled = [place for place in fresh if set(place[1]) <= {"open", "valid", "other", "centro", "none"}]
    assert {place: values[place] for place in filled if fresh[place] > 5} == {
        place: fresh[place] for place in filled if fresh[place] > 5
    }
    assert values[("class",), ("open",)] > 60


def test_a_cell_that_was_left_out_before_is_made_anew() -> None:
    young = random_records(Random(9), 80)
    first = made(young, level="district")
    second = made(young, age=90, earlier=[Earlier(first, young)])
    assert second.values() == made(young, age=90).values()


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (None, "none"),
        (0, "0-1"),
        (1, "0-1"),
        (2, "2-3"),
        (365, "181-365"),
        (366, "366-more"),
        (900, "366-more"),
    ],
)
def test_days_lie_in_one_band(days: int | None, code: str) -> None:
    assert band(days) == code


def test_the_bands_follow_each_other_without_a_gap() -> None:
    ends = [code.split("-") for code in BANDS[: len(EDGES)]]
    assert [int(last) for _, last in ends] == list(EDGES)
    assert [int(first) for first, _ in ends[1:]] == [edge + 1 for edge in EDGES[:-1]]


def _bands(age: int, **cells: int) -> tuple[int | None, int | None] | None:
    values = {code: cells.get(f"b{code.replace('-', '_')}", 0) for code in BANDS} | {
        "none": cells.get("none", 0)
    }
    found = medians((table("2026-01", age, "first-action", values),), rules=RULES)
    return (found[0].half, found[0].most) if found else None


def test_a_median_counts_what_has_not_come_as_later_than_all_else() -> None:
    assert _bands(90, b0_1=30, b4_7=30) == (1, 7)
    assert _bands(90, b0_1=30, none=29) == (1, None)
    assert _bands(90, b0_1=30, none=31) == (None, None)


def test_a_median_beyond_the_age_is_not_told() -> None:
    assert _bands(30, b31_60=50) == (None, None)
    assert _bands(90, b31_60=50) == (60, 60)


def test_there_is_no_median_of_few_tips() -> None:
    assert _bands(90, b0_1=RULES.median - 1) is None
    assert RULES.median >= 10


@given(st.randoms(use_true_random=False), st.floats(0, 0.5))
@settings(max_examples=20)
def test_medians_tell_nothing_that_the_shown_bands_do_not(random: Random, share: float) -> None:
    young = random_records(random, 60)
    release = made(young)
    later = made(moved(random, young, share), age=90, earlier=[Earlier(release, young)])
    for found in (release, later):
        assert found.medians == medians(found.tables, rules=RULES)


def test_neither_repr_of_a_record_nor_of_what_was_before_shows_a_key() -> None:
    one = replace(record(1), key=b"\xaa" * 8)
    assert "xaa" not in repr(one)
    assert "Record(" not in repr(Earlier(Release("2026-01", 30), [one]))
