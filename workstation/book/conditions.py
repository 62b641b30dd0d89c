"""What a filter asks of the table of tips: conditions on a row, and the indexes by which rows can be found. Pure.

Every index of one column goes on with priority and time, so that for one value and one priority it gives tips in the
order of the list. Several values are several such arms, which SQLite merges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from disclosure.vocabulary import StatusClass, statuses
from workstation.book.rows import ID_BITS, PRIORITIES, Filter
from workstation.messages.folding import read_search
from workstation.messages.offers import REPEAT, REST, SIMILAR

MOST_ARMS = 200
"""SQLite merges 500 at the most; as many values are no longer a choice."""
NO_RESPONSE = "no_response"
"""The status that silence shows as; no tip ever has it in its row."""
OFFERED = (REPEAT, REST, SIMILAR)


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a row ``t``."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How to come to rows: what stands behind FROM, and conditions of which each gives rows of its own."""

    source: str
    arms: tuple[Condition, ...]
    field: str
    """Of the filter: it need not be asked again. Empty for the way through all."""
    by_priority: bool = True
    """Each arm has one priority, and gives its rows by time."""
    key: str | None = None
    """A column whose order is that of time and id, by which the rows come."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter, taken apart."""

    conditions: dict[str, Condition]
    ways: tuple[Way, ...]
    nothing: bool = False
    """No tip can be meant."""
    hits: Condition | None = None
    """Asks of a row ``k`` what the condition ``text`` does, by a set of all that is found: quick for many rows."""


_COLUMNS = {"categories": "category", "districts": "district", "units": "unit", "persons": "person"}


def open_codes() -> tuple[str, ...]:
    """Return the statuses of tips that wait for somebody."""
    return tuple(code for code, one in statuses().items() if one.status_class is StatusClass.OPEN)


def ask(wanted: Filter, *, silent_before: int) -> Asked:
    """Return the conditions and ways of ``wanted``; what happened last before ``silent_before`` is silence."""
    conditions: dict[str, Condition] = {}
    ways: list[Way] = []
    for name, column, values in _choices(wanted):
        conditions[name] = _among(column, values)
        ways.append(_by_column(name, column, values))
    for name, condition, way in _others(wanted, silent_before):
        conditions[name] = condition
        if way is not None:
            ways.append(way)
    nothing = bool(wanted.text.strip()) and not read_search(wanted.text).pieces
    nothing = nothing or not all(way.arms for way in ways)
    few = tuple(way for way in ways if len(way.arms) * len(PRIORITIES) <= MOST_ARMS)
    return Asked(conditions, few, nothing, _hits(wanted.text) if "text" in conditions else None)


def everything() -> Way:
    """Return the way through all tips."""
    return Way("tips AS t INDEXED BY tips_by_priority", (Condition("1"),), "")


def _choices(wanted: Filter) -> Iterator[tuple[str, str, tuple[str | None, ...]]]:
    codes = _codes(wanted)
    if codes is not None:
        yield "statuses", "status", codes
    for name, column in _COLUMNS.items():
        values = getattr(wanted, name)
        if values:
            yield name, column, tuple(dict.fromkeys(values))
    if wanted.mine:
        yield "mine", "person", tuple(dict.fromkeys(wanted.mine))


def _codes(wanted: Filter) -> tuple[str, ...] | None:
    """Return the statuses that a tip may have; None for all. What shows as silence is one of the open ones."""
    if not (wanted.statuses or wanted.classes or wanted.silent):
        return None
    chosen = set(statuses())
    if wanted.silent:
        chosen &= set(open_codes())
    if wanted.statuses:
        chosen &= {*wanted.statuses, *(open_codes() if NO_RESPONSE in wanted.statuses else ())}
    if wanted.classes:
        chosen &= _of_classes(wanted.classes) | {
            *(open_codes() if StatusClass.SILENT in wanted.classes else ())
        }
    return tuple(code for code in statuses() if code in chosen)


def _of_classes(classes: Sequence[str]) -> set[str]:
    return {code for code, one in statuses().items() if one.status_class in classes}


def _silence(wanted: Filter, silent_before: int) -> Iterator[Condition]:
    """Yield what is asked of tips on which nothing was done for long; the statuses are asked for elsewhere."""
    if wanted.silent:
        yield Condition("t.since < ?", (silent_before,))
    for asked, sign, codes in (
        (wanted.statuses, NO_RESPONSE, wanted.statuses),
        (wanted.classes, StatusClass.SILENT, tuple(sorted(_of_classes(wanted.classes)))),
    ):
        if sign in asked:
            among = _among("status", codes)
            yield Condition(f"({among.sql} OR t.since < ?)", (*among.values, silent_before))


def _among(column: str, values: Sequence[str | None]) -> Condition:
    said = tuple(value for value in values if value is not None)
    parts = [f"t.{column} IN ({', '.join('?' * len(said))})"]  # also where it is empty: SQLite allows that
    if None in values:
        parts.append(f"t.{column} IS NULL")
    return Condition(f"({' OR '.join(parts)})", said)


def _by_column(name: str, column: str, values: Sequence[str | None]) -> Way:
    arms = tuple(Condition(f"t.{column} IS ?", (value,)) for value in values)
    return Way(f"tips AS t INDEXED BY tips_by_{column}", arms, name)


def _others(wanted: Filter, silent_before: int) -> Iterator[tuple[str, Condition, Way | None]]:
    for number, condition in enumerate(_silence(wanted, silent_before)):
        yield f"silence {number}", condition, None
    if wanted.priorities:
        marks = ", ".join("?" * len(wanted.priorities))
        yield "priorities", Condition(f"t.priority IN ({marks})", wanted.priorities), None
    if wanted.hide_merged:
        yield "hide_merged", Condition("t.merged_into IS NULL"), None
    if wanted.held:
        held = Condition("t.held = 1")
        yield "held", held, Way("tips AS t INDEXED BY tips_held", (held,), "held")
    if wanted.conversation:
        found = Condition("t.conversation = ?", (_octets(wanted.conversation),))
        source = "tips AS t INDEXED BY tips_by_conversation"
        yield "conversation", found, Way(source, (found,), "conversation", by_priority=False)
    for flag in wanted.flags:
        yield f"flag {flag}", *_flag(flag)
    search = read_search(wanted.text)
    if search.pieces:
        yield "text", *_text(search.pieces, search.match)


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _flag(flag: str) -> tuple[Condition, Way]:
    condition = Condition("instr(',' || t.flags || ',', ?) > 0", (f",{flag},",))
    if flag in OFFERED:
        marked = f"SELECT 1 FROM marks AS m WHERE m.flag = ? AND m.key = (t.received << {ID_BITS} | t.id)"  # noqa: S608 - our own words
        condition = Condition(f"EXISTS ({marked})", (flag,))
    source = f"marks AS m CROSS JOIN tips AS t ON t.id = m.key & {(1 << ID_BITS) - 1}"
    arms = (Condition("m.flag = ?", (flag,)),)
    return condition, Way(source, arms, f"flag {flag}", by_priority=False, key="m.key")


def _text(pieces: Sequence[str], match: str) -> tuple[Condition, Way]:
    """Return the condition and the way of a search. Where the rows come another way, each text is looked at."""
    within = " AND ".join("instr(w.text, ?) > 0" for _ in pieces)
    row = f"w.rowid = (t.received << {ID_BITS} | t.id)"
    looked_at = f"EXISTS (SELECT 1 FROM words AS w WHERE {row} AND {within})"  # noqa: S608 - our own words
    source = f"words AS w CROSS JOIN tips AS t ON t.id = w.rowid & {(1 << ID_BITS) - 1}"
    arms = (Condition("w.words MATCH ?", (match,)),)
    way = Way(source, arms, "text", by_priority=False, key="w.rowid")
    return Condition(looked_at, tuple(pieces)), way


def _hits(text: str) -> Condition:
    found = "SELECT w.rowid FROM words AS w WHERE w.words MATCH ?"
    return Condition(f"(k.received << {ID_BITS} | k.id) IN ({found})", (read_search(text).match,))


def with_priorities(way: Way, priorities: Sequence[int]) -> tuple[Condition, ...]:
    """Return the arms of ``way``, one for each of the ``priorities`` where its index goes on with them."""
    if not way.by_priority:
        return way.arms
    return tuple(
        Condition(f"{arm.sql} AND t.priority = ?", (*arm.values, priority))
        for priority in priorities
        for arm in way.arms
    )
