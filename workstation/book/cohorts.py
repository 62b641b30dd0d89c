"""Records for disclosure: the counted tips of a month, as they stood at an age. No word of a tip is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from disclosure.records import Record, code_or_none, record_key
from disclosure.vocabulary import statuses
from workstation.book.actions_status import DESTROYED, RECEIVED
from workstation.book.connection import Book, told
from workstation.book.history import INITIAL
from workstation.book.silence import DAY, DEFAULT_SILENCE_DAYS, shown

SILENCE_DAYS = DEFAULT_SILENCE_DAYS
"""Of what is published, whatever the setting says: no setting makes silence disappear; authorities can be compared."""

_COUNTED = (
    "SELECT d.digest, t.id, t.received, t.booked FROM digests AS d"
    " JOIN ledgers AS l ON l.hash = d.ledger JOIN tips AS t ON t.id = d.tip"
    " WHERE l.month = ? AND l.quarantined IS NULL ORDER BY d.digest"
)
_HISTORY = "SELECT field, value FROM history WHERE tip = ? AND at < ? ORDER BY log"


def records(book: Book, secret: bytes, month: str, age: int) -> tuple[Record, ...]:
    """Return a record for each opened tip whose commitment is in a ledger of ``month`` (``2026-11``).

    As of ``age`` days after the end of the month, UTC; what came here later was only received then. ``secret`` is the
    vault's ``cells``. A destroyed tip counts with what it was closed as: no rule changes what was published.
    Ordered by digest.
    """
    at = month_end(month) + age * DAY
    with told(book.path.name):
        return tuple(_records(book.connection, secret, month, at))


def month_end(month: str) -> int:
    """Return the first second after ``month``, UTC."""
    begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return int(end.timestamp())


def _records(connection: Any, secret: bytes, month: str, at: int) -> Iterator[Record]:
    with closing(connection.cursor()) as cursor:
        for digest, tip, received, booked in cursor.execute(_COUNTED, (month,)):
            yield _record(
                record_key(secret, digest), received, booked, as_of=at, then=_then(connection, tip, at)
            )


def _then(connection: Any, tip: int, at: int) -> dict[str, str | None]:
    """Return the values that ``tip`` had before ``at``; destruction changes no status here."""
    found = dict(INITIAL)
    for name, value in connection.execute(_HISTORY, (tip, at)):
        if not (name == "status" and value == DESTROYED):
            found[name] = value
    return found


def _record(key: bytes, received: int, booked: int, *, as_of: int, then: dict[str, str | None]) -> Record:
    status = then["status"] or ""
    if booked >= as_of:
        status = RECEIVED
    else:
        status = shown(status, since=int(then["last_action"] or booked), at=as_of, silence_days=SILENCE_DAYS)
    return Record(
        key=key,
        category=code_or_none(then["category"]),
        district=code_or_none(then["district"]),
        status=status,
        status_class=statuses()[status].status_class.value,
        days_to_first_action=_days(received, then["first_action"]),
        days_to_close=_days(received, then["closed"]),
    )


def _days(received: int, at: str | None) -> int | None:
    return None if at is None else max(0, int(at) - received) // DAY
