"""Counts that the database keeps by itself, so that a dashboard of a million tips is read from a few thousand rows.

New tips are counted as they are booked; all tips up to the row ``counted`` are. Where some are not, those behind them
wait too, until the end of an import, or until somebody asks. What changes on a counted tip changes its counts in the
same transaction, by a trigger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DAY = "day"
"""``at``: day of receipt; ``word``: category."""
BACKLOG = "backlog"
"""Open, nothing achieved yet. ``at``: day of receipt; ``word``: untouched or begun."""
UNIT = "unit"
"""Not closed. ``word``: unit in charge."""
FIRST, FIRST_WAITS = "first", "first-waits"
"""First action: after how many hours (``word``), by week of receipt; and what waits for it, by hour of receipt."""
CLOSE, CLOSE_WAITS = "close", "close-waits"
"""The same for closing."""
UNTOUCHED, BEGUN = "untouched", "begun"
COUNTED = "counted"

HOUR, DAY_SECONDS, WEEK = 3600, 86_400, 7 * 86_400
FINE = 3 * DAY_SECONDS
"""Below three days a time is counted in hours, above it in whole days (of 24 hours)."""
_STEP = 10_000
"""Tips counted at a time: their pages stay in the cache for all the queries that look at them."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """What a tip ``t`` counts for, in SQL."""

    kind: str
    at: str
    word: str
    where: str = "1"


def _hours(seconds: str) -> str:
    return f"CASE WHEN {seconds} < {FINE} THEN max(0, {seconds}) / {HOUR} ELSE {seconds} / {DAY_SECONDS} * 24 END"


_NOT_MERGED = "t.merged_into IS NULL"
_ALL = (
    _Tally(DAY, f"t.received / {DAY_SECONDS}", "coalesce(t.category, '')"),
    _Tally(
        BACKLOG,
        f"t.received / {DAY_SECONDS}",
        f"iif(t.first_action IS NULL, '{UNTOUCHED}', '{BEGUN}')",
        "t.closed IS NULL AND t.status NOT GLOB 'action_taken.*'",
    ),
    _Tally(UNIT, "0", "coalesce(t.unit, '')", "t.closed IS NULL"),
    _Tally(
        FIRST,
        f"t.received / {WEEK}",
        _hours("(t.first_action - t.received)"),
        f"{_NOT_MERGED} AND t.first_action IS NOT NULL",
    ),
    _Tally(FIRST_WAITS, f"t.received / {HOUR}", "''", f"{_NOT_MERGED} AND t.first_action IS NULL"),
    _Tally(
        CLOSE,
        f"t.received / {WEEK}",
        _hours("(t.closed - t.received)"),
        f"{_NOT_MERGED} AND t.closed IS NOT NULL",
    ),
    _Tally(CLOSE_WAITS, f"t.received / {HOUR}", "''", f"{_NOT_MERGED} AND t.closed IS NULL"),
)
_UNTOUCHED = {
    "category": "NULL",
    "status": "'delivered'",
    "unit": "NULL",
    "first_action": "NULL",
    "closed": "NULL",
    "merged_into": "NULL",
}
"""What a tip says that was just booked, in SQL: the defaults of its columns."""
_READ = ("received", *_UNTOUCHED)


def _counted(tally: _Tally, source: str, condition: str = "1") -> str:
    """Return the query for what each tip of ``source`` counts for in one tally."""
    columns = f"'{tally.kind}' AS kind, {tally.at} AS at, {tally.word} AS word"
    return f"SELECT {columns} FROM {source} WHERE {condition} AND {tally.where}"  # noqa: S608 - texts of this file


def _change(row: str, sign: str) -> str:
    """Return the statement by which a trigger adds or takes away what the tip ``row`` (OLD, NEW) counts for."""
    values = ", ".join(f"{row}.{name} AS {name}" for name in ("id", *_READ))
    counts = " UNION ALL ".join(_counted(tally, f"(SELECT {values}) AS t") for tally in _ALL)
    return f"{_add(counts, f'{sign}1')};"


def _add(counts: str, number: str, group: str = "") -> str:
    """Return the statement that adds ``number`` to what each row of the query ``counts`` counts for."""
    return (
        f"INSERT INTO tallies (kind, at, word, number) SELECT kind, at, word, {number} FROM ({counts}) WHERE 1{group}"  # noqa: S608 - texts of this file
        " ON CONFLICT DO UPDATE SET number = number + excluded.number"
    )


TABLES = f"""
CREATE TABLE tallies (
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    word ANY NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, at, word)
) STRICT, WITHOUT ROWID;
INSERT INTO tallies (kind, at, word, number) VALUES ('{COUNTED}', 0, '', 0);
CREATE TRIGGER tips_change_tallies AFTER UPDATE OF {", ".join(_READ)} ON tips
WHEN OLD.id <= (SELECT number FROM tallies WHERE kind = '{COUNTED}')
BEGIN
{_change("OLD", "-")}
{_change("NEW", "+")}
END;
"""  # noqa: S608 - as above


def behind(connection: Any) -> bool:
    """Return whether there are tips that are not counted yet."""
    query = "SELECT (SELECT max(id) FROM tips) > (SELECT number FROM tallies WHERE kind = ?)"
    return bool(connection.execute(query, (COUNTED,)).fetchone()[0])


def count_fresh(connection: Any, first: int, received: Sequence[int]) -> None:
    """Count tips that nobody touched, just booked with the ids from ``first`` on, if all before them are counted.

    ``received`` is when they were; to be used within their transaction.
    """
    if _last_counted(connection) != first - 1:
        return
    numbers = [(number, at) for at, number in sorted(Counter(received).items())]
    untouched = ", ".join(f"{value} AS {name}" for name, value in _UNTOUCHED.items())
    for tally in _ALL:
        counts = _counted(tally, f"(SELECT ?2 AS received, {untouched}) AS t")
        connection.executemany(_add(counts, "?1"), numbers)
    _set_counted(connection, first - 1 + len(received))


def count_new(connection: Any) -> None:
    """Return once all tips are counted; to be used within a transaction."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
    at = _last_counted(connection)
    while at < last:
        for tally in _ALL:
            counts = _counted(tally, "tips AS t", "t.id > ? AND t.id <= ?")
            connection.execute(_add(counts, "count(*)", " GROUP BY 1, 2, 3"), (at, at + _STEP))
        at = min(at + _STEP, last)
    _set_counted(connection, last)


def _last_counted(connection: Any) -> int:
    (last,) = connection.execute("SELECT number FROM tallies WHERE kind = ?", (COUNTED,)).fetchone()
    return int(last)


def _set_counted(connection: Any, last: int) -> None:
    connection.execute("UPDATE tallies SET number = ? WHERE kind = ?", (last, COUNTED))
