"""The last gate: what the attacker can recover is not published; what is found is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from nacl.signing import SigningKey

from disclosure.attack import Own
from portal.attacking import attack_all, read_own
from portal.cli import cli
from portal.generator.city import City
from portal.problems import BadSettings, Recovered
from portal.reading.keys import Pins
from portal.reading.taking import take
from tests.support.portal_city import HONEST, built, octets_of
from wire.authority import read_authority
from wire.bulletin import Bulletin, read_bulletin, write_bulletin
from wire.release import Table

TELLS = (15, 6, 6, -3)
"""Districts, as they are shown without noise: the last one is left out, and the exact total gives it away."""
SAFE = (18, 6, 6, 6)


def planted(city: City, shown: tuple[int, ...]) -> Table:
    """Change the newest bulletin of the first line: its districts are shown as they are, by rules that say so.

    Returns the table. Where the last of ``shown`` is negative so many tips are shown as 0.
    """
    key = SigningKey(HONEST.octets(f"bulletin {HONEST.lines[0].name}", 32))
    public = bytes(key.verify_key)
    said = [read_authority(path.read_bytes()) for path in city.bulletins.glob("*.authority")]
    line = next(one.line for one in said if one.bulletin == public).hex()
    path = max(city.bulletins.glob(f"{line}-*.bulletin"))
    file = read_bulletin(path.read_bytes(), public)
    changed = _without_noise(file.bulletin, shown)
    path.write_bytes(write_bulletin(changed, key).octets + file.body)
    return changed.tables[0]


def _without_noise(bulletin: Bulletin, shown: tuple[int, ...]) -> Bulletin:
    (table,) = [
        one
        for one in bulletin.tables
        if one.dimensions == ("district",) and (one.period, one.age) == _first_of(bulletin)
    ]
    opened = next(total.opened for total in bulletin.totals if total.period == table.period)
    values = (opened - sum(map(abs, shown[1:])), *(max(0, value) for value in shown[1:]))
    cells = tuple(replace(cell, value=value) for cell, value in zip(table.cells, values, strict=True))
    made = replace(table, cells=cells)
    rules = replace(bulletin.rules, spread=0)
    return replace(bulletin, rules=rules, tables=(made,), medians=(), coarse=())


def _first_of(bulletin: Bulletin) -> tuple[str, int]:
    return bulletin.tables[0].period, bulletin.tables[0].age


def command(city: City, name: str, *words: str) -> Result:
    folders = ["--ledgers", str(city.ledgers), "--bulletins", str(city.bulletins)]
    return CliRunner().invoke(cli, [name, *folders, *words])


def test_what_can_be_recovered_is_not_published_and_is_named(honest: City, tmp_path: Path) -> None:
    site = tmp_path / "site"
    newest = {path: path.read_bytes() for path in honest.bulletins.glob("*-2025-07.bulletin")}
    for path in newest:
        path.unlink()
    built(honest, site)
    there = octets_of(site)
    for path, octets in newest.items():
        path.write_bytes(octets)
    table = planted(honest, TELLS)
    with pytest.raises(Recovered, match=f"{table.period} at {table.age} days, district none: ") as stopped:
        built(honest, site)
    assert stopped.value.exit_code == 7
    assert octets_of(site) == there


def test_the_attacker_alone_names_what_it_finds(honest: City) -> None:
    assert command(honest, "attack").exit_code == 0
    planted(honest, TELLS)
    done = command(honest, "attack", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 7
    assert found["findings"] and {one["table"][0] for one in found["findings"]} == {"district"}
    assert all(1 <= one["low"] <= one["high"] <= 4 for one in found["findings"])
    assert "district" in command(honest, "attack").stdout


def test_own_tips_are_read_and_used(honest: City, tmp_path: Path) -> None:
    """Whoever knows all tips of a cell but two has recovered these two."""
    table = planted(honest, SAFE)
    assert command(honest, "attack").exit_code == 0
    own = [{"month": table.period, "district": "d02", "age": table.age}] * 4
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own))
    assert read_own(path)[0] == Own(table.period, {"district": "d02"}, table.age)
    done = command(honest, "attack", "--own", str(path))
    assert done.exit_code == 7
    assert f"{table.period} at {table.age} days, district d02: 2 tips, by own" in done.stdout
    with pytest.raises(Recovered, match="district d02: 2 tips"):
        built(honest, tmp_path / "site", own=read_own(path))
    assert not (tmp_path / "site").exists()


def test_noise_protects_from_own_tips(honest_city: City) -> None:
    """With the rules as they are, however many tips of a cell somebody knows, the others stay unknown."""
    found = take([honest_city.ledgers, honest_city.bulletins], Pins())
    table = next(
        one
        for bulletin in found.bulletins
        for one in bulletin.bulletin.tables
        if one.dimensions == ("category",)
    )
    cell = max(table.cells, key=lambda one: one.value)
    for known in range(cell.value - 8, cell.value + 4):
        own = [Own(table.period, {"category": cell.codes[0]}, table.age)] * known
        assert attack_all(found.ledgers, found.bulletins, own) == []


@pytest.mark.parametrize("text", ["", "{}", '[{"month": "2025-1"}]', '[{"month": "2025-01", "who": "me"}]'])
def test_own_tips_that_cannot_be_read_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(BadSettings):
        read_own(path)
