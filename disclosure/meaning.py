"""What the words of the vocabulary mean: counts of different tables that are tied to each other by it."""

from __future__ import annotations

from disclosure.known import Published
from disclosure.perturb import Interval
from disclosure.rules import CLASS, CLOSING, FIRST_ACTION, STATUS
from disclosure.sums import Codes, Sums, Unknown
from disclosure.tables import can_be
from disclosure.vocabulary import StatusClass, statuses
from wire.release import NONE

UNTOUCHED = ("delivered", "no_response")
"""The statuses of a tip about which nobody did anything; behind every other one there is a first action."""


def meant(sums: Sums, published: Published) -> Sums:
    """Return ``sums`` with what their words mean; as they are where that contradicts what was published.

    Nothing is where nothing can be. A tip is closed, or is brought before a judge, or waits for its closing. One that
    waits for its first action is still as it was delivered, or has become silent.
    """
    release = published.release
    better = Sums()
    better.take(sums)
    for place in published.values:
        if not can_be(place, *release):
            better.narrow((release, *place), Interval(0, 0))

    def cell(dimension: str, code: str) -> Unknown:
        return release, (dimension,), (code,)

    def unnamed(name: str) -> Unknown:
        none: Codes = ()
        return release, none, (name,)

    ended = [code for code, one in statuses().items() if one.terminal and one.status_class is not _CLOSED]
    parts = [cell(CLOSING, NONE), cell(CLASS, _CLOSED.value), *(cell(STATUS, code) for code in ended)]
    better.add((release, (), ()), parts)
    better.add(unnamed("untouched"), [cell(STATUS, code) for code in UNTOUCHED])
    better.add(unnamed("untouched"), [cell(FIRST_ACTION, NONE), unnamed("worked on")])
    return better if better.settle() else sums


_CLOSED = StatusClass.CLOSED
