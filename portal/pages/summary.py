"""Sums over the model, for pages: the funnel of a line, what waits, how parts of it go over time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from disclosure.vocabulary import StatusClass
from portal.release.model import Cohort, Figure, Month, Site, total
from wire.period import is_quarter, months_of, next_month, quarter_of

CLASSES = (StatusClass.ACTED, StatusClass.CLOSED, StatusClass.OPEN, StatusClass.SILENT)
"""In the order in which they stand in charts and tables."""
AGE = 90
"""Days after the end of a month at which months are compared: a quarter of a year to act, and known soon enough."""
WINDOW = 12
"""Months that the front page sums up: a year has every season once."""
MOST_MONTHS = 24
"""A line of more points than this is drawn by quarters: a phone cannot show more, and small counts jump about."""

ZERO = Figure(0, 0, 0)


def classes(cohort: Cohort) -> dict[str, Figure]:
    """Return how many tips of ``cohort`` were in each class of status; empty where that was left out."""
    table = cohort.table("class")
    if table is None:
        return {}
    counts = dict(zip(table.rows, (row[0] for row in table.cells), strict=True))
    return {str(name): counts.get(name, ZERO) for name in CLASSES}


def worked(cohort: Cohort) -> Figure:
    """Return how many tips somebody worked on: whatever is not silent.

    Of two ways to know it, the sum of the other classes and all but the silent, each bounds it for certain.
    """
    parts = classes(cohort)
    added_up = total(figure for name, figure in parts.items() if name != StatusClass.SILENT)
    table, silent = cohort.table("class"), parts[StatusClass.SILENT]
    whole = table.total if table else ZERO
    low, high = max(added_up.low, whole.low - silent.high), min(added_up.high, whole.high - silent.low)
    return Figure(min(max(whole.shown - silent.shown, low), high), low, high)


@dataclass(frozen=True, slots=True)
class Funnel:
    """From received to acted on, over some periods of a line. The last three are None before there are any tables."""

    first: str
    last: str
    age: int
    received: int
    opened: int
    worked: Figure | None
    acted: Figure | None
    silent: Figure | None


def funnel(site: Site, line: str) -> Funnel | None:
    """Return the funnel of the last ``WINDOW`` months of ``line`` known at ``AGE`` days; None without months."""
    known = [one for one in site.cohorts_of(line, age=AGE) if classes(one)][-WINDOW:]
    known = _within(known)
    months = {one.month: one for one in site.months_of(line) if one.boxes}
    if not months:
        return None
    if not known:
        recent = list(months.values())[-WINDOW:]
        return _counted(recent)
    span = [month for cohort in known for month in months_of(cohort.period) if month in months]
    counted = _counted([months[month] for month in span])
    parts = [classes(one) for one in known]
    return Funnel(
        known[0].period,
        known[-1].period,
        AGE,
        counted.received,
        counted.opened,
        total(worked(one) for one in known),
        total(one[StatusClass.ACTED] for one in parts),
        total(one[StatusClass.SILENT] for one in parts),
    )


def _within(cohorts: Sequence[Cohort]) -> list[Cohort]:
    """Return the last of ``cohorts`` that are no more than ``WINDOW`` months together."""
    found: list[Cohort] = []
    for cohort in reversed(cohorts):
        if sum(len(months_of(one.period)) for one in (*found, cohort)) > WINDOW:
            break
        found.insert(0, cohort)
    return found


def _counted(months: Sequence[Month]) -> Funnel:
    received, opened = sum(one.received for one in months), sum(one.opened for one in months)
    return Funnel(months[0].month, months[-1].month, AGE, received, opened, None, None, None)


def funnel_of_month(month: Month, cohort: Cohort | None) -> Funnel:
    """Return the funnel of one month, its parts as of ``cohort``, where there is one with tables."""
    parts = classes(cohort) if cohort else {}
    age = cohort.age if cohort else AGE
    if cohort is None or not parts or is_quarter(cohort.period):
        return Funnel(month.month, month.month, age, month.received, month.opened, None, None, None)
    return Funnel(
        month.month,
        month.month,
        age,
        month.received,
        month.opened,
        worked(cohort),
        parts[StatusClass.ACTED],
        parts[StatusClass.SILENT],
    )


def cohorts_of_month(site: Site, line: str, month: str) -> tuple[Cohort, ...]:
    """Return the cohorts in which the tips of ``month`` are, by age: the month's own, or those of its quarter."""
    periods = (month, quarter_of(month))
    return tuple(one for one in site.cohorts_of(line) if one.period in periods)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tips that were never opened, by how long the month is over in which they came."""

    bounds: tuple[int, int | None]
    """Months, from and below; None: and more."""
    count: int


_BOUNDS: tuple[tuple[int, int | None], ...] = ((0, 1), (1, 3), (3, 6), (6, 12), (12, None))


def waiting(months: Iterable[Month], today: str) -> tuple[Waiting, ...]:
    """Return what waits to be opened in the month ``today`` (YYYY-MM), the newest first.

    A month that is not over, or ended last month, has waited less than a month."""
    counts = dict.fromkeys(_BOUNDS, 0)
    for month in months:
        age = max(0, _number(today) - _number(month.month) - 1)
        bounds = next(one for one in _BOUNDS if one[1] is None or age < one[1])
        counts[bounds] += month.never_opened
    return tuple(Waiting(bounds, count) for bounds, count in counts.items())


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def all_months(first: str, last: str) -> Iterator[str]:
    """Yield the months from ``first`` to ``last``."""
    while first <= last:
        yield first
        first = next_month(first)


@dataclass(frozen=True, slots=True)
class Value:
    """What one group of a line did in one period: reported, acted on, without an answer."""

    period: str
    reported: Figure
    acted: Figure
    silent: Figure


def history(cohorts: Sequence[Cohort], table: str, code: str) -> tuple[Value, ...]:
    """Return the periods of ``code`` in ``table`` (``class_category`` …), all of one length."""
    return alike([value for one in cohorts if (value := _value(one, table, code))], most=MOST_MONTHS)


def response(months: Sequence[Month], cohorts: Sequence[Cohort]) -> tuple[Value, ...]:
    """Return what boxes counted in each period whose outcome is known, with what came of it, all of one length."""
    counted = {one.month: one.received for one in months if one.boxes}
    found = []
    for cohort in cohorts:
        parts, names = classes(cohort), months_of(cohort.period)
        if parts and all(name in counted for name in names):
            received = sum(counted[name] for name in names)
            exact = Figure(received, received, received)
            found.append(Value(cohort.period, exact, parts[StatusClass.ACTED], parts[StatusClass.SILENT]))
    return alike(found)


def alike(values: Sequence[Value], *, most: int | None = None) -> tuple[Value, ...]:
    """Return ``values`` as months; as quarters where one of them is a quarter, or they are more than ``most``."""
    if not any(is_quarter(one.period) for one in values) and (most is None or len(values) <= most):
        return tuple(values)
    return tuple(_quarters(values))


def _value(cohort: Cohort, table: str, code: str) -> Value | None:
    found = cohort.table(table)
    if found is None or code not in found.rows or not found.row_totals:
        return None
    acted, silent = (found.cell(code, name) for name in (StatusClass.ACTED, StatusClass.SILENT))
    if acted is None or silent is None:
        return None
    return Value(cohort.period, found.row_totals[found.rows.index(code)], acted, silent)


def _quarters(values: Sequence[Value]) -> Iterator[Value]:
    """Yield the quarters among ``values``, and those of which all three months are here."""
    for quarter, group in groupby(values, key=lambda value: quarter_of(months_of(value.period)[0])):
        parts = list(group)
        if len(parts) == 3:
            yield added(quarter, parts)
        elif is_quarter(parts[0].period):
            yield parts[0]


def added(period: str, values: Sequence[Value]) -> Value:
    """Return the sum of ``values``, for ``period``."""
    return Value(
        period,
        total(one.reported for one in values),
        total(one.acted for one in values),
        total(one.silent for one in values),
    )


def last_year(values: Sequence[Value]) -> Sequence[Value]:
    """Return the newest of ``values`` that make a year."""
    return values[-4:] if values and is_quarter(values[-1].period) else values[-12:]


def says_something(values: Sequence[Value]) -> bool:
    """Return whether a picture of ``values`` would show more than its own band."""
    width = sum(one.reported.high - one.reported.low for one in values)
    return len(values) > 1 and sum(one.reported.shown for one in values) > width
