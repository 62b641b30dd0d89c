"""What went where: for each marker of each destination the sequence numbers it has, in the forwarder's own folder.

By marker, not by destination: of two sticks that are carried in turn each gets every batch, so that one may be lost on
the way. A stick emptied at the police, its marker left on it, goes on where it was; a new marker begins with
everything the outbox holds, which import knows how to take.

Losing this file loses nothing: everything that is kept is sent again, and import knows what it has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from sqlite_utils import Database

from gateway.faults import StorageError
from gateway.forward.base import PassingTrouble
from gateway.forward.outbox import Entry, Stream
from gateway.forward.spans import Span, Spans

_TABLE = "sent"
_KEY = ("destination", "marker", "box", "line", "chain")
_Key = tuple[str, str, Stream]


class Progress:
    """One writer. Every change is committed and on disk before it is remembered."""

    def __init__(self, path: Path) -> None:
        self._sent: dict[_Key, Spans] = {}
        try:
            self._db = Database(path)
            self._prepare()
            for row in self._db[_TABLE].rows:
                stream = Stream(row["box"], row["line"], row["chain"])
                key = row["destination"], row["marker"], stream
                self._sent.setdefault(key, Spans()).add(row["first"], row["last"])
        except sqlite3.Error as error:
            way_out = "remove the file: everything kept is sent again, which import knows how to take"
            raise StorageError(f"{path} cannot be used ({error})", way_out) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def went(self, destination: str, marker: str | None, stream: Stream) -> Spans:
        """Return what of a chain went to this marker of the destination; without ``marker``, to any of them."""
        return Spans(
            span
            for (at, which, of), spans in self._sent.items()
            if at == destination and of == stream and marker in (None, which)
            for span in spans
        )

    def top(self, stream: Stream) -> int:
        """Return the highest number of a chain that went anywhere, 0 without one."""
        return max((spans.top for (_, _, at), spans in self._sent.items() if at == stream), default=0)

    def add(self, destination: str, marker: str, entry: Entry) -> None:
        """Remember, durably, that a batch is there. Raises PassingTrouble."""
        key = destination, marker, entry.stream
        spans = Spans(self._sent.get(key, ()))
        spans.add(entry.sequence, entry.sequence)
        self._store({key: spans})

    def forget(self, stream: Stream, span: Span, *, destination: str | None = None) -> None:
        """Forget that ``span`` of a chain went to any marker of ``destination`` (None: of all). PassingTrouble."""
        changed = {}
        for key, spans in self._sent.items():
            if key[2] == stream and destination in (None, key[0]):
                changed[key] = Spans(spans)
                changed[key].remove(*span)
        self._store(changed)

    def _prepare(self) -> None:
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        columns = dict.fromkeys(_KEY, str) | {"first": int, "last": int}
        self._db.table(_TABLE).create(columns, pk=(*_KEY, "first"), if_not_exists=True)

    def _store(self, changed: dict[_Key, Spans]) -> None:
        try:
            with self._db.conn:
                for key, spans in changed.items():
                    self._rewrite(key, spans)
        except sqlite3.Error as error:
            raise PassingTrouble(f"the forwarder's own progress cannot be written: {error}") from error
        self._sent.update(changed)

    def _rewrite(self, key: _Key, spans: Iterable[Span]) -> None:
        destination, marker, stream = key
        values = destination, marker, stream.box, stream.line, stream.chain
        where = " and ".join(f"{name} = ?" for name in _KEY)
        self._db.conn.execute(f"delete from {_TABLE} where {where}", values)  # noqa: S608  constants of this module
        rows = [(*values, first, last) for first, last in spans]
        self._db.conn.executemany(f"insert into {_TABLE} values (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608  a constant
