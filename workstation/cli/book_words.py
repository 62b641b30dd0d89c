"""Tips, events and figures of the case book as JSON and as lines for a terminal. A stranger's text is only shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from wire.signed import time_text
from workstation.messages.visible import margin_lines, visible

if TYPE_CHECKING:
    from workstation.book.connection import Book
    from workstation.book.figures import Figures, Times
    from workstation.book.history import Event
    from workstation.book.log import Row
    from workstation.book.rows import TipRow

SHORT = 12
"""Hexadecimal digits of an id in a list: enough to name a tip among millions."""
_BEGINNING = 60
Names = Callable[[int | None], str | None]


def names_of(book: Book) -> Names:
    """Return what gives the id of a tip by its number, in hexadecimal."""
    known: dict[int, str] = {}

    def name(number: int | None) -> str | None:
        if number is not None and number not in known:
            row = book.connection.execute("SELECT tip FROM tips WHERE id = ?", (number,)).fetchone()
            known[number] = row[0].hex() if row else f"#{number}"
        return None if number is None else known[number]

    return name


def moment(at: int | None) -> str | None:
    """Return a time as it is printed."""
    return None if at is None else time_text(at)


def row_object(row: TipRow, shown: str, names: Names) -> dict[str, Any]:
    """Return a tip as it stands in a list; ``shown`` is its status as a reader sees it."""
    return {
        "tip": row.tip.hex(),
        "conversation": row.conversation.hex(),
        "received": moment(row.received),
        "period": row.period,
        "booked": moment(row.booked),
        "text": row.text,
        "data": None if row.data is None else row.data.hex(),
        "parts": row.parts,
        "parts_missing": list(row.missing),
        "flags": list(row.flags),
        "status": row.status,
        "status_shown": shown,
        "category": row.category,
        "district": row.district,
        "priority": row.priority,
        "unit": row.unit,
        "person": row.person,
        "first_action": moment(row.first_action),
        "last_action": moment(row.last_action),
        "closed": moment(row.closed),
        "merged_into": names(row.merged_into),
        "held": row.held,
        "destroyed": moment(row.destroyed),
    }


def event_object(event: Event, names: Names) -> dict[str, Any]:
    """Return one thing that happened to a tip."""
    return {
        "at": moment(event.at),
        "kind": event.kind,
        "users": event.users.split(",") if event.users else [],
        "action": event.log,
        "tip": names(event.tip),
        "other": names(event.other),
        "new": _readable(event.new, names),
        "old": _readable(event.old, names),
        "note": None if event.note is None else event.note.text,
        "undone": event.undone,
        "undoes": event.undoes,
        "clock": moment(event.clock),
    }


def log_object(row: Row, names: Names) -> dict[str, Any]:
    """Return a row of the log; ``detail`` as it was hashed, with numbers in place of ids."""
    return {
        "row": row.id,
        "at": moment(row.at),
        "users": row.users.split(","),
        "action": row.action,
        "deed": row.deed,
        "tip": names(row.tip),
        "other": names(row.other),
        "undoes": row.undoes,
        "detail": row.details,
        "hash": row.hash.hex(),
    }


def _readable(values: Any, names: Names) -> dict[str, Any]:
    """Return column values with times and ids as they are printed."""
    found = dict(values)
    for name in ("first_action", "last_action", "closed"):
        if name in found:
            found[name] = moment(found[name])
    if "merged_into" in found:
        found["merged_into"] = names(found["merged_into"])
    return found


def row_line(row: TipRow, shown: str, names: Names, *, width: int) -> Iterator[str]:
    """Yield the two lines of a tip in a list: what is known of it, and how it begins."""
    charge = "/".join(part for part in (row.unit, row.person) if part)
    words = [
        time_text(row.received),
        row.tip.hex()[:SHORT],
        shown,
        row.category or "(no category)",
        row.district or "",
        f"priority {row.priority}" if row.priority else "",
        visible(charge),
        "held" if row.held else "",
        f"merged into {(names(row.merged_into) or '')[:SHORT]}" if row.merged_into else "",
    ]
    yield "  ".join(word for word in words if word)
    yield from margin_lines([beginning(row)], width=width)


def beginning(row: TipRow) -> str:
    """Return how the text of a tip begins."""
    if row.destroyed is not None:
        return "(destroyed)"
    if row.text is None:
        return "(data)" if row.data is not None else "(no text)"
    first = " ".join(row.text.split())
    return first if len(first) <= _BEGINNING else first[: _BEGINNING - 1] + "…"


def event_lines(event: Event, names: Names, *, width: int) -> Iterator[str]:
    """Yield one thing that happened."""
    other = names(event.other)
    parts = [
        time_text(event.at),
        event.kind,
        *(f"{name} {_value(value)}" for name, value in _shown(event)),
        f"with {other[:SHORT]}" if other else "",
        f"by {visible(event.users)}" if event.users else "",
        f"(action {event.log})" if event.log else "",
        f"undone by action {event.undone}" if event.undone else "",
        f"undoes action {event.undoes}" if event.undoes else "",
        f"the clock said {time_text(event.clock)}" if event.clock is not None else "",
    ]
    yield "  ".join(part for part in parts if part)
    if event.note is not None:
        yield from margin_lines(event.note.text.split("\n"), width=width)


def _shown(event: Event) -> Iterator[tuple[str, Any]]:
    for name, value in event.new.items():
        if name not in ("first_action", "last_action", "closed", "merged_into"):
            yield name, value


def _value(value: Any) -> str:
    return "-" if value is None else visible(str(value))


def figures_object(found: Figures) -> dict[str, Any]:
    """Return the figures of the dashboard."""
    return {
        "tips": found.tips,
        "days": found.days,
        "received": [
            {"day": time_text(one.day)[:10], "category": one.category, "tips": one.tips}
            for one in found.received
        ],
        "backlog": [
            {
                "from_days": one.from_days,
                "to_days": one.to_days,
                "untouched": one.untouched,
                "begun": one.begun,
            }
            for one in found.backlog
        ],
        "first_action": _times_object(found.first_action),
        "closing": _times_object(found.closing),
        "units": [{"unit": one.unit, "tips": one.tips} for one in found.units],
    }


def _times_object(times: Times) -> dict[str, Any]:
    return {
        "median_hours": times.median,
        "most_hours": times.most,
        "done": times.done,
        "waiting": times.waiting,
    }


def figures_lines(found: Figures) -> Iterator[str]:
    """Yield the figures in words."""
    came = sum(one.tips for one in found.received)
    yield f"tips in the book       {found.tips}"
    yield f"received, {found.days} days     {came}"
    yield f"first action           {_times_words(found.first_action)}"
    yield f"closing                {_times_words(found.closing)}"
    yield "open, by days of age:"
    for one in found.backlog:
        ends = f"{one.from_days}-{one.to_days - 1}" if one.to_days else f"{one.from_days} and more"
        yield f"  {ends:<12} {one.untouched:>8} untouched  {one.begun:>8} begun"
    yield "not closed, by unit in charge:"
    for unit in found.units:
        yield f"  {unit.tips:>8}  {visible(unit.unit or '(nobody)')}"


def _times_words(times: Times) -> str:
    half, most = (_hours(hours) for hours in (times.median, times.most))
    return f"half within {half}, nine of ten within {most} ({times.done} done, {times.waiting} wait)"


def _hours(hours: int | None) -> str:
    if hours is None:
        return "(not reached yet)"
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"
