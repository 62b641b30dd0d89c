"""Perturbed figures and the tables they stand in: the part of the model that is made from bulletins' tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A perturbed count as it is published, with the band in which the true one lies for certain."""

    shown: int
    """0, or k and more. 0 does not mean none: it may be as many as ``high``. Its mean is the true count, so it is also
    the best guess, and sums of it are."""
    low: int
    high: int

    @property
    def small(self) -> bool:
        """Whether it is too small to be shown: none, or a few."""
        return self.shown == 0 < self.high

    @property
    def exact(self) -> bool:
        """Whether the true count is known."""
        return self.low == self.high


def total(figures: Iterable[Figure]) -> Figure:
    """Return the sum, with the band in which it lies for certain; as a rule it lies much nearer to ``shown``."""
    low = high = shown = 0
    for one in figures:
        low, high, shown = low + one.low, high + one.high, shown + one.shown
    return Figure(shown, low, high)


@dataclass(frozen=True, slots=True)
class Days:
    """A rounded time in days: the median, or the 90th percentile, that counts what still waits.

    ``days`` None and ``beyond``: more than the cohort's age, so many wait still. None without: too few tips for it.
    """

    days: int | None
    beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long it took, for one group of a cohort: until something was done first, and until it was closed."""

    by: str
    """``all``, ``category`` or ``district``."""
    code: str
    """Of the category or district; empty for ``all``."""
    first_action_median: Days
    first_action_p90: Days
    close_median: Days
    close_p90: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Counts of one cohort by one or two properties. ``cells`` has a tuple of figures for each row.

    Margins are perturbed by themselves, so rows need not add up; that is no error, and the method page says so.
    """

    name: str
    """``class``, ``status``, ``class_category``, ``class_district``; by bands of days ``first_action``, ``closing``."""
    rows: tuple[str, ...]
    """Codes of classes, statuses, categories, districts (``none``: it has none), or of ``disclosure.rules.BANDS``."""
    columns: tuple[str, ...]
    """Codes of status classes (``open``, ``closed``, ``acted``, ``silent``); ``("count",)`` for a plain list."""
    cells: tuple[tuple[Figure, ...], ...]
    row_totals: tuple[Figure, ...] = ()
    """One for each row, or none where there is one column."""
    column_totals: tuple[Figure, ...] = ()
    total: Figure
    """All tips of the cohort: exact where the bulletin has the total of its period."""

    def cell(self, row: str, column: str = "count") -> Figure | None:
        """Return one figure; None where there is no such row or column."""
        if row not in self.rows or column not in self.columns:
            return None
        return self.cells[self.rows.index(row)][self.columns.index(column)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What had become of the tips of a period ``age`` days after its end."""

    line: str
    """``Line.id``."""
    period: str
    """A month (2026-11) or, for a quiet line, a quarter (2026-Q4)."""
    age: int
    """30, 90, 180 or 365 days."""
    bulletin: str
    """Name of the file it stands in: ``Source.name``."""
    published: str
    """Day of that bulletin: YYYY-MM-DD."""
    tables: tuple[Table, ...]
    """None of them where ``left_out`` is ``period``."""
    delays: tuple[Delay, ...]
    """First that of ``all``; none where there were too few tips."""
    left_out: str = ""
    """What the authority left out because a small count could be recovered: nothing, ``district``, ``category`` (then
    districts too), or ``period``: the whole cohort. ``few``: it had fewer than ``BulletinSaid.least`` tips."""

    def table(self, name: str) -> Table | None:
        """Return one of the tables."""
        return next((one for one in self.tables if one.name == name), None)
