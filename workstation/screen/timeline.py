"""The log's rows about a tip, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workstation.book.log import Row
from workstation.screen.choices import PRIORITIES
from workstation.screen.here import language
from workstation.screen.names import ACTIONS, DETAILS
from workstation.screen.telling import WORDS

_SAID = ("batches", "tips", "completed", "name", "value", "parts", "blocks", "month")
"""Of a row that changes no tip: what of its detail is shown."""
_HIDDEN = frozenset({"first_action", "last_action", "closed", "merged_into", "held"})
"""Columns that follow from others; the action's name says enough."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a timeline."""

    row: int
    at: int
    users: str
    what: str
    changes: tuple[str, ...]
    tip: int | None
    other: int | None
    note: int | None
    undone: bool = False


def events(rows: Iterator[Row], districts: Mapping[str, str]) -> list[Event]:
    """Return what the rows say, the newest first."""
    known = list(rows)
    undone = {row.undoes for row in known}
    return [_event(row, districts, undone=row.id in undone) for row in reversed(known)]


def _event(row: Row, districts: Mapping[str, str], *, undone: bool) -> Event:
    said = row.details
    return Event(
        row=row.id,
        at=row.at,
        users=row.users.replace(",", ", "),
        what=language().text(ACTIONS[row.action]) if row.action in ACTIONS else row.action,
        changes=(
            *_changes(said.get("was", {}), said.get("set", {}), districts),
            *_details(said, WORDS if row.action == "setting" else {}),
        ),
        tip=row.tip,
        other=row.other,
        note=said.get("note"),
        undone=undone,
    )


def _details(said: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    """Yield what the row says; ``words`` are those of ours that stand in it, other ones are somebody's."""
    for name in _SAID:
        if name in said:
            value = words.get(said[name])
            yield f"{language().text(DETAILS[name])} {said[name] if value is None else language().text(value)}"


def _changes(was: Mapping[str, Any], put: Mapping[str, Any], districts: Mapping[str, str]) -> Iterator[str]:
    for name, value in put.items():
        if name not in _HIDDEN:
            yield f"{_name(name, was.get(name), districts)} → {_name(name, value, districts)}"


def _name(column: str, value: Any, districts: Mapping[str, str]) -> str:
    there = language()
    if value is None or value == "":
        return there.text("none")
    if column == "status":
        return there.status(value)
    if column == "category":
        return there.category(value)
    if column == "priority":
        return there.text(PRIORITIES[value])
    return districts.get(value, str(value)) if column == "district" else str(value)
