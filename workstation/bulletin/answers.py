"""The exact half of a bulletin: which ledgers it answers, with which digests, and the two totals of each period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from disclosure.periods import periods_of
from wire.period import end_of
from wire.release import Answered, Total
from workstation.book.connection import Book
from workstation.bulletin.issued import Issued
from workstation.bulletin.ledgers import Kept, opened


@dataclass(frozen=True, slots=True)
class Answers:
    """What is proven and totalled."""

    ledgers: tuple[Answered, ...]
    totals: tuple[Total, ...]
    periods: Mapping[str, str]
    """By month, the period that it is published in."""
    body: bytes = field(repr=False)


def answers(book: Book, kept: Collection[Kept], issued: Issued, month: str) -> Answers:
    """Return what the bulletin of ``month`` proves beyond those that were ``issued``.

    Every ledger up to ``month`` that no bulletin answered yet is answered, and each of which more was opened since.
    Of a quiet quarter no digest is published before it is over.
    """
    here = [ledger for ledger in kept if ledger.month <= month]
    periods = periods_of(_received(here), issued.quiet())
    before = {found.ledger for bulletin in issued.bulletins for found in bulletin.ledgers}
    proven, found, body = issued.proven(), [], []
    counts: dict[str, int] = {}
    for ledger in here:
        old = proven.get(ledger.hash, frozenset())
        over = end_of(periods[ledger.month]) <= end_of(month)
        new = [digest for digest in opened(book, ledger.hash) if digest not in old] if over else []
        counts[ledger.month] = counts.get(ledger.month, 0) + len(old) + len(new)
        if new or ledger.hash not in before or ledger.month == month or _ends(periods[ledger.month], month):
            found.append(Answered(ledger.hash, ledger.box, ledger.month, ledger.count, len(new)))
            body += new
    told = {periods[answered.month] for answered in found}
    over_now = (period for period in sorted(told) if end_of(period) <= end_of(month))
    totals = (_total(period, periods, _received(here), counts) for period in over_now)
    return Answers(tuple(found), tuple(totals), periods, b"".join(body))


def _ends(period: str, month: str) -> bool:
    return end_of(period) == end_of(month)


def _received(kept: Collection[Kept]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for ledger in kept:
        found[ledger.month] = found.get(ledger.month, 0) + ledger.count
    return found


def _total(
    period: str, periods: Mapping[str, str], received: Mapping[str, int], counts: Mapping[str, int]
) -> Total:
    months = [month for month, found in periods.items() if found == period]
    return Total(period, sum(received[month] for month in months), sum(counts[month] for month in months))
