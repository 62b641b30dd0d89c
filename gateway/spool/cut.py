"""The cut: which slips go into a batch, and the one transaction that stores the batch and removes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlite_utils import Database

from gateway.box import Box
from gateway.clock import Period
from gateway.spool.ledgers import close_month
from gateway.spool.lines import LineState, line_state
from wire.batch import BatchHeader, file_name, write_batch
from wire.commitment import next_head
from wire.hashing import blake2b_256
from wire.manifest import NO_CHAIN, Manifest

DAY = 86400


class Outdated(Exception):
    """Another process changed the line's chain since the batch was made up: make it up anew. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next batch of a line stands among all its cuts: what its manifest says of it."""

    cut: int
    before: bytes


def next_place(db: Database, state: LineState) -> Place:
    """Return the place of the next cut. Cuts are counted over all chains; a new one never sets the count back."""
    row = db.conn.execute(
        "SELECT chain FROM batch WHERE line = ? AND cut = ?", (state.id, state.cuts - state.sequence)
    ).fetchone()
    return Place(state.cuts + 1, bytes(row[0]) if row else NO_CHAIN)


@dataclass(frozen=True, slots=True)
class Picked:
    """The slips of the next batch, and what stays."""

    keys: tuple[bytes, ...]
    sealed: tuple[bytes, ...] = field(repr=False)
    left: int
    lowest_epoch_left: int | None
    lowest_rank_left: int


def slots_for(state: LineState, wanted: int, period: Period) -> int:
    """Return how many slips the batch of ``period`` has: a change holds from the next whole day (UTC) on."""
    if state.slots is None or state.slots_day is None or period.start // DAY > state.slots_day:
        return wanted
    return state.slots


def pick(db: Database, line: int, most: int) -> Picked:
    """Return the ``most`` slips to send: lowest rank first, then oldest period, random among equals.

    Random, because the keys are. A sender's rank is how many of its messages waited before: so one phone cannot
    starve a city.
    """
    rows = db.conn.execute(
        "SELECT key, sealed FROM slip WHERE line = ? ORDER BY rank, period, key LIMIT ?", (line, most)
    ).fetchall()
    left, lowest, rank = 0, None, 0
    if len(rows) == most:
        left, lowest, rank = db.conn.execute(
            "SELECT count(*), min(epoch), min(rank) FROM (SELECT epoch, rank FROM slip WHERE line = ?"
            " ORDER BY rank, period, key LIMIT -1 OFFSET ?)",
            (line, most),
        ).fetchone()
    return Picked(tuple(row[0] for row in rows), tuple(row[1] for row in rows), left, lowest, rank or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A batch made up and not yet stored."""

    name: str
    """Of the line."""
    period: Period
    epoch: int
    slots: int
    body: bytes = field(repr=False)
    picked: Picked
    manifest: Manifest


def store_batch(db: Database, cut: Cut, box: Box) -> BatchHeader:
    """Return the header of the batch, which is stored in this transaction, its slips removed and its count made.

    Raises Outdated where the manifest, made before this transaction, would not say the truth about it.
    """
    state = line_state(db, cut.name)
    assert state.line is not None and state.chain is not None
    if next_place(db, state) != Place(cut.manifest.cut, cut.manifest.before):
        raise Outdated
    month = max(cut.period.month, state.open_month or "")
    if state.open_month is not None and month > state.open_month:
        close_month(db, state, state.open_month)
    header = BatchHeader(
        box=box.identity.box,
        chain=state.chain,
        line=state.line,
        sequence=state.sequence + 1,
        previous=state.previous,
        epoch=cut.epoch,
        slots=cut.slots,
        period=cut.period.start,
        commitments=_commit_to(db, state, cut.manifest.salt),
        body=blake2b_256(cut.body),
    )
    text, octets = write_batch(header, cut.body, box.key)
    _keep(db, state, cut, month=month, header=header, header_hash=text.hash, octets=octets)
    db.conn.executemany("DELETE FROM slip WHERE key = ?", [(key,) for key in cut.picked.keys])
    _move_on(db, state, cut, month=month, header=header, header_hash=text.hash)
    return header


def _keep(
    db: Database,
    state: LineState,
    cut: Cut,
    *,
    month: str,
    header: BatchHeader,
    header_hash: bytes,
    octets: bytes,
) -> None:
    """Store the batch, with what the ledger and the auditor need of it."""
    row = {
        "line": state.id,
        "chain": header.chain,
        "sequence": header.sequence,
        "cut": state.cuts + 1,
        "header_hash": header_hash,
        "period": header.period,
        "month": month,
        "head_before": state.head,
        "salt": cut.manifest.salt,
        "name": file_name(header),
        "octets": octets,
    }
    db.conn.execute(
        "INSERT INTO batch (line, chain, sequence, cut, header_hash, period, month, head_before, salt, name, octets)"
        " VALUES (:line, :chain, :sequence, :cut, :header_hash, :period, :month, :head_before, :salt, :name, :octets)",
        row,
    )


def _move_on(
    db: Database, state: LineState, cut: Cut, *, month: str, header: BatchHeader, header_hash: bytes
) -> None:
    """Note on the line where its chain, its count and its periods stand now."""
    row = {
        "id": state.id,
        "sequence": header.sequence,
        "previous": header_hash,
        "head": header.commitments,
        "slots": cut.slots,
        "day": cut.period.start // DAY,
        "last_cut": cut.period.end,
        "month": month,
    }
    db.conn.execute(
        "UPDATE line SET sequence = :sequence, previous = :previous, head = :head, cuts = cuts + 1, slots = :slots,"
        " slots_day = :day, last_cut = :last_cut, open_month = :month WHERE id = :id",
        row,
    )


def _commit_to(db: Database, state: LineState, salt: bytes) -> bytes:
    """Return the head over all commitments made since the last cut; they belong to this batch from now on."""
    fresh = [
        row[0]
        for row in db.conn.execute(
            "SELECT commitment FROM commitment WHERE line = ? AND chain IS NULL ORDER BY commitment",
            (state.id,),
        )
    ]
    db.conn.execute(
        "UPDATE commitment SET chain = ?, sequence = ? WHERE line = ? AND chain IS NULL",
        (state.chain, state.sequence + 1, state.id),
    )
    return next_head(state.head, salt, fresh)
