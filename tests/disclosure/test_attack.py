"""The attacker finds every leak that was planted for it, and cries wolf at nothing that our own rules make."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from disclosure.attack import Finding, How, Own, attack
from disclosure.known import known
from disclosure.perturb import Interval
from disclosure.records import Record
from disclosure.rules import AGES, LEVELS, RULES
from disclosure.sums import MOST, Sums
from disclosure.tables import Domains, Earlier, Release, codes_of, cohort
from disclosure.vocabulary import statuses
from tests.support.cohorts import DISTRICTS, bulletin, following, moved, proven, random_records, table
from wire.hashing import NO_HASH
from wire.ledger import ChainRange, Ledger
from wire.release import Rules, Table

PLAIN = Rules(5, 0, 0, 0)
"""Small counts are hidden and nothing else is done: what a site does that knows no better."""
OPEN = Rules(1, 0, 0, 0)
"""Nothing is hidden."""


def find(
    tables: Sequence[Table], *, opened: int, rules: Rules = PLAIN, own: Sequence[Own] = ()
) -> set[Finding]:
    """Return what is found in tables of one cohort whose tips were proven before."""
    first = proven(tables[0].period, opened, rules=rules)
    return set(attack((), (first, following(first, tables)), own))


def cells(found: set[Finding]) -> set[tuple[tuple[str, ...], int, int, How]]:
    return {(one.cell, one.low, one.high, one.how) for one in found}


def test_a_small_value_that_is_shown_is_found() -> None:
    leak = table("2026-01", 30, "class", {"acted": 3, "closed": 40, "open": 60, "silent": 0})
    assert (("acted",), 3, 3, How.SHOWN) in cells(find([leak], opened=103, rules=OPEN))


def test_a_small_value_under_rules_that_say_it_is_perturbed_is_found() -> None:
    leak = table("2026-01", 30, "class", {"acted": 3, "closed": 40, "open": 60, "silent": 0})
    assert ("acted",) in {one.cell for one in find([leak], opened=103, rules=RULES)}


def test_a_complement_is_found() -> None:
    """103 opened, 40 closed, 60 open: what is hidden is 3."""
    leak = table("2026-01", 30, "class", {"acted": 0, "closed": 40, "open": 60})
    assert cells(find([leak], opened=103)) == {(("acted",), 3, 3, How.MARGINS)}


def test_a_complement_in_a_row_is_found() -> None:
    """The margin says 20, the other cells of the row 12 and 5."""
    margin = table("2026-01", 30, "category", {"other": 80, "weapons": 20})
    leak = table(
        "2026-01",
        30,
        "class,category",
        {"acted,weapons": 0, "closed,weapons": 6, "open,weapons": 12, "acted,other": 20, "open,other": 60},
    )
    assert (("acted", "weapons"), 2, 2, How.MARGINS) in cells(find([margin, leak], opened=100))


def test_a_difference_between_ages_is_found() -> None:
    """10 acted on at 30 days, 12 at 90."""
    first = proven("2026-01", 100, rules=OPEN)
    young = table("2026-01", 30, "class", {"acted": 10, "open": 90})
    old = table("2026-01", 90, "class", {"acted": 12, "open": 88})
    second = following(first, [young])
    found = set(attack((), (first, second, following(second, [old]))))
    assert cells(found) == {(("acted",), 2, 2, How.AGES), (("open",), 2, 2, How.AGES)}
    assert {one.releases for one in found} == {(("2026-01", 30), ("2026-01", 90))}


def test_a_value_that_went_and_came_back_was_made_anew_both_times() -> None:
    """10, 12, 10: only the value of the age directly before can have been left to stand."""
    first = proven("2026-01", 100, rules=PLAIN)
    shown = [
        table("2026-01", age, "class", {"acted": acted, "open": 100 - acted})
        for age, acted in ((30, 10), (90, 12), (180, 10))
    ]
    found = attack((), (first, following(first, shown)))
    assert {one.releases for one in found if one.cell == ("acted",)} == {
        (("2026-01", 30), ("2026-01", 90)),
        (("2026-01", 90), ("2026-01", 180)),
    }


def test_a_value_that_stands_may_be_an_earlier_one() -> None:
    """10 and 10: it can have been left to stand while up to four moved, so nothing is certain."""
    first = proven("2026-01", 100, rules=PLAIN)
    shown = [table("2026-01", age, "class", {"acted": 10, "open": 90}) for age in (30, 90)]
    assert not attack((), (first, following(first, shown)))


def test_a_month_that_is_left_out_is_found_as_what_is_left_of_its_quarter() -> None:
    quarter = table("2026-Q1", 365, "category", {"other": 275, "weapons": 25})
    months = [
        table("2026-01", 365, "category", {"other": 90, "weapons": 10}),
        table("2026-02", 365, "category", {"other": 88, "weapons": 12}),
    ]
    first = proven("2026-Q1", 300, rules=OPEN)
    found = attack((), (first, following(first, [*months, quarter])))
    assert [(one.cell, one.low, one.high, one.how) for one in found] == [(("weapons",), 3, 3, How.PERIODS)]


def test_a_hidden_month_beside_its_quarter_is_found() -> None:
    """In March the weapons are hidden; the quarter has 25, January and February 22."""
    values = ((90, 10), (88, 12), (97, 0))
    months = [
        table(f"2026-{at:02}", 365, "category", {"other": others, "weapons": weapons})
        for at, (others, weapons) in enumerate(values, 1)
    ]
    quarter = table("2026-Q1", 365, "category", {"other": 275, "weapons": 25})
    first = proven("2026-Q1", 301, rules=PLAIN)
    found = attack((), (first, following(first, [*months, quarter])))
    assert (("weapons",), 3, 3) in {(one.cell, one.low, one.high) for one in found}


def test_overlapping_totals_are_found() -> None:
    """By category 23 were acted on; by district 20 and a hidden one."""
    by_category = table(
        "2026-01",
        30,
        "class,category",
        {"acted,other": 17, "acted,weapons": 6, "open,other": 70, "open,weapons": 7},
    )
    by_district = table(
        "2026-01", 30, "class,district", {"acted,norte": 20, "acted,sur": 0, "open,norte": 40, "open,sur": 37}
    )
    assert not find([by_category], opened=100)
    assert not find([by_district], opened=100) - find([by_district, by_category], opened=100)
    assert (("acted", "sur"), 3, 3, How.MARGINS) in cells(find([by_category, by_district], opened=100))


def test_statuses_and_their_class_are_one_sum() -> None:
    shown = dict.fromkeys(statuses(), 0) | {"action_taken.arrest": 8, "valid": 80, "not_actionable": 9}
    by_status = table("2026-01", 30, "status", shown)
    by_class = table("2026-01", 30, "class", {"acted": 8, "closed": 9, "open": 80, "silent": 0})
    found = cells(find([by_status, by_class], opened=100))
    assert (("no_response",), 3, 3, How.MARGINS) in found


def test_own_tips_taken_away_are_found() -> None:
    """Six tips about weapons; four are the attacker's own."""
    leak = table("2026-01", 30, "category", {"other": 94, "weapons": 6})
    own = [Own("2026-01", {"category": "weapons"})] * 4
    assert not find([leak], opened=100, rules=OPEN)
    assert (("weapons",), 2, 2, How.OWN) in cells(find([leak], opened=100, rules=OPEN, own=own))


def test_own_tips_count_in_their_month_and_at_their_age_only() -> None:
    leak = table("2026-01", 30, "category", {"other": 94, "weapons": 6})
    for own in (Own("2026-02", {"category": "weapons"}), Own("2026-01", {"category": "weapons"}, age=90)):
        assert not find([leak], opened=100, rules=OPEN, own=[own] * 4)


def test_the_class_of_an_own_tip_follows_from_its_status() -> None:
    leak = table("2026-01", 30, "class", {"acted": 6, "closed": 40, "open": 54})
    own = [Own("2026-01", {"status": "action_taken.arrest"})] * 3
    assert (("acted",), 3, 3, How.OWN) in cells(find([leak], opened=100, rules=OPEN, own=own))


def test_an_own_tip_can_give_away_another_cell() -> None:
    """Perturbed: 20 opened, 14 shown as open and 6 as closed; who knows 13 of the open ones knows more of the rest."""
    leak = table("2026-01", 30, "class", {"acted": 6, "closed": 6, "open": 14})
    own = [Own("2026-01", {"class": "open"})] * 13
    assert not find([leak], opened=20, rules=RULES)
    assert How.OWN in {one.how for one in find([leak], opened=20, rules=RULES, own=own)}


def test_the_same_table_twice_with_other_noise_is_used_twice() -> None:
    """One says at most 4 (24 opened, at least 20 of them open), the other says that there are three."""
    one = table("2026-01", 30, "class", {"acted": 0, "open": 24})
    two = table("2026-01", 30, "class", {"acted": 6, "open": 20})
    first = proven("2026-01", 24, rules=RULES)
    second = following(first, [one])
    assert not attack((), (first, second))
    assert not attack((), (first, following(first, [two])))
    found = attack((), (first, second, following(second, [two])))
    assert {(f.cell, f.low, f.high) for f in found} == {(("acted",), 3, 4)}


def test_what_waits_for_its_closing_is_what_is_neither_closed_nor_before_a_judge() -> None:
    """100 opened, 60 wait; so 40 are closed or before a judge, and 37 are closed."""
    by_time = table("2026-01", 30, "closing", {"8-14": 40, "none": 60})
    by_class = table("2026-01", 30, "class", {"acted": 20, "closed": 37, "open": 43, "silent": 0})
    assert (("action_taken.judicialised",), 3, 3, How.MARGINS) in cells(find([by_time, by_class], opened=100))


def test_nothing_is_where_nothing_can_be() -> None:
    """After 30 days nobody has waited for 91; so what is hidden is all in the one band that is left."""
    shown = {"0-1": 90, "2-3": 0, "91-180": 0, "none": 7}
    leak = table("2026-01", 30, "first-action", shown)
    assert (("2-3",), 3, 3, How.MARGINS) in cells(find([leak], opened=100))


def _ledger(month: str, count: int) -> Ledger:
    return Ledger(
        box=bytes(8),
        line=bytes(8),
        month=month,
        serial=1,
        previous=NO_HASH,
        ranges=(ChainRange(bytes(16), 1, 1),),
        header=NO_HASH,
        count=count,
        conversations=0,
        canaries_sent=0,
        canaries_received=0,
        minutes=0,
        body=NO_HASH,
    )


def test_the_ledgers_bound_what_can_have_been_opened() -> None:
    """The bulletin claims 110, the box counted 103."""
    leak = table("2026-01", 30, "class", {"acted": 0, "closed": 40, "open": 60})
    first = proven("2026-01", 110, rules=PLAIN)
    bulletins = (first, following(first, [leak]))
    assert (("acted",), 3, 3, How.MARGINS) in cells(set(attack((_ledger("2026-01", 103),), bulletins)))


def test_tips_that_were_opened_after_the_age_need_not_be_in_the_tables() -> None:
    late = bulletin(
        "2026-03", [table("2026-01", 30, "class", {"closed": 40, "open": 60})], opened={"2026-01": 103}
    )
    public = known((), (late,))
    assert public.counted(public.published[0]) == Interval(20, 103)
    first = proven("2026-01", 90)
    both = known((), (first, bulletin("2026-03", late.tables, opened={"2026-01": 13}, serial=2)))
    assert both.counted(both.published[0]) == Interval(90, 103)


def releases(
    stages: Sequence[tuple[str, int, Sequence[Record]]], domains: Domains, level: str = ""
) -> list[Release]:
    """Return what our own rules make of a cohort at its ages."""
    earlier: list[Earlier] = []
    for period, age, records in stages:
        made = cohort(
            records, period=period, age=age, rules=RULES, domains=domains, level=level, earlier=earlier
        )
        earlier.append(Earlier(made, records))
    return [past.shown for past in earlier]


@given(st.randoms(use_true_random=False), st.sampled_from([20, 30, 60, 150, 400]), st.floats(0, 0.6))
@settings(max_examples=60)
def test_what_our_rules_make_gives_nothing_away_or_coarsening_helps(
    random: Random, count: int, share: float
) -> None:
    stages = [("2026-01", AGES[0], random_records(random, count))]
    for age in AGES[1:]:
        stages.append(("2026-01", age, moved(random, stages[-1][2], share)))
    first = proven("2026-01", count)
    levels = []
    for level in LEVELS:
        found = attack((), (first, following(first, releases(stages, Domains(DISTRICTS), level))))
        levels.append(bool(found))
    assert not levels[-1]
    if count >= 150:
        assert not levels[0]


@pytest.mark.parametrize("seed", range(12))
def test_a_few_tips_of_ones_own_do_not_help_against_our_rules(seed: int) -> None:
    """Whoever sent three of 150 tips, and knows everything about them, recovers nothing of the others."""
    random = Random(seed)
    young = random_records(random, 150)
    old = moved(random, young, 0.3)
    shown = releases([("2026-01", 30, young), ("2026-01", 90, old)], Domains(DISTRICTS))
    first = proven("2026-01", 150)
    own = [
        Own("2026-01", dict(codes_of(one)), age)
        for age, records in ((30, young), (90, old))
        for one in random.sample(records, 3)
    ]
    assert attack((), (first, following(first, shown)), own) == ()


@given(st.randoms(use_true_random=False), st.integers(0, 12))
@settings(max_examples=40)
def test_what_is_concluded_is_true(random: Random, known_tips: int) -> None:
    """Every interval of the attacker holds the true count: it never accuses wrongly."""
    young = random_records(random, 50)
    old = moved(random, young, 0.1)
    shown = releases([("2026-01", 30, young), ("2026-01", 90, old)], Domains(DISTRICTS))
    first = proven("2026-01", 50)
    mine = [Own("2026-01", {"category": one.category}) for one in young[:known_tips]]
    for one in attack((), (first, following(first, shown)), mine):
        records = young if one.releases[-1][1] == 30 else old
        matching = [r for r in records if _codes(r, one.table) == one.cell]
        own = (
            sum(_codes(r, one.table) == one.cell for r in young[:known_tips])
            if one.table == ("category",)
            else 0
        )
        true = len(matching) - (own if one.how is How.OWN else 0)
        assert one.low <= true <= one.high


def _codes(record: Record, dimensions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(codes_of(record)[name] for name in dimensions)


@given(st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_without_perturbation_the_same_cohorts_are_given_away(random: Random) -> None:
    """The control of the two tests above: the attacker sees, and it is the perturbation that stops it."""
    records = random_records(random, 150)
    bare = Rules(RULES.k, 0, RULES.least, RULES.median)
    made = cohort(records, period="2026-01", age=30, rules=bare, domains=Domains(DISTRICTS))
    truths = {place: sum(_codes(r, place[0]) == place[1] for r in records) for place in made.values()}
    assume(any(0 < count < RULES.k for count in truths.values()))
    exact = [
        table("2026-01", 30, ",".join(found.dimensions), {
            ",".join(cell.codes): truths[found.dimensions, cell.codes] for cell in found.cells
        })
        for found in made.tables
    ]  # fmt: skip
    assert find(exact, opened=150, rules=OPEN)


def test_sums_that_contradict_each_other_leave_everything_as_it_was() -> None:
    sums = Sums()
    whole, parts = (("2026-01", 30), (), ()), [(("2026-01", 30), ("class",), (code,)) for code in ("a", "b")]
    sums.narrow(whole, Interval(10, 10))
    for part in parts:
        sums.narrow(part, Interval(6, 8))
    sums.add(whole, parts)
    before = dict(sums.intervals)
    assert not sums.settle()
    assert sums.intervals == before


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.data())
def test_narrowing_by_a_sum_never_loses_the_truth(counts: list[int], data: st.DataObject) -> None:
    release = ("2026-01", 30)
    sums = Sums()
    whole = (release, (), ())
    parts = [(release, ("class",), (str(at),)) for at, _ in enumerate(counts)]
    for unknown, count in zip((whole, *parts), (sum(counts), *counts), strict=True):
        low = data.draw(st.integers(0, count))
        sums.narrow(unknown, Interval(low, data.draw(st.sampled_from([count, count + 3, MOST]))))
    sums.add(whole, parts)
    assert sums.settle()
    for unknown, count in zip((whole, *parts), (sum(counts), *counts), strict=True):
        assert sums.of(unknown).low <= count <= sums.of(unknown).high
