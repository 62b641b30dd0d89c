"""The constants of what may be published, with their arithmetic. docs/disclosure.md tells what follows from them."""

from __future__ import annotations

from wire.release import NONE, Rules

RULES = Rules(k=5, spread=4, least=20, median=20)
"""k = 5: of four people in a street everybody who lives there knows who they are; five is what statistical offices use
most for tables of persons. A tip is one message, so a person may be several, and k is no smaller for it.
spread = 4 = k - 1: the greatest change takes a single tip up to k, so that from a value shown nobody can tell one tip
from k. Its standard deviation is 2: a count of 100 is shown within 4 and, as a rule, within 2.
least = 20: below it nearly every value that is not zero is of 1 to 4 tips; see docs/disclosure.md, "How often".
median = 20: never less than least, since medians are computed from the shown bands, and so never less than ten."""

AGES = (30, 90, 180, 365)
"""Days after the end of its period at which a cohort is shown."""
QUIET = 10
"""A quarter whose first month with a ledger has fewer messages than this is published as one period."""

CLASS, STATUS, CATEGORY, DISTRICT = "class", "status", "category", "district"
FIRST_ACTION, CLOSING = "first-action", "closing"
NEVER = frozenset({"received", "destroyed"})
"""Statuses of no tip in a table: one that was only received is not opened, one that was destroyed counts as closed."""
EDGES = (1, 3, 7, 14, 30, 60, 90, 180, 365)
"""Last days of the bands in which response times are counted. The last band, behind them, ends with the age."""
BANDS = (
    *(f"{before + 1}-{edge}" for before, edge in zip((-1, *EDGES), EDGES, strict=False)),
    f"{EDGES[-1] + 1}-more",
    NONE,
)
"""Codes of the bands in order: ``0-1`` to ``181-365``, ``366-more``, and ``none`` for what has not come yet."""

TABLES = (
    (CATEGORY,),
    (CLASS,),
    (CLASS, CATEGORY),
    (CLASS, DISTRICT),
    (CLOSING,),
    (DISTRICT,),
    (FIRST_ACTION,),
    (STATUS,),
)
"""What a cohort is counted by, as a whole."""
LEVELS = ("", "district", "category", "period")
"""How coarse a release is: nothing left out, then in this order what the word says and all before it."""
_LEFT_OUT: dict[str, frozenset[str]] = {
    "": frozenset(),
    "district": frozenset({DISTRICT}),
    "category": frozenset({DISTRICT, CATEGORY, STATUS}),
    "period": frozenset({DISTRICT, CATEGORY, STATUS, CLASS, CLOSING, FIRST_ACTION}),
}


def tables_at(level: str) -> tuple[tuple[str, ...], ...]:
    """Return what a release is counted by at ``level``, one of LEVELS; the single statuses go with the category."""
    return tuple(table for table in TABLES if not _LEFT_OUT[level] & set(table))
