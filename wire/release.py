"""The values that stand in a bulletin: answered ledgers, totals, tables and what is said of them. docs/formats.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from wire.hashing import HASH_OCTETS
from wire.identity import BOX_OCTETS
from wire.keysheet import name_value
from wire.listed import MAX_LISTED
from wire.period import month_value, period_value
from wire.refusal import Refusal, Refused
from wire.signed import Fields, number_value, octets_value

MAX_AGE = 3650
"""Ten years of days: later than any age at which a cohort is shown."""
MAX_CELLS = 1 << 14
"""2,049 districts by four classes have 8,196 cells."""
MAX_DISTRICTS = 2048
MAX_DIMENSIONS = 2
MAX_K = MAX_SPREAD = 1000
NONE = "none"
"""Stands where there is no number; and as a code: of tips without category or district, of what did not happen."""
COARSE = ("category", "district", "period")
LANGUAGES = ("es", "en")
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]*")
MAX_CODE = 48
_REMEMBERED = 1 << 15
"""Cells that are read once and stand in many tables: those of five years are 100,000, and of 26,000 different ones.
15 MB, whatever is read."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The constants of the disclosure control that a bulletin was made with; public, docs/disclosure.md."""

    k: int
    """No value from 1 to k - 1 is shown, and no change of fewer than k tips."""
    spread: int
    """The most by which a count is changed, before it is rounded to 0 or k."""
    least: int
    """Tips that a cohort must have for a table."""
    median: int
    """Tips that a cohort must have for a median."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A ledger that a bulletin answers."""

    ledger: bytes
    """Its hash."""
    box: bytes
    month: str
    received: int
    """Its count."""
    digests: int
    """Digests of its tips that this bulletin publishes, and none before did."""


@dataclass(frozen=True, slots=True)
class Total:
    """The two exact totals of a month or quarter, so far."""

    period: str
    received: int
    opened: int


@dataclass(frozen=True, slots=True)
class District:
    """A code of a district, and its names."""

    code: str
    es: str
    en: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a table: 0, or k and more. Perturbed; 0 does not mean none."""

    codes: tuple[str, ...]
    """One for each dimension."""
    value: int


@dataclass(frozen=True, slots=True)
class Table:
    """The tips of a cohort, ``age`` days after the end of its period, counted by some of their properties."""

    period: str
    age: int
    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Median:
    """Within how many days half, and nine tenths, of a cohort had come so far; None: not within its age."""

    period: str
    age: int
    what: str
    half: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Coarse:
    """What is left out of a release because a small count could be recovered: this, and all that is finer."""

    period: str
    age: int
    what: str
    """district; category, and district too; period: the whole release."""


def rising(name: str, keys: list[Any]) -> None:
    """Return if ``keys`` rise, none twice. Raises Refused."""
    if any(before >= after for before, after in pairwise(keys)):
        raise Refused(Refusal.CANONICAL, name, "not in order, or one stands twice")


def rules_text(rules: Rules) -> str:
    """Return ``rules`` as a value."""
    return f"{rules.k} {rules.spread} {rules.least} {rules.median}"


def rules_value(value: str) -> Rules:
    """Return the rules in ``value``. Raises Refused."""
    k, spread, least, median = _parts("rules", value, 4)
    return Rules(
        number_value("rules", k, least=1, most=MAX_K),
        number_value("rules", spread, most=MAX_SPREAD),
        number_value("rules", least),
        number_value("rules", median),
    )


def answered_text(answered: Answered) -> str:
    """Return ``answered`` as a value."""
    return f"{answered.ledger.hex()} {answered.box.hex()} {answered.month} {answered.received} {answered.digests}"


def answered_value(value: str) -> Answered:
    """Return the answered ledger in ``value``. Raises Refused."""
    ledger, box, month, received, digests = _parts("ledger", value, 5)
    found = Answered(
        octets_value("ledger", ledger, HASH_OCTETS),
        octets_value("ledger", box, BOX_OCTETS),
        month_value(month),
        number_value("ledger", received, most=MAX_LISTED),
        number_value("ledger", digests, most=MAX_LISTED),
    )
    if found.digests > found.received:
        raise Refused(Refusal.VALUE, "ledger", "more digests than it has commitments")
    return found


def total_text(total: Total) -> str:
    """Return ``total`` as a value."""
    return f"{total.period} {total.received} {total.opened}"


def total_value(value: str) -> Total:
    """Return the total in ``value``. Raises Refused."""
    period, received, opened = _parts("total", value, 3)
    total = Total(
        period_value("total", period), number_value("total", received), number_value("total", opened)
    )
    if total.opened > total.received:
        raise Refused(Refusal.VALUE, "total", "more opened than received")
    return total


def districts_lines(districts: Iterable[District]) -> list[tuple[str, str]]:
    """Return the lines of ``districts``: two for each, its name in Spanish and in English."""
    return [
        ("district", f"{found.code} {language} {name}")
        for found in districts
        for language, name in zip(LANGUAGES, (found.es, found.en), strict=True)
    ]


def take_districts(fields: Fields) -> tuple[District, ...]:
    """Return the districts that come next. Raises Refused."""
    values = fields.all("district")
    if len(values) % 2 or len(values) // 2 > MAX_DISTRICTS:
        raise Refused(Refusal.VALUE, "district", f"not two lines each, or more than {MAX_DISTRICTS}")
    return tuple(_district(es, en) for es, en in zip(values[::2], values[1::2], strict=True))


def _district(*values: str) -> District:
    codes, names = set(), []
    for value, language in zip(values, LANGUAGES, strict=True):
        code, _, named = value.partition(" ")
        said, _, name = named.partition(" ")
        if said != language:
            raise Refused(Refusal.CANONICAL, "district", "not its name in es, then in en")
        codes.add(code_value("district", code))
        names.append(name_value(name, field="district"))
    if len(codes) != 1:
        raise Refused(Refusal.CANONICAL, "district", "not its name in es, then in en")
    return District(codes.pop(), *names)


def table_lines(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the lines of ``table``: its head, then its cells."""
    dimensions = ",".join(table.dimensions)
    yield "table", f"{table.period} {table.age} {dimensions} {len(table.cells)}"
    for cell in table.cells:
        yield "cell", f"{','.join(cell.codes)} {cell.value}"


def take_table(fields: Fields) -> Table:
    """Return the table that comes next. Raises Refused."""
    period, age, dimensions, count = _parts("table", fields.take("table"), 4)
    names = tuple(code_value("table", name) for name in dimensions.split(","))
    if len(names) > MAX_DIMENSIONS or len(set(names)) != len(names):
        raise Refused(Refusal.VALUE, "table", "too many dimensions, or one stands twice")
    cells = number_value("table", count, least=1, most=MAX_CELLS)
    return Table(
        period_value("table", period),
        _age("table", age),
        names,
        tuple(_cell(value, len(names)) for value in fields.several("cell", cells)),
    )


def check_tables(tables: Iterable[Table], rules: Rules) -> None:
    """Return if the cells of ``tables`` stand in order and no value from 1 to k - 1 is shown. Raises Refused."""
    for table in tables:
        rising("cell", [cell.codes for cell in table.cells])
        if any(0 < cell.value < rules.k for cell in table.cells):
            raise Refused(Refusal.VALUE, "cell", "a value from 1 to k - 1")


def median_text(median: Median) -> str:
    """Return ``median`` as a value."""
    return f"{median.period} {median.age} {median.what} {_days_text(median.half)} {_days_text(median.most)}"


def median_value(value: str) -> Median:
    """Return the median in ``value``. Raises Refused."""
    period, age, what, half, most = _parts("median", value, 5)
    found = Median(
        period_value("median", period),
        _age("median", age),
        code_value("median", what),
        _days("median", half),
        _days("median", most),
    )
    if found.most is not None and (found.half is None or found.half > found.most):
        raise Refused(Refusal.VALUE, "median", "nine tenths before a half")
    return found


def coarse_text(coarse: Coarse) -> str:
    """Return ``coarse`` as a value."""
    return f"{coarse.period} {coarse.age} {coarse.what}"


def coarse_value(value: str) -> Coarse:
    """Return what is left out, from ``value``. Raises Refused."""
    period, age, what = _parts("coarse", value, 3)
    if what not in COARSE:
        raise Refused(Refusal.CANONICAL, "coarse", "neither district, category nor period")
    return Coarse(period_value("coarse", period), _age("coarse", age), what)


def code_value(name: str, value: str) -> str:
    """Return the code ``value``: a to z, digits, and behind the first dots, hyphens, underscores. Raises Refused."""
    if len(value) > MAX_CODE or not _CODE.fullmatch(value):
        raise Refused(Refusal.CANONICAL, name, f"not a code of 1 to {MAX_CODE} characters")
    return value


@lru_cache(_REMEMBERED)
def _cell(value: str, dimensions: int) -> Cell:
    codes, number = _parts("cell", value, 2)
    found = _codes(codes)
    if len(found) != dimensions:
        raise Refused(Refusal.CANONICAL, "cell", "not a code for each dimension")
    return Cell(found, number_value("cell", number))


@lru_cache(_REMEMBERED)
def _codes(value: str) -> tuple[str, ...]:
    return tuple(code_value("cell", code) for code in value.split(","))


def _age(name: str, value: str) -> int:
    return number_value(name, value, most=MAX_AGE)


def _days(name: str, value: str) -> int | None:
    return None if value == NONE else number_value(name, value, most=MAX_AGE)


def _days_text(days: int | None) -> str:
    return NONE if days is None else str(days)


def _parts(name: str, value: str, count: int) -> list[str]:
    parts = value.split(" ")
    if len(parts) != count:
        raise Refused(Refusal.CANONICAL, name, f"not {count} values")
    return parts
