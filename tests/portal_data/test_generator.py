"""The made-up city: counted kind by kind as disclosure counts tip by tip; the same plan makes the same city."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.attack import attack
from disclosure.records import Record
from disclosure.rules import AGES, LEVELS, RULES
from disclosure.tables import Domains, Earlier, Release, cohort
from portal.attacking import attack_all
from portal.generator.city import City, make_city
from portal.generator.life import districts, drawn, lives
from portal.generator.plan import Plan, counts
from portal.generator.tables import Counting, Crowd
from portal.reading.keys import Pins
from portal.reading.taking import take
from tests.support.portal_city import HONEST, octets_of

PLAN = replace(HONEST, tips=300)
LIVES = lives(PLAN, PLAN.lines[0])
DOMAINS = Domains(districts(PLAN))
COUNTING = Counting(LIVES, DOMAINS)


@settings(max_examples=8)
@given(count=st.integers(0, 400), seed=st.integers(0, 99), level=st.sampled_from(LEVELS))
def test_counted_by_kinds_or_tip_by_tip_the_tables_are_the_same(count: int, seed: int, level: str) -> None:
    plan = replace(PLAN, seed=seed)
    lived = drawn(plan, plan.lines[0], LIVES, 3, count=count)
    tips = [kind for kind, number in sorted(lived.items()) for _ in range(number)]
    keys = [plan.octets(f"key {at}", 8) for at in range(len(tips))]
    sums: Counter[int] = Counter()
    for kind, key in zip(tips, keys, strict=True):
        sums[kind] += int.from_bytes(key, "big")
    crowds = {age: Crowd(lived, sums) for age in AGES}
    by_kinds: list[Release] = []
    by_tips: list[Earlier] = []
    for age in AGES:
        records = [LIVES[kind].at(age, key) for kind, key in zip(tips, keys, strict=True)]
        by_kinds.append(COUNTING.cohort(crowds, period="2025-03", age=age, level=level, earlier=by_kinds))
        by_tips.append(Earlier(_by_tips(records, age, level, by_tips), records))
    assert by_kinds == [one.shown for one in by_tips]


def _by_tips(records: list[Record], age: int, level: str, earlier: list[Earlier]) -> Release:
    return cohort(
        records, period="2025-03", age=age, rules=RULES, domains=DOMAINS, level=level, earlier=earlier
    )


def test_the_months_have_all_tips_together() -> None:
    for tips in (0, 1, 999, 60_000):
        assert sum(sum(month.values()) for month in counts(replace(Plan(), tips=tips))) == tips


def test_the_same_plan_makes_the_same_city_and_another_seed_another_one(tmp_path: Path) -> None:
    small = replace(HONEST, tips=120, months=3)
    one, two = (make_city(small, tmp_path / name) for name in ("one", "two"))
    other = make_city(replace(small, seed=7), tmp_path / "other")
    assert octets_of(one.folder) == octets_of(two.folder)
    assert not set(octets_of(one.ledgers).values()) & set(octets_of(other.ledgers).values())


def test_its_bulletins_give_nothing_away(honest_city: City, faulty_city: City) -> None:
    for city in (honest_city, faulty_city):
        found = take([city.ledgers, city.bulletins], Pins())
        assert attack_all(found.ledgers, found.bulletins) == []
    assert attack([], []) == ()
