"""Batches into the case book: new messages become tips, later parts complete them.

What is in the book afterwards does not depend on the order in which batches come, nor on how they are grouped: each
message is made anew from all of its slips that are here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec

from wire.commitment import commitment
from workstation.batches.opener import Inside
from workstation.batches.store import BatchPlace
from workstation.book import ledgers
from workstation.book.connection import Book
from workstation.book.log import Actor, LogWriter
from workstation.book.rows import MAX_ID, key_of
from workstation.book.tallies import count_fresh
from workstation.book.traces import Traces, forget_ready
from workstation.messages.pieces import Piece, Ready, make_ready, open_piece
from workstation.problems import Damaged, StorageFailed

_ASKED = 500
"""Values of one query."""
Order = tuple[int, bytes, bytes, int]
"""Of batches: see BatchPlace.order."""


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that was opened, to be booked."""

    place: BatchPlace
    inside: Inside
    tried: bytes
    """Which keys were tried: see ``book.waiting.key_set``."""


class Booked(msgspec.Struct, frozen=True, array_like=True):
    """What a group did to the book."""

    new: int = 0
    completed: int = 0

    def __add__(self, other: Booked) -> Booked:
        return Booked(self.new + other.new, self.completed + other.completed)


@dataclass(slots=True)
class _Message:
    """What came of one message in this group."""

    pieces: list[tuple[int, Piece]] = field(default_factory=list)
    """With the number of the batch."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A tip that is in the book already."""

    id: int
    key: int
    destroyed: bool


def book_batches(book: Book, batches: Sequence[OpenBatch], actor: Actor, *, now: int) -> Booked:
    """Return what became of ``batches`` once all of it is durable. Raises StorageFailed, Damaged; then nothing is."""
    if not batches:
        return Booked()
    with book.write():
        group = Group(book, actor, now)
        group.take(batches)
        return group.end()


class Group:
    """What is booked in one transaction, which whoever makes it begins and ends."""

    def __init__(self, book: Book, actor: Actor, now: int) -> None:
        self._connection = book.connection
        self._log = LogWriter(book.connection, actor, now=now)
        self._now = now
        self._orders: dict[int, Order] = {}
        self._batches, self._booked = 0, Booked()

    def take(self, batches: Sequence[OpenBatch]) -> None:
        """Book ``batches``; what comes later may complete it."""
        self._traces = Traces(self._connection)
        messages: dict[bytes, _Message] = defaultdict(_Message)
        for batch in batches:
            number, pieces = self._note(batch)
            for piece in pieces:
                messages[piece.message].pieces.append((number, piece))
        known = self._known(messages)
        fresh = {message: one for message, one in messages.items() if message not in known}
        self._add(fresh)
        completed = [self._complete(known[message], messages[message]) for message in known]
        self._traces.offer()
        self._batches += len(batches)
        self._booked += Booked(len(fresh), sum(completed))

    def end(self) -> Booked:
        """Return what was booked, once it is in the log."""
        self._log.add(
            "import",
            detail={
                "batches": self._batches,
                "tips": self._booked.new,
                "completed": self._booked.completed,
            },
        )
        return self._booked

    def _note(self, batch: OpenBatch) -> tuple[int, Iterable[Piece]]:
        """Return the number of a batch, now noted as booked, and its pieces that are not in the book."""
        place, opened = batch.place, batch.inside
        found = self._connection.execute(
            "SELECT id FROM batches WHERE batch = ?", (place.header_hash,)
        ).fetchone()
        if found is None:
            number = self._insert_batch(place, batch.tried)
            pieces: Iterable[Piece] = opened.pieces
        else:
            number = found[0]
            waiting = self._sealed(number)
            pieces = [piece for piece in opened.pieces if piece.slot in waiting]
            self._connection.execute("UPDATE batches SET tried = ? WHERE id = ?", (batch.tried, number))
            self._connection.execute("DELETE FROM sealed WHERE batch = ?", (number,))
        self._orders[number] = place.order
        left = [(number, slot, 0) for slot in opened.unopened] + [(number, slot, 1) for slot in opened.bad]
        self._connection.executemany("INSERT INTO sealed (batch, slot, bad) VALUES (?, ?, ?)", left)
        return number, pieces

    def _insert_batch(self, place: BatchPlace, tried: bytes) -> int:
        cursor = self._connection.execute(
            "INSERT INTO batches (batch, box, chain, sequence, period, booked, tried) VALUES (?,?,?,?,?,?,?)",
            (place.header_hash, place.box, place.chain, place.sequence, place.period, self._now, tried),
        )
        return int(cursor.lastrowid)

    def _sealed(self, number: int) -> set[int]:
        rows = self._connection.execute("SELECT slot FROM sealed WHERE batch = ?", (number,))
        return {slot for (slot,) in rows}

    def _known(self, messages: Iterable[bytes]) -> dict[bytes, _Known]:
        known = {}
        for some in _chunks(messages):
            marks = ", ".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT tip, id, received, destroyed FROM tips WHERE tip IN ({marks})",  # noqa: S608 - question marks
                some,
            )
            for tip, number, received, destroyed in rows:
                known[tip] = _Known(number, key_of(received, number), destroyed is not None)
        return known

    def _add(self, fresh: dict[bytes, _Message]) -> None:
        (last,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM tips").fetchone()
        if last + len(fresh) > MAX_ID:
            raise StorageFailed(f"the case book holds {MAX_ID} tips at the most")
        made = [
            (number, message, self._ready(message, ()))
            for number, message in enumerate(fresh.values(), start=last + 1)
        ]
        self._connection.executemany(
            "INSERT INTO tips (id, tip, conversation, received, period, booked, text, data, parts, missing, flags,"
            " batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    number,
                    tip.tip,
                    tip.conversation,
                    tip.received,
                    tip.period,
                    self._now,
                    *_content(ready),
                    first,
                )
                for number, message, ready in made
                for tip, first in ((ready.tip, self._first(ready, message.pieces)),)
            ),
        )
        count_fresh(self._connection, last + 1, [ready.tip.received for _, _, ready in made])
        self._keep(((number, message.pieces) for number, message, _ in made))
        self._traces.add([(number, ready) for number, _, ready in made])

    def _complete(self, known: _Known, message: _Message) -> bool:
        """Return whether what came changed the tip; one that was destroyed stays so, and only its count grows."""
        if known.destroyed:
            self._count(known.id, message.pieces)
            return False
        stored = self._stored(known.id)
        before = make_ready([open_piece(octets) for _, octets in stored])
        ready = self._ready(message, [octets for _, octets in stored])
        self._keep([(known.id, message.pieces)])
        first = self._first(ready, [*message.pieces, *((batch, octets) for batch, octets in stored)])
        changed = ready.tip != before.tip
        if changed:
            self._change(known, before, ready)
        self._connection.execute("UPDATE tips SET batch = ? WHERE id = ?", (first, known.id))
        return changed

    def _change(self, known: _Known, before: Ready, ready: Ready) -> None:
        """Write what a tip is now, and is found by, in place of what it was; what was settled of it stays so."""
        tip = ready.tip
        forget_ready(self._connection, known.id, before)  # first: the time may change by which it is found
        names = ["conversation", "period", "text", "data", "parts", "missing", "flags"]
        values: list[object] = [tip.conversation, tip.period, *_content(ready)]
        if key_of(tip.received, known.id) != known.key:  # a trigger looks at each change of it
            names.append("received")
            values.append(tip.received)
        self._connection.execute(
            f"UPDATE tips SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",  # noqa: S608 - our own names
            (*values, known.id),
        )
        self._traces.add([(known.id, ready)])
        self._log.add(
            "completed", tip=known.id, detail={"parts": tip.parts, "missing": len(tip.parts_missing)}
        )

    def _ready(self, message: _Message, stored: Sequence[bytes]) -> Ready:
        ((_, piece), *others) = message.pieces
        if piece.alone is not None and not others and not stored:
            return piece.alone
        return make_ready(
            [open_piece(octets) for octets in (*stored, *(one.octets for _, one in message.pieces))]
        )

    def _stored(self, tip: int) -> list[tuple[int, bytes]]:
        rows: list[tuple[int, bytes]] = self._connection.execute(
            "SELECT batch, octets FROM slips WHERE tip = ?", (tip,)
        ).fetchall()
        if not rows:
            raise Damaged(f"the case book has no slip of tip {tip}")
        return rows

    def _first(self, ready: Ready, pieces: Sequence[tuple[int, Piece | bytes]]) -> int:
        """Return the batch in which the message begins: the first in order that has a part of its earliest period."""
        if len(pieces) == 1:
            return pieces[0][0]
        begins = [
            batch
            for batch, piece in pieces
            if open_piece(piece if isinstance(piece, bytes) else piece.octets).received == ready.tip.received
        ]
        return min(begins, key=self._order)

    def _order(self, batch: int) -> Order:
        if batch not in self._orders:
            self._orders[batch] = self._connection.execute(
                "SELECT period, box, chain, sequence FROM batches WHERE id = ?", (batch,)
            ).fetchone()
        return self._orders[batch]

    def _keep(self, tips: Iterable[tuple[int, Sequence[tuple[int, Piece]]]]) -> None:
        """Keep the opened slips, and count them."""
        rows, counted = [], []
        for number, pieces in tips:
            for batch, piece in pieces:
                rows.append((number, batch, piece.slot, piece.octets))
                if piece.digest is not None:
                    counted.append((commitment(piece.digest), piece.digest, number))
        self._connection.executemany("INSERT INTO slips (tip, batch, slot, octets) VALUES (?, ?, ?, ?)", rows)
        self._add_digests(counted)

    def _count(self, number: int, pieces: Sequence[tuple[int, Piece]]) -> None:
        self._add_digests(
            [(commitment(one.digest), one.digest, number) for _, one in pieces if one.digest is not None]
        )

    def _add_digests(self, rows: Sequence[tuple[bytes, bytes, int]]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO digests (commitment, digest, tip) VALUES (?, ?, ?)", rows
        )
        ledgers.match_new(self._connection, [row[0] for row in rows])


def _content(ready: Ready) -> tuple[object, ...]:
    tip = ready.tip
    return (tip.text, tip.data, tip.parts, ",".join(map(str, tip.parts_missing)), ",".join(tip.flags))


def _chunks(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    left = iter(values)
    while some := tuple(islice(left, _ASKED)):
        yield some
