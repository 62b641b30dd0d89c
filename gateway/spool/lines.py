"""A line's state in the spool: its key sheet, its chain, where its count stands."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from sqlite_utils import Database

from gateway.faults import TrustError
from wire.batch import CHAIN_OCTETS
from wire.hashing import NO_HASH
from wire.keysheet import KeySheet, accept, read_keysheet
from wire.refusal import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """One row of ``line``."""

    id: int
    name: str
    line: bytes | None
    """The opaque id, None before the line is enrolled."""
    sheet: bytes | None = field(repr=False)
    highest_epoch: int | None
    clock_accepted: int
    chain: bytes | None
    sequence: int
    """Of the last batch cut in the chain, 0 before the first."""
    previous: bytes
    head: bytes
    slots: int | None
    """In use; None before the first cut."""
    slots_day: int | None
    """UTC day (days since 1970) of the last cut, for which ``slots`` holds."""
    cuts: int
    """How many batches were cut on the line, in all chains."""
    last_cut: int | None
    """End of the last period cut, Unix seconds."""
    open_month: str | None
    """Month whose ledger is open, None before the first cut."""
    canary_counter: int

    @property
    def keysheet(self) -> KeySheet | None:
        """Return the key sheet, None before the line is enrolled."""
        return None if self.sheet is None else read_keysheet(self.sheet)


def unknown_line(name: str) -> LineState:
    """Return the state of a line that does not stand in the spool yet: its id is 0, which no line has."""
    return LineState(
        id=0,
        name=name,
        line=None,
        sheet=None,
        highest_epoch=None,
        clock_accepted=0,
        chain=None,
        sequence=0,
        previous=NO_HASH,
        head=NO_HASH,
        slots=None,
        slots_day=None,
        cuts=0,
        last_cut=None,
        open_month=None,
        canary_counter=0,
    )


def line_state(db: Database, name: str) -> LineState:
    """Return the state of the line called ``name``, made where there is none yet."""
    found = known_line(db, name)
    if found is None:
        db.conn.execute("INSERT INTO line (name, previous, head) VALUES (?, ?, ?)", (name, NO_HASH, NO_HASH))
        found = known_line(db, name)
        assert found is not None
    return found


def known_line(db: Database, name: str) -> LineState | None:
    """Return the state of the line called ``name``, None where there is none yet. Writes nothing."""
    return next((LineState(**row) for row in db.query("SELECT * FROM line WHERE name = ?", (name,))), None)


def enroll(db: Database, name: str, offered: KeySheet, octets: bytes, *, now: int) -> bool:
    """Return whether the sheet is new to the line; it is the line's from now on. Raises TrustError."""
    state = line_state(db, name)
    try:
        accept(state.keysheet, offered, now=now, used=state.highest_epoch or 0)
    except Refused as error:
        raise TrustError(
            f"the key sheet is refused: {error}", "ask the line's authority for the newest sheet"
        ) from error
    if octets == state.sheet:
        return False
    db.conn.execute(
        "UPDATE line SET line = ?, sheet = ?, chain = coalesce(chain, ?) WHERE id = ?",
        (offered.line, octets, os.urandom(CHAIN_OCTETS), state.id),
    )
    return True


def begin_chain(db: Database, name: str) -> None:
    """Begin a new chain on a line: what was sent before may be ahead of what this box remembers."""
    db.conn.execute(
        "UPDATE line SET chain = ?, sequence = 0, previous = ? WHERE name = ? AND chain IS NOT NULL",
        (os.urandom(CHAIN_OCTETS), NO_HASH, name),
    )


def use_epoch(db: Database, line: int, epoch: int) -> None:
    """Note that ``epoch`` is in use, before the first slip is sealed to it: epochs only rise."""
    db.conn.execute(
        "UPDATE line SET highest_epoch = max(coalesce(highest_epoch, 0), ?), clock_accepted = 0 WHERE id = ?",
        (epoch, line),
    )


def waiting(db: Database, line: int) -> tuple[int, int | None]:
    """Return how many slips of ``line`` wait, and the start of the oldest one's period."""
    query = "SELECT count(*), min(period) FROM slip WHERE line = ?"
    count, oldest = db.conn.execute(query, (line,)).fetchone()
    return int(count), oldest


def count_minute(db: Database, line: int, month: str) -> None:
    """Add a minute in service to the count of ``month``."""
    db.conn.execute(
        "INSERT INTO meter (line, month, minutes) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET minutes = minutes + 1",
        (line, month),
    )


def count_anew(db: Database, name: str) -> None:
    """Let the periods of a line follow a clock that lies behind its last cut, in a new chain: they rise within one.

    The month of its ledger stays as far as it is: no month is reopened.
    """
    begin_chain(db, name)
    db.conn.execute("UPDATE line SET last_cut = NULL, slots_day = NULL WHERE name = ?", (name,))


def follow_clock(db: Database, name: str, *, now: int, length: int) -> LineState:
    """Return the state of a line whose periods of ``length`` seconds follow an accepted clock, at ``now``.

    In a new chain where it lies behind the last cut. Done twice it changes nothing more.
    """
    state = line_state(db, name)
    if state.last_cut is not None and now < state.last_cut:
        count_anew(db, name)
    start = now // length * length
    db.conn.execute("UPDATE line SET last_cut = max(coalesce(last_cut, 0), ?) WHERE name = ?", (start, name))
    return line_state(db, name)


def accept_clock(db: Database, name: str) -> None:
    """Let the next period follow the clock and take the key of its date, however far it went."""
    db.conn.execute("UPDATE line SET clock_accepted = 1 WHERE name = ?", (name,))
