"""The floor under reception: a loop that reads, seals, commits and acknowledges, and nothing else.

It trusts the modem wholly: no parsing, no stripping, no time-outs, no second modem, no clearing of SIM records.
"""

from __future__ import annotations

import os
import select
import sqlite3
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nacl.bindings import crypto_box_seal

from bench.processes import Failed
from wire.slip import SLIP_OCTETS

_PATIENCE = 30.0


class Spool:
    """One table with rows as the box's spool has them; WAL, synchronous=FULL."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS slip (key BLOB PRIMARY KEY, line INTEGER, epoch INTEGER, rank INTEGER,"
            " period INTEGER, sealed BLOB) WITHOUT ROWID"
        )

    def store(self, *sealed: bytes) -> None:
        """Return once all are on disk: one commit."""
        self._connection.execute("BEGIN IMMEDIATE")
        for slip in sealed:
            values = (os.urandom(16), 1, 1, 0, 1_790_000_000, slip)
            self._connection.execute("INSERT INTO slip VALUES (?, ?, ?, ?, ?, ?)", values)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


class Bare:
    """The loop's end of one virtual modem."""

    def __init__(self, port: int, spool: Spool, key: bytes) -> None:
        self._port, self._spool, self._key = port, spool, key
        self._held = b""
        self.octets = 0
        """Octets on the wire so far, both ways."""
        self._ask(b"ATE0")
        self._ask(b"AT+CMGF=0")

    def direct_on(self) -> None:
        """Let messages come by +CMT, each waiting for its +CNMA."""
        self._ask(b"AT+CSMS=1")
        self._ask(b"AT+CNMI=2,2,0,0,1")

    def direct(self, count: int) -> None:
        """Take ``count`` messages that come by +CMT."""
        for _ in range(count):
            while not self._line().startswith(b"+CMT:"):
                pass
            self._spool.store(self._sealed(self._line()))
            self._write(b"AT+CNMA")
        while self._line() != b"OK":
            pass

    def stored(self, count: int) -> None:
        """Take ``count`` messages from the SIM: list, one commit for the list, then delete each."""
        while count > 0:
            listed = self._ask(b"AT+CMGL=4")
            places = [line.split(b":")[1].split(b",")[0].strip() for line in listed[::2]]
            self._spool.store(*(self._sealed(pdu) for pdu in listed[1::2]))
            for place in places:
                self._ask(b"AT+CMGD=" + place)
            count -= len(places)

    def _sealed(self, pdu: bytes) -> bytes:
        return crypto_box_seal(bytes.fromhex(pdu.decode("ascii")).ljust(SLIP_OCTETS, b"\0"), self._key)

    def _ask(self, command: bytes) -> list[bytes]:
        """Return the lines of the answer, without OK."""
        self._write(command)
        lines = []
        while (line := self._line()) != b"OK":
            if line == b"ERROR":
                raise Failed("the virtual modem refused the bare loop")
            if line != command:
                lines.append(line)
        return lines

    def _write(self, command: bytes) -> None:
        self.octets += os.write(self._port, command + b"\r")

    def _line(self) -> bytes:
        """Return the next line that is not empty."""
        while True:
            line, end, rest = self._held.partition(b"\n")
            if end:
                self._held = rest
                if line := line.strip():
                    return line
                continue
            octets = os.read(self._port, 65_536) if self._readable() else b""
            if not octets:
                raise Failed("the virtual modem says nothing to the bare loop")
            self.octets += len(octets)
            self._held += octets

    def _readable(self) -> bool:
        return bool(select.select([self._port], [], [], _PATIENCE)[0])


@contextmanager
def bare(link: Path, database: Path, key: bytes) -> Iterator[Bare]:
    """Yield a bare loop on the modem at ``link``, storing in ``database``."""
    with closing(Spool(database)) as spool:
        port = os.open(link, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(port)
            yield Bare(port, spool, key)
        finally:
            os.close(port)
