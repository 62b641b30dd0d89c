"""Do ledgers and bulletins follow each other without a gap, and is each the one that the next names? Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from portal.reading.bulletins import BulletinTaken
from portal.reading.ledgers import LedgerTaken
from portal.release.model import Kind, Notice
from portal.release.proofs import place_of, struck_out
from wire.hashing import NO_HASH
from wire.period import next_month


def one_each(
    ledgers: Sequence[LedgerTaken], named: Collection[bytes], *, published: Collection[bytes] = ()
) -> tuple[list[LedgerTaken], list[Notice]]:
    """Return one ledger for each line, box and month, and a notice for each other one.

    That which was ``published`` before stays; else the one that is ``named``, by the ledger after it or by a
    bulletin; else the first by its hash, so that the same files give the same site.
    """
    chosen, notices = [], []
    for _, group in groupby(ledgers, place_of):
        several = sorted(group, key=lambda one: (one.hash not in published, one.hash not in named, one.hash))
        chosen.append(several[0])
        for other in several[1:]:
            kind = Kind.LEDGER_REPLACED if several[0].hash in published else Kind.LEDGER_OTHER
            out, _ = struck_out(several[0], other)
            notices.append(_of_ledger(kind, other, count=out, sources=(several[0].name,)))
    return chosen, notices


def one_bulletin_each(
    bulletins: Sequence[BulletinTaken], *, published: Collection[bytes] = ()
) -> tuple[list[BulletinTaken], list[Notice]]:
    """Return one bulletin for each line and serial, and a notice for each other one; see ``one_each``."""
    named = {one.bulletin.previous for one in bulletins}
    chosen, notices = [], []
    for _, group in groupby(bulletins, lambda one: (one.bulletin.line, one.bulletin.serial)):
        several = sorted(group, key=lambda one: (one.hash not in published, one.hash not in named, one.hash))
        chosen.append(several[0])
        kind = Kind.BULLETIN_REPLACED if several[0].hash in published else Kind.BULLETIN_OTHER
        notices += [_of_bulletin(kind, other) for other in several[1:]]
    return chosen, notices


def named_ledgers(ledgers: Iterable[LedgerTaken], bulletins: Iterable[BulletinTaken]) -> set[bytes]:
    """Return the hashes of ledgers that a later ledger or a bulletin names."""
    named = {one.ledger.previous for one in ledgers}
    named |= {answered.ledger for one in bulletins for answered in one.bulletin.ledgers}
    return named - {NO_HASH}


def ledger_chain(ledgers: Iterable[LedgerTaken]) -> Iterator[Notice]:
    """Yield what is missing in the ledgers of each box and line, and which are not those that the next names."""
    for _, group in groupby(ledgers, lambda one: place_of(one)[:2]):
        before: LedgerTaken | None = None
        for one in sorted(group, key=lambda one: one.ledger.serial):
            serial = before.ledger.serial if before else 0
            if one.ledger.serial > serial + 1:
                missing = one.ledger.serial - serial - 1
                yield _of_ledger(Kind.LEDGER_MISSING, one, count=missing)
            elif before is not None and _contradicts(before, one):
                yield _of_ledger(Kind.LEDGER_OTHER, before, sources=(one.name,))
            before = one


def _contradicts(before: LedgerTaken, one: LedgerTaken) -> bool:
    follows = one.ledger.serial == before.ledger.serial + 1 and one.ledger.month > before.ledger.month
    return not follows or one.ledger.previous != before.hash


def empty_months(months: Collection[str], line: str) -> Iterator[Notice]:
    """Yield the months of a line that have no ledger, between the first and the last that have one."""
    month, last = min(months, default=""), max(months, default="")
    while month < last:
        if month not in months:
            yield Notice(kind=Kind.MONTH_EMPTY, line=line, month=month)
        month = next_month(month)


def bulletin_chain(bulletins: Iterable[BulletinTaken]) -> Iterator[Notice]:
    """Yield what is missing in the bulletins of each line, and which are not those that the next names."""
    for _, group in groupby(bulletins, lambda one: one.bulletin.line):
        before: BulletinTaken | None = None
        for one in group:
            serial = before.bulletin.serial if before else 0
            if one.bulletin.serial > serial + 1:
                yield _of_bulletin(Kind.BULLETIN_MISSING, one, count=one.bulletin.serial - serial - 1)
            elif before is not None and one.bulletin.previous != before.hash:
                yield _of_bulletin(Kind.BULLETIN_OTHER, before, sources=(one.name,))
            before = one


def _of_ledger(
    kind: Kind, one: LedgerTaken, *, count: int | None = None, sources: tuple[str, ...] = ()
) -> Notice:
    return Notice(
        kind=kind,
        line=one.ledger.line.hex(),
        month=one.ledger.month,
        box=one.ledger.box.hex(),
        serial=one.ledger.serial,
        count=count,
        sources=(one.name, *(name for name in sources if name != one.name)),
    )


def _of_bulletin(
    kind: Kind, one: BulletinTaken, *, count: int | None = None, sources: tuple[str, ...] = ()
) -> Notice:
    return Notice(
        kind=kind,
        line=one.bulletin.line.hex(),
        month=one.bulletin.month,
        serial=one.bulletin.serial,
        count=count,
        sources=(one.name, *(name for name in sources if name != one.name)),
    )
