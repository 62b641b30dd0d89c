"""The box's own count: a month of a line, closed by the first cut of a later month and never reopened.

The cut itself only fixes what the ledger will say (``close_month``): a row, whatever the month had. All else follows
from batches and commitments, which a closed month never gets more of; it is gathered afterwards, page by page, on a
connection that only reads. So a month of a million messages holds up no commit and needs no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from gateway.box import Box
from gateway.faults import MissingError, StorageError
from gateway.spool.lines import LineState, line_state
from wire.hashing import HASH_OCTETS, NO_HASH, blake2b_256_of
from wire.ledger import Audit, AuditBatch, ChainRange, Ledger, ledger_name, write_audit, write_ledger
from wire.refusal import Refused

PAGE = 4096
"""Commitments read at once: 128 kB, a few milliseconds; between two pages no transaction is open."""


def close_month(db: Database, state: LineState, month: str) -> None:
    """Fix what the ledger of ``month``, in which at least one batch was cut, will say. In the cut's transaction."""
    meter = db.conn.execute(
        "SELECT conversations, canaries_sent, canaries_received, minutes FROM meter WHERE line = ? AND month = ?",
        (state.id, month),
    ).fetchone()
    db.conn.execute(
        "INSERT INTO ledger (line, month, serial, conversations, canaries_sent, canaries_received, minutes)"
        " SELECT ?, ?, 1 + coalesce(max(serial), 0), ?, ?, ?, ? FROM ledger WHERE line = ?",
        (state.id, month, *(meter or (0, 0, 0, 0)), state.id),
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """A ledger's header, ready to be kept."""

    name: str
    hash: bytes
    header: bytes


def unsigned(db: Database, line: int) -> list[str]:
    """Return the closed months of ``line`` whose ledger is not signed yet, in their order."""
    rows = db.conn.execute(
        "SELECT month FROM ledger WHERE line = ? AND header IS NULL ORDER BY serial", (line,)
    )
    return [row[0] for row in rows]


def sign_ledger(db: Database, name: str, month: str, box: Box) -> Signed:
    """Return the signed header of the ledger of a closed month; those before it are signed and kept already.

    Raises StorageError where a month is greater than the format allows.
    """
    ledger = _ledger(db, line_state(db, name), month, box.identity.box)
    try:
        text = write_ledger(ledger, box.key)
    except Refused as error:
        raise StorageError(f"the ledger of {month} cannot be made: {error}", "tell the makers") from error
    return Signed(ledger_name(ledger), text.hash, text.octets)


def keep_signed(db: Database, line: int, month: str, signed: Signed) -> None:
    """Keep the signed header of a ledger, once."""
    db.conn.execute(
        "UPDATE ledger SET name = ?, hash = ?, header = ? WHERE line = ? AND month = ? AND header IS NULL",
        (signed.name, signed.hash, signed.header, line, month),
    )


def _ledger(db: Database, state: LineState, month: str, box: bytes) -> Ledger:
    serial, conversations, sent, received, minutes = db.conn.execute(
        "SELECT serial, conversations, canaries_sent, canaries_received, minutes FROM ledger"
        " WHERE line = ? AND month = ?",
        (state.id, month),
    ).fetchone()
    before = db.conn.execute(
        "SELECT hash FROM ledger WHERE line = ? AND serial = ?", (state.id, serial - 1)
    ).fetchone()
    counter = _Counter(_commitments(db, state.id, month))
    body = blake2b_256_of(counter)
    return Ledger(
        box=box,
        line=state.line or b"",
        month=month,
        serial=serial,
        previous=before[0] if before else NO_HASH,
        ranges=_ranges(db, state, month),
        header=_last_header(db, state, month),
        count=counter.octets // HASH_OCTETS,
        conversations=conversations,
        canaries_sent=sent,
        canaries_received=received,
        minutes=minutes,
        body=body,
    )


class _Counter:
    """Pieces that are counted as they pass."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.octets = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.octets += len(piece)
            yield piece


def _commitments(db: Database, line: int, month: str) -> Iterator[bytes]:
    """Yield the commitments of a closed month, sorted, a page of them at a time.

    By the key of their table, so that nothing has to be sorted: the plus signs keep SQLite from another index.
    """
    query = (
        "SELECT c.commitment FROM commitment c CROSS JOIN batch b"
        " ON b.line = +c.line AND b.chain = +c.chain AND b.sequence = +c.sequence"
        " WHERE c.commitment > ? AND +c.line = ? AND b.month = ? ORDER BY c.commitment LIMIT ?"
    )
    last = b""
    while page := db.conn.execute(query, (last, line, month, PAGE)).fetchall():
        last = page[-1][0]
        yield b"".join(row[0] for row in page)


def _ranges(db: Database, state: LineState, month: str) -> tuple[ChainRange, ...]:
    rows = db.conn.execute(
        "SELECT chain, min(sequence), max(sequence) FROM batch WHERE line = ? AND month = ?"
        " GROUP BY chain ORDER BY min(cut)",
        (state.id, month),
    )
    return tuple(ChainRange(*row) for row in rows)


def _last_header(db: Database, state: LineState, month: str) -> bytes:
    (header,) = db.conn.execute(
        "SELECT header_hash FROM batch WHERE line = ? AND month = ? ORDER BY cut DESC LIMIT 1",
        (state.id, month),
    ).fetchone()
    return bytes(header)


def ledger_pieces(db: Database, line: int, month: str) -> Iterator[bytes]:
    """Yield the octets of a signed ledger: its header, then its body page by page."""
    (header,) = db.conn.execute(
        "SELECT header FROM ledger WHERE line = ? AND month = ?", (line, month)
    ).fetchone()
    yield bytes(header)
    yield from _commitments(db, line, month)


def stored_ledger(db: Database, name: str, month: str) -> Iterator[bytes]:
    """Return the octets of the signed ledger of ``month``, in pieces. Raises MissingError, which says what there is."""
    state = line_state(db, name)
    row = db.conn.execute(
        "SELECT header FROM ledger WHERE line = ? AND month = ?", (state.id, month)
    ).fetchone()
    if row is None:
        raise MissingError(
            _why_missing(db, state, month), "a month is closed by the first batch of a later one"
        )
    if row[0] is None:
        raise MissingError(
            f"the ledger of {month} is closed and not signed yet", "intake is at it: try again in a minute"
        )
    return ledger_pieces(db, state.id, month)


def _why_missing(db: Database, state: LineState, month: str) -> str:
    if state.open_month == month:
        return f"the ledger of {month} is still open"
    closed = [row[0] for row in db.conn.execute("SELECT month FROM ledger WHERE line = ?", (state.id,))]
    there = ", ".join(sorted(closed)) or "none"
    return f'there is no ledger of {month} for line "{state.name}"; closed months: {there}'


def stored_audit(db: Database, name: str, month: str, box: Box) -> Iterator[bytes]:
    """Return the octets of the signed audit file of ``month``, in pieces: what the heads were made of.

    Raises MissingError, and StorageError where the month has more cuts than the format allows.
    """
    stored_ledger(db, name, month)
    state = line_state(db, name)
    assert state.line is not None
    (ledger,) = db.conn.execute(
        "SELECT hash FROM ledger WHERE line = ? AND month = ?", (state.id, month)
    ).fetchone()
    rows = db.conn.execute(
        "SELECT chain, sequence, salt, head_before FROM batch WHERE line = ? AND month = ? ORDER BY cut",
        (state.id, month),
    ).fetchall()
    places = [(bytes(chain), sequence) for chain, sequence, _, _ in rows]
    counts: list[int] = []
    body = blake2b_256_of(_counted(db, state.id, places, counts))
    batches = [AuditBatch(*place, row[2], n) for place, row, n in zip(places, rows, counts, strict=True)]
    audit = Audit(
        box=box.identity.box,
        line=state.line,
        month=month,
        ledger=ledger,
        head=rows[0][3],
        batches=tuple(batches),
        body=body,
    )
    try:
        header = write_audit(audit, box.key).octets
    except Refused as error:
        raise StorageError(f"the audit file of {month} cannot be made: {error}", "tell the makers") from error
    return _audit_pieces(db, state.id, places, header)


def _audit_pieces(db: Database, line: int, places: list[tuple[bytes, int]], header: bytes) -> Iterator[bytes]:
    yield header
    yield from _counted(db, line, places, [])


def _counted(db: Database, line: int, places: list[tuple[bytes, int]], counts: list[int]) -> Iterator[bytes]:
    """Yield the commitments of each batch in ``places``, sorted, and add to ``counts`` how many there are."""
    query = (
        "SELECT commitment FROM commitment WHERE line = ? AND chain = ? AND sequence = ? ORDER BY commitment"
    )
    for chain, sequence in places:
        rows = db.conn.execute(query, (line, chain, sequence)).fetchall()
        counts.append(len(rows))
        yield b"".join(row[0] for row in rows)
