"""Which periods a line is published by, and which cohorts are due in the bulletin of a month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from disclosure.rules import AGES, QUIET
from disclosure.sums import Release
from wire.period import end_of, quarter_of

DAY = 86400


def periods_of(received: Mapping[str, int], settled: Mapping[str, bool]) -> Mapping[str, str]:
    """Return the period that each month of ``received`` (by the ledgers) is published in: itself, or its quarter.

    A quarter is quiet if the first of its months that has a ledger counts few messages. ``settled`` says of quarters
    whether earlier bulletins took them for quiet: that stays, whatever comes late.
    """
    first: dict[str, str] = {}
    for month in sorted(received):
        first.setdefault(quarter_of(month), month)
    quiet = {quarter: received[month] < QUIET for quarter, month in first.items()} | dict(settled)
    return {month: quarter_of(month) if quiet[quarter_of(month)] else month for month in sorted(received)}


def due(periods: Iterable[str], *, after: str | None, month: str) -> Iterator[Release]:
    """Yield the cohorts of ``periods`` whose age is reached by the end of ``month``, and was not by that of ``after``.

    ``after`` is the month of the bulletin before; None: there is none. In order of age, then period.
    """
    since = end_of(after) if after is not None else 0
    for age in AGES:
        for period in sorted(set(periods)):
            if since < end_of(period) + age * DAY <= end_of(month):
                yield period, age
