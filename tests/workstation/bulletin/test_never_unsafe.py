"""Exit code 16 is a guard: whatever luck the noise has, leaving out what the new bulletin shows is always enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from disclosure.attack import Finding, How, attack
from disclosure.perturb import outcomes
from tests.support.published import Office
from wire.bulletin import Bulletin
from wire.period import end_of, next_month
from wire.release import Rules
from workstation.bulletin import releases
from workstation.bulletin.issued import read_issued
from workstation.bulletin.ledgers import Kept, ledgers
from workstation.bulletin.releases import Maker

DAY = 86400
COUNTS = (30, 24, 12, 45, 22, 0, 21)


def _unlucky(count: int, key: int, rules: Rules) -> int:
    """Return the least or the greatest that a count can be shown as: what gives most away, each time."""
    base = min(count, rules.k + 2 * rules.spread)
    return outcomes(base, rules)[-1 if key % 2 else 0][0] + count - base


def _unattacked(maker: Maker, _kept: Sequence[Kept], bare: Bulletin) -> Bulletin:
    """Return the bulletin as it would be, did nobody attack it."""
    return releases._with(bare, maker.releases())


def _town(folder: Path) -> tuple[Office, list[str]]:
    """Return an office with ledgers of months, every tip of which was read and acted on."""
    office, month, months = Office.make(folder), "2024-01", []
    box = office.counter()
    for count in COUNTS:
        box.month(month, count)
        office.take(box, now=end_of(month) + DAY)
        if count:
            office.triage(Random(count), office.tips_of(month), now=end_of(month) + 2 * DAY)
        months.append(month)
        month = next_month(month)
    return office, months


def _kept(office: Office) -> tuple[Kept, ...]:
    with office.book() as book:
        return ledgers(book)


def test_a_bulletin_without_tables_gives_nothing_away_that_was_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the last level of what is left out is safe by the measure of ``safe``, also behind bulletins that leak."""
    monkeypatch.setattr("disclosure.tables.perturbed", _unlucky)
    monkeypatch.setattr("workstation.bulletin.making.safe", _unattacked)
    office, months = _town(tmp_path)
    issued = [office.issue(month).bulletin for month in months]
    kept, leaks = _kept(office), 0
    for newest, bulletin in enumerate(issued):
        before = frozenset(attack(kept, issued[:newest]))
        bare = replace(bulletin, tables=(), medians=(), coarse=())
        assert frozenset(attack(kept, (*issued[:newest], bare))) <= before
        leaks += len(frozenset(attack(kept, issued[: newest + 1])) - before)
    assert leaks


def test_with_the_worst_luck_the_command_leaves_out_what_leaks_and_still_makes_the_bulletin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("disclosure.tables.perturbed", _unlucky)
    office, months = _town(tmp_path)
    for month in months:
        office.station.run("bulletin", month, "--output", tmp_path / month)
    bulletins = read_issued(office.home).bulletins
    assert {coarse.what for one in bulletins for coarse in one.coarse} >= {"period"}
    assert attack(_kept(office), bulletins) == ()


def test_behind_bulletins_that_leak_the_command_still_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a version before the attacker might have signed them."""
    office, months = _town(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("disclosure.tables.perturbed", _unlucky)
        patch.setattr("workstation.bulletin.making.safe", _unattacked)
        for month in months[:4]:
            office.station.run("bulletin", month, "--output", tmp_path / month)
        before = frozenset(attack(_kept(office), read_issued(office.home).bulletins))
        assert before
        patch.undo()
        patch.setattr("disclosure.tables.perturbed", _unlucky)
        for month in months[4:]:
            office.station.run("bulletin", month, "--output", tmp_path / month)
    assert frozenset(attack(_kept(office), read_issued(office.home).bulletins)) == before


def test_were_something_found_all_the_same_the_command_ends_with_16_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, months = _town(tmp_path)
    office.station.run("bulletin", months[0], "--output", tmp_path / "first")
    old = Finding(((months[0], 30),), ("class",), ("acted",), 2, 3, How.MARGINS)
    monkeypatch.setattr(releases, "attack", lambda _, bulletins: (old,) if len(bulletins) > 1 else ())
    there = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for words in (("--preview",), ("--output", str(tmp_path / "second"))):
        said = office.station.run("bulletin", months[1], *words, code=16).stderr
        assert "a count of 2 to 3 of 2024-01 at 30 days can be recovered" in said
        assert "Nothing was written" in said
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == there
    assert len(read_issued(office.home).files) == 1
