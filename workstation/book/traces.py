"""The traces of tips in the case book: what is searched, flags, and what may belong together.

Whatever a tip is found by lies in tables of its own under one number, in the order of time (rows.key_of). A tip is
offered beside a few others, the nearest in time: fifty thousand equal texts make as many pairs, times three.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from workstation.book.rows import ID_BITS, MAX_ID, key_of
from workstation.messages.offers import (
    AFTER_LOSS,
    REPEAT,
    REST,
    SIMILAR,
    WINDOW,
    Parts,
    looked_for,
    may_complete,
)
from workstation.messages.pieces import Ready, make_ready, open_piece
from workstation.messages.similar import alike_to

MOST_OFFERS = 3
"""Similar ones of a tip, before it and behind it; each of them has its own."""
MOST_LOOKED_AT = 8
"""Tips of one trace, on each side, that are compared."""
_ASKED = 1000
"""Traces of one query."""
_INSERT = "INSERT OR IGNORE INTO traces (trace, key) VALUES (?, ?)"
MOST_REPEATS = 20
"""That one message is delivered as often is not known; the bound is against a flood."""


class Traces:
    """Writes the traces of one group of tips, then finds what they may belong to. Lives within one transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._added: dict[int, Ready] = {}
        """By key."""
        self._any_loss = False
        self._known: set[int] = set()
        """Traces of texts in this group that tips before it have."""
        self._group: dict[int, list[int]] = {}
        """The keys of each trace that several in this group have, in their order."""
        (last,) = connection.execute("SELECT coalesce(max(received), -1) FROM tips").fetchone()
        self._newest = key_of(last, MAX_ID)
        """Behind all tips that were here before: what is newer finds the others, and need not be found."""

    def add(self, tips: Sequence[tuple[int, Ready]]) -> None:
        """Write what ``tips`` (ids) are found by."""
        keyed = {key_of(ready.tip.received, number): ready for number, ready in tips}
        self._many(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            ((key, ready.folded) for key, ready in keyed.items() if ready.folded),
        )
        self._many(
            "INSERT INTO marks (flag, key) VALUES (?, ?)",
            ((flag, key) for key, ready in keyed.items() for flag in ready.tip.flags),
        )
        self._added |= keyed

    def offer(self) -> None:
        """Write what the tips that were added may belong to."""
        sharing = self._write()
        (self._any_loss,) = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM marks WHERE flag = ?)", (AFTER_LOSS,)
        ).fetchone()
        self._many(
            "INSERT OR IGNORE INTO offers (tip, other, kind) VALUES (?, ?, ?)",
            (
                (max(key & MAX_ID, other & MAX_ID), min(key & MAX_ID, other & MAX_ID), kind)
                for key, ready in self._added.items()
                if self._any_loss or key in sharing  # any other is offered beside nothing
                for other, kind in self._found(key, ready).items()
            ),
        )

    def _write(self) -> set[int]:
        """Write the traces, and return the keys of tips that share one.

        They are written in their order: then the pages of the table are written one behind the other.
        """
        first: dict[int, int] = {}  # a number is sorted sooner than a pair, and most traces have one key
        others: dict[int, set[int]] = {}
        for key, ready in self._added.items():
            for trace in ready.traces:
                before = first.setdefault(trace, key)
                if before != key:
                    others.setdefault(trace, {before}).add(key)
        self._group = {trace: sorted(keys) for trace, keys in others.items()}
        ordered = sorted(first)
        self._known = self._among_known(ordered)
        self._many(_INSERT, zip(ordered, map(first.__getitem__, ordered), strict=True))
        self._many(_INSERT, ((trace, key) for trace, keys in self._group.items() for key in keys))
        return {key for keys in others.values() for key in keys} | {first[trace] for trace in self._known}

    def _among_known(self, traces: Sequence[int]) -> set[int]:
        known: set[int] = set()
        for at in range(0, len(traces), _ASKED):
            some = traces[at : at + _ASKED]
            marks = ", ".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT DISTINCT trace FROM traces WHERE trace IN ({marks})",  # noqa: S608 - question marks
                some,
            )
            known.update(map(itemgetter(0), rows))
        return known

    def _found(self, key: int, ready: Ready) -> dict[int, str]:
        """Return the keys of what a tip may belong to, and how."""
        found: dict[int, str] = {}
        shared = [trace for trace in ready.similar if trace in self._group or trace in self._known]
        if shared:
            found |= dict.fromkeys(self._similar(key, shared), SIMILAR)
        if ready.after_loss or self._any_loss:
            found |= dict.fromkeys(self._rests(key, ready), REST)
            found |= dict.fromkeys(self._repeats(key, ready), REPEAT)
        return found

    def _repeats(self, key: int, ready: Ready) -> Iterator[int]:
        for trace in ready.prints:
            yield from self._after_a_loss(trace, key, ready)

    def _rests(self, key: int, ready: Ready) -> Iterator[int]:
        if ready.reference is None:
            return
        own = Parts(ready.tip.parts, frozenset(ready.tip.parts_missing), ready.after_loss)
        for other in self._after_a_loss(ready.reference, key, ready):
            if may_complete(own, self._parts(other)):
                yield other

    def _after_a_loss(self, trace: int, key: int, ready: Ready) -> Iterator[int]:
        wanted = looked_for(trace, after_loss=ready.after_loss)
        received = ready.tip.received
        for other in (*self._below(wanted, key, MOST_REPEATS), *self._above(wanted, key, MOST_REPEATS)):
            if abs((other >> ID_BITS) - received) <= WINDOW:
                yield other

    def _parts(self, key: int) -> Parts:
        total, missing, flags = self._connection.execute(
            "SELECT parts, missing, flags FROM tips WHERE id = ?", (key & MAX_ID,)
        ).fetchone()
        numbers = frozenset(map(int, missing.split(","))) if missing else frozenset()
        return Parts(total, numbers, AFTER_LOSS in flags.split(","))

    def _similar(self, key: int, shared: Sequence[int]) -> Iterator[int]:
        """Yield the nearest before and behind whose texts are alike."""
        alike = alike_to(self._text(key))
        for look, nearest_first in ((self._before, True), (self._behind, False)):
            near = {other for trace in shared for other in look(trace, key)}
            ordered = sorted(near, reverse=nearest_first)
            yield from islice((other for other in ordered if alike(self._text(other))), MOST_OFFERS)

    def _before(self, trace: int, key: int) -> Sequence[int]:
        if trace in self._known:
            return self._below(trace, key, MOST_LOOKED_AT)
        keys = self._group[trace]
        at = bisect_left(keys, key)
        return keys[max(at - MOST_LOOKED_AT, 0) : at]

    def _behind(self, trace: int, key: int) -> Sequence[int]:
        """Return keys behind ``key``; those of this group find it themselves."""
        return self._above(trace, key, MOST_LOOKED_AT) if trace in self._known else ()

    def _text(self, key: int) -> str:
        ready = self._added.get(key)
        if ready is not None:
            return ready.folded
        row = self._connection.execute("SELECT text FROM words WHERE rowid = ?", (key,)).fetchone()
        return row[0] if row else ""

    def _below(self, trace: int, key: int, most: int) -> list[int]:
        return self._near(
            "SELECT key FROM traces WHERE trace = ? AND key < ? ORDER BY key DESC LIMIT ?", trace, key, most
        )

    def _above(self, trace: int, key: int, most: int) -> list[int]:
        if key > self._newest:
            return []
        return self._near(
            "SELECT key FROM traces WHERE trace = ? AND key > ? ORDER BY key LIMIT ?", trace, key, most
        )

    def _near(self, sql: str, *values: int) -> list[int]:
        return [key for (key,) in self._connection.execute(sql, values)]

    def _many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(sql, rows)


def forget(connection: Any, number: int) -> None:
    """Remove what a tip is found by, and what was offered of it and not settled; its slips have to be there still.

    For whoever destroys a tip, within the transaction in which the text and the slips go.
    """
    rows = connection.execute("SELECT octets FROM slips WHERE tip = ?", (number,)).fetchall()
    if rows:
        forget_ready(connection, number, make_ready([open_piece(octets) for (octets,) in rows]))


def forget_ready(connection: Any, number: int, ready: Ready) -> None:
    """Remove what a tip is found by that was made of ``ready``, and what was offered of it and not settled."""
    key = key_of(ready.tip.received, number)
    connection.execute("DELETE FROM words WHERE rowid = ?", (key,))
    connection.executemany(
        "DELETE FROM marks WHERE flag = ? AND key = ?", ((flag, key) for flag in ready.tip.flags)
    )
    connection.executemany(
        "DELETE FROM traces WHERE trace = ? AND key = ?", ((trace, key) for trace in ready.traces)
    )
    connection.execute(
        "DELETE FROM offers WHERE (tip = ? OR other = ?) AND settled IS NULL", (number, number)
    )
