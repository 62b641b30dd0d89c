"""The figures of the dashboard: what came, what waits, how long it takes. Read from counts, not from the tips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workstation.book import tallies
from workstation.book.connection import Book, told
from workstation.book.survival import survival, time_until
from workstation.book.tallies import HOUR, WEEK

DAY = 86_400
WINDOW = 365
"""Days that are looked at, unless more or fewer are asked for."""
AGES = (1, 7, 30, 90, 180, 365)
"""Days at which a bucket of the backlog ends."""
_HALF, _MOST = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class Received:
    """What came on a day."""

    day: int
    """Its start, Unix seconds, UTC."""
    category: str | None
    tips: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open tips of an age, of which nothing came yet."""

    from_days: int
    to_days: int | None
    """The first day that is not meant; None: no end."""
    untouched: int
    begun: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long something takes from the period of receipt on, counting what still waits for it."""

    median: int | None
    """Hours by which half were done; None: it is not half yet."""
    most: int | None
    """Hours by which nine of ten were done."""
    done: int
    waiting: int


@dataclass(frozen=True, slots=True)
class OfUnit:
    """Tips not closed of a unit in charge; None: nobody is."""

    unit: str | None
    tips: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it."""

    tips: int
    days: int
    received: tuple[Received, ...]
    backlog: tuple[Waiting, ...]
    first_action: Times
    closing: Times
    units: tuple[OfUnit, ...]


def figures(book: Book, *, now: int, days: int = WINDOW) -> Figures:
    """Return the figures of tips received in the last ``days``; backlog and units are of all that is open.

    Merged tips count with the one they were merged into: not in the times, and not in what is open.
    """
    refresh(book)
    since = (now // DAY - days + 1) * DAY
    with told(book.path.name):
        connection = book.connection
        return Figures(
            tips=_tips(connection),
            days=days,
            received=tuple(_received(connection, since)),
            backlog=_backlog(connection, now),
            first_action=_times(connection, tallies.FIRST, tallies.FIRST_WAITS, since=since, now=now),
            closing=_times(connection, tallies.CLOSE, tallies.CLOSE_WAITS, since=since, now=now),
            units=_units(connection),
        )


def refresh(book: Book) -> None:
    """Return once every tip is counted: a second for 50,000 new ones."""
    with told(book.path.name):
        late = tallies.behind(book.connection)
    if late:
        with book.write():
            tallies.count_new(book.connection)


def _rows(connection: Any, kind: str, since: int = 0) -> Iterator[tuple[int, str | int, int]]:
    query = "SELECT at, word, number FROM tallies WHERE kind = ? AND at >= ? AND number > 0 ORDER BY at, word"
    yield from connection.execute(query, (kind, since))


def _tips(connection: Any) -> int:
    return sum(number for _, _, number in _rows(connection, tallies.DAY))


def _received(connection: Any, since: int) -> Iterator[Received]:
    for at, word, number in _rows(connection, tallies.DAY, since // DAY):
        yield Received(at * DAY, str(word) or None, number)


def _backlog(connection: Any, now: int) -> tuple[Waiting, ...]:
    edges = [0, *AGES]
    counts = {edge: {tallies.UNTOUCHED: 0, tallies.BEGUN: 0} for edge in edges}
    for at, word, number in _rows(connection, tallies.BACKLOG):
        age = max(0, now // DAY - at)
        counts[max(edge for edge in edges if edge <= age)][str(word)] += number
    ends = [*AGES, None]
    return tuple(
        Waiting(edge, end, counts[edge][tallies.UNTOUCHED], counts[edge][tallies.BEGUN])
        for edge, end in zip(edges, ends, strict=True)
    )


def _times(connection: Any, kind: str, waits: str, *, since: int, now: int) -> Times:
    done: dict[int, int] = {}
    for _, word, number in _rows(connection, kind, since // WEEK):
        done[int(word)] = done.get(int(word), 0) + number
    waiting: dict[int, int] = {}
    for at, _, number in _rows(connection, waits, since // WEEK * WEEK // HOUR):
        age = _rounded(now - at * HOUR)
        waiting[age] = waiting.get(age, 0) + number
    curve = survival(done, waiting)
    return Times(
        time_until(curve, _HALF), time_until(curve, _MOST), sum(done.values()), sum(waiting.values())
    )


def _rounded(seconds: int) -> int:
    """Return hours, above three days whole days, as tallies has them."""
    return max(0, seconds) // HOUR if seconds < tallies.FINE else seconds // DAY * 24


def _units(connection: Any) -> tuple[OfUnit, ...]:
    found = [OfUnit(str(word) or None, number) for _, word, number in _rows(connection, tallies.UNIT)]
    return tuple(sorted(found, key=lambda one: (-one.tips, one.unit or "")))
