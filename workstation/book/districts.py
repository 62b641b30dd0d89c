"""The list of districts: from a file, taken whole or not at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wire.refusal import Refusal, Refused
from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import Actor, LogWriter
from workstation.messages.visible import visible

COLUMNS = ("code", "es", "en")
MOST_DISTRICTS = 2000
"""Mexico City has 16, the whole country 2,478 municipalities."""
LIMIT = MOST_DISTRICTS * 256
"""Octets of a file: a code and two names a line."""
MOST_LETTERS = 80
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")


@dataclass(frozen=True, slots=True)
class District:
    """One district."""

    code: str
    es: str
    en: str


def read_districts(octets: bytes) -> tuple[District, ...]:
    """Return the districts of a CSV file with the columns code, es, en. Raises Refused with the line."""
    if len(octets) > LIMIT:
        raise Refused(Refusal.LENGTH, "file", f"more than {LIMIT} octets")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise Refused(Refusal.CANONICAL, f"line {line}", "not UTF-8") from None
    found: dict[str, District] = {}
    for line, row in _rows(text):
        district = _district(line, row)
        if district.code in found:
            raise Refused(Refusal.VALUE, f"line {line}", f"{district.code} stands twice")
        found[district.code] = district
    if not 1 <= len(found) <= MOST_DISTRICTS:
        raise Refused(Refusal.VALUE, "file", f"not 1 to {MOST_DISTRICTS} districts")
    return tuple(found.values())


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        if tuple(next(rows, ())) != COLUMNS:
            raise Refused(Refusal.CANONICAL, "line 1", f"the columns are not {','.join(COLUMNS)}")
        for row in rows:
            if row:
                yield rows.line_num, row
    except csv.Error as error:
        raise Refused(Refusal.CANONICAL, f"line {rows.line_num}", str(error)) from None


def _district(line: int, row: list[str]) -> District:
    if len(row) != len(COLUMNS):
        raise Refused(Refusal.CANONICAL, f"line {line}", f"{len(row)} values, not {len(COLUMNS)}")
    code, *names = (value.strip() for value in row)
    if not _CODE.fullmatch(code):
        reason = "the code is not 1 to 32 of a-z, 0-9, dot, dash and underscore"
        raise Refused(Refusal.VALUE, f"line {line}", reason)
    if any(not 1 <= len(name) <= MOST_LETTERS or visible(name) != name for name in names):
        reason = f"a name is not 1 to {MOST_LETTERS} letters without control characters"
        raise Refused(Refusal.VALUE, f"line {line}", reason)
    return District(code, *names)


def set_districts(book: Book, actor: Actor, new: tuple[District, ...], *, now: int) -> None:
    """Return once ``new`` is the list. Raises NotAllowed where a district that tips have is not in it."""
    with book.write():
        used = {code for (code,) in book.connection.execute("SELECT DISTINCT district FROM tips") if code}
        lacking = sorted(used - {district.code for district in new})
        if lacking:
            raise NotAllowed(f"tips have the district {', '.join(lacking)}", way_out="Keep it in the list.")
        book.connection.execute("DELETE FROM districts")
        book.connection.executemany(
            "INSERT INTO districts (code, es, en) VALUES (?, ?, ?)", ((d.code, d.es, d.en) for d in new)
        )
        LogWriter(book.connection, actor, now=now).add("districts", detail={"codes": [d.code for d in new]})


def districts(book: Book) -> tuple[District, ...]:
    """Return the districts, by code."""
    return tuple(
        District(*row) for row in book.connection.execute("SELECT code, es, en FROM districts ORDER BY code")
    )


def known_district(connection: Any, code: str) -> str:
    """Return ``code`` if it is a district. Raises NoSuch."""
    if connection.execute("SELECT 1 FROM districts WHERE code = ?", (code,)).fetchone() is None:
        raise NoSuch(
            f"district {visible(code)}", way_out="The list is shown, and taken from a file, by: districts"
        )
    return code
