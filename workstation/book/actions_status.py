"""Which status may follow which. Pure; the statuses are the vocabulary's."""

from __future__ import annotations

from disclosure.vocabulary import StatusClass, categories, statuses
from workstation.book.faults import NoSuch, NotAllowed

RECEIVED, DELIVERED, SILENT = "received", "delivered", "no_response"
MERGED, REOPENED, WITHHELD, DESTROYED = "merged", "reopened", "withheld", "destroyed"
NEVER_BY_HAND = {
    RECEIVED: "the box sets it",
    DELIVERED: "the import sets it",
    SILENT: "it shows by itself where nothing was done",
    MERGED: "merge the tip into another one",
    DESTROYED: "the rule for keeping tips sets it",
}
"""With what happens instead."""


def by_hand() -> tuple[str, ...]:
    """Return the codes that a person may set at all, in the vocabulary's order."""
    return tuple(code for code in statuses() if code not in NEVER_BY_HAND)


def known_status(code: str) -> str:
    """Return ``code`` if it is a status. Raises NoSuch."""
    if code not in statuses():
        raise NoSuch(f"status {code}", way_out=f"There are: {', '.join(by_hand())}.")
    return code


def known_category(code: str) -> str:
    """Return ``code`` if it is a category. Raises NoSuch."""
    if code not in categories():
        raise NoSuch(f"category {code}", way_out=f"There are: {', '.join(categories())}.")
    return code


def possible(current: str) -> tuple[str, ...]:
    """Return the codes that may follow the status ``current``: behind a terminal one only ``reopened``."""
    status = statuses()[current]
    if current == DESTROYED:
        return ()
    if status.terminal:
        return (REOPENED,)
    codes = tuple(code for code in by_hand() if code != current)
    return codes if is_closed(current) else tuple(code for code in codes if code != REOPENED)


def check_follows(code: str, current: str, *, tip: str) -> None:
    """Return if ``code`` may be set where ``current`` is; ``tip`` is its name in the message. Raises NotAllowed."""
    codes = possible(current)
    if code in codes or code == current not in NEVER_BY_HAND:
        return
    if code in NEVER_BY_HAND:
        reason = f"status {code} is never set by hand: {NEVER_BY_HAND[code]}"
    else:
        reason = f"{tip} is {current}, {'which ends it' if statuses()[current].terminal else 'which is open already'}"
    raise NotAllowed(reason, way_out=f"Possible: {', '.join(codes) or 'nothing'}.")


def is_closed(code: str) -> bool:
    """Return whether a tip of this status waits for nothing more."""
    status = statuses()[code]
    return status.terminal or status.status_class is StatusClass.CLOSED


def is_open(code: str) -> bool:
    """Return whether a tip of this status still waits for something to be done."""
    return statuses()[code].status_class is StatusClass.OPEN
