"""The tips of the case book in the order of reading, as the command ``tips`` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from workstation.book.connection import Book, told
from workstation.book.rows import COLUMNS, TipRow, tip_row
from workstation.messages.joining import Tip
from workstation.messages.offers import REPEAT, REST

_ASKED = 500
_ORDER = """
SELECT t.id, t.received FROM tips AS t LEFT JOIN batches AS b ON b.id = t.batch WHERE t.destroyed IS NULL
ORDER BY t.received, b.period, b.box, b.chain, b.sequence, t.conversation, t.tip
"""


def read_tips(book: Book) -> Iterator[Tip]:
    """Yield the tips that are not destroyed, by the period in which they came, then batch, conversation and id."""
    with told(book.path.name):
        numbers = book.connection.execute(_ORDER)
        while some := [number for number, _ in islice(numbers, _ASKED)]:
            yield from _tips(book, some)


def sealed(book: Book) -> tuple[int, int]:
    """Return how many slips no key opens, and how many were opened and are not in form."""
    with told(book.path.name):
        unopened, bad = book.connection.execute(
            "SELECT count(*) - coalesce(sum(bad), 0), coalesce(sum(bad), 0) FROM sealed"
        ).fetchone()
    return unopened, bad


def _tips(book: Book, numbers: Sequence[int]) -> Iterator[Tip]:
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT {COLUMNS} FROM tips AS t WHERE t.id IN ({marks})"  # noqa: S608 - our own names
    rows = {row[0]: tip_row(row) for row in book.connection.execute(sql, numbers)}
    perhaps = _perhaps(book, numbers)
    for number in numbers:
        yield _tip(rows[number], perhaps.get(number, ()))


def _perhaps(book: Book, numbers: Sequence[int]) -> dict[int, tuple[tuple[str, bytes], ...]]:
    """Return the earlier tips that each of ``numbers`` may repeat or complete, with the kind."""
    marks = ", ".join("?" * len(numbers))
    rows = book.connection.execute(
        "SELECT t.id, o.kind, e.tip FROM tips AS t"  # noqa: S608 - question marks
        " JOIN (SELECT tip AS one, other, kind, settled FROM offers UNION ALL"
        "  SELECT other, tip, kind, settled FROM offers) AS o ON o.one = t.id"
        " JOIN tips AS e ON e.id = o.other"
        f" WHERE t.id IN ({marks}) AND o.kind IN (?, ?) AND o.settled IS NULL"
        " AND (e.received, e.tip) < (t.received, t.tip) ORDER BY t.id, o.kind, e.received, e.tip",
        (*numbers, REPEAT, REST),
    )
    return {
        number: tuple((kind, other) for _, kind, other in found)
        for number, found in groupby(rows, key=lambda row: row[0])
    }


def _tip(row: TipRow, perhaps: Sequence[tuple[str, bytes]]) -> Tip:
    return Tip(
        tip=row.tip,
        conversation=row.conversation,
        received=row.received,
        period=row.period,
        text=row.text,
        parts=row.parts,
        parts_missing=row.missing,
        flags=tuple(sorted({*row.flags, *(kind for kind, _ in perhaps)})),
        data=row.data,
        perhaps=tuple(dict.fromkeys(other for _, other in perhaps)),
    )
