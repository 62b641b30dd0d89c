"""The box's own count: a month of a line, closed by the first cut of a later month and never reopened."""

from __future__ import annotations

from nacl.signing import SigningKey
from sqlite_utils import Database

from gateway.faults import MissingError
from gateway.spool.lines import LineState, line_state
from wire.hashing import NO_HASH
from wire.ledger import Audit, AuditBatch, ChainRange, Ledger, ledger_name, write_audit, write_ledger


def close_month(db: Database, state: LineState, month: str, *, box: bytes, key: SigningKey) -> None:
    """Sign and store the ledger of ``month``, in which at least one batch was cut."""
    assert state.line is not None
    ledger = _ledger(db, state, month, box)
    text = write_ledger(ledger, key)
    db.conn.execute(
        "INSERT INTO ledger (line, month, serial, hash, name, octets) VALUES (?, ?, ?, ?, ?, ?)",
        (state.id, month, ledger.serial, text.hash, ledger_name(ledger), text.octets),
    )


def _ledger(db: Database, state: LineState, month: str, box: bytes) -> Ledger:
    before = db.conn.execute(
        "SELECT serial, hash FROM ledger WHERE line = ? ORDER BY serial DESC LIMIT 1", (state.id,)
    ).fetchone()
    meter = db.conn.execute(
        "SELECT conversations, canaries_sent, canaries_received, minutes FROM meter WHERE line = ? AND month = ?",
        (state.id, month),
    ).fetchone()
    conversations, sent, received, minutes = meter or (0, 0, 0, 0)
    commitments = tuple(
        row[0]
        for row in db.conn.execute(
            "SELECT c.commitment FROM commitment c JOIN batch b USING (line, chain, sequence)"
            " WHERE c.line = ? AND b.month = ? ORDER BY c.commitment",
            (state.id, month),
        )
    )
    return Ledger(
        box=box,
        line=state.line or b"",
        month=month,
        serial=before[0] + 1 if before else 1,
        previous=before[1] if before else NO_HASH,
        ranges=_ranges(db, state, month),
        header=_last_header(db, state, month),
        count=len(commitments),
        conversations=conversations,
        canaries_sent=sent,
        canaries_received=received,
        minutes=minutes,
        commitments=commitments,
    )


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


def stored_ledger(db: Database, name: str, month: str) -> bytes:
    """Return the signed ledger of ``month``. Raises MissingError, which says what there is."""
    state = line_state(db, name)
    row = db.conn.execute(
        "SELECT octets FROM ledger WHERE line = ? AND month = ?", (state.id, month)
    ).fetchone()
    if row is None:
        raise MissingError(
            _why_missing(db, state, month), "a month is closed by the first batch of a later one"
        )
    return bytes(row[0])


def _why_missing(db: Database, state: LineState, month: str) -> str:
    if state.open_month == month:
        return f"the ledger of {month} is still open"
    closed = [row[0] for row in db.conn.execute("SELECT month FROM ledger WHERE line = ?", (state.id,))]
    there = ", ".join(sorted(closed)) or "none"
    return f'there is no ledger of {month} for line "{state.name}"; closed months: {there}'


def stored_audit(db: Database, name: str, month: str, *, box: bytes, key: SigningKey) -> bytes:
    """Return the signed audit file of ``month``: the salts and groups behind the heads. Raises MissingError."""
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
    batches = tuple(
        AuditBatch(chain, sequence, salt, _commitments(db, state.id, chain, sequence))
        for chain, sequence, salt, _ in rows
    )
    audit = Audit(box=box, line=state.line, month=month, ledger=ledger, head=rows[0][3], batches=batches)
    return write_audit(audit, key).octets


def _commitments(db: Database, line: int, chain: bytes, sequence: int) -> tuple[bytes, ...]:
    rows = db.conn.execute(
        "SELECT commitment FROM commitment WHERE line = ? AND chain = ? AND sequence = ? ORDER BY commitment",
        (line, chain, sequence),
    )
    return tuple(row[0] for row in rows)
