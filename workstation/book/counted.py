"""Counts that hold until something in the book changes, by whomever: a list shows eight of them on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_KNOWN = 500
"""Counts that are remembered; each is a query and a number, a kilobyte."""


class Counts:
    """The counts of one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._state: tuple[int, int] | None = None
        self._known: dict[tuple[str, tuple[object, ...]], int] = {}

    def count(self, sql: str, values: Sequence[object], *, most: int) -> int:
        """Return how many rows the query ``sql`` has, up to ``most``: as they are now, whoever changed them."""
        state = self._now()
        if state is None or state != self._state or len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._state = state
        asked = (sql, (*values, most))
        if asked not in self._known:
            query = f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT ?)"  # noqa: S608 - the caller's own words
            (self._known[asked],) = self._connection.execute(query, asked[1]).fetchone()
        return self._known[asked]

    def forget(self) -> None:
        """Count anew, whatever is asked: for whoever measures."""
        self._known.clear()

    def _now(self) -> tuple[int, int] | None:
        """Return numbers of which one is another after each change, by other connections or by this one.

        None within a transaction, which may be taken back.
        https://sqlite.org/pragma.html#pragma_data_version, https://sqlite.org/c3ref/total_changes.html
        """
        if self._connection.in_transaction:
            return None
        (others,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(others), int(self._connection.total_changes)
