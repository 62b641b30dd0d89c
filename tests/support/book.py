"""Case books filled quickly: slips are booked without being sealed, so that a test is about the book alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.workstation import FIRST, NOW, PERIOD, Box
from wire.hashing import blake2b_256
from wire.keysheet import KeySheet
from wire.slip import Slip, encode_slip
from workstation.batches.opener import Inside
from workstation.batches.store import BatchPlace
from workstation.book.booking import Booked, OpenBatch, book_batches
from workstation.book.connection import NAME, Book
from workstation.book.listing import offers as offers_of
from workstation.book.log import Actor
from workstation.book.reading import read_tips
from workstation.book.rows import COLUMNS, TipRow, key_of, tip_row
from workstation.messages.folding import fold
from workstation.messages.pieces import make_piece

KEY = bytes(range(32))
ANA = Actor(("ana",))
KEYS_TRIED = b"k" * 32
SHEET = KeySheet(
    line=b"the line",
    name="police",
    serial=1,
    date=NOW,
    authority=bytes(32),
    next_authority=bytes(32),
    epochs=(),
)


@contextmanager
def temporary_book() -> Iterator[Book]:
    """Yield a new case book in a folder of its own: for properties, which have no fixture for each example."""
    with TemporaryDirectory() as folder, Book.open(Path(folder) / NAME, KEY) as book:
        yield book


def batch_of(slips: Iterable[Slip], number: int = 1, *, unopened: Sequence[int] = ()) -> OpenBatch:
    """Return an opened batch; ``unopened`` are the places of slips that no key opened."""
    slips = tuple(slips)
    place = BatchPlace(
        id=number,
        header_hash=blake2b_256(b"batch %d" % number),
        box=b"the box!",
        chain=b"the chain".ljust(16),
        sequence=number,
        period=FIRST + number * PERIOD,
        slots=len(slips),
    )
    pieces = tuple(
        make_piece(slot, encode_slip(slip), slip) for slot, slip in enumerate(slips) if slot not in unopened
    )
    return OpenBatch(place, Inside(pieces, tuple(unopened)), KEYS_TRIED)


@dataclass
class Shelf:
    """A case book, and a box whose slips are booked in it."""

    book: Book
    box: Box = field(default_factory=lambda: Box(SHEET))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, *slips: Slip, now: int = NOW) -> Booked:
        """Book a batch of ``slips``."""
        return book_batches(self.book, [batch_of(slips, next(self._numbers))], ANA, now=now)

    def texts(self, *texts: str, received: int = FIRST, **fields: Any) -> list[int]:
        """Book a tip of each text; return their ids."""
        slips = [
            slip
            for text in texts
            for slip in (
                [self.box.text(text, received=received, **fields)]
                if len(text) <= 70
                else self.box.long_text(
                    [text[at : at + 60] for at in range(0, len(text), 60)], received=received, **fields
                )
            )
        ]
        self.add(*slips)
        found = {row.tip: row.id for row in rows(self.book)}
        return [found[message] for message in dict.fromkeys(slip.message for slip in slips)]


def rows(book: Book) -> list[TipRow]:
    """Return all tips."""
    found = book.connection.execute(f"SELECT {COLUMNS} FROM tips AS t ORDER BY t.id")
    return [tip_row(values) for values in found]


def pairs(book: Book) -> set[tuple[frozenset[bytes], str]]:
    """Return what is offered: two message ids, and the kind."""
    names = {row.id: row.tip for row in rows(book)}
    return {
        (frozenset((names[offer.tip], names[offer.other])), offer.kind)
        for number in names
        for offer in offers_of(book, number)
    }


def content(book: Book) -> dict[str, Any]:
    """Return what is in a book, but for numbers that tell in which order it came."""
    found = rows(book)
    names = {key_of(row.received, row.id): row.tip for row in found}
    query = book.connection.execute
    return {
        "tips": sorted(
            (row.tip, row.conversation, row.received, row.period, row.text, row.data, row.parts, row.missing, row.flags)
            for row in found
        ),
        "shown": list(read_tips(book)),
        "pairs": pairs(book),
        "digests": set(query("SELECT commitment, digest, ledger FROM digests")),
        "words": sorted((names[key], text) for key, text in query("SELECT rowid, text FROM words")),
        "marks": sorted((flag, names[key]) for flag, key in query("SELECT flag, key FROM marks")),
        "traces": sorted((trace, names[key]) for trace, key in query("SELECT trace, key FROM traces")),
    }  # fmt: skip


def folded(row: TipRow) -> str:
    """Return what of a tip is searched."""
    return fold(row.text) if row.text else ""
