"""What the case book gives to readers: a tip's row, what to look for, where a page ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import msgspec

PRIORITIES = (3, 2, 1, 0)
"""From the most urgent down; 0 where nobody said anything. The table takes no others."""
ID_BITS = 25
"""33 million tips in one book, far more than a line receives; with 38 bits of time (the year 9999) 63 bits."""
MAX_ID = (1 << ID_BITS) - 1


def key_of(received: int, tip: int) -> int:
    """Return the number whose order is that of ``received``, then of the tip's id: rows by time in other tables."""
    return received << ID_BITS | tip


class Order(StrEnum):
    """In which order tips are listed."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PRIORITY = "priority"
    """The most urgent first, of these the newest."""


@dataclass(frozen=True, slots=True)
class TipRow:
    """A tip as the case book has it; its columns are docs/workstation-reference.md's, "The case book"."""

    id: int
    tip: bytes
    """Message id."""
    conversation: bytes
    received: int
    period: int
    booked: int
    text: str | None = field(repr=False)
    data: bytes | None = field(repr=False)
    parts: int
    missing: tuple[int, ...]
    flags: tuple[str, ...]
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
    held: bool
    destroyed: int | None

    @property
    def since(self) -> int:
        """When something was done last with it, or when it was booked: silence is counted from here."""
        return self.booked if self.last_action is None else self.last_action


COLUMNS = ", ".join(f"t.{name}" for name in TipRow.__dataclass_fields__)


def tip_row(values: tuple[Any, ...]) -> TipRow:
    """Return the row of the values of COLUMNS."""
    made = list(values)
    made[9] = tuple(map(int, values[9].split(","))) if values[9] else ()
    made[10] = tuple(values[10].split(",")) if values[10] else ()
    made[21] = bool(values[21])
    return TipRow(*made)


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to list. Values of one field are alternatives, fields must all hold; an empty field asks for nothing.

    None among categories, districts, units or persons stands for tips that have none.
    """

    text: str = ""
    """Words and parts of words, all of them; "in quotes" one behind the other. Case and accents do not count."""
    statuses: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    """Of statuses: open, closed, acted, silent."""
    categories: tuple[str | None, ...] = ()
    districts: tuple[str | None, ...] = ()
    units: tuple[str | None, ...] = ()
    persons: tuple[str | None, ...] = ()
    mine: tuple[str, ...] = ()
    """Names of those who look: tips of which one of them is in charge."""
    priorities: tuple[int, ...] = ()
    received_from: int | None = None
    received_to: int | None = None
    """Unix seconds; the first second that is not asked for."""
    silent: bool = False
    """Open, and nothing was done for ``silence_days``."""
    conversation: str = ""
    """In hexadecimal."""
    flags: tuple[str, ...] = ()
    """All of them; also the kinds of offers that are not settled."""
    held: bool = False
    hide_merged: bool = False
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: between this tip and the next one."""

    priority: int
    received: int
    id: int
    back: bool = False
    """What stands before this place is meant, not what comes behind."""

    def __str__(self) -> str:
        return f"{'b' if self.back else 'f'}.{self.priority}.{self.received}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the cursor that ``str`` wrote, None for anything else."""
        way, *numbers = text.split(".")
        if (
            way not in ("b", "f")
            or len(numbers) != 3
            or not all(n.isascii() and n.isdigit() for n in numbers)
        ):
            return None
        if any(len(number) > 18 for number in numbers):
            return None
        priority, received, number = map(int, numbers)
        return cls(priority, received, number, way == "b")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the places of the pages beside it."""

    rows: tuple[TipRow, ...]
    next: Cursor | None
    prev: Cursor | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; not exact means: at least."""

    number: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Two tips that may be one: the later is ``tip``, the earlier ``other``. Offered, never done by itself."""

    id: int
    tip: int
    other: int
    kind: str
    """possible-repeat, possible-rest or similar."""
    settled: str | None
