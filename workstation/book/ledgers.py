"""The ledgers of boxes at the workstation: verified, kept as they came, and matched with what was opened.

A commitment in a ledger and a digest of an opened tip belong together by the hash of the digest. Whichever comes
first waits for the other: the digest without a ledger, the commitment among the awaited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from wire.hashing import HASH_OCTETS, hashes_in
from wire.identity import BOX_OCTETS
from wire.ledger import (
    HEADER_LIMIT,
    MAGIC,
    LedgerFile,
    check_ledger_body,
    ledger_name,
    read_ledger_header,
)
from wire.refusal import Refusal, Refused
from wire.signed import Fields, split
from workstation.book.connection import Book
from workstation.files import PRIVATE_FOLDER, sync_folder, write_file

FOLDER = "ledgers"
APART = "quarantined"
"""The folder in it for ledgers that contradict one taken before."""
_ASKED = 500
"""Hashes of one query."""


@dataclass(frozen=True, slots=True)
class TakenLedger:
    """A ledger that is here."""

    box: bytes
    month: str
    serial: int
    count: int
    """Of commitments."""
    matched: int
    """How many of them are of tips that were opened here."""
    known: bool = False
    """It was here before."""
    quarantined: str | None = None
    """How it contradicts one taken before, in words; then nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The ledgers of a home, kept in ``folder``."""

    book: Book
    folder: Path
    line: bytes
    boxes: Mapping[bytes, bytes] = field(repr=False)

    def take(self, path: Path) -> TakenLedger:
        """Return what became of the ledger in the file at ``path``, kept by now. Raises Refused, OSError.

        The file is written first: a row promises a file. Killed between the two, the next import goes on.
        """
        octets, found = self._read(path)
        known = self._connection.execute(
            "SELECT quarantined FROM ledgers WHERE hash = ?", (found.hash,)
        ).fetchone()
        fault = self._contradiction(found) if known is None else known[0]
        self._keep(found, octets, fault)
        if known is None:
            with self.book.write():
                self._enter(found, fault)
        ledger = found.ledger
        (matched,) = self._connection.execute(
            "SELECT count(*) FROM digests WHERE ledger = ?", (found.hash,)
        ).fetchone()
        return TakenLedger(
            box=ledger.box,
            month=ledger.month,
            serial=ledger.serial,
            count=ledger.count,
            matched=matched,
            known=known is not None,
            quarantined=fault,
        )

    @property
    def _connection(self) -> Any:
        return self.book.connection

    def _read(self, path: Path) -> tuple[bytes, LedgerFile]:
        """Return the verified ledger; of a stranger's file no more than a header is read."""
        with path.open("rb") as file:
            head = file.read(HEADER_LIMIT)
            text, _ = split(head, magic=MAGIC, limit=HEADER_LIMIT)
            key = self.boxes.get(Fields(text).octets("box", BOX_OCTETS))
            if key is None:
                raise Refused(Refusal.UNKNOWN_BOX, "box", "this box is not trusted here")
            ledger, signed, begun = read_ledger_header(head, key)
            if ledger.line != self.line:
                raise Refused(Refusal.UNKNOWN_LINE, "line", "this workstation has no keys of this line")
            left = (ledger.count + ledger.receipts) * HASH_OCTETS - len(begun)
            body = begun + file.read(max(left, 0) + 1)
        check_ledger_body(ledger, (body,))
        return signed.octets + body, LedgerFile(ledger, signed.hash, body)

    def _contradiction(self, found: LedgerFile) -> str | None:
        """Return in words how a ledger contradicts one that was taken, None where it does not."""
        ledger = found.ledger
        rows = self._connection.execute(
            "SELECT serial, month, hash, previous FROM ledgers"
            " WHERE box = ? AND line = ? AND quarantined IS NULL AND (month = ? OR serial BETWEEN ? AND ?)",
            (ledger.box, ledger.line, ledger.month, ledger.serial - 1, ledger.serial + 1),
        ).fetchall()
        for serial, month, hash_, previous in rows:
            if serial == ledger.serial:
                return "another ledger of this box has the same serial"
            if month == ledger.month:
                return "another ledger of this box is of the same month"
            if serial == ledger.serial - 1 and hash_ != ledger.previous:
                return "the ledger before it, taken earlier, is not the one it names"
            if serial == ledger.serial + 1 and previous != found.hash:
                return "the ledger after it, taken earlier, names another one before it"
        return None

    def _keep(self, found: LedgerFile, octets: bytes, fault: str | None) -> None:
        name = ledger_name(found.ledger)
        path = self.folder / name
        if fault is not None:
            path = self.folder / APART / f"{name}.{found.hash.hex()[:16]}"
        for folder in (self.folder, path.parent):
            if not folder.is_dir():
                folder.mkdir(mode=PRIVATE_FOLDER)
                sync_folder(folder.parent)
        if not path.is_file():
            write_file(path, octets)

    def _enter(self, found: LedgerFile, fault: str | None) -> None:
        ledger = found.ledger
        self._connection.execute(
            "INSERT INTO ledgers (hash, box, line, month, serial, previous, count, quarantined)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                found.hash,
                ledger.box,
                ledger.line,
                ledger.month,
                ledger.serial,
                ledger.previous,
                ledger.count,
                fault,
            ),
        )
        if fault is None:
            for some in _chunks(hashes_in(found.commitments)):
                self._match(found.hash, some)

    def _match(self, hash_: bytes, commitments: Sequence[bytes]) -> None:
        marks = ", ".join("?" * len(commitments))
        rows = self._connection.execute(
            f"SELECT commitment FROM digests WHERE commitment IN ({marks})",  # noqa: S608 - question marks
            commitments,
        )
        here = {commitment for (commitment,) in rows}
        self._connection.executemany(_MATCHED, ((hash_, commitment) for commitment in here))
        self._connection.executemany(
            "INSERT OR IGNORE INTO awaited (commitment, ledger) VALUES (?, ?)",
            ((commitment, hash_) for commitment in commitments if commitment not in here),
        )


_MATCHED = "UPDATE digests SET ledger = ? WHERE commitment = ? AND ledger IS NULL"


def match_new(connection: Any, commitments: Sequence[bytes]) -> None:
    """Give digests that are new in the book the ledgers that have their ``commitments`` already."""
    if connection.execute("SELECT 1 FROM awaited LIMIT 1").fetchone() is None:
        return
    for some in _chunks(iter(commitments)):
        marks = ", ".join("?" * len(some))
        rows = connection.execute(
            f"DELETE FROM awaited WHERE commitment IN ({marks}) RETURNING ledger, commitment",  # noqa: S608 - as above
            some,
        ).fetchall()
        connection.executemany(_MATCHED, rows)


def _chunks(values: Iterator[bytes]) -> Iterator[tuple[bytes, ...]]:
    while some := tuple(islice(values, _ASKED)):
        yield some
