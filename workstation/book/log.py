"""The log: who did what and when, each row hashed together with the row before. docs/workstation-reference.md.

No text of a tip or a note is in it. Each row has 16 random octets, so that its hash, which is published, confirms no
guess at what was done, not even to somebody who knows all rows before.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from wire.hashing import NO_HASH, blake2b_256
from workstation.book.faults import LogBroken
from workstation.problems import SecondPersonNeeded

SALT_OCTETS = 16
COLUMNS = "id, at, users, action, deed, tip, other, undoes, detail, salt, hash"

TWO_PEOPLE = "Name two users before the command: --user NAME --user NAME, with a passphrase each."


@dataclass(frozen=True, slots=True)
class Actor:
    """Those who do something, by the names that opened the home."""

    users: tuple[str, ...]

    @property
    def two(self) -> bool:
        """Whether these are two people."""
        return len({user.casefold() for user in self.users}) > 1

    def needs_two(self, what: str) -> None:
        """Return if these are two people, to do ``what``. Raises SecondPersonNeeded."""
        if not self.two:
            raise SecondPersonNeeded(what, way_out=TWO_PEOPLE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log."""

    id: int
    at: int
    """Unix seconds; never less than in the row before."""
    users: str
    """Names, a comma between them."""
    action: str
    deed: int
    """The first row of the action that this row is a part of: all rows of a deed were written in one transaction."""
    tip: int | None
    other: int | None
    """Another tip that it concerns: the one merged into, linked, offered."""
    undoes: int | None
    """The row that this one takes back."""
    detail: str
    """Canonical JSON."""
    salt: bytes = field(repr=False)
    hash: bytes

    @property
    def details(self) -> dict[str, Any]:
        """The detail as an object."""
        found: dict[str, Any] = json.loads(self.detail)
        return found


@dataclass(frozen=True, slots=True)
class LogState:
    """A log that verified."""

    rows: int
    head: bytes
    """Hash of the last row; 32 zero octets without one."""


class LogWriter:
    """Adds the rows of one deed; to be used within one transaction, and not after it."""

    def __init__(self, connection: Any, actor: Actor, *, now: int) -> None:
        last = connection.execute("SELECT id, at, hash FROM log ORDER BY id DESC LIMIT 1").fetchone()
        before: int
        self._last: int
        self._hash: bytes
        self._last, before, self._hash = last or (0, now, NO_HASH)
        self.connection = connection
        self.actor = actor
        self.at = max(now, before)
        """The time of the rows: a clock that went back does not make the log go back."""
        self._clock = {"clock": now} if now < before else {}
        self._deed = self._last + 1

    def add(
        self,
        action: str,
        *,
        tip: int | None = None,
        other: int | None = None,
        undoes: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Return the number of the new row. ``detail`` holds codes, numbers and names, never a text."""
        text = canonical({**(detail or {}), **self._clock})
        users = ",".join(self.actor.users)
        salt = secrets.token_bytes(SALT_OCTETS)
        row = Row(self._last + 1, self.at, users, action, self._deed, tip, other, undoes, text, salt, NO_HASH)
        self._last, self._hash = row.id, row_hash(self._hash, row)
        values = (row.id, row.at, users, action, row.deed, tip, other, undoes, text, salt, self._hash)
        self.connection.execute(f"INSERT INTO log ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", values)  # noqa: S608 - our own names
        return row.id

    @property
    def rows(self) -> tuple[int, ...]:
        """The numbers of the rows that were added."""
        return tuple(range(self._deed, self._last + 1))


def canonical(value: object) -> str:
    """Return the one way to write ``value`` as JSON: sorted, ASCII, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def row_hash(before: bytes, row: Row) -> bytes:
    """Return the hash of ``row`` behind a row whose hash is ``before``."""
    values = [row.id, row.at, row.users, row.action, row.deed, row.tip, row.other, row.undoes, row.detail]
    return blake2b_256(before + canonical([*values, row.salt.hex()]).encode())


def rows(connection: Any, *, tip: int | None = None, newest: int | None = None) -> Iterator[Row]:
    """Yield rows of the log from the first on: those that concern ``tip``, the ``newest`` ones, or all."""
    if tip is not None:
        where, values = "WHERE tip = ? OR other = ?", (tip, tip)
    elif newest is not None:
        where, values = "WHERE id > (SELECT coalesce(max(id), 0) FROM log) - ?", (newest,)  # type: ignore[assignment]  # another length
    else:
        where, values = "", ()  # type: ignore[assignment]  # another length
    query = f"SELECT {COLUMNS} FROM log {where} ORDER BY id"  # noqa: S608 - our own words
    with closing(connection.cursor()) as cursor:
        for values_of_row in cursor.execute(query, values):
            yield Row(*values_of_row)


def verified(
    connection: Any,
    *,
    head: bytes | None = None,
    check: Callable[[Any, Row], object] = lambda _connection, _row: None,
    advance: Callable[[], None] = lambda: None,
) -> LogState:
    """Return the state of the log if each row follows from the one before, and ``head`` is the hash of one of them.

    Rows cut off at the end are seen only against a ``head`` that was noted or published before. ``check`` is asked of
    each row that is what was written. Raises LogBroken.
    """
    number, at, last, met = 0, 0, NO_HASH, head in (None, NO_HASH)
    for row in rows(connection):
        if row.id != number + 1:
            raise LogBroken(f"row {number + 1} is missing")
        if row_hash(last, row) != row.hash:
            raise LogBroken(f"row {row.id} is not what was written, or does not follow from the row before")
        if row.at < at or not 1 <= row.deed <= row.id:
            raise LogBroken(f"row {row.id} cannot stand where it does")
        check(connection, row)
        number, at, last = row.id, row.at, row.hash
        met = met or last == head
        advance()
    if not met:
        raise LogBroken(
            f"no row of the {number} has the hash {head.hex() if head else ''}",
            way_out="The log was rewritten or cut off after that hash was noted, or this is another case book.",
        )
    return LogState(number, last)
