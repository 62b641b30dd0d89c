"""What the book knows of ledgers: those to be answered, those that are missing, and the digests that prove tips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from wire.period import end_of
from workstation.book.connection import Book, told


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger that the book has, and that contradicts none."""

    hash: bytes
    box: bytes
    month: str
    serial: int
    count: int


def ledgers(book: Book) -> tuple[Kept, ...]:
    """Return the ledgers of the book, by month and box."""
    query = (
        "SELECT hash, box, month, serial, count FROM ledgers WHERE quarantined IS NULL ORDER BY month, box"
    )
    with told(book.path.name):
        return tuple(Kept(*row) for row in book.connection.execute(query))


def opened(book: Book, ledger: bytes) -> tuple[bytes, ...]:
    """Return the digests of the tips of ``ledger`` that were opened, sorted."""
    query = "SELECT digest FROM digests WHERE ledger = ? ORDER BY digest"
    with told(book.path.name):
        return tuple(digest for (digest,) in book.connection.execute(query, (ledger,)))


def missing(
    book: Book, kept: Collection[Kept], month: str, *, boxes: Collection[bytes], retired: Collection[bytes]
) -> Iterator[str]:
    """Yield in words which ledger, of ``month`` or before, is known to be missing.

    A box makes no ledger for a month in which it cut no batch; its later ledgers then count on without a gap. Of a
    box from which nothing has come yet nobody can know.
    """
    by_box: Mapping[bytes, list[Kept]] = defaultdict(list)
    for ledger in kept:
        by_box[ledger.box].append(ledger)
    for box in sorted({*boxes, *by_box}):
        row = sorted(by_box[box], key=lambda ledger: ledger.serial)
        yield from _gaps(box, row, month)
        ended = box in retired or any(ledger.month >= month for ledger in row)
        if not ended and (row or _in_service(book, box, month)):
            yield f"box {box.hex()}: its ledger of {month} is not here"


def _gaps(box: bytes, row: list[Kept], month: str) -> Iterator[str]:
    """Yield the serials that are missing before the ledger of ``month``, or the first one after it."""
    if row and row[0].serial > 1:
        yield f"box {box.hex()}: its ledgers before number {row[0].serial} ({row[0].month}) are not here"
    for before, after in pairwise(row):
        if after.serial != before.serial + 1 and before.month < month:
            yield f"box {box.hex()}: its ledgers between {before.month} and {after.month} are not here"


def _in_service(book: Book, box: bytes, month: str) -> bool:
    query = "SELECT 1 FROM batches WHERE box = ? AND period < ? LIMIT 1"
    with told(book.path.name):
        return book.connection.execute(query, (box, end_of(month))).fetchone() is not None


def silent_boxes(book: Book, kept: Collection[Kept], boxes: Collection[bytes]) -> tuple[bytes, ...]:
    """Return the trusted boxes from which nothing has ever come: neither a batch nor a ledger."""
    with told(book.path.name):
        came = {box for (box,) in book.connection.execute("SELECT DISTINCT box FROM batches")}
    return tuple(sorted(set(boxes) - came - {ledger.box for ledger in kept}))
