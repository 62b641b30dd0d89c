"""Pages of the case book: filtered, in order, from a place on; counted as far as it matters.

Of the ways to the rows that a filter allows the one with the fewest is taken, as far as that can be told by counting
a few thousand entries of each index; the other conditions are asked row by row. Where a search is among them, the
texts it finds are counted too, and may be asked for as a set. docs/decisions/0024, 0044.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workstation.book.conditions import Asked, Condition, Way, ask, everything, with_priorities
from workstation.book.connection import Book, told
from workstation.book.faults import NoSuch
from workstation.book.rows import (
    COLUMNS,
    PRIORITIES,
    Count,
    Cursor,
    Filter,
    Offer,
    Order,
    Page,
    TipRow,
    key_of,
    tip_row,
)
from workstation.book.settings import silence_days
from workstation.book.silence import silent_before

PAGE = 50
WEIGHED = 10_000
"""Entries of an index that are counted to choose a way: a millisecond. Beyond that a way counts as long."""
HITS, ENTRIES = 200_000, 100_000
"""Texts that a search finds, and entries of an index, that are counted where both are asked for: 30 ms and 3 ms."""
_HIT, _ENTRY, _ROW, _LOOK = 0.4, 0.6, 8.0, 60.0
"""Microseconds: a hit put in a set, an entry of an index, a tip's row that is read, a text that is looked at."""
THREAD = 500
"""Tips of one conversation that are shown; a window of an hour has less."""


@dataclass(frozen=True, slots=True)
class _Path:
    """How the rows of a filter are found."""

    way: Way
    conditions: dict[str, Condition]
    """Asked of each row."""
    hits: Condition | None = None
    """Asked of all rows behind that: whether they are in a set, which is made once."""


def page(book: Book, wanted: Filter, *, now: int, after: Cursor | None = None, size: int = PAGE) -> Page:
    """Return ``size`` rows of what ``wanted`` asks for, from ``after`` on; ``now`` in Unix seconds, for silence."""
    with told(book.path.name):
        asked = ask(wanted, silent_before=silent_before(now, silence_days(book)))
        back = after is not None and after.back
        keys = [] if asked.nothing else _keys(book, wanted, asked, after, size + 1)
        more = len(keys) > size
        rows = _rows(book, [key[2] for key in keys[:size]])
    if back:
        rows.reverse()
    behind, before = (after is not None, more) if back else (more, after is not None)
    return Page(
        tuple(rows),
        _place(rows[-1], back=False) if behind and rows else None,
        _place(rows[0], back=True) if before and rows else None,
    )


def count(book: Book, wanted: Filter, *, now: int, most: int = 1000) -> Count:
    """Return how many tips ``wanted`` asks for, up to ``most``."""
    with told(book.path.name):
        asked = ask(wanted, silent_before=silent_before(now, silence_days(book)))
        if asked.nothing:
            return Count(0, exact=True)
        sql, values = _select(wanted, _choose(book, wanted, asked, most + 1), None)
        found = book.counts.count(sql, values, most=most + 1)
    return Count(min(found, most), exact=found <= most)


def tip(book: Book, number: int) -> TipRow:
    """Return the tip with this id. Raises NoSuch."""
    with told(book.path.name):
        rows = _rows(book, [number])
    if not rows:
        raise NoSuch(f"tip {number}")
    return rows[0]


def thread(book: Book, number: int) -> tuple[TipRow, ...]:
    """Return all tips of the conversation of a tip, it among them, the earliest first. Raises NoSuch."""
    conversation = tip(book, number).conversation
    if not any(conversation):
        return (tip(book, number),)
    sql = f"SELECT {COLUMNS} FROM tips AS t WHERE t.conversation = ? ORDER BY t.received, t.id LIMIT ?"  # noqa: S608 - our own names
    with told(book.path.name):
        found = book.connection.execute(sql, (conversation, THREAD)).fetchall()
    return tuple(map(tip_row, found))


def offers(book: Book, number: int) -> tuple[Offer, ...]:
    """Return what is offered of a tip, settled or not, by kind."""
    with told(book.path.name):
        found = book.connection.execute(
            "SELECT id, tip, other, kind, settled FROM offers WHERE tip = ? UNION"
            " SELECT id, tip, other, kind, settled FROM offers WHERE other = ? ORDER BY kind, id",
            (number, number),
        ).fetchall()
    return tuple(Offer(*row) for row in found)


def find(book: Book, message_id: str) -> tuple[TipRow, ...]:
    """Return the tips whose message id begins with the hexadecimal digits ``message_id``; ten at the most."""
    digits = message_id.strip().lower()
    if not 0 < len(digits) <= 32 or any(digit not in "0123456789abcdef" for digit in digits):
        return ()
    least, most = bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
    sql = f"SELECT {COLUMNS} FROM tips AS t WHERE t.tip BETWEEN ? AND ? ORDER BY t.tip LIMIT 10"  # noqa: S608 - our own names
    with told(book.path.name):
        return tuple(map(tip_row, book.connection.execute(sql, (least, most)).fetchall()))


def _place(row: TipRow, *, back: bool) -> Cursor:
    return Cursor(row.priority, row.received, row.id, back)


def _rows(book: Book, numbers: Sequence[int]) -> list[TipRow]:
    """Return the rows of these ids, in their order."""
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT {COLUMNS} FROM tips AS t WHERE t.id IN ({marks})"  # noqa: S608 - our own names
    found = {row[0]: row for row in book.connection.execute(sql, numbers)}
    return [tip_row(found[number]) for number in numbers if number in found]


def _keys(book: Book, wanted: Filter, asked: Asked, after: Cursor | None, most: int) -> list[tuple[int, ...]]:
    """Return priority, time and id of the rows of a page; backwards where the cursor looks back."""
    path = _choose(book, wanted, asked, most)
    sql, values = _select(wanted, path, after)
    by_time = wanted.order is not Order.PRIORITY
    falls = (wanted.order is not Order.OLDEST) != (after is not None and after.back)
    direction = "DESC" if falls else "ASC"
    if by_time and path.way.key and path.hits is None:
        order = f"{path.way.key} {direction}"
    else:
        columns = ("2", "3") if by_time else ("1", "2", "3")
        order = ", ".join(f"{column} {direction}" for column in columns)
    found: list[tuple[int, ...]] = book.connection.execute(
        f"{sql} ORDER BY {order} LIMIT ?", (*values, most)
    ).fetchall()
    return found


def _choose(book: Book, wanted: Filter, asked: Asked, need: int) -> _Path:
    """Return the way with the fewest rows; ``need`` of them are wanted."""
    ways = [*asked.ways]
    if not ways or wanted.received_from is not None or wanted.received_to is not None:
        ways.append(everything())
    if len(ways) == 1 and not _sorts(ways[0], wanted):
        return _Path(ways[0], asked.conditions)
    if asked.hits is not None:
        return _choose_for_search(book, wanted, asked, ways, need)
    weighed = [
        (_weigh(book, way, wanted, WEIGHED), _sorts(way, wanted), place) for place, way in enumerate(ways)
    ]
    weight, sorts, place = min(weighed)
    return _Path(everything() if sorts and weight > WEIGHED else ways[place], asked.conditions)


def _choose_for_search(book: Book, wanted: Filter, asked: Asked, ways: list[Way], need: int) -> _Path:
    """Return the way with the least work to ``need`` rows, if what is asked for is spread evenly."""
    (text,) = (way for way in ways if way.field == "text")
    others = [way for way in ways if way is not text and not _sorts(way, wanted)] or [everything()]
    rows, place = min((_weigh(book, way, wanted, ENTRIES), place) for place, way in enumerate(others))
    hits, other = _weigh(book, text, wanted, HITS), others[place]
    (tips,) = book.connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
    until = hits if _sorts(text, wanted) else min(hits, need * tips // max(rows, 1))
    by_text = _ROW * until
    by_looking = _LOOK * min(rows, need * tips // max(hits, 1))
    entries = rows if rows <= ENTRIES else tips  # all of them are gone through
    by_set = _HIT * (hits if hits <= HITS else tips) + (_ROW if other.key else _ENTRY) * entries
    if by_text <= min(by_looking, by_set):
        return _Path(text, asked.conditions)
    return _Path(other, asked.conditions, asked.hits if by_set < by_looking else None)


def _sorts(way: Way, wanted: Filter) -> bool:
    """Return whether the rows of ``way`` have to be sorted before the first one is known."""
    return not way.by_priority and (way.key is None or wanted.order is Order.PRIORITY)


def _weigh(book: Book, way: Way, wanted: Filter, most: int) -> int:
    """Return how many rows ``way`` has; more than ``most`` as one more."""
    bounds = Condition("1") if way.key else _received(wanted)
    arms = [
        Condition(f"{arm.sql} AND {bounds.sql}", (*arm.values, *bounds.values)) for arm in _arms(way, wanted)
    ]
    bare = way.source.partition(" CROSS JOIN ")[0] if way.key else way.source
    sql = " UNION ALL ".join(f"SELECT 1 FROM {bare} WHERE {arm.sql}" for arm in arms)  # noqa: S608 - our own words
    values = [value for arm in arms for value in arm.values]
    return book.counts.count(sql, values, most=most + 1)


def _arms(way: Way, wanted: Filter) -> tuple[Condition, ...]:
    return with_priorities(way, [one for one in PRIORITIES if one in (wanted.priorities or PRIORITIES)])


def _received(wanted: Filter) -> Condition:
    parts, values = ["1"], []
    if wanted.received_from is not None:
        parts.append("t.received >= ?")
        values.append(wanted.received_from)
    if wanted.received_to is not None:
        parts.append("t.received < ?")
        values.append(wanted.received_to)
    return Condition(" AND ".join(parts), tuple(values))


def _select(wanted: Filter, path: _Path, after: Cursor | None) -> tuple[str, list[object]]:
    """Return the query for the rows of ``wanted`` by ``path``, not yet in order."""
    way = path.way
    rest = [found for name, found in path.conditions.items() if name not in (way.field, "priorities")]
    if not way.by_priority and "priorities" in path.conditions:
        rest.append(path.conditions["priorities"])
    bounds = [_received(wanted), *_bounds(wanted, way, after)]
    if path.hits is None:
        return _all_arms(wanted, way, [*rest, *bounds])
    rest = [path.hits, *(found for found in rest if found is not path.conditions["text"])]
    sql, values = _all_arms(wanted, way, bounds)
    where = " AND ".join(one.sql for one in rest)
    # the limit keeps SQLite from asking in each arm, where each would make a set of its own
    source = f"({sql} LIMIT -1) AS k CROSS JOIN tips AS t ON t.id = k.id"
    sql = f"SELECT t.priority, t.received, t.id FROM {source} WHERE {where}"  # noqa: S608 - our own words
    return sql, [*values, *(value for one in rest for value in one.values)]


def _all_arms(wanted: Filter, way: Way, conditions: Sequence[Condition]) -> tuple[str, list[object]]:
    """Return the query for the rows of ``way`` of which ``conditions`` hold."""
    queries, values = [], []
    for arm in _arms(way, wanted):
        asked = [arm, *conditions]
        where = " AND ".join(one.sql for one in asked)
        queries.append(f"SELECT t.priority, t.received, t.id FROM {way.source} WHERE {where}")  # noqa: S608 - our own words
        values += [value for one in asked for value in one.values]
    return " UNION ALL ".join(queries), values


def _bounds(wanted: Filter, way: Way, after: Cursor | None) -> list[Condition]:
    """Return where the page begins; for rows that come by a key also the times that are asked for."""
    bounds = []
    if way.key and wanted.received_from is not None:
        bounds.append(Condition(f"{way.key} >= ?", (key_of(wanted.received_from, 0),)))
    if way.key and wanted.received_to is not None:
        bounds.append(Condition(f"{way.key} < ?", (key_of(wanted.received_to, 0),)))
    if after is None:
        return bounds
    sign = "<" if (wanted.order is not Order.OLDEST) != after.back else ">"
    if wanted.order is Order.PRIORITY:
        values = (after.priority, after.received, after.id)
        bounds.append(Condition(f"t.priority {sign}= ?", (after.priority,)))
        bounds.append(Condition(f"(t.priority, t.received, t.id) {sign} (?, ?, ?)", values))
    elif way.key:
        bounds.append(Condition(f"{way.key} {sign} ?", (key_of(after.received, after.id),)))
    else:
        bounds.append(Condition(f"(t.received, t.id) {sign} (?, ?)", (after.received, after.id)))
    return bounds
