"""One action on one or more tips: what changes, its history and its rows in the log, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wire.signed import time_text
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import Actor, LogWriter

MOST_AT_ONCE = 10_000
"""Tips in one action: about a second of writing, during which nobody else writes."""
SHOWN_OCTETS = 6
"""Of a tip's id in a message: among a million tips two share them once in 500 such books."""

CHANGEABLE = (
    "status",
    "category",
    "district",
    "priority",
    "unit",
    "person",
    "first_action",
    "last_action",
    "closed",
    "merged_into",
    "held",
)
"""The columns of a tip that an action may change."""
REMEMBERED = frozenset({"status", "category", "district", "first_action", "last_action", "closed"})
"""Those of which each value is kept, so that the state as of a day can be computed."""
Value = str | int | None


@dataclass(frozen=True, slots=True)
class State:
    """What an action has to know of a tip."""

    id: int
    tip: bytes
    received: int
    booked: int
    destroyed: int | None
    status: str
    category: str | None
    district: str | None
    priority: int
    unit: str | None
    person: str | None
    first_action: int | None
    last_action: int | None
    closed: int | None
    merged_into: int | None
    held: int

    @property
    def name(self) -> str:
        """The tip in words, for a message."""
        return f"tip {self.tip[:SHOWN_OCTETS].hex()}"


_STATE = f"SELECT id, tip, received, booked, destroyed, {', '.join(CHANGEABLE)} FROM tips WHERE id = ?"  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Done:
    """An action that was done."""

    log_ids: tuple[int, ...]
    """Its rows in the log; none where everything was so already."""

    @property
    def first(self) -> int | None:
        """The number by which the whole action is undone."""
        return self.log_ids[0] if self.log_ids else None


class Deed:
    """What one actor does at one time; lives within one transaction."""

    def __init__(self, connection: Any, actor: Actor, *, now: int) -> None:
        self.connection = connection
        self.actor = actor
        self.log = LogWriter(connection, actor, now=now)

    @property
    def at(self) -> int:
        """The time of this action."""
        return self.log.at

    def state(self, tip: int) -> State:
        """Return the present state of a tip whose text is still here. Raises NoSuch, NotAllowed."""
        found = state_of(self.connection, tip)
        if found.destroyed is not None:
            day = time_text(found.destroyed)[:10]
            raise NotAllowed(f"{found.name} was destroyed on {day}; only its count is left")
        return found

    def change(
        self,
        state: State,
        action: str,
        changes: Mapping[str, Value],
        *,
        other: int | None = None,
        undoes: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Return the row of the log, once the tip has the new values and its history knows."""
        changed = {name: value for name, value in changes.items() if getattr(state, name) != value}
        was = {name: getattr(state, name) for name in changed}
        said = {**({"set": changed, "was": was} if changed else {}), **(detail or {})}
        row = self.log.add(action, tip=state.id, other=other, undoes=undoes, detail=said)
        if changed:
            names = ", ".join(f"{name} = ?" for name in changed)
            self.connection.execute(
                f"UPDATE tips SET {names} WHERE id = ?",  # noqa: S608 - names of CHANGEABLE
                (*changed.values(), state.id),
            )
        for name in REMEMBERED & changed.keys():
            self.connection.execute(
                "INSERT INTO history (tip, log, at, field, value) VALUES (?, ?, ?, ?, ?)",
                (state.id, row, self.at, name, None if changed[name] is None else str(changed[name])),
            )
        return row

    def worked(self, state: State) -> dict[str, Value]:
        """Return the stamps of a tip about which something was done now: it is silent no longer."""
        return {
            "first_action": self.at if state.first_action is None else state.first_action,
            **self.touched(),
        }

    def touched(self) -> dict[str, Value]:
        """Return the stamp of a tip on which somebody worked, though nothing was done about it yet."""
        return {"last_action": self.at}

    def needs_two(self, what: str) -> None:
        """Return if two people do this. Raises SecondPersonNeeded."""
        self.actor.needs_two(what)

    def done(self) -> Done:
        """Return what was done."""
        return Done(self.log.rows)


@contextmanager
def deed(book: Book, actor: Actor, *, now: int) -> Iterator[Deed]:
    """Yield what does an action on ``book``; with an error nothing of it was done."""
    with book.write():
        yield Deed(book.connection, actor, now=now)


def state_of(connection: Any, tip: int) -> State:
    """Return the present state of a tip, destroyed or not. Raises NoSuch."""
    row = connection.execute(_STATE, (tip,)).fetchone()
    if row is None:
        raise NoSuch(f"tip number {tip}")
    return State(*row)


def each(tips: Sequence[int]) -> tuple[int, ...]:
    """Return ``tips``, each once. Raises NotAllowed where they are too many for one action."""
    once = tuple(dict.fromkeys(tips))
    if len(once) > MOST_AT_ONCE:
        raise NotAllowed(
            f"{len(once)} tips at once; {MOST_AT_ONCE} at the most", way_out="Do it in several steps."
        )
    return once
