"""Checking a ledger against the batch headers that an auditor kept. docs/formats.md, "Audit"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wire.batch import BatchHeader
from wire.commitment import next_head
from wire.hashing import NO_HASH
from wire.ledger import Audit, Ledger
from wire.refusal import Refusal, Refused

_Place = tuple[bytes, int]
"""A chain and a sequence in it."""
_Kept = dict[_Place, tuple[BatchHeader, bytes]]


def check_audit(
    ledger: Ledger, ledger_hash: bytes, audit: Audit, headers: Sequence[tuple[BatchHeader, bytes]]
) -> None:
    """Return if nothing was struck out of ``ledger``, or put in, after the batches went out.

    ``headers`` are verified headers with their hashes, those the auditor kept, in any order: a few will do, since
    each head is made of all before it, but the last one of the month has to be among them. Those of other
    boxes, lines and months are passed over. Raises Refused: VALUE where the files do not belong together, MISSING
    without that last header, CONTRADICTION where they do not agree.
    """
    _belong_together(ledger, ledger_hash, audit)
    kept = _kept(ledger, headers)
    _chains_hold(kept)
    _last_is_kept(ledger, kept)
    _names_each_batch(ledger, audit)
    _heads_agree(ledger, audit, kept)
    if sorted(c for batch in audit.batches for c in batch.commitments) != list(ledger.commitments):
        raise Refused(Refusal.CONTRADICTION, "commitment", "the cuts together are not what the ledger lists")


def _belong_together(ledger: Ledger, ledger_hash: bytes, audit: Audit) -> None:
    if (audit.box, audit.line, audit.month) != (ledger.box, ledger.line, ledger.month):
        raise Refused(Refusal.VALUE, "audit", "it is for another box, line or month than the ledger")
    if audit.ledger != ledger_hash:
        raise Refused(
            Refusal.CONTRADICTION, "ledger", "the audit file was made for another ledger of this month"
        )
    if ledger.serial == 1 and audit.head != NO_HASH:
        raise Refused(Refusal.CONTRADICTION, "head", "nothing comes before the first ledger of a line")


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


def _last_is_kept(ledger: Ledger, kept: _Kept) -> None:
    last = ledger.ranges[-1]
    found = kept.get((last.chain, last.last))
    if found is None:
        raise Refused(Refusal.MISSING, "header", "the last one of the month is not among those given")
    if found[1] != ledger.header:
        raise Refused(Refusal.CONTRADICTION, "header", "the ledger ends with another one")


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


def _heads_agree(ledger: Ledger, audit: Audit, kept: _Kept) -> None:
    first = ledger.ranges[0]
    head = audit.head
    _agrees(kept.get((first.chain, first.first - 1)), head)
    for batch in audit.batches:
        head = next_head(head, batch.salt, batch.commitments)
        _agrees(kept.get((batch.chain, batch.sequence)), head)


def _agrees(found: tuple[BatchHeader, bytes] | None, head: bytes) -> None:
    if found and found[0].commitments != head:
        raise Refused(Refusal.CONTRADICTION, "commitments", "a header was signed for another head")
