"""N7: what bulletins show of cohorts gives no small count away, month after month; without perturbation it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from disclosure.attack import Finding, How, attack
from disclosure.perturb import outcomes, truth
from disclosure.rules import AGES, LEVELS, RULES, tables_at
from disclosure.tables import Domains
from tests.support.published import CATEGORIES, DISTRICTS, Counter, Office
from wire.bulletin import Bulletin
from wire.hashing import blake2b_256
from wire.period import end_of, next_month
from wire.release import Rules
from workstation.book.connection import Book
from workstation.bulletin.answers import answers
from workstation.bulletin.issued import read_issued
from workstation.bulletin.ledgers import ledgers
from workstation.bulletin.problems import NotSafe
from workstation.bulletin.releases import Maker, _make_coarser, safe

DAY = 86400
FIRST = "2024-01"


def months(count: int) -> list[str]:
    found = [FIRST]
    while len(found) < count:
        found.append(next_month(found[-1]))
    return found


def work(office: Office, counts: Sequence[int], *, seed: int = 1) -> tuple[Counter, list[Bulletin]]:
    """Return the bulletins of months with so many tips, each taken, read and acted on, and some of it later again."""
    random, box, bulletins = Random(seed), office.counter(), []
    for month, count in zip(months(len(counts)), counts, strict=True):
        box.month(month, count)
        office.take(box, now=end_of(month) + DAY)
        if count:
            office.triage(random, office.tips_of(month), now=end_of(month) + 2 * DAY)
        bulletins.append(office.issue(month).bulletin)
    return box, bulletins


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Counter, list[Bulletin]]:
    """A year and a quarter: busy months, a small one, one that is too small for a table, and the months behind."""
    office = Office.make(tmp_path_factory.mktemp("office"))
    box, bulletins = work(office, [60, 45, 24, 12, 90, 15, 70, 33, 0, 0, 0, 0, 0, 0])
    return office, box, bulletins


def test_bulletins_of_many_months_give_no_small_count_away(
    published: tuple[Office, Counter, list[Bulletin]],
) -> None:
    _, box, bulletins = published
    assert sum(len(bulletin.tables) for bulletin in bulletins) > 60
    for newest in range(1, len(bulletins) + 1):
        assert attack([found.ledger for found in box.ledgers], bulletins[:newest]) == ()


def test_each_cohort_is_shown_once_at_each_age_when_it_is_reached(
    published: tuple[Office, Counter, list[Bulletin]],
) -> None:
    _, _, bulletins = published
    seen: dict[tuple[str, int], str] = {}
    for bulletin in bulletins:
        shown = {(table.period, table.age) for table in bulletin.tables}
        for when in shown | {(one.period, one.age) for one in bulletin.coarse}:
            assert when not in seen
            seen[when] = bulletin.month
            assert end_of(when[0]) + when[1] * DAY <= end_of(bulletin.month)
    assert [month for (period, age), month in sorted(seen.items()) if period == FIRST] == [
        "2024-03",
        "2024-04",
        "2024-07",
        "2025-01",
    ]
    assert {age for period, age in seen if period == FIRST} == set(AGES)
    assert ("2024-04", 30) not in seen, "12 tips are too few"


def test_months_that_are_too_small_are_shown_as_their_quarter(
    published: tuple[Office, Counter, list[Bulletin]],
) -> None:
    """April had 12 tips, May 90, June 15: April and June are in no table but that of the quarter."""
    _, _, bulletins = published
    shown = {(table.period, table.age) for bulletin in bulletins for table in bulletin.tables}
    coarse = {(one.period, one.age) for bulletin in bulletins for one in bulletin.coarse}
    assert ("2024-05", 30) in shown
    assert ("2024-Q2", 30) in shown | coarse
    assert not {("2024-04", 30), ("2024-06", 30)} & shown


def test_what_is_shown_is_what_the_book_holds_disturbed(
    published: tuple[Office, Counter, list[Bulletin]],
) -> None:
    office, _, bulletins = published
    (table,) = (
        table
        for bulletin in bulletins
        for table in bulletin.tables
        if (table.period, table.age, table.dimensions) == (FIRST, 30, ("category",))
    )
    with office.book() as book:
        records = _maker(office, book).records_of((FIRST, 30))
    assert len(records) == 60
    for cell in table.cells:
        true, possible = sum(record.category == cell.codes[0] for record in records), truth(cell.value, RULES)
        assert possible.low <= true <= possible.high


def _maker(office: Office, book: Book, *, secret: bytes | None = None) -> Maker:
    """Return what makes the releases of a first bulletin, in which the first month is shown at 30 days."""
    kept = ledgers(book)
    found = answers(book, kept, read_issued(office.home), "2024-03")
    empty = replace(read_issued(office.home), files=(), octets=())
    cells = office.home.vault.cells if secret is None else secret
    return Maker(book, cells, empty, found.periods, "2024-03", Domains(DISTRICTS))


def _unlucky(count: int, key: int, rules: Rules) -> int:
    """Return the least or the greatest that a count can be shown as: what comes seldom, each time."""
    base = min(count, rules.k + 2 * rules.spread)
    weights = outcomes(base, rules)
    return weights[-1 if key % 2 else 0][0] + count - base


def test_what_gives_something_away_is_made_coarser_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small town and bad luck: with some secrets a table would leak; with no secret it does in the end."""
    monkeypatch.setattr("disclosure.tables.perturbed", _unlucky)
    office = Office.make(tmp_path)
    box = office.counter()
    box.month(FIRST, 30)
    office.take(box, now=end_of(FIRST) + DAY)
    office.triage(Random(7), office.tips_of(FIRST), now=end_of(FIRST) + 2 * DAY)
    counted = [found.ledger for found in box.ledgers]
    leaks = safe_at_once = 0
    with office.book() as book:
        bare = office.prepare(FIRST).bulletin
        for number in range(600):
            maker = _maker(office, book, secret=blake2b_256(number.to_bytes(2, "big")))
            leaking = bool(attack(counted, (bare_with(bare, maker),)))
            if leaking or safe_at_once < 5:
                bulletin = safe(maker, counted, bare)
                assert attack(counted, (bulletin,)) == ()
                assert bool(bulletin.coarse) == leaking
                level = bulletin.coarse[0].what if leaking else ""
                assert {table.dimensions for table in bulletin.tables} == set(tables_at(level))
                leaks, safe_at_once = leaks + leaking, safe_at_once + (not leaking)
            if leaks == 3:
                break
    assert leaks == 3


def bare_with(bare: Bulletin, maker: Maker) -> Bulletin:
    return replace(bare, tables=tuple(table for release in maker.releases() for table in release.tables))


def test_with_the_perturbation_switched_off_the_attacker_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of all tests above: the same months, every count as it is."""
    office = Office.make(tmp_path)
    box = office.counter()
    box.month(FIRST, 60)
    office.take(box, now=end_of(FIRST) + DAY)
    office.triage(Random(1), office.tips_of(FIRST), now=end_of(FIRST) + 2 * DAY)
    bare = office.prepare(FIRST).bulletin
    counted = [found.ledger for found in box.ledgers]
    with office.book() as book:
        assert attack(counted, (bare_with(bare, _maker(office, book)),)) == ()
        monkeypatch.setattr("disclosure.tables.perturbed", lambda count, _key, _rules: count)
        found = attack(counted, (bare_with(bare, _maker(office, book)),))
    assert {one.how for one in found} >= {How.SHOWN}
    assert {code for one in found for code in one.cell} & {*CATEGORIES, *DISTRICTS}


def test_a_finding_that_nothing_can_be_left_out_for_stops_the_bulletin(tmp_path: Path) -> None:
    office = Office.make(tmp_path)
    with office.book() as book:
        maker = _maker(office, book)
    finding = Finding((("2024-01", 30), ("2024-01", 90)), ("class",), ("acted",), 2, 3, How.AGES)
    made = frozenset({("2024-01", 90)})
    for level in LEVELS[1:]:
        _make_coarser(maker, [finding], made)
        assert maker.levels == {("2024-01", 90): level}
    with pytest.raises(NotSafe, match="2 to 3 of 2024-01 at 90 days") as stopped:
        _make_coarser(maker, [finding], made)
    assert stopped.value.exit_code == 16
    assert "Nothing was written" in stopped.value.way_out
