"""Months and quarters, to the end of the calendar that the formats have."""

from __future__ import annotations

import pytest

from wire.period import LAST, begin_of, end_of
from wire.signed import MAX_TIME, time_text


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("2026-11", "2026-12-01"),
        ("2026-12", "2027-01-01"),
        ("2026-Q3", "2026-10-01"),
        ("2024-02", "2024-03-01"),
    ],
)
def test_a_period_ends_where_the_next_one_begins(period: str, end: str) -> None:
    assert time_text(end_of(period)) == f"{end}T00:00:00Z"


def test_the_last_period_there_is_ends_with_the_last_time_that_can_be_written() -> None:
    assert end_of(LAST) == end_of("9999-Q4") == MAX_TIME > begin_of(LAST)
