"""Cohort tables of many tips at once: as ``disclosure.tables.cohort``, but kind by kind instead of tip by tip.

Tips of one kind stand in the same cells at every age, so a cell is a set of kinds, its count the sum of their numbers,
its cell key the sum of theirs. A test holds both ways against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from disclosure.medians import medians
from disclosure.records import MODULUS, Codes, Place
from disclosure.rules import AGES, RULES
from disclosure.tables import Domains, Release, codes_of, shown_value
from portal.generator.life import Life
from wire.release import Cell, Coarse, Table

_Cells = Mapping[Place, frozenset[int]]
_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Crowd:
    """The tips of one period by their kinds: how many, and the sum of their record keys."""

    numbers: Mapping[int, int]
    keys: Mapping[int, int]

    def count(self, kinds: frozenset[int]) -> int:
        """Return how many tips are of ``kinds``."""
        return sum(self.numbers.get(kind, 0) for kind in kinds)

    def key_sum(self, kinds: Iterable[int]) -> int:
        """Return the sum of the record keys of all tips of ``kinds``."""
        return sum(self.keys.get(kind, 0) for kind in kinds) % MODULUS

    def whole(self) -> int:
        """Return the sum of all record keys."""
        return self.key_sum(self.keys)


@dataclass(frozen=True, slots=True)
class _Made:
    """A cohort at the age that is being made."""

    period: str
    age: int
    crowds: Mapping[int, Crowd]
    whole: int


class Counting:
    """The cells of a line at each age, by the kinds of life in them."""

    def __init__(self, lives: Sequence[Life], domains: Domains) -> None:
        self._domains = domains
        self._cells = {age: _cells(lives, domains, age) for age in AGES}
        self._places = {
            dimensions: [(dimensions, codes) for codes in _product(dimensions, domains)]
            for dimensions in domains.tables("")
        }

    def cohort(
        self, crowds: Mapping[int, Crowd], *, period: str, age: int, level: str, earlier: Sequence[Release]
    ) -> Release:
        """Return what is published at ``age`` of the crowd of that age; ``earlier`` releases in their order."""
        if sum(crowds[age].numbers.values()) < RULES.least or level == "period":
            return Release(period, age, coarse=(Coarse(period, age, "period"),) if level else ())
        before = [(one.age, one.values()) for one in earlier]
        made = _Made(period, age, crowds, crowds[age].whole())
        tables = tuple(
            Table(
                period,
                age,
                dimensions,
                tuple(self._cell(place, made, before) for place in self._places[dimensions]),
            )
            for dimensions in self._domains.tables(level)
        )
        coarse = (Coarse(period, age, level),) if level else ()
        return Release(period, age, tables, medians(tables, rules=RULES), coarse)

    def _cell(
        self,
        place: Place,
        now: _Made,
        before: Sequence[tuple[int, Mapping[Place, int]]],
    ) -> Cell:
        crowds, age = now.crowds, now.age
        made: int | None = None
        shown = 0
        for past, values in before:
            if place in values and (made is None or self._moved(place, crowds, made, past) >= RULES.k):
                made, shown = past, values[place]
        if made is None or self._moved(place, crowds, made, age) >= RULES.k:
            kinds = self._cells[age].get(place, _NOBODY)
            crowd = crowds[age]
            shown = shown_value(
                place,
                crowd.count(kinds),
                cohort=(now.period, age),
                added=crowd.key_sum(kinds),
                whole=now.whole,
                rules=RULES,
            )
        return Cell(place[1], shown)

    def _moved(self, place: Place, crowds: Mapping[int, Crowd], one: int, other: int) -> int:
        """Return how many tips left a cell or came into it between two ages."""
        then, now = self._cells[one].get(place, _NOBODY), self._cells[other].get(place, _NOBODY)
        came = crowds[other].count(now - then)
        left = crowds[one].count(then - now)
        stayed = then & now
        return came + left + crowds[other].count(stayed) - crowds[one].count(stayed)


def _cells(lives: Sequence[Life], domains: Domains, age: int) -> _Cells:
    found: dict[Place, set[int]] = {}
    for kind, life in enumerate(lives):
        codes = codes_of(life.at(age, b""))
        for table in domains.tables(""):
            found.setdefault((table, tuple(codes[name] for name in table)), set()).add(kind)
    return {place: frozenset(kinds) for place, kinds in found.items()}


def _product(dimensions: Codes, domains: Domains) -> list[Codes]:
    found: list[Codes] = [()]
    for dimension in dimensions:
        found = [(*codes, code) for codes in found for code in domains.of(dimension)]
    return found
