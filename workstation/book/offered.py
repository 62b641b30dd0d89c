"""Marks on tips of which something is offered, kept by the database itself: whoever settles an offer need not know.

They lie among the flags, under the number that has the order of time, so that a list of them is read as any other.
"""

from __future__ import annotations

from workstation.book.rows import ID_BITS

_KEY = f"received << {ID_BITS} | id"


def _mark(row: str) -> str:
    return (
        f"INSERT INTO marks (flag, key) SELECT {row}.kind, {_KEY} FROM tips WHERE id IN ({row}.tip, {row}.other)"  # noqa: S608 - our own words
        " ON CONFLICT DO NOTHING;"
    )


def _unmark(row: str) -> str:
    """Return the statement that takes away the marks of tips of which nothing of that kind is offered any more."""
    left = "SELECT 1 FROM offers AS o WHERE o.kind = {0}.kind AND o.settled IS NULL AND {1} = tips.id"
    none_left = " AND ".join(f"NOT EXISTS ({left.format(row, side)})" for side in ("o.tip", "o.other"))
    return (
        f"DELETE FROM marks WHERE flag = {row}.kind AND key IN"  # noqa: S608 - our own words
        f" (SELECT {_KEY} FROM tips WHERE id IN ({row}.tip, {row}.other) AND {none_left});"
    )


TABLES = f"""
CREATE TRIGGER offers_made AFTER INSERT ON offers WHEN NEW.settled IS NULL BEGIN
{_mark("NEW")}
END;
CREATE TRIGGER offers_opened AFTER UPDATE OF settled ON offers WHEN NEW.settled IS NULL BEGIN
{_mark("NEW")}
END;
CREATE TRIGGER offers_settled AFTER UPDATE OF settled ON offers WHEN NEW.settled IS NOT NULL BEGIN
{_unmark("NEW")}
END;
CREATE TRIGGER offers_removed AFTER DELETE ON offers WHEN OLD.settled IS NULL BEGIN
{_unmark("OLD")}
END;
"""
