"""What a table of open data is: columns with their types, units and meanings, and rows made from the model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from portal.release.model import Site, Words

Value = str | int | bool | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in every file, its Frictionless type, and what it says."""

    name: str
    type: str
    about: Words
    required: bool = True
    unit: str = ""
    values: tuple[str, ...] = ()
    """All that may stand in it; empty for anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A table: one CSV file and one JSON file of that name."""

    name: str
    about: Words
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Columns that together name a row."""
    rows: tuple[Row, ...] = field(repr=False)


Maker = Callable[[Site], Iterable[Resource]]


def words(es: str, en: str) -> Words:
    """Return a text in both languages."""
    return {"es": es, "en": en}


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Return a name so that a spreadsheet takes it for text: some begin to compute at such a first character."""
    return f"'{text}" if text.startswith(_FORMULA) else text
