"""Cohorts as they are shown: a bulletin's tables, each value with the band in which the true count lies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from disclosure.perturb import truth
from disclosure.rules import (
    AGES,
    BANDS,
    CATEGORY,
    CLASS,
    CLOSING,
    FIRST_ACTION,
    STATUS,
)
from disclosure.vocabulary import StatusClass, categories, statuses
from portal.reading.bulletins import BulletinTaken
from portal.release.model import Cohort, Days, Delay, Figure, Kind, Notice, Table, total
from portal.release.months import day
from wire import release as wire
from wire.bulletin import Bulletin
from wire.period import end_of, quarter_of
from wire.release import NONE, Rules

_DAY = 86400
_COUNT = ("count",)
Values = Mapping[tuple[str, ...], int]
_ORDER: Mapping[str, tuple[str, ...]] = {
    CLASS: tuple(map(str, StatusClass)),
    STATUS: tuple(statuses()),
    CATEGORY: (*categories(), NONE),
    FIRST_ACTION: BANDS,
    CLOSING: BANDS,
}
"""Codes in the order in which people read them; a code of another program's version comes behind."""
_NAMES = {FIRST_ACTION: "first_action"}


@dataclass(frozen=True, slots=True)
class _Release:
    """What one bulletin shows of one period at one age."""

    bulletin: BulletinTaken
    period: str
    age: int
    tables: Mapping[tuple[str, ...], Values]
    left_out: str


def cohorts(bulletins: Iterable[BulletinTaken]) -> list[Cohort]:
    """Return all cohorts, by line, period, age. One that is published twice stands as it came first."""
    found: dict[tuple[bytes, str, int], _Release] = {}
    for bulletin in bulletins:
        for one in _releases(bulletin):
            found.setdefault((bulletin.bulletin.line, one.period, one.age), one)
    made = []
    for (line, period, age), one in sorted(found.items()):
        earlier = [
            found[line, period, other] for other in AGES if other < age and (line, period, other) in found
        ]
        made.append(_cohort(line.hex(), one, earlier))
    return made


def _releases(taken: BulletinTaken) -> Iterator[_Release]:
    said = taken.bulletin
    places = {(one.period, one.age) for one in said.tables} | {(one.period, one.age) for one in said.coarse}
    left_out = {(one.period, one.age): one.what for one in said.coarse}
    for place in sorted(places):
        tables = {
            one.dimensions: {cell.codes: cell.value for cell in one.cells}
            for one in said.tables
            if (one.period, one.age) == place
        }
        yield _Release(taken, *place, tables, left_out.get(place, ""))


def _cohort(line: str, one: _Release, earlier: Sequence[_Release]) -> Cohort:
    said = one.bulletin.bulletin
    return Cohort(
        line=line,
        period=one.period,
        age=one.age,
        bulletin=one.bulletin.name,
        published=day(said.issued),
        tables=tuple(_tables(one, earlier, _whole(said, one.period))),
        delays=tuple(_delays(said, one)),
        left_out=one.left_out,
    )


def _whole(said: Bulletin, period: str) -> Figure | None:
    """Return how many tips the cohort has, as the bulletin's own total says; None where it has none."""
    opened = next((found.opened for found in said.totals if found.period == period), None)
    return None if opened is None else Figure(opened, opened, opened)


def _tables(one: _Release, earlier: Sequence[_Release], whole: Figure | None) -> Iterator[Table]:
    for dimensions in sorted(one.tables):
        figures = _figures(one, earlier, dimensions)
        if len(dimensions) == 1:
            yield _list(dimensions[0], figures, whole)
        elif dimensions[0] == CLASS:
            margins = {name: _figures(one, earlier, (name,)) for name in dimensions}
            yield _cross(dimensions[1], figures, margins, whole)


def _figures(
    one: _Release, earlier: Sequence[_Release], dimensions: tuple[str, ...]
) -> dict[tuple[str, ...], Figure]:
    rules = one.bulletin.bulletin.rules
    before: dict[tuple[str, ...], int] = {}
    for release in earlier:
        before |= release.tables.get(dimensions, {})
    bands = _bands(rules)
    found = {}
    for codes, value in one.tables.get(dimensions, {}).items():
        stale = before.get(codes) == value
        band = bands.get((value, stale))
        if band is None:
            band = bands[value, stale] = figure(value, rules, stale=stale)
        found[codes] = band
    return found


@cache
def _bands(rules: Rules) -> dict[tuple[int, bool], Figure]:
    """Return what is remembered of bands under ``rules``: a site has 100,000 cells of few values."""
    return {}


def figure(value: int, rules: Rules, *, stale: bool) -> Figure:
    """Return a shown value with its band. ``stale``: perhaps that of the age before; since then fewer than k moved."""
    band = truth(value, rules)
    moved = rules.k - 1 if stale else 0
    return Figure(value, max(0, band.low - moved), band.high + moved)


def _codes(dimension: str, found: Iterable[str]) -> tuple[str, ...]:
    have = set(found)
    order = _ORDER.get(dimension, ())
    known = [code for code in order if code in have]
    rest = sorted(have - set(order), key=lambda code: (code == NONE, code))
    return (*known, *rest)


def _list(dimension: str, figures: Mapping[tuple[str, ...], Figure], whole: Figure | None) -> Table:
    rows = _codes(dimension, (codes[0] for codes in figures))
    return Table(
        name=_NAMES.get(dimension, dimension),
        rows=rows,
        columns=_COUNT,
        cells=tuple((figures[code,],) for code in rows),
        total=whole or total(figures.values()),
    )


def _cross(
    dimension: str,
    figures: Mapping[tuple[str, ...], Figure],
    margins: Mapping[str, Mapping[tuple[str, ...], Figure]],
    whole: Figure | None,
) -> Table:
    columns = _codes(CLASS, (codes[0] for codes in figures))
    rows = _codes(dimension, (codes[1] for codes in figures))
    nothing = Figure(0, 0, 0)
    cells = tuple(tuple(figures.get((column, row), nothing) for column in columns) for row in rows)
    row_totals = tuple(
        margins[dimension].get((row,)) or total(line) for row, line in zip(rows, cells, strict=True)
    )
    column_totals = tuple(
        margins[CLASS].get((column,)) or total(line[at] for line in cells)
        for at, column in enumerate(columns)
    )
    return Table(
        name=f"class_{dimension}",
        rows=rows,
        columns=columns,
        cells=cells,
        row_totals=row_totals,
        column_totals=column_totals,
        total=whole or total(column_totals),
    )


def _delays(said: Bulletin, one: _Release) -> Iterator[Delay]:
    found = {
        median.what: median for median in said.medians if (median.period, median.age) == (one.period, one.age)
    }
    if found:
        first, close = found.get(FIRST_ACTION), found.get(CLOSING)
        yield Delay(
            by="all",
            code="",
            first_action_median=_days(first, nine_tenths=False),
            first_action_p90=_days(first, nine_tenths=True),
            close_median=_days(close, nine_tenths=False),
            close_p90=_days(close, nine_tenths=True),
        )


def _days(median: wire.Median | None, *, nine_tenths: bool) -> Days:
    if median is None:
        return Days(None)
    days = median.most if nine_tenths else median.half
    return Days(days, beyond=days is None)


def cohort_notices(found: Sequence[Cohort], bulletins: Iterable[BulletinTaken]) -> Iterator[Notice]:
    """Yield the cohorts that were due in the newest bulletin or before, had tips enough, and are not published.

    Due: in the first bulletin whose month ends at or after the cohort's age (docs/disclosure.md, "The tables"). Tips
    enough: by the digests that were public before that age, for a tip that was opened later is not in the cohort.
    """
    have = {(one.line, one.period, one.age) for one in found}
    of_line: dict[bytes, list[BulletinTaken]] = {}
    for taken in bulletins:
        of_line.setdefault(taken.bulletin.line, []).append(taken)
    for line, row in sorted(of_line.items()):
        newest = max(row, key=lambda one: one.bulletin.month)
        for period, age in _due(row, end_of(newest.bulletin.month), newest.bulletin.rules.least):
            if (line.hex(), period, age) not in have:
                yield Notice(
                    kind=Kind.COHORT_MISSING, line=line.hex(), month=period, age=age, sources=(newest.name,)
                )


def _due(row: Sequence[BulletinTaken], until: int, least: int) -> Iterator[tuple[str, int]]:
    """Yield period and age of the cohorts of one line that had ``least`` tips at their age, not after ``until``."""
    totalled = {one.period for taken in row for one in taken.bulletin.totals}
    proven: dict[str, list[tuple[int, int]]] = {}
    for taken in row:
        for one in taken.bulletin.ledgers:
            quarter = quarter_of(one.month)
            period = quarter if quarter in totalled else one.month
            proven.setdefault(period, []).append((taken.bulletin.issued, one.digests))
    for period, digests in sorted(proven.items()):
        for age in AGES:
            reached = end_of(period) + age * _DAY
            enough = sum(count for issued, count in digests if issued <= reached) >= least
            if reached <= until and enough:
                yield period, age
