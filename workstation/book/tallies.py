"""Counts that the database keeps by itself, so that a dashboard of a million tips is read from a few thousand rows.

New tips are counted when somebody asks (an import pays nothing), all tips up to the row ``counted``. What changes on
a counted tip changes its counts in the same transaction, by a trigger.
"""

from __future__ import annotations

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

HOUR, WEEK = 3600, 7 * 86_400
FINE = 3 * 86_400
"""Below three days a time is counted in hours, above it in whole days (of 24 hours)."""
_STEP = 10_000
"""Tips counted at a time: their pages stay in the cache for all the queries that look at them."""

_DELAY = f"CASE WHEN {{0}} < {FINE} THEN max(0, {{0}}) / {HOUR} ELSE {{0}} / 86400 * 24 END"
_ARMS = (
    f"SELECT '{DAY}', t.received / 86400, coalesce(t.category, '') FROM {{0}}",
    f"SELECT '{BACKLOG}', t.received / 86400, iif(t.first_action IS NULL, '{UNTOUCHED}', '{BEGUN}') FROM {{0}}"
    " AND t.closed IS NULL AND t.status NOT GLOB 'action_taken.*'",
    f"SELECT '{UNIT}', 0, coalesce(t.unit, '') FROM {{0}} AND t.closed IS NULL",
    f"SELECT '{FIRST}', t.received / {WEEK}, {_DELAY.format('(t.first_action - t.received)')} FROM {{0}}"
    " AND t.merged_into IS NULL AND t.first_action IS NOT NULL",
    f"SELECT '{FIRST_WAITS}', t.received / {HOUR}, '' FROM {{0}}"
    " AND t.merged_into IS NULL AND t.first_action IS NULL",
    f"SELECT '{CLOSE}', t.received / {WEEK}, {_DELAY.format('(t.closed - t.received)')} FROM {{0}}"
    " AND t.merged_into IS NULL AND t.closed IS NOT NULL",
    f"SELECT '{CLOSE_WAITS}', t.received / {HOUR}, '' FROM {{0}}"
    " AND t.merged_into IS NULL AND t.closed IS NULL",
)
"""What each tip ``t`` counts for."""
_READ = ("received", "category", "status", "unit", "first_action", "closed", "merged_into")


def _change(row: str, sign: str) -> str:
    """Return the statement by which a trigger adds or takes away what the tip ``row`` (OLD, NEW) counts for."""
    values = ", ".join(f"{row}.{name} AS {name}" for name in ("id", *_READ))
    arms = " UNION ALL ".join(arm.format("t WHERE 1") for arm in _ARMS)
    counted = f"WITH t AS (SELECT {values}), c (kind, at, word) AS ({arms}) SELECT kind, at, word, {sign}1 FROM c WHERE 1"
    return f"INSERT INTO tallies (kind, at, word, number) {counted} ON CONFLICT DO UPDATE SET number = number {sign} 1;"


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
"""


def behind(connection: Any) -> bool:
    """Return whether there are tips that are not counted yet."""
    query = f"SELECT (SELECT max(id) FROM tips) > (SELECT number FROM tallies WHERE kind = '{COUNTED}')"  # noqa: S608 - ours
    return bool(connection.execute(query).fetchone()[0])


def count_new(connection: Any) -> None:
    """Return once all tips are counted; to be used within a transaction."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
    (at,) = connection.execute("SELECT number FROM tallies WHERE kind = ?", (COUNTED,)).fetchone()
    while at < last:
        for arm in _ARMS:
            connection.execute(
                _COUNT.format(arm.format("tips AS t WHERE t.id > ?1 AND t.id <= ?2")), (at, at + _STEP)
            )
        at = min(at + _STEP, last)
    connection.execute("UPDATE tallies SET number = ? WHERE kind = ?", (last, COUNTED))


_COUNT = (
    "WITH c (kind, at, word) AS ({}) INSERT INTO tallies (kind, at, word, number)"
    " SELECT kind, at, word, count(*) FROM c WHERE 1 GROUP BY 1, 2, 3"
    " ON CONFLICT DO UPDATE SET number = number + excluded.number"
)
