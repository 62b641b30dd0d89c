"""Pages of the case book: filtered, in order, from a place on; counted as far as it matters.

Of the ways to the rows that a filter allows the one with the fewest is taken, as far as that can be told by counting
a few thousand entries of each index; the other conditions are asked row by row. docs/decisions/0024.
"""

from __future__ import annotations

from collections.abc import Sequence

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
THREAD = 500
"""Tips of one conversation that are shown; a window of an hour has less."""


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
        sql, values = _select(wanted, asked, _choose(book, wanted, asked), None)
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
    way = _choose(book, wanted, asked)
    sql, values = _select(wanted, asked, way, after)
    if not values and not sql:
        return []
    by_time = wanted.order is not Order.PRIORITY
    falls = (wanted.order is not Order.OLDEST) != (after is not None and after.back)
    direction = "DESC" if falls else "ASC"
    if by_time and way.key:
        order = f"{way.key} {direction}"
    else:
        columns = ("2", "3") if by_time else ("1", "2", "3")
        order = ", ".join(f"{column} {direction}" for column in columns)
    found: list[tuple[int, ...]] = book.connection.execute(
        f"{sql} ORDER BY {order} LIMIT ?", (*values, most)
    ).fetchall()
    return found


def _choose(book: Book, wanted: Filter, asked: Asked) -> Way:
    """Return the way with the fewest rows."""
    ways = [*asked.ways]
    if not ways or wanted.received_from is not None or wanted.received_to is not None:
        ways.append(everything())
    if len(ways) == 1 and not _sorts(ways[0], wanted):
        return ways[0]
    weighed = [(_weigh(book, way, wanted), _sorts(way, wanted), place) for place, way in enumerate(ways)]
    weight, sorts, place = min(weighed)
    return everything() if sorts and weight > WEIGHED else ways[place]


def _sorts(way: Way, wanted: Filter) -> bool:
    """Return whether the rows of ``way`` have to be sorted before the first one is known."""
    return not way.by_priority and (way.key is None or wanted.order is Order.PRIORITY)


def _weigh(book: Book, way: Way, wanted: Filter) -> int:
    """Return how many rows ``way`` has, up to a few thousand."""
    bounds = Condition("1") if way.key else _received(wanted)
    arms = [
        Condition(f"{arm.sql} AND {bounds.sql}", (*arm.values, *bounds.values)) for arm in _arms(way, wanted)
    ]
    bare = way.source.partition(" CROSS JOIN ")[0] if way.key else way.source
    sql = " UNION ALL ".join(f"SELECT 1 FROM {bare} WHERE {arm.sql}" for arm in arms)  # noqa: S608 - our own words
    values = [value for arm in arms for value in arm.values]
    return book.counts.count(sql, values, most=WEIGHED + 1)


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


def _select(wanted: Filter, asked: Asked, way: Way, after: Cursor | None) -> tuple[str, list[object]]:
    """Return the query for the rows of ``wanted`` by ``way``, all its arms, not yet in order."""
    rest = [found for name, found in asked.conditions.items() if name not in (way.field, "priorities")]
    if not way.by_priority and "priorities" in asked.conditions:
        rest.append(asked.conditions["priorities"])
    rest += [_received(wanted), *_bounds(wanted, way, after)]
    queries, values = [], []
    for arm in _arms(way, wanted):
        conditions = [arm, *rest]
        where = " AND ".join(one.sql for one in conditions)
        queries.append(f"SELECT t.priority, t.received, t.id FROM {way.source} WHERE {where}")  # noqa: S608 - our own words
        values += [value for one in conditions for value in one.values]
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
