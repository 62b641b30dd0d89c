"""All that was given, taken in: what verifies is kept, what does not is refused by name, kind and reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from portal.reading.bulletins import BulletinTaken, take_bulletin
from portal.reading.finding import Found, find, refusing
from portal.reading.keys import Keys, Pins, take_keys
from portal.reading.ledgers import LedgerTaken, take_ledger
from portal.release.model import RefusedFile
from wire.refusal import Refusal, Refused

LATEST = "2199-12"
"""No ledger of a later month is taken: every month between two ledgers has its page, 2,760 at the most since 1970."""
_Taken = TypeVar("_Taken", LedgerTaken, BulletinTaken)


@dataclass(slots=True)
class Taken:
    """Everything that verified, sorted; two files that say the same are one."""

    keys: Keys
    ledgers: list[LedgerTaken] = field(default_factory=list)
    """By line, box, month; several of one month where they contradict each other."""
    bulletins: list[BulletinTaken] = field(default_factory=list)
    """By line, serial."""
    refused: list[RefusedFile] = field(default_factory=list)
    passed_over: int = 0


def take(folders: Sequence[Path], pins: Pins, *, keys: Keys | None = None) -> Taken:
    """Return what is in ``folders``; ``keys``: these are believed, whatever identity files lie there.

    Raises OSError for a folder that cannot be listed.
    """
    found = find(folders)
    believed = take_keys(found, pins) if keys is None else keys
    ledgers = _all(found, "ledger", lambda path: _ledger(path, believed.boxes))
    bulletins = _all(found, "bulletin", lambda path: take_bulletin(path, believed.authorities))
    return Taken(
        keys=believed,
        ledgers=sorted(
            ledgers, key=lambda one: (one.ledger.line, one.ledger.box, one.ledger.month, one.hash)
        ),
        bulletins=sorted(bulletins, key=lambda one: (one.bulletin.line, one.bulletin.serial, one.hash)),
        refused=sorted(found.refused, key=lambda one: (one.name, one.kind, one.reason)),
        passed_over=found.passed_over,
    )


def _ledger(path: Path, boxes: dict[bytes, bytes]) -> LedgerTaken:
    """Return the ledger at ``path``. Raises Refused, OSError."""
    taken = take_ledger(path, boxes)
    if taken.ledger.month > LATEST:
        raise Refused(Refusal.VALUE, "month", f"later than {LATEST}: a clock was wrong, or somebody lies")
    return taken


def _all(found: Found, ending: str, take_one: Callable[[Path], _Taken]) -> list[_Taken]:
    taken: dict[bytes, _Taken] = {}
    for path in found.files[ending]:
        with refusing(path, found.refused):
            one = take_one(path)
            taken.setdefault(one.hash, one)
    return list(taken.values())
