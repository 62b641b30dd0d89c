"""Months and quarters of UTC, as ledgers and bulletins write them: ``2026-11``, ``2026-Q4``. docs/formats.md."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from wire.refusal import Refusal, Refused
from wire.signed import MAX_TIME

_YEAR = r"(?:19[7-9]|[2-9]\d\d)\d"
_MONTH = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(rf"{_YEAR}-Q[1-4]", re.ASCII)
LAST = "9999-12"
"""The last month there is; it has no next one."""
_REMEMBERED = 1 << 12
"""Periods: a site of ten years has 160, and asks for their ends a hundred thousand times."""


@lru_cache(_REMEMBERED)
def is_quarter(period: str) -> bool:
    """Return whether ``period`` is a quarter."""
    return _QUARTER.fullmatch(period) is not None


def month_value(value: str) -> str:
    """Return the month ``value``. Raises Refused."""
    if not _MONTH.fullmatch(value):
        raise Refused(Refusal.CANONICAL, "month", "not a month like 2026-11")
    return value


def period_value(name: str, value: str) -> str:
    """Return the month or quarter ``value``. Raises Refused."""
    if not _MONTH.fullmatch(value) and not _QUARTER.fullmatch(value):
        raise Refused(Refusal.CANONICAL, name, "neither a month like 2026-11 nor a quarter like 2026-Q4")
    return value


def quarter_of(month: str) -> str:
    """Return the quarter that ``month`` lies in."""
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


@lru_cache(_REMEMBERED)
def months_of(period: str) -> tuple[str, ...]:
    """Return the months of a quarter in order, or the month itself."""
    if not is_quarter(period):
        return (period,)
    last = 3 * int(period[6:])
    return tuple(f"{period[:4]}-{month:02}" for month in range(last - 2, last + 1))


def next_month(month: str) -> str:
    """Return the month after ``month``, which is not the last there is."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def month_of(seconds: int) -> str:
    """Return the month in which the Unix time ``seconds`` lies."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m")


@lru_cache(_REMEMBERED)
def begin_of(period: str) -> int:
    """Return the first second of ``period``, in Unix time."""
    month = months_of(period)[0]
    return int(datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC).timestamp())


@lru_cache(_REMEMBERED)
def end_of(period: str) -> int:
    """Return the first second after ``period``, in Unix time; of the last month there is its last second."""
    month = months_of(period)[-1]
    return MAX_TIME if month == LAST else begin_of(next_month(month))
