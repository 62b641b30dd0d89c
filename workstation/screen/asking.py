"""A filter as the address of a page, and back: what an analyst sees can be kept, gone back to, and shown to another.

The command list reads the same addresses, so that nothing of a web server is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import parse_qsl, urlencode

from workstation.book.rows import Filter, Order

_LISTS = {
    "status": "statuses",
    "class": "classes",
    "category": "categories",
    "district": "districts",
    "unit": "units",
    "person": "persons",
    "flag": "flags",
}
"""Words of the address, and the filter's fields."""
_SWITCHES = {"silent": "silent", "held": "held", "unmerged": "hide_merged"}
_OR_NONE = frozenset({"categories", "districts", "units", "persons"})
NONE = "-"
"""Stands for tips that have no category, district, unit or person."""
_OWN = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
MOST_VALUES = 50
"""Of one field."""


@dataclass(frozen=True, slots=True)
class Query:
    """What stands behind the question mark: words with their values, in their order."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Query:
        """Return the query of ``pairs``."""
        return cls(tuple(pairs))

    @classmethod
    def read(cls, text: str) -> Query:
        """Return what ``text`` says, the query of an address."""
        return cls(tuple(parse_qsl(text)))

    def getlist(self, word: str) -> list[str]:
        """Return all values of ``word``."""
        return [value for name, value in self.pairs if name == word]

    def get(self, word: str, default: str = "") -> str:
        """Return the first value of ``word``."""
        return next(iter(self.getlist(word)), default)


def read_filter(asked: Query, *, users: tuple[str, ...], zone: tzinfo) -> Filter:
    """Return what the address asks for; what is not understood asks for nothing."""
    values: dict[str, object] = {
        field: tuple(dict.fromkeys(_value(field, one) for one in asked.getlist(word)[:MOST_VALUES] if one))
        for word, field in _LISTS.items()
    }
    values |= {field: asked.get(word) == "1" for word, field in _SWITCHES.items()}
    priorities = tuple(int(one) for one in asked.getlist("priority") if one in ("0", "1", "2", "3"))
    order = asked.get("order", "")
    return Filter(
        **values,  # type: ignore[arg-type]  # each by its field
        text=asked.get("q", "").strip(),
        mine=users if asked.get("mine") == "1" else (),
        priorities=priorities,
        received_from=_start_of(asked.get("from", ""), zone),
        received_to=_start_of(asked.get("to", ""), zone, behind=1),
        conversation=asked.get("conversation", ""),
        order=Order(order) if order in set(Order) else Order.NEWEST,
    )


def is_own(address: str) -> bool:
    """Return whether ``address`` is a path of this screen, whatever a browser makes of its signs."""
    return _OWN.fullmatch(address) is not None


def address(asked: Query, **changes: str | None) -> str:
    """Return the query of the address with what it asks for, and ``changes`` to it; None takes a word away."""
    kept = [(word, value) for word, value in _known(asked) if word not in changes]
    return urlencode([*kept, *((word, value) for word, value in changes.items() if value is not None)])


def _known(asked: Query) -> Iterator[tuple[str, str]]:
    """Yield what belongs to a filter, without what was left empty."""
    words = (*_LISTS, *_SWITCHES, "q", "mine", "priority", "from", "to", "conversation", "order", "after")
    for word in words:
        yield from ((word, value) for value in asked.getlist(word)[:MOST_VALUES] if value)


def _value(field: str, value: str) -> str | None:
    return None if value == NONE and field in _OR_NONE else value


def _start_of(day: str, zone: tzinfo, *, behind: int = 0) -> int | None:
    """Return the first second of a day written YYYY-MM-DD, or of one some days ``behind`` it."""
    try:
        wanted = date.fromisoformat(day) + timedelta(days=behind)
        return int(datetime.combine(wanted, time.min, zone).timestamp())
    except (ValueError, OverflowError):
        return None
