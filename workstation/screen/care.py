"""What everybody who sits down has to see, on every page: the state of the machine, keys that run out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from wire.keysheet import KeySheet
from workstation.epochs.destruction import settle
from workstation.epochs.tpm import MediumMissing
from workstation.home import Home
from workstation.machine.examination import Examination
from workstation.machine.findings import Check
from workstation.machine.opened import examine_opened
from workstation.machine.policy import Level
from workstation.screen.languages import Language
from workstation.screen.telling import reason

WARN_DAYS = 60
"""Before the last key of the sheet ends: time for a ceremony, and for a courier to every box."""
_DAY = 86400


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


TITLES = {
    Check.NETWORK: _("This machine has a network."),
    Check.SWAP: _("This machine swaps memory to a disk in clear."),
    Check.CLOCK: _("The clock cannot be right."),
    Check.AGE: _("The program is old."),
    Check.DISK: _("The disk is nearly full."),
}


@dataclass(frozen=True, slots=True)
class Banner:
    """One sentence above every page."""

    title: str
    text: str
    kind: str = ""


def look_over(home: Home, *, now: int) -> Examination:
    """Return what the machine is like, once a destruction that was cut short is ended.

    Raises MachineRefused, Damaged.
    """
    found = examine_opened(home, now=now)
    found.refuse()
    with suppress(MediumMissing):  # each import says it, with what to do
        settle(home)
    return found


def banners(found: Examination | None, sheet: KeySheet, there: Language, *, now: int) -> Iterator[Banner]:
    """Yield what is to be seen now."""
    if found is not None:
        for one in found.at(Level.WARN):
            yield Banner(there.text(TITLES[one.check]), _sentence(reason(one.words)))
    left = sheet.epochs[-1].ends - now
    if left < 0:
        yield Banner(
            there.text("The key sheet has run out."),
            there.text("The boxes go on with its last key. Make a new sheet and carry it to every box."),
            "fault",
        )
    elif left < WARN_DAYS * _DAY:
        text = there.text(
            "Its last key ends on %(day)s. Extend it and carry it to every box before that.",
            day=there.day(sheet.epochs[-1].ends),
        )
        yield Banner(there.text("The key sheet runs out."), text)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
