"""Checking a ledger against the batch headers that an auditor kept. docs/formats.md, "Audit"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wire.batch import BatchHeader
from wire.commitment import next_head
from wire.hashing import NO_HASH, hashes_in
from wire.ledger import Audit, AuditFile, Ledger, LedgerFile
from wire.refusal import Refusal, Refused
from wire.signed import time_text

_Place = tuple[bytes, int]
"""A chain and a sequence in it."""
_Kept = dict[_Place, tuple[BatchHeader, bytes]]
Before = tuple[Ledger, bytes]
"""The ledger before, its signature verified, and its hash."""


def check_audit(
    ledger: LedgerFile,
    audit: AuditFile,
    headers: Sequence[tuple[BatchHeader, bytes]],
    *,
    previous: Before | None,
    later: Sequence[Ledger] = (),
) -> None:
    """Return if nothing was struck out of ``ledger``, put in, or left out, after the batches went out.

    ``headers`` are verified headers with their hashes, those the auditor kept, in any order: a few will do, since
    each head is made of all before it, but the last one of the month has to be among them, and so has the last one
    of ``previous``, the ledger before (None for the first of a line only). ``later`` are later ledgers: where the
    clock was set back, batches of this month stand in one of them. Headers of other boxes, lines and months are
    passed over. Raises Refused: VALUE where the files do not belong together, MISSING without what is needed,
    CONTRADICTION where they do not agree.
    """
    said = ledger.ledger
    _belong_together(ledger, audit.audit)
    _follows(said, previous)
    kept = _kept(said, headers)
    _chains_hold(kept)
    _is_kept("header", said, kept)
    _goes_on(said, audit.audit, previous, kept)
    _leaves_none_out(said, previous, kept, later)
    _names_each_batch(said, audit.audit)
    _heads_agree(audit, kept)
    if b"".join(sorted(hashes_in(audit.body))) != ledger.commitments:
        raise Refused(Refusal.CONTRADICTION, "commitment", "the cuts together are not what the ledger lists")


def _belong_together(ledger: LedgerFile, audit: Audit) -> None:
    said = ledger.ledger
    if (audit.box, audit.line, audit.month) != (said.box, said.line, said.month):
        raise Refused(Refusal.VALUE, "audit", "it is for another box, line or month than the ledger")
    if audit.ledger != ledger.hash:
        raise Refused(
            Refusal.CONTRADICTION, "ledger", "the audit file was made for another ledger of this month"
        )


def _follows(ledger: Ledger, previous: Before | None) -> None:
    """Return if ``previous`` is the ledger that comes before ``ledger``."""
    if previous is None:
        if ledger.serial != 1:
            raise Refused(Refusal.MISSING, "previous", "the ledger before is not given")
        return
    before, before_hash = previous
    if (before.box, before.line) != (ledger.box, ledger.line):
        raise Refused(Refusal.VALUE, "previous", "it is for another box or line")
    if ledger.serial != before.serial + 1:
        raise Refused(Refusal.VALUE, "previous", "it is not the ledger before this one")
    if ledger.previous != before_hash:
        raise Refused(Refusal.CONTRADICTION, "previous", "the ledger names another one before it")
    if ledger.month <= before.month:
        raise Refused(Refusal.CONTRADICTION, "month", "it is not after the month of the ledger before")


def _kept(ledger: Ledger, headers: Sequence[tuple[BatchHeader, bytes]]) -> _Kept:
    """Return the headers of the ledger's box and line by their places."""
    kept: _Kept = {}
    for header, header_hash in headers:
        if (header.box, header.line) != (ledger.box, ledger.line):
            continue
        place = header.chain, header.sequence
        if kept.setdefault(place, (header, header_hash))[1] != header_hash:
            raise Refused(Refusal.CONTRADICTION, "sequence", "two headers for one place in a chain")
    return kept


def _chains_hold(kept: _Kept) -> None:
    for (chain, sequence), (header, _) in kept.items():
        before = kept.get((chain, sequence - 1))
        if before and header.previous != before[1]:
            raise Refused(Refusal.CONTRADICTION, "previous", "a header does not name the one before it")


def _is_kept(field: str, ledger: Ledger, kept: _Kept) -> BatchHeader:
    """Return the last header of ``ledger``, which has to be among those kept."""
    last = ledger.ranges[-1]
    found = kept.get((last.chain, last.last))
    if found is None:
        raise Refused(Refusal.MISSING, field, "the last one of a month is not among those given")
    if found[1] != ledger.header:
        raise Refused(Refusal.CONTRADICTION, field, "the ledger ends with another one")
    return found[0]


def _goes_on(ledger: Ledger, audit: Audit, previous: Before | None, kept: _Kept) -> None:
    """Return if ledger and audit file begin where ``previous`` ended, and no range begins later than its chain."""
    head = NO_HASH
    ended: dict[bytes, int] = {}
    if previous is not None:
        head = _is_kept("previous", previous[0], kept).commitments
        ended = {r.chain: r.last for r in previous[0].ranges}
        last = previous[0].ranges[-1].chain
        if any(r.chain in ended and (at or r.chain != last) for at, r in enumerate(ledger.ranges)):
            raise Refused(Refusal.CONTRADICTION, "chain", "one that had ended goes on")
    if audit.head != head:
        raise Refused(Refusal.CONTRADICTION, "head", "it is not that of the last cut before this month")
    if any(r.first != ended.get(r.chain, 0) + 1 for r in ledger.ranges):
        raise Refused(Refusal.CONTRADICTION, "chain", "batches before a range are left out")


def _leaves_none_out(ledger: Ledger, previous: Before | None, kept: _Kept, later: Sequence[Ledger]) -> None:
    """Return if each header kept that has to stand in ``ledger`` does, and none that cannot."""
    ends = {r.chain: r.last for r in ledger.ranges}
    ended = {r.chain: r.last for r in previous[0].ranges} if previous else {}
    elsewhere = {r.chain for other in later for r in other.ranges}
    for (chain, sequence), (header, _) in kept.items():
        month = time_text(header.period)[:7]
        end = ends.get(chain, ended.get(chain))
        if chain in ends and ended.get(chain, 0) < sequence <= ends[chain]:
            wrong = month > ledger.month
        elif end is not None:
            goes_on = chain == ledger.ranges[-1].chain and month > ledger.month
            wrong = sequence > end and not goes_on
        else:
            since = previous[0].month if previous else ""
            wrong = since < month <= ledger.month and chain not in elsewhere
        if wrong:
            raise Refused(
                Refusal.CONTRADICTION, "chain", "a batch of this month is left out, or of a later one put in"
            )


def _names_each_batch(ledger: Ledger, audit: Audit) -> None:
    cuts = sum(
        r.last - r.first + 1 for r in ledger.ranges
    )  # before they are counted out: a range may be huge
    if cuts != len(audit.batches) or any(
        place != (batch.chain, batch.sequence)
        for place, batch in zip(_places(ledger), audit.batches, strict=True)
    ):
        raise Refused(Refusal.CONTRADICTION, "batch", "not the batches that the ledger names, in their order")


def _places(ledger: Ledger) -> Iterator[_Place]:
    for r in ledger.ranges:
        for sequence in range(r.first, r.last + 1):
            yield r.chain, sequence


def _heads_agree(audit: AuditFile, kept: _Kept) -> None:
    head = audit.audit.head
    for batch, commitments in audit.cuts():
        head = next_head(head, batch.salt, commitments)
        found = kept.get((batch.chain, batch.sequence))
        if found and found[0].commitments != head:
            raise Refused(Refusal.CONTRADICTION, "commitments", "a header was signed for another head")
