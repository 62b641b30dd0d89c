"""Medians and ninth tenths of response times, from the bands as they are shown: they tell nothing that those do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from disclosure.rules import BANDS, CLOSING, EDGES, FIRST_ACTION
from wire.release import Median, Rules, Table

TIMED = ((CLOSING,), (FIRST_ACTION,))
"""Tables of bands."""


def medians(tables: Iterable[Table], *, rules: Rules) -> tuple[Median, ...]:
    """Return within how many days half and nine tenths of each cohort had come so far, in the order of ``tables``.

    Tips for which it has not come count as later than all others. The days are the edge of a band: rounded up. Beyond
    the age of the table nothing is said, since the last tips of the period have not waited any longer.
    """
    return tuple(_medians(tables, rules))


def _medians(tables: Iterable[Table], rules: Rules) -> Iterator[Median]:
    for table in tables:
        shown = {cell.codes[0]: cell.value for cell in table.cells}
        whole = sum(shown.values())
        if table.dimensions in TIMED and whole >= rules.median:
            so_far = [*accumulate(shown.get(code, 0) for code in BANDS[: len(EDGES)])]
            half, most = (_within(so_far, whole, tenths, table.age) for tenths in (5, 9))
            yield Median(table.period, table.age, table.dimensions[0], half, most)


def _within(so_far: list[int], whole: int, tenths: int, age: int) -> int | None:
    for edge, count in zip(EDGES, so_far, strict=True):
        if 10 * count >= tenths * whole:
            return edge if edge <= age else None
    return None
