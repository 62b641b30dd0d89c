"""What an analyst sets on tips: status, category, district, priority, and who is in charge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

from workstation.book.actions_status import (
    MERGED,
    WITHHELD,
    check_follows,
    is_closed,
    known_category,
    known_status,
)
from workstation.book.connection import Book
from workstation.book.deeds import Deed, Done, State, Value, deed, each
from workstation.book.districts import known_district
from workstation.book.faults import NotAllowed
from workstation.book.log import Actor
from workstation.book.notes import write_note
from workstation.messages.visible import visible

PRIORITIES = range(4)
"""0 none, 1 raised, 2 high, 3 urgent."""
MOST_LETTERS = 64
"""Of the name of a unit or person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be set: None leaves a value as it is, an empty text takes it away."""

    status: str | None = None
    reason: str | None = field(default=None, repr=False)
    """Words for the status; they become a note."""
    category: str | None = None
    district: str | None = None
    priority: int | None = None
    unit: str | None = None
    person: str | None = None


def change(book: Book, actor: Actor, tips: Sequence[int], changes: Changes, *, now: int) -> Done:
    """Return what was done, all of it or nothing; what is so already makes no row in the log.

    Raises NoSuch, NotAllowed, SecondPersonNeeded.
    """
    with deed(book, actor, now=now) as doing:
        steps = _steps(book, changes)
        for tip in each(tips):
            for step in steps:
                step(doing, doing.state(tip))
    return doing.done()


def set_status(
    book: Book, actor: Actor, tips: Sequence[int], code: str, *, reason: str | None = None, now: int
) -> Done:
    """Return what was done: ``tips`` have the status ``code``. Raises as ``change``."""
    return change(book, actor, tips, Changes(status=code, reason=reason), now=now)


def set_category(book: Book, actor: Actor, tips: Sequence[int], code: str, *, now: int) -> Done:
    """Return what was done: ``tips`` have the category ``code``, or none if it is empty. Raises as ``change``."""
    return change(book, actor, tips, Changes(category=code), now=now)


def set_district(book: Book, actor: Actor, tips: Sequence[int], code: str, *, now: int) -> Done:
    """Return what was done: ``tips`` have the district ``code``, or none if it is empty. Raises as ``change``."""
    return change(book, actor, tips, Changes(district=code), now=now)


def set_priority(book: Book, actor: Actor, tips: Sequence[int], priority: int, *, now: int) -> Done:
    """Return what was done: ``tips`` have the priority, 0 to 3. Raises as ``change``."""
    return change(book, actor, tips, Changes(priority=priority), now=now)


def assign(
    book: Book,
    actor: Actor,
    tips: Sequence[int],
    *,
    unit: str | None = None,
    person: str | None = None,
    now: int,
) -> Done:
    """Return what was done: unit and person are in charge of ``tips``. Raises as ``change``."""
    return change(book, actor, tips, Changes(unit=unit, person=person), now=now)


_Step = Callable[[Deed, State], None]


def _steps(book: Book, changes: Changes) -> list[_Step]:
    """Return what is done to each tip; all codes are looked up here, once."""
    steps: list[_Step] = []
    if changes.status is not None:
        steps.append(_to_status(known_status(changes.status), changes.reason))
    elif changes.reason is not None:
        raise NotAllowed("a reason goes with a status", way_out="Without one, write a note.")
    if changes.category is not None:
        steps.append(
            _to("category", {"category": known_category(changes.category) if changes.category else None})
        )
    if changes.district is not None:
        code = known_district(book.connection, changes.district) if changes.district else None
        steps.append(_to("district", {"district": code}))
    if changes.priority is not None:
        if changes.priority not in PRIORITIES:
            raise NotAllowed(
                f"priority {changes.priority}", way_out="Possible: 0 none, 1 raised, 2 high, 3 urgent."
            )
        steps.append(_to("priority", {"priority": changes.priority}))
    given = {"unit": changes.unit, "person": changes.person}
    charge = {name: checked_label(name, value) for name, value in given.items() if value is not None}
    if charge:
        steps.append(_to("assign", charge, works=any(charge.values())))
    return steps


def _to(action: str, values: Mapping[str, Value], *, works: bool = False) -> _Step:
    def step(doing: Deed, state: State) -> None:
        if any(getattr(state, name) != value for name, value in values.items()):
            doing.change(state, action, {**values, **(doing.worked(state) if works else {})})

    return step


def _to_status(code: str, reason: str | None) -> _Step:
    def step(doing: Deed, state: State) -> None:
        check_follows(code, state.status, tip=state.name)
        if state.status == code:
            if reason:
                doing.change(
                    state, "note", doing.touched(), detail={"note": write_note(doing, state, reason)}
                )
            return
        if WITHHELD in (code, state.status):
            doing.needs_two(f"to set or lift the status {WITHHELD} ({state.name})")
        values: dict[str, Value] = {"status": code, "closed": doing.at if is_closed(code) else None}
        if state.status == MERGED:
            values["merged_into"] = None
        said = {"note": write_note(doing, state, reason)} if reason else {}
        doing.change(state, "status", {**values, **doing.worked(state)}, detail=said)

    return step


def checked_label(name: str, value: str) -> str | None:
    """Return the name of a unit or person as it is kept, None for an empty one. Raises NotAllowed."""
    value = " ".join(normalize("NFC", value).split())
    if len(value) > MOST_LETTERS or visible(value) != value:
        raise NotAllowed(f"the name of a {name} has up to {MOST_LETTERS} letters, and no control characters")
    return value or None
