"""Tips that belong together: linked, merged into another, or offered as perhaps the same.

A merged tip points at the one it was merged into, which may be merged itself later: the master is at the end of that
path. Two paths never meet in a circle, since only a tip that is no one's part can be merged, and into another master.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workstation.book.actions_status import MERGED, WITHHELD
from workstation.book.connection import Book
from workstation.book.deeds import Deed, Done, State, deed, each, state_of
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import Actor

SETTLED_MERGED, SETTLED_DIFFERENT = "merged", "different"


def merge(book: Book, actor: Actor, tips: Sequence[int], into: int, *, now: int) -> Done:
    """Return what was done: ``tips`` are parts of ``into`` from now on. Raises NoSuch, NotAllowed."""
    with deed(book, actor, now=now) as doing:
        _merge_all(doing, tips, into)
    return doing.done()


def settle_offer(book: Book, actor: Actor, offer: int, *, same: bool, now: int) -> Done:
    """Return what was done: the two tips offered are one, and merged into the earlier; or they are not.

    Other offers of the two are settled too. Raises NoSuch, NotAllowed.
    """
    with deed(book, actor, now=now) as doing:
        found = doing.connection.execute(
            "SELECT tip, other, settled FROM offers WHERE id = ?", (offer,)
        ).fetchone()
        if found is None:
            raise NoSuch(f"offer {offer}")
        if found[2] is not None:
            raise NotAllowed(f"offer {offer} was settled: {found[2]}", way_out="Undo that first.")
        pair = [doing.state(number) for number in found[:2]]
        first, second = sorted(pair, key=lambda state: (state.received, state.id))
        if same:
            _merge(doing, second, first)
        else:
            settled = _settle(doing.connection, first.id, second.id, SETTLED_DIFFERENT)
            doing.change(second, "different", {}, other=first.id, detail={"offers": settled})
    return doing.done()


def link(book: Book, actor: Actor, tips: Sequence[int], other: int, *, now: int) -> Done:
    """Return what was done: ``tips`` are linked with ``other``. Raises NoSuch, NotAllowed."""
    with deed(book, actor, now=now) as doing:
        for state, partner in _pairs(doing, tips, other):
            if make_link(doing.connection, state.id, partner.id):
                doing.change(state, "link", {}, other=partner.id)
    return doing.done()


def unlink(book: Book, actor: Actor, tips: Sequence[int], other: int, *, now: int) -> Done:
    """Return what was done: ``tips`` are not linked with ``other``. Raises NoSuch, NotAllowed."""
    with deed(book, actor, now=now) as doing:
        for state, partner in _pairs(doing, tips, other):
            if cut_link(doing.connection, state.id, partner.id):
                doing.change(state, "unlink", {}, other=partner.id)
    return doing.done()


def links(book: Book, tip: int) -> tuple[int, ...]:
    """Return the tips linked with ``tip``."""
    query = "SELECT other FROM links WHERE tip = ?1 UNION SELECT tip FROM links WHERE other = ?1 ORDER BY 1"
    return tuple(number for (number,) in book.connection.execute(query, (tip,)))


def parts_of(book: Book, tip: int) -> tuple[int, ...]:
    """Return the tips merged into ``tip`` itself."""
    query = "SELECT id FROM tips WHERE merged_into = ? ORDER BY received, id"
    return tuple(number for (number,) in book.connection.execute(query, (tip,)))


def master(connection: Any, tip: int) -> int:
    """Return the tip into which ``tip`` was merged in the end: itself, if it was not."""
    state = state_of(connection, tip)
    while state.merged_into is not None:
        state = state_of(connection, state.merged_into)
    return state.id


def _pairs(doing: Deed, tips: Sequence[int], other: int) -> list[tuple[State, State]]:
    partner = doing.state(other)
    if partner.id in tips:
        raise NotAllowed(f"{partner.name} and itself")
    return [(doing.state(tip), partner) for tip in each(tips)]


def make_link(connection: Any, one: int, other: int) -> bool:
    """Return whether the link is new."""
    pair = (min(one, other), max(one, other))
    return bool(connection.execute("INSERT OR IGNORE INTO links (tip, other) VALUES (?, ?)", pair).rowcount)


def cut_link(connection: Any, one: int, other: int) -> bool:
    """Return whether there was such a link."""
    pair = (min(one, other), max(one, other))
    return bool(connection.execute("DELETE FROM links WHERE tip = ? AND other = ?", pair).rowcount)


def _merge_all(doing: Deed, tips: Sequence[int], into: int) -> None:
    for state, target in _pairs(doing, tips, into):
        _merge(doing, state, target)


def _merge(doing: Deed, state: State, target: State) -> None:
    for one in (state, target):
        if one.merged_into is not None:
            end = state_of(doing.connection, master(doing.connection, one.id))
            raise NotAllowed(
                f"{one.name} is merged into {end.name}", way_out="Take that one, or undo it first."
            )
    if state.status == WITHHELD:
        doing.needs_two(f"to set or lift the status {WITHHELD} ({state.name})")
    values = {"status": MERGED, "merged_into": target.id, "closed": doing.at, **doing.worked(state)}
    settled = _settle(doing.connection, state.id, target.id, SETTLED_MERGED)
    doing.change(state, "merge", values, other=target.id, detail={"offers": settled} if settled else {})


def _settle(connection: Any, one: int, other: int, how: str) -> list[int]:
    """Return the open offers of the two tips, which are settled now."""
    query = (
        "UPDATE offers SET settled = ?3 WHERE settled IS NULL"
        " AND (tip = ?1 AND other = ?2 OR tip = ?2 AND other = ?1) RETURNING id"
    )
    return sorted(number for (number,) in connection.execute(query, (one, other, how)).fetchall())


def reopen_offers(connection: Any, offers: Sequence[int]) -> None:
    """Return once ``offers`` are open again."""
    connection.executemany("UPDATE offers SET settled = NULL WHERE id = ?", ((offer,) for offer in offers))
