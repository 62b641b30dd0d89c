"""Cell-key perturbation: bounded, without a bias, the same for the same tips, and what it says of the truth."""

from __future__ import annotations

import re
from fractions import Fraction
from math import exp, factorial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosure.perturb import EMPTY, Interval, outcomes, perturbed, truth, truths
from disclosure.records import MODULUS, Place, cell_key, key_sum, record_key
from disclosure.rules import RULES
from wire.release import Rules

MONTHS = ("2026-01", "2026-02", "2026-Q1")
counts = st.integers(0, 100_000)
keys = st.integers(0, MODULUS - 1)
all_rules = st.builds(Rules, st.integers(1, 12), st.integers(0, 12), st.just(20), st.just(20))


@given(counts, keys, all_rules)
def test_a_value_is_never_small_and_within_the_spread_or_rounded(count: int, key: int, rules: Rules) -> None:
    value = perturbed(count, key, rules)
    assert value == 0 or value >= rules.k
    assert abs(value - count) <= max(rules.spread, rules.k - 1) or count < rules.spread + rules.k
    assert value <= max(count + rules.spread, rules.k)


@given(keys, all_rules)
def test_an_empty_cell_is_shown_as_nothing_or_now_and_then_as_the_least_that_is_shown(
    key: int, rules: Rules
) -> None:
    assert perturbed(0, key, rules) in ((0, rules.k) if rules.spread else (0,))
    assert outcomes(0, RULES) == ((0, EMPTY - 1), (RULES.k, 1))


@pytest.mark.parametrize("expected", [tenths / 10 for tenths in range(1, 81)])
def test_a_single_value_never_makes_a_small_count_as_good_as_certain(expected: float) -> None:
    """For a reader who expects so many tips in a cell, by Poisson's law: 95 % and more of no value."""
    prior = [exp(-expected) * expected**count / factorial(count) for count in range(60)]
    for value in (0, 5):
        chances = [
            chance * dict(outcomes(count, RULES)).get(value, 0) / sum(w for _, w in outcomes(count, RULES))
            for count, chance in enumerate(prior)
        ]
        assert sum(chances[1 : RULES.k]) < 0.95 * sum(chances)
        assert max(chances[1 : RULES.k]) < 0.75 * sum(chances)


@given(st.integers(1, 40), all_rules)
def test_the_mean_of_what_is_shown_is_the_count(count: int, rules: Rules) -> None:
    weights = outcomes(count, rules)
    whole = sum(weight for _, weight in weights)
    assert sum(Fraction(value * weight, whole) for value, weight in weights) == count


@given(counts, keys, all_rules)
def test_the_truth_lies_in_the_interval_of_what_is_shown(count: int, key: int, rules: Rules) -> None:
    interval = truth(perturbed(count, key, rules), rules)
    assert interval.low <= count <= interval.high


@given(st.integers(0, 60), st.data())
def test_every_outcome_of_the_table_comes_from_some_key(count: int, data: st.DataObject) -> None:
    weights = outcomes(count, RULES)
    whole, at = sum(weight for _, weight in weights), 0
    for value, weight in weights:
        first, last = -(-at * MODULUS // whole), -(-(at + weight) * MODULUS // whole) - 1
        assert {
            perturbed(count, key, RULES) for key in (first, last, data.draw(st.integers(first, last)))
        } == {value}
        at += weight


def test_what_our_rules_show_never_says_that_a_count_is_small() -> None:
    assert not [v for v in (0, *range(5, 200)) if truth(v, RULES).within(1, RULES.k - 1)]


@given(st.integers(0, 90), all_rules)
def test_the_truth_of_a_value_are_the_counts_that_are_shown_so_and_no_other(value: int, rules: Rules) -> None:
    fits = [count for count in range(120) if any(shown == value for shown, _ in outcomes(count, rules))]
    expected = Interval(fits[0], fits[-1]) if fits else Interval(value, value)
    assert truth(value, rules) == truths(rules)[value] == expected


def test_a_value_that_cannot_be_shown_is_taken_as_it_stands() -> None:
    assert truth(3, RULES) == Interval(3, 3)


def _variance(count: int, rules: Rules) -> Fraction:
    """Return the variance of what is shown for a true ``count``; its mean is the count."""
    weights = outcomes(count, rules)
    whole = sum(weight for _, weight in weights)
    return sum((Fraction(weight, whole) * (value - count) ** 2 for value, weight in weights), Fraction(0))


def test_far_from_zero_the_variance_is_that_of_the_triangle() -> None:
    """D (D + 2) / 6: 4 for our spread of 4."""
    assert {_variance(count, RULES) for count in range(9, 60)} == {Fraction(4)}
    assert _variance(50, Rules(5, 6, 20, 20)) == Fraction(8)


def test_a_cell_key_is_of_the_tips_and_their_place_and_of_nothing_else() -> None:
    made = [record_key(b"secret of a test", bytes([n]) * 32) for n in range(4)]
    assert key_sum(made) == key_sum(made[::-1]) != key_sum(made[1:])
    assert key_sum([]) == 0
    assert record_key(b"another secret", bytes(32)) != record_key(b"secret of a test", bytes(32))
    assert 0 <= key_sum(made * 1000) < MODULUS
    places: list[Place] = [
        (("class",), ("acted",)),
        (("class", "district"), ("acted", "norte")),
        (("class", "category"), ("acted", "norte")),
        (("district",), ("norte",)),
    ]
    made_of = [cell_key(added, period, place) for added in (1, 2) for period in MONTHS for place in places]
    assert len(set(made_of)) == len(made_of)
    assert cell_key(1, "2026-01", places[0]) == made_of[0]


def test_the_only_status_of_a_class_has_the_key_of_the_class() -> None:
    """Everybody knows that they are one count: two values of it would be two draws."""
    status, silent = (("status",), ("no_response",)), (("class",), ("silent",))
    assert cell_key(7, "2026-01", status) == cell_key(7, "2026-01", silent)


def test_the_page_tells_the_table_of_the_code() -> None:
    """docs/disclosure.md: true count, what it is shown as with its chances, and the standard deviation."""
    text = (Path(__file__).parents[2] / "docs" / "disclosure.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| ([^|]*0[^|]*|[^|]*%[^|]*) \| [\d.]+ \|$", text, re.MULTILINE))
    told = {int(count): cells for count, cells in rows.items()}
    assert sorted(told) == list(range(10))
    for count, cells in told.items():
        weights = outcomes(count, RULES)
        whole = sum(weight for _, weight in weights)
        assert cells == ", ".join(f"{value}: {100 * weight / whole:.0f} %" for value, weight in weights)


@pytest.mark.parametrize("value", [0, 5, 6, 7, 8, 9, 10, 50])
def test_the_page_tells_the_intervals_of_the_code(value: int) -> None:
    text = (Path(__file__).parents[2] / "docs" / "disclosure.md").read_text(encoding="utf-8")
    found = truth(value, RULES)
    assert f"| {value} | {found.low} to {found.high} |" in text
