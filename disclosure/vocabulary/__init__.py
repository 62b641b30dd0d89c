"""The words of case book, bulletin and site: statuses and categories, in Spanish and English, as data.

The two CSV files are the vocabulary; this reads them. Columns that say where a word comes from are for people.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from wire.hashing import blake2b_256_of

STATUS_FILE, CATEGORY_FILE = "status.csv", "categories.csv"
CODE = re.compile(r"[a-z][a-z_]{0,31}(?:\.[a-z][a-z_]{0,31})?")
"""How a code is written: a word, and behind a dot the reason or kind."""
_STATUS_COLUMNS = ("code", "es", "en", "class", "terminal", "set_by", "source_or_analogue")
_CATEGORY_COLUMNS = ("code", "group_es", "group_en", "es", "en", "route", "notes_source")


class VocabularyError(ValueError):
    """A vocabulary that cannot be used: our own fault, as the files are part of the program."""


class StatusClass(StrEnum):
    """What a status means to a reader of the site."""

    OPEN = "open"
    CLOSED = "closed"
    ACTED = "acted"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a tip."""

    code: str
    es: str
    en: str
    status_class: StatusClass
    terminal: bool
    """Whether nothing is expected to come after it."""
    set_by: str


@dataclass(frozen=True, slots=True)
class Category:
    """What a tip is about."""

    code: str
    group_es: str
    group_en: str
    es: str
    en: str
    route: str
    """Who it is for: the police, a federal authority, or a body with a line and key of its own."""


def parse_statuses(text: str) -> Mapping[str, Status]:
    """Return the statuses in the CSV ``text`` by their codes, in its order. Raises VocabularyError."""
    found = {}
    for code, es, en, status_class, terminal, set_by, _ in _rows(text, _STATUS_COLUMNS):
        if status_class not in set(StatusClass) or terminal not in ("yes", "no"):
            raise VocabularyError(f"{code}: no such class, or terminal is neither yes nor no")
        found[code] = Status(code, es, en, StatusClass(status_class), terminal == "yes", set_by)
    return MappingProxyType(found)


def parse_categories(text: str) -> Mapping[str, Category]:
    """Return the categories in the CSV ``text`` by their codes, in its order. Raises VocabularyError."""
    rows = _rows(text, _CATEGORY_COLUMNS)
    return MappingProxyType(
        {
            code: Category(code, group_es, group_en, es, en, route)
            for code, group_es, group_en, es, en, route, _ in rows
        }
    )


def _rows(text: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the rows of ``text``, whose first one has to be ``columns``; each code is well formed and new."""
    rows = csv.reader(text.splitlines(), strict=True)
    if tuple(next(rows, ())) != columns:
        raise VocabularyError(f"the columns are not {', '.join(columns)}")
    seen: set[str] = set()
    for row in rows:
        if len(row) != len(columns) or not CODE.fullmatch(row[0]) or row[0] in seen:
            raise VocabularyError(f"row {len(seen) + 1}: too many values, too few, or no new code in front")
        seen.add(row[0])
        yield row


@cache
def statuses() -> Mapping[str, Status]:
    """Return the project's statuses by their codes."""
    return parse_statuses(_text(STATUS_FILE))


@cache
def categories() -> Mapping[str, Category]:
    """Return the project's categories by their codes."""
    return parse_categories(_text(CATEGORY_FILE))


@cache
def vocabulary_hash() -> bytes:
    """Return the hash of both files, one behind the other: a bulletin names the words it was made with by it."""
    return blake2b_256_of(_text(name).encode() for name in (STATUS_FILE, CATEGORY_FILE))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
