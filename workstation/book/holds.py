"""A tip held back from destruction: two people say so, and two people let it go."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.book.connection import Book
from workstation.book.deeds import Done, deed, each
from workstation.book.log import Actor


def hold(book: Book, actor: Actor, tips: Sequence[int], *, now: int) -> Done:
    """Return what was done: no rule destroys ``tips``. Raises SecondPersonNeeded, NoSuch, NotAllowed."""
    return _set(book, actor, tips, "hold", now=now)


def unhold(book: Book, actor: Actor, tips: Sequence[int], *, now: int) -> Done:
    """Return what was done: the rule holds for ``tips`` again. Raises as ``hold``."""
    return _set(book, actor, tips, "unhold", now=now)


def _set(book: Book, actor: Actor, tips: Sequence[int], action: str, *, now: int) -> Done:
    held = int(action == "hold")
    with deed(book, actor, now=now) as doing:
        doing.needs_two(f"to {action} a tip")
        for tip in each(tips):
            state = doing.state(tip)
            if state.held != held:
                doing.change(state, action, {"held": held})
    return doing.done()
