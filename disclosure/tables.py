"""Cohort tables: records counted by their properties, each cell and margin perturbed by its own cell key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from disclosure.medians import medians
from disclosure.perturb import perturbed, truth
from disclosure.records import Codes, Place, Record, cell_key, key_sum
from disclosure.rules import (
    BANDS,
    CATEGORY,
    CLASS,
    CLOSING,
    DISTRICT,
    EDGES,
    FIRST_ACTION,
    NEVER,
    STATUS,
    tables_at,
)
from disclosure.vocabulary import StatusClass, categories, statuses
from wire.period import begin_of, end_of
from wire.release import NONE, Cell, Coarse, Median, Rules, Table

DAY = 86400


@dataclass(frozen=True, slots=True)
class Domains:
    """The codes that each dimension has, in order: a table shows a value for each of them, 0 too."""

    districts: Codes = ()
    """Empty where the line has no districts: then nothing is counted by them."""

    def of(self, dimension: str) -> Codes:
        """Return the codes of ``dimension``, sorted."""
        if dimension == DISTRICT:
            return tuple(sorted({*self.districts, NONE}))
        return _FIXED[dimension]

    def tables(self, level: str) -> tuple[Codes, ...]:
        """Return what is counted by at ``level``."""
        return tuple(table for table in tables_at(level) if self.districts or DISTRICT not in table)


_FIXED: Mapping[str, Codes] = {
    CLASS: tuple(sorted(StatusClass)),
    STATUS: tuple(sorted(statuses())),
    CATEGORY: tuple(sorted({*categories(), NONE})),
    FIRST_ACTION: tuple(sorted(BANDS)),
    CLOSING: tuple(sorted(BANDS)),
}


@dataclass(frozen=True, slots=True)
class Release:
    """What is published of a cohort at an age: its tables, medians, and what was left out of them."""

    period: str
    age: int
    tables: tuple[Table, ...] = ()
    medians: tuple[Median, ...] = ()
    coarse: tuple[Coarse, ...] = ()

    def values(self) -> Mapping[Place, int]:
        """Return each value that is shown, by its place."""
        return {(table.dimensions, cell.codes): cell.value for table in self.tables for cell in table.cells}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was published of the same cohort at an earlier age, and the records as they were then."""

    shown: Release
    records: Sequence[Record] = field(repr=False)


def cohort(
    records: Sequence[Record],
    *,
    period: str,
    age: int,
    rules: Rules,
    domains: Domains,
    level: str = "",
    earlier: Sequence[Earlier] = (),
) -> Release:
    """Return the release of the cohort of ``period`` at ``age`` days; ``earlier`` ones in the order of their ages.

    A value changes from one age to the next only if at least k tips came into its cell or left it since it was last
    made anew; otherwise the value of before is shown again, so that no reader sees fewer than k tips move.
    ``level`` says what is left out; a cohort of fewer than ``rules.least`` tips is left out as a whole.
    """
    if len(records) < rules.least or level == "period":
        coarse = (Coarse(period, age, "period"),) if level else ()
        return Release(period, age, coarse=coarse)
    made = _Made(period, age, _filled(records, domains), key_sum(record.key for record in records))
    before = [(past.shown.values(), _filled(past.records, domains)) for past in earlier]
    tables = tuple(
        _table(
            period,
            age,
            dimensions,
            [_cell(place, made, before, rules) for place in _places(dimensions, domains)],
        )
        for dimensions in domains.tables(level)
    )
    coarse = (Coarse(period, age, level),) if level else ()
    return Release(period, age, tables, medians(tables, rules=rules), coarse)


_Filled = Mapping[Place, frozenset[bytes]]


def _table(period: str, age: int, dimensions: Codes, cells: Iterable[Cell]) -> Table:
    return Table(period, age, dimensions, tuple(cells))


@dataclass(frozen=True, slots=True)
class _Made:
    """A cohort at the age that is being made."""

    period: str
    age: int
    filled: _Filled = field(repr=False)
    added: int = field(repr=False)
    """The sum of all record keys."""

    def value(self, place: Place, rules: Rules) -> int:
        """Return what is shown of ``place``, made anew."""
        keys = self.filled.get(place, frozenset())
        cohort = (self.period, self.age)
        return shown_value(
            place, len(keys), cohort=cohort, added=key_sum(keys), whole=self.added, rules=rules
        )


def shown_value(
    place: Place, count: int, *, cohort: tuple[str, int], added: int, whole: int, rules: Rules
) -> int:
    """Return what is shown of ``count`` tips at ``place``, whose record keys ``added`` up to this.

    ``cohort``: its period, and its age in days. An empty cell has no tips to take a key from, and takes the sum of the
    ``whole`` cohort: nobody outside may know which empty cells are shown as k. Where everybody knows that there can be
    nothing, 0 is shown.
    """
    period, age = cohort
    if count == 0 and not can_be(place, period, age):
        return 0
    return perturbed(count, cell_key(added if count else whole, period, place), rules)


def can_be(place: Place, period: str, age: int) -> bool:
    """Return whether there can be a tip at ``place`` at ``age``, for all that the rules say."""
    return _can_be(place, (end_of(period) - begin_of(period)) // DAY + age)


@lru_cache(1 << 14)
def _can_be(place: Place, longest: int) -> bool:
    """Return the same, of a cohort whose first tip is ``longest`` days old; months have few lengths."""
    for dimension, code in zip(*place, strict=True):
        if dimension == STATUS and code in NEVER:
            return False
        if dimension in (FIRST_ACTION, CLOSING) and code != NONE and int(code.split("-")[0]) > longest:
            return False
    return True


def _cell(
    place: Place, now: _Made, before: Iterable[tuple[Mapping[Place, int], _Filled]], rules: Rules
) -> Cell:
    nobody: frozenset[bytes] = frozenset()
    made: frozenset[bytes] | None = None
    shown = 0
    for values, filled in before:
        keys = filled.get(place, nobody)
        if place in values and (made is None or len(keys ^ made) >= rules.k):
            made, shown = keys, values[place]
    keys = now.filled.get(place, nobody)
    if made is None or len(keys ^ made) >= rules.k or _is_stale(shown, len(keys), rules):
        shown = now.value(place, rules)
    return Cell(place[1], shown)


def _is_stale(shown: int, count: int, rules: Rules) -> bool:
    """Return whether k or more tips must have moved since a cell was ``shown``, whatever the records of before say.

    They may say less than was known then: a ledger that came late brings tips that now seem to have been there.
    """
    made_of = truth(shown, rules)
    return not made_of.low - rules.k < count < made_of.high + rules.k


def _places(dimensions: Codes, domains: Domains) -> Iterable[Place]:
    return ((dimensions, codes) for codes in product(*map(domains.of, dimensions)))


def _filled(records: Iterable[Record], domains: Domains) -> _Filled:
    """Return the keys of the records in each cell that has any."""
    found: dict[Place, set[bytes]] = {}
    tables = domains.tables("")
    known = {dimension: frozenset(domains.of(dimension)) for table in tables for dimension in table}
    for record in records:
        said = codes_of(record)
        codes = {name: said[name] if said[name] in allowed else NONE for name, allowed in known.items()}
        for table in tables:
            found.setdefault((table, tuple(codes[name] for name in table)), set()).add(record.key)
    return {place: frozenset(keys) for place, keys in found.items()}


def codes_of(record: Record) -> Mapping[str, str]:
    """Return the code of ``record`` in each dimension."""
    return {
        CLASS: record.status_class,
        STATUS: record.status,
        CATEGORY: record.category or NONE,
        DISTRICT: record.district or NONE,
        FIRST_ACTION: band(record.days_to_first_action),
        CLOSING: band(record.days_to_close),
    }


def band(days: int | None) -> str:
    """Return the band that ``days`` lie in."""
    if days is None:
        return NONE
    return next((code for code, edge in zip(BANDS, EDGES, strict=False) if days <= edge), BANDS[-2])
