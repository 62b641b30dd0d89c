"""Undo: an action of its own, which sets back what another one set. Nothing vanishes: both stand in the log.

Only the newest action of a tip can be undone, then the one before: what was built on something is taken away first.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from workstation.book.actions_status import WITHHELD
from workstation.book.connection import Book
from workstation.book.deeds import Deed, Done, State, deed
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import COLUMNS, Actor, Row
from workstation.book.merging import cut_link, make_link, master, reopen_offers
from workstation.book.notes import withdraw

UNDOABLE = frozenset(
    {
        "status",
        "category",
        "district",
        "priority",
        "assign",
        "note",
        "link",
        "unlink",
        "merge",
        "different",
    }
)
"""Not: hold and unhold, which two people set back by the other; what was destroyed; settings and lists."""


def undo(book: Book, actor: Actor, log_id: int, *, now: int) -> Done:
    """Return what was done: the whole action that row ``log_id`` is a part of is taken back on all its tips.

    Raises NoSuch, NotAllowed (something newer stands on it, or it cannot be undone), SecondPersonNeeded.
    """
    with deed(book, actor, now=now) as doing:
        wanted = _rows_of_deed(doing.connection, log_id)
        for tip in dict.fromkeys(row.tip for row in wanted if row.tip is not None):
            _undo_rows(doing, tip, [row for row in wanted if row.tip == tip])
        if not doing.log.rows:
            raise NotAllowed(f"action {log_id} was undone already, or is none that can be")
    return doing.done()


def undo_newest(book: Book, actor: Actor, tips: Sequence[int], *, now: int) -> Done:
    """Return what was done: on each of ``tips`` its newest action is taken back, there alone. Raises as ``undo``."""
    with deed(book, actor, now=now) as doing:
        for tip in dict.fromkeys(tips):
            name = doing.state(tip).name
            standing = _standing(doing.connection, tip)
            if not standing:
                raise NotAllowed(f"{name} has no action that can be undone")
            _undo_rows(doing, tip, [row for row in standing if row.deed == standing[0].deed])
    return doing.done()


def newest(book: Book, tip: int) -> int | None:
    """Return the row of the newest action of ``tip`` that can be undone."""
    standing = _standing(book.connection, tip)
    return standing[0].id if standing else None


def _rows_of_deed(connection: Any, log_id: int) -> list[Row]:
    query = f"SELECT {COLUMNS} FROM log WHERE id >= (SELECT deed FROM log WHERE id = ?) ORDER BY id"  # noqa: S608 - ours
    found: list[Row] = []
    with closing(connection.cursor()) as cursor:
        for values in cursor.execute(query, (log_id,)):
            row = Row(*values)
            if found and row.deed != found[0].deed:
                break
            found.append(row)
    if not found:
        raise NoSuch(f"action {log_id}")
    return found


def _standing(connection: Any, tip: int) -> list[Row]:
    """Return the rows of ``tip`` that can be undone and were not, the newest first."""
    query = f"SELECT {COLUMNS} FROM log WHERE tip = ? ORDER BY id DESC"  # noqa: S608 - our own names
    found = [Row(*values) for values in connection.execute(query, (tip,))]
    gone = {row.undoes for row in found}
    return [row for row in found if row.action in UNDOABLE and row.id not in gone]


def _undo_rows(doing: Deed, tip: int, wanted: Sequence[Row]) -> None:
    """Take back those of ``wanted`` that still stand on ``tip``, if nothing newer stands on it."""
    standing = _standing(doing.connection, tip)
    numbers = {row.id for row in wanted}
    mine = [row for row in standing if row.id in numbers]
    if not mine:
        return
    state = doing.state(tip)
    if standing[0].id not in numbers:
        raise NotAllowed(
            f"{state.name} has a newer action ({standing[0].action}, row {standing[0].id} of the log)",
            way_out="Undo that one first.",
        )
    for row in mine:
        _undo_row(doing, tip, row)


def _undo_row(doing: Deed, tip: int, row: Row) -> None:
    state, said = doing.state(tip), row.details
    was, put = said.get("was", {}), said.get("set", {})
    if WITHHELD in (was.get("status"), put.get("status")):
        doing.needs_two(f"to set or lift the status {WITHHELD} ({state.name})")
    _check_no_circle(doing, state, was.get("merged_into"))
    back = doing.change(state, "undo", was, other=row.other, undoes=row.id)
    if "note" in said:
        withdraw(doing.connection, said["note"], row=back)
    reopen_offers(doing.connection, said.get("offers", ()))
    if row.action == "link":
        cut_link(doing.connection, tip, row.other or 0)
    if row.action == "unlink":
        make_link(doing.connection, tip, row.other or 0)


def _check_no_circle(doing: Deed, state: State, into: int | None) -> None:
    """Return if ``state`` may be a part of ``into`` again. Raises NotAllowed."""
    if into is not None and master(doing.connection, doing.state(into).id) == state.id:
        raise NotAllowed(
            f"{state.name} would be merged into its own part", way_out="Undo that merging first."
        )
