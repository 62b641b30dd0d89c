"""A problem in the reader's words: what stopped it, why, and the way out."""

from __future__ import annotations

import re
import sqlite3

from sqlcipher3 import dbapi2

from disclosure.vocabulary import categories, statuses
from wire.refusal import Refused
from wire.signed import time_value
from workstation.book.connection import ROOM, problem_in
from workstation.book.listing import find
from workstation.console import problem_of
from workstation.problems import Problem, StorageFailed
from workstation.screen.here import book, has_visit, language, visit


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


WORDS = {
    "silence_days": _("days until “no response”"),
    "retention_days": _("days until destruction"),
    "unit": _("unit"),
    "person": _("person"),
    "police": _("police"),
    "civil": _("civil society"),
    "destroyed": _("destroyed"),
    "deleted": _("deleted"),
    "lost": _("missing, without a certificate"),
    "none": _("none"),
    "nothing": _("nothing"),
    "same": _("merged"),
    "different": _("another matter"),
    "status": _("status"),
    "category": _("category"),
    "district": _("district"),
    "priority": _("priority"),
    "assign": _("assigned"),
    "note": _("note"),
    "link": _("linked"),
    "unlink": _("link taken away"),
    "merge": _("merged"),
    "merged_into": _("merged"),
    "held": _("held"),
}
"""Words of the program that stand as values in its sentences."""
_TIP = re.compile(r"tip ([0-9a-f]{8,32})")
_FULL = re.compile(r"is full|No space left|quota|I/O error")
"""How SQLite and the system say that a disk is full, or broken."""
_NUMBERS = re.compile(r"(\d+)(?: to (\d+))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def sort(error: BaseException) -> Problem:
    """Return what a person is told of ``error``; nothing of a fault of ours but its kind."""
    known = problem_in(error) if isinstance(error, dbapi2.Error) else error
    if not isinstance(known, Problem | OSError | sqlite3.Error):
        return Problem(type(error).__name__)
    problem = problem_of(known)
    if isinstance(problem, StorageFailed) and not problem.way_out and _FULL.search(str(problem)):
        problem.way_out = ROOM
    return problem


def reason(text: str) -> str:
    """Return a sentence of the program in the reader's language."""
    return language().reasons.say(text, _word)


def fault(problem: Problem) -> str:
    """Return what stopped something, why, and the way out."""
    first, why = parts(problem)
    words = f"{first.rstrip('.')}: {_ended(why)}" if why else first
    return f"{words} {reason(problem.way_out)}".strip()


def parts(problem: Problem) -> tuple[str, str]:
    """Return what stopped something, and why; that may be empty."""
    first = (type(problem).__doc__ or "").strip()
    why = str(problem).removeprefix(first.rstrip(".")).removeprefix(": ")
    return language().text(first), reason(why)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _word(text: str) -> str | None:
    """Return the name of a code, a time or a tip that stands in a sentence; None for anything else."""
    there = language()
    if text in statuses():
        return there.status(text)
    if text in categories():
        return there.category(text)
    if text in WORDS:
        return there.text(WORDS[text])
    return _number(text) or _time(text) or _tip(text)


def _number(text: str) -> str | None:
    """Return a number as it is, or a range of them."""
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    return language().text("%(first)s to %(last)s", first=found[1], last=found[2]) if found[2] else text


def _time(text: str) -> str | None:
    """Return a moment, or a day, as the reader writes it."""
    try:
        if _DAY.fullmatch(text):
            return language().day(time_value("day", f"{text}T12:00:00Z"))
        return language().moment(time_value("time", text))
    except Refused:
        return None


def _tip(text: str) -> str | None:
    """Return the tip by the number under which the reader knows it; the rooms below name it by its own id."""
    found = _TIP.fullmatch(text)
    return None if found is None else language().text("tip %(id)s", id=_number_of(found[1]))


def _number_of(tip: str) -> int | str:
    """Return the number of the tip whose id begins with ``tip``, written in hexadecimal."""
    if not has_visit() or visit().home is None:
        return tip
    found = find(book(), tip)
    return found[0].id if len(found) == 1 else tip
