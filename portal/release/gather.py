"""What a release is made of: what was given and verifies, and of earlier releases what is no longer given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from portal.reading.bulletins import BulletinTaken, take_bulletin
from portal.reading.keys import KeyFile, Keys, Pins
from portal.reading.ledgers import LedgerTaken, take_ledger
from portal.reading.taking import take
from portal.release.chains import named_ledgers, one_bulletin_each, one_each
from portal.release.model import FILES, Kind, Notice, RefusedFile, SourceKind
from portal.release.proofs import place_of
from portal.release.record import Past
from wire.refusal import Refusal, Refused

_Taken = TypeVar("_Taken", LedgerTaken, BulletinTaken)
IDENTITIES = f"{FILES}/identities"
"""Where a site has the identity files that it was made with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything that counts: one ledger for a month of a box, one bulletin for a serial."""

    keys: Keys
    key_files: tuple[KeyFile, ...]
    ledgers: tuple[LedgerTaken, ...]
    bulletins: tuple[BulletinTaken, ...]
    refused: tuple[RefusedFile, ...]
    passed_over: int
    notices: tuple[Notice, ...]
    """Of what replaced or withdrew something, and of files that contradict each other."""


def gather(folders: Sequence[Path], pins: Pins, past: Past) -> Gathered:
    """Return what is in ``folders``, beside what earlier releases had. Raises OSError."""
    own = [past.site / IDENTITIES] if past.records else []
    taken = take([*folders, *own], pins)
    old_ledgers, old_bulletins = past.published(SourceKind.LEDGER), past.published(SourceKind.BULLETIN)
    back_ledgers, damaged = _come_back(
        past,
        SourceKind.LEDGER,
        {one.hash for one in taken.ledgers},
        lambda path: take_ledger(path, taken.keys.boxes),
    )
    back_bulletins, damaged_too = _come_back(
        past,
        SourceKind.BULLETIN,
        {one.hash for one in taken.bulletins},
        lambda path: take_bulletin(path, taken.keys.authorities),
    )
    refused = {*taken.refused, *damaged, *damaged_too}
    notices = [*_ledgers_withdrawn(back_ledgers, taken.ledgers), *_withdrawn(back_bulletins, taken.bulletins)]
    all_ledgers = sorted([*taken.ledgers, *back_ledgers], key=_ledger_order)
    all_bulletins = sorted([*taken.bulletins, *back_bulletins], key=_bulletin_order)
    bulletins, more = one_bulletin_each(all_bulletins, published=old_bulletins.keys())
    ledgers, still_more = one_each(
        all_ledgers, named_ledgers(all_ledgers, bulletins), published=old_ledgers.keys()
    )
    return Gathered(
        keys=taken.keys,
        key_files=tuple(sorted(taken.keys.files, key=lambda one: one.name)),
        ledgers=tuple(ledgers),
        bulletins=tuple(bulletins),
        refused=tuple(sorted(refused, key=lambda one: (one.name, one.kind, one.reason))),
        passed_over=taken.passed_over,
        notices=(*notices, *more, *still_more),
    )


def _ledger_order(one: LedgerTaken) -> tuple[bytes, bytes, str, bytes]:
    return (*place_of(one), one.hash)


def _bulletin_order(one: BulletinTaken) -> tuple[bytes, int, bytes]:
    return one.bulletin.line, one.bulletin.serial, one.hash


def _come_back(
    past: Past, kind: SourceKind, given: set[bytes], take_one: Callable[[Path], _Taken]
) -> tuple[list[_Taken], list[RefusedFile]]:
    """Return the published files that are no longer given, from the site's own copies; and which of these fail."""
    found, refused = [], []
    for header, one in sorted(past.published(kind).items()):
        if header in given:
            continue
        path = past.site / one.path
        try:
            found.append(take_one(path))
        except (Refused, OSError) as error:
            refused.append(_damaged(path, error))
    return found, refused


def _damaged(path: Path, error: Refused | OSError) -> RefusedFile:
    kind = error.kind if isinstance(error, Refused) else Refusal.MISSING
    return RefusedFile(
        name=path.name, kind=kind.value, reason="the site's own copy of a published file is damaged"
    )


def _ledgers_withdrawn(back: Iterable[LedgerTaken], given: Iterable[LedgerTaken]) -> list[Notice]:
    """Return a notice for each published ledger in whose place nothing is given any more."""
    places = {place_of(one) for one in given}
    return [
        Notice(
            kind=Kind.LEDGER_WITHDRAWN,
            line=one.ledger.line.hex(),
            month=one.ledger.month,
            box=one.ledger.box.hex(),
            serial=one.ledger.serial,
            sources=(one.name,),
        )
        for one in back
        if place_of(one) not in places
    ]


def _withdrawn(back: Iterable[BulletinTaken], given: Iterable[BulletinTaken]) -> list[Notice]:
    serials = {(one.bulletin.line, one.bulletin.serial) for one in given}
    return [
        Notice(
            kind=Kind.BULLETIN_WITHDRAWN,
            line=one.bulletin.line.hex(),
            month=one.bulletin.month,
            serial=one.bulletin.serial,
            sources=(one.name,),
        )
        for one in back
        if (one.bulletin.line, one.bulletin.serial) not in serials
    ]
