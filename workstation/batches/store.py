"""The sealed batches and the state of their chains: ``batches.db``. It holds no plaintext and no secret.

The octets of a batch lie in its row as they came, so that one transaction takes a batch wholly or not at all, and
a full disk or a kill leaves what was before. SQLite WAL, synchronous=FULL; nothing is spilled to a temporary file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlite_utils import Database

from wire.batch import BatchHeader
from workstation.batches.chain import Gap, Neighbours, find_gaps
from workstation.batches.cuts import ChainCuts, Restored, fits, look_over
from workstation.batches.opening import Tally
from workstation.files import PRIVATE_FILE
from workstation.problems import WAITING, Damaged, StorageFailed, is_taken

SCHEMA = 2


class ChainState(NamedTuple):
    """Where the chain of a box and line stands."""

    box: bytes
    chain: bytes
    line: bytes
    last: int
    """Highest sequence taken."""
    batches: int
    period: int
    """Start of the last batch's period, Unix seconds."""
    backlog: int | None
    """Slips that waited on the box at the last batch; None where its manifest did not open."""
    clock: int | None


class BatchPlace(NamedTuple):
    """One batch that was taken."""

    id: int
    header_hash: bytes
    box: bytes
    chain: bytes
    sequence: int
    period: int
    """Start, Unix seconds."""
    slots: int

    @property
    def order(self) -> tuple[int, bytes, bytes, int]:
        """In which order batches are read."""
        return (self.period, self.box, self.chain, self.sequence)

    @classmethod
    def of(cls, row: int, header: BatchHeader, header_hash: bytes) -> BatchPlace:
        """Return the place of the batch with this header, stored as ``row``."""
        return cls(row, header_hash, header.box, header.chain, header.sequence, header.period, header.slots)


def create_store(path: Path) -> None:
    """Return once an empty store is at ``path``."""
    path.touch(mode=PRIVATE_FILE, exist_ok=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        db = Database(connection, execute_plugins=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _create_tables(db)
        connection.execute(f"PRAGMA user_version={SCHEMA}")


def _create_tables(db: Database) -> None:
    header = {"id": int, "header_hash": bytes, "box": bytes, "chain": bytes, "line": bytes, "sequence": int}
    header |= {
        "previous": bytes,
        "period": int,
        "epoch": int,
        "slots": int,
        "quarantined": str,
        "octets": bytes,
    }
    db.table("batches").create(header, pk="id", not_null=set(header) - {"id", "quarantined"})
    db.table("batches").create_index(["header_hash"], unique=True)
    db.execute(
        "CREATE UNIQUE INDEX taken ON batches (box, chain, line, sequence, header_hash, previous)"
        " WHERE quarantined IS NULL"
    )
    db.execute(
        "CREATE UNIQUE INDEX one_of_a_number ON batches (box, chain, line, sequence)"
        " WHERE quarantined IS NULL"
    )
    counts = dict.fromkeys(("batch", *Tally.counts(), "real", "backlog", "lowest_epoch", "clock", "cut"), int)
    db.table("openings").create(
        counts | {"chain_before": bytes},
        pk="batch",
        not_null=set(Tally.counts()),
        foreign_keys=[("batch", "batches", "id")],
    )


class Store:
    """An open store. One writer at a time: see ``workstation.home.alone``."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Damaged(f"{path.name} is missing")
        self._name = path.name
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._db = Database(self._connection, execute_plugins=False)  # else it loads whatever is installed
        for pragma in ("synchronous=FULL", "temp_store=MEMORY", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        if self._one("PRAGMA user_version") != (SCHEMA,):
            raise Damaged(f"{path.name} is of another version")

    def close(self) -> None:
        """Close the files."""
        self._connection.close()

    @contextmanager
    def group(self) -> Iterator[None]:
        """Take together, and durably, what is taken within: all of it or nothing. Raises StorageFailed."""
        try:
            with self._db.atomic():
                yield
        except sqlite3.Error as error:
            if is_taken(error):
                raise StorageFailed(
                    f"{self._name}: somebody else is writing to it", way_out=WAITING
                ) from error
            raise StorageFailed(
                str(error), way_out="Make room, or look at the disk; then import again."
            ) from error

    def has(self, header_hash: bytes) -> bool:
        """Return whether the batch with this header was taken or quarantined before."""
        return self._one("SELECT 1 FROM batches WHERE header_hash = ?", header_hash) is not None

    def neighbours(self, header: BatchHeader) -> Neighbours:
        """Return what was taken beside ``header``."""
        around = self._connection.execute(
            "SELECT sequence, header_hash, previous FROM batches INDEXED BY taken WHERE quarantined IS NULL"
            " AND box = ? AND chain = ? AND line = ? AND sequence BETWEEN ? AND ?",
            (header.box, header.chain, header.line, header.sequence - 1, header.sequence + 1),
        )
        found = {sequence - header.sequence: (own, previous) for sequence, own, previous in around}
        nothing = (None, None)
        return Neighbours(found.get(0, nothing)[0], found.get(-1, nothing)[0], found.get(1, nothing)[1])

    def add(self, header: BatchHeader, header_hash: bytes, octets: bytes, *, quarantined: str | None) -> int:
        """Return the id of the row that now holds the batch."""
        cursor = self._connection.execute(
            "INSERT INTO batches (header_hash, box, chain, line, sequence, previous, period, epoch, slots,"
            " quarantined, octets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                header_hash,
                header.box,
                header.chain,
                header.line,
                header.sequence,
                header.previous,
                header.period,
                header.epoch,
                header.slots,
                quarantined,
                octets,
            ),
        )
        return int(cursor.lastrowid or 0)

    def add_opening(self, batch: int, header: BatchHeader, tally: Tally) -> None:
        """Keep what the opening of ``batch`` counted, and where its cut stands; one that cannot be is not kept."""
        manifest = tally.manifest
        said: tuple[object, ...] = (None,) * 6
        if manifest:
            said = (manifest.real, manifest.backlog, manifest.lowest_epoch, int(manifest.clock))
            said += (manifest.cut, manifest.before) if fits(header, manifest) else (None, None)
        marks = ", ".join("?" * (1 + len(Tally.counts()) + len(said)))
        self._connection.execute(
            f"INSERT INTO openings VALUES ({marks})",  # noqa: S608 - only question marks are put in
            (batch, *tally.values(), *said),
        )

    def cuts(self) -> tuple[list[Gap], list[Restored]]:
        """Return the gaps between chains and the restores; a chain of which no manifest opened tells of neither."""
        rows = self._connection.execute(
            "SELECT c.box, c.line, c.chain, p.chain_before, p.start, c.last, c.period FROM ("
            "  SELECT box, line, chain, max(sequence) AS last, min(period) AS period FROM batches"
            "  WHERE quarantined IS NULL GROUP BY box, line, chain"
            ") AS c JOIN ("
            "  SELECT b.box, b.line, b.chain, o.chain_before, o.cut - b.sequence AS start, max(b.sequence)"
            "  FROM batches AS b JOIN openings AS o ON o.batch = b.id"
            "  WHERE b.quarantined IS NULL AND o.cut IS NOT NULL GROUP BY b.box, b.line, b.chain"
            ") AS p USING (box, line, chain)"
        )
        return look_over(ChainCuts(*row) for row in rows)

    def gaps(self) -> list[Gap]:
        """Return the gaps of all chains."""
        rows = self._connection.execute(
            "SELECT box, chain, line, sequence FROM batches WHERE quarantined IS NULL"
            " ORDER BY box, chain, line, sequence"
        )
        return find_gaps(rows)

    def chains(self) -> list[ChainState]:
        """Return where each chain stands."""
        rows = self._connection.execute(
            "SELECT b.box, b.chain, b.line, b.sequence, c.batches, b.period, o.backlog, o.clock FROM ("
            "  SELECT box, chain, line, max(sequence) AS sequence, count(*) AS batches FROM batches"
            "  WHERE quarantined IS NULL GROUP BY box, chain, line"
            ") AS c JOIN batches AS b USING (box, chain, line, sequence)"
            " LEFT JOIN openings AS o ON o.batch = b.id"
            " WHERE b.quarantined IS NULL ORDER BY b.box, b.line, b.period, b.chain"
        )
        return [ChainState(*row) for row in rows]

    def cut_by_cut(self) -> Iterator[tuple[Any, ...]]:
        """Yield of each batch taken: box, chain, sequence, header hash, period, lowest epoch, cut, chain before.

        In the order of box, chain, sequence; the last three are None where the manifest did not open or fit.
        """
        yield from self._connection.execute(
            "SELECT b.box, b.chain, b.sequence, b.header_hash, b.period, o.lowest_epoch, o.cut, o.chain_before"
            " FROM batches AS b LEFT JOIN openings AS o ON o.batch = b.id"
            " WHERE b.quarantined IS NULL ORDER BY b.box, b.chain, b.sequence"
        )

    def newest_period(self) -> int | None:
        """Return the start of the newest period of a batch taken, Unix seconds; None without one."""
        row = self._one("SELECT max(period) FROM batches WHERE quarantined IS NULL")
        return None if row is None else row[0]

    def quarantined(self) -> dict[int, int]:
        """Return how many batches of each epoch are quarantined, by the epoch of their headers."""
        rows = self._connection.execute(
            "SELECT epoch, count(*) FROM batches WHERE quarantined IS NOT NULL GROUP BY epoch"
        )
        return dict(rows)

    def places(self) -> Iterator[BatchPlace]:
        """Yield the taken batches in the order of reading."""
        rows = self._connection.execute(
            "SELECT id, header_hash, box, chain, sequence, period, slots FROM batches WHERE quarantined IS NULL"
            " ORDER BY period, box, chain, sequence"
        )
        yield from (BatchPlace(*row) for row in rows)

    def octets(self, batch: int) -> bytes:
        """Return the octets of a batch as they came."""
        row = self._one("SELECT octets FROM batches WHERE id = ?", batch)
        if row is None:
            raise Damaged(f"batch {batch} is missing")
        octets: bytes = row[0]
        return octets

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return row
