"""Tables that were due and are not there are missed, whatever else an authority leaves out with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from portal.generator.city import City
from portal.reading.bulletins import BulletinTaken
from portal.reading.keys import Pins
from portal.reading.taking import take
from portal.release.cohorts import cohort_notices, cohorts
from wire.period import end_of

DAY = 86400


def busy_line(city: City) -> list[BulletinTaken]:
    """Return the bulletins of the line that has more of them proven, in their order."""
    taken = take([city.ledgers, city.bulletins], Pins()).bulletins
    lines = {one.bulletin.line for one in taken}
    rows = [[one for one in taken if one.bulletin.line == line] for line in sorted(lines)]
    return max(rows, key=lambda row: sum(one.bulletin.digests for one in row))


def changed(row: Sequence[BulletinTaken], **fields: Any) -> list[BulletinTaken]:
    return [replace(one, bulletin=replace(one.bulletin, **fields)) for one in row]


def missed(row: Sequence[BulletinTaken]) -> set[tuple[str, int | None]]:
    return {(one.month, one.age) for one in cohort_notices(cohorts(row), row)}


def test_of_an_honest_authority_nothing_is_missed(honest_city: City) -> None:
    assert missed(busy_line(honest_city)) == set()


def test_tables_that_are_left_out_together_with_their_totals_are_missed_all_the_same(
    honest_city: City,
) -> None:
    row = busy_line(honest_city)
    published = {(one.period, one.age) for taken in row for one in taken.bulletin.tables}
    assert len(published) > 5
    assert missed(changed(row, tables=(), coarse=(), totals=())) == published


def test_for_tips_that_were_opened_after_the_age_no_table_is_owed(honest_city: City) -> None:
    row = busy_line(honest_city)
    late = end_of(row[-1].bulletin.month) + 400 * DAY
    assert missed(changed(row, tables=(), coarse=(), issued=late)) == set()
