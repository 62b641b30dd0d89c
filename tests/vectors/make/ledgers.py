"""Ledgers, and audit files by themselves."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector, describe
from tests.vectors.make.batches import cuts
from tests.vectors.make.common import (
    BOX,
    BOX_ID,
    BOX_PUBLIC,
    CHAIN,
    LINE,
    OTHER_BOX,
    OTHER_CHAIN,
    Scenarios,
    changed,
    flipped,
    lines_of,
    octets,
    other_digit,
    signed,
    without,
)
from wire import ledger as ledgers
from wire.hashing import NO_HASH, blake2b_256
from wire.ledger import Audit, AuditBatch, ChainRange, Ledger, write_audit, write_ledger

CUTS = cuts()
"""Three batches of November, two of December, one of January."""
LISTED = tuple(sorted(c for cut in CUTS[:3] for c in cut.commitments))
LEDGER = Ledger(
    box=BOX_ID,
    line=LINE,
    month="2026-11",
    serial=1,
    previous=NO_HASH,
    ranges=(ChainRange(CHAIN, 1, 3),),
    header=CUTS[2].hash,
    count=3,
    conversations=2,
    canaries_sent=720,
    canaries_received=719,
    minutes=43_190,
    body=blake2b_256(b"".join(LISTED)),
)
AUDIT = Audit(
    box=BOX_ID,
    line=LINE,
    month="2026-11",
    ledger=write_ledger(LEDGER, BOX).hash,
    head=NO_HASH,
    batches=tuple(AuditBatch(CHAIN, n, cut.salt, len(cut.commitments)) for n, cut in enumerate(CUTS[:3], 1)),
    body=blake2b_256(b"".join(c for cut in CUTS[:3] for c in cut.commitments)),
)
GROUPS = tuple(cut.commitments for cut in CUTS[:3])
KEY = (("key", BOX_PUBLIC.hex()),)


def listing(ledger: Ledger, *lists: tuple[bytes, ...]) -> tuple[Ledger, bytes]:
    """Return ``ledger`` with these commitments, and receipts, and its body."""
    body = b"".join(hash_ for found in lists for hash_ in found)
    receipts = len(lists[1]) if len(lists) > 1 else 0
    return replace(ledger, count=len(lists[0]), receipts=receipts, body=blake2b_256(body)), body


def file_of(ledger: Ledger, body: bytes) -> bytes:
    """Return the whole file."""
    return write_ledger(ledger, BOX).octets + body


def grouping(audit: Audit, *groups: tuple[bytes, ...]) -> tuple[Audit, bytes]:
    """Return ``audit`` with these commitments of its batches, and its body."""
    body = b"".join(hash_ for found in groups for hash_ in found)
    batches = tuple(
        replace(batch, count=len(found)) for batch, found in zip(audit.batches, groups, strict=True)
    )
    return replace(audit, batches=batches, body=blake2b_256(body)), body


STRUCK = listing(LEDGER, LISTED[:-1])
"""The same month, a commitment struck out afterwards."""
ADDED = listing(LEDGER, tuple(sorted((*LISTED, octets("never received")))))
RECEIPTS = listing(LEDGER, LISTED, tuple(sorted((octets("receipt 1"), octets("receipt 2")))))
OTHER_END = replace(LEDGER, header=octets("another header"))
RESTORED = replace(LEDGER, ranges=(ChainRange(OTHER_CHAIN, 1, 80), ChainRange(CHAIN, 1, 3)))


def december_from(first: int, *, head: bytes = CUTS[2].header.commitments) -> tuple[Ledger, Audit, bytes]:
    """Return ledger and audit file of December from batch ``first`` to the fifth, and the body of both."""
    last = CUTS[first - 1 : 5]
    body = b"".join(sorted(c for cut in last for c in cut.commitments))
    ledger = replace(
        LEDGER,
        month="2026-12",
        serial=2,
        previous=AUDIT.ledger,
        ranges=(ChainRange(CHAIN, first, 5),),
        header=CUTS[4].hash,
        count=len(body) // 32,
        body=blake2b_256(body),
    )
    batches = tuple(AuditBatch(CHAIN, n, c.salt, len(c.commitments)) for n, c in enumerate(last, first))
    audit = replace(
        AUDIT,
        month="2026-12",
        ledger=write_ledger(ledger, BOX).hash,
        head=head,
        batches=batches,
        body=blake2b_256(body),
    )
    return ledger, audit, body


DECEMBER = december_from(4)
"""Two batches, the second with a message."""
LEFT_OUT = december_from(5, head=CUTS[3].header.commitments)
"""December without its first batch, whose commitments are in the head all the same."""
CUT_SHORT = replace(LEDGER, ranges=(ChainRange(CHAIN, 1, 2),), header=CUTS[1].hash)
"""November without its last batch."""
QUIET = replace(DECEMBER[0], count=0, body=blake2b_256(b""), ranges=(ChainRange(CHAIN, 4, 9),))
SHORT = listing(CUT_SHORT, CUTS[0].commitments)


MONTH = listing(LEDGER, LISTED)


def ledger_vectors() -> Scenarios:
    """Yield the vectors of ledgers."""
    accepted = {
        "month": (MONTH, "three batches, three commitments"),
        "quiet": ((QUIET, b""), "a month without a message"),
        "two-chains": ((RESTORED, MONTH[1]), "the box was restored in that month"),
        "receipts": (RECEIPTS, "with the second list, reserved"),
        "struck": (STRUCK, "well formed; that a commitment is missing only an audit shows"),
        "added": (ADDED, "well formed; that a commitment is too many only an audit shows"),
        "other-end": (
            (OTHER_END, MONTH[1]),
            "well formed; that it ends with another header only an audit shows",
        ),
        "cut-short": (SHORT, "well formed; that a batch is left out at its end only an audit shows"),
        "next": ((DECEMBER[0], DECEMBER[2]), "the month after"),
        "next-left-out": (
            (LEFT_OUT[0], LEFT_OUT[2]),
            "well formed; that it begins with a later batch only an audit shows",
        ),
    }
    for name, ((ledger, listed), comment) in accepted.items():
        body, values = file_of(ledger, listed), describe(ledger)
        yield name, Vector(format="ledger", comment=comment, body=body, given=KEY, values=values)
    for name, (body, kind, where, comment) in _refused_ledgers().items():
        yield (
            f"refused-{name}",
            Vector(format="ledger", comment=comment, body=body, expect=kind, where=where, given=KEY),
        )


def _refused_ledgers() -> dict[str, tuple[bytes, str, str, str]]:
    head, listed, magic = write_ledger(LEDGER, BOX).octets, MONTH[1], ledgers.MAGIC
    good = head + listed
    lines, form, value = lines_of(head), "not-canonical", "bad-value"
    chain = CHAIN.hex()
    twice = (*lines[:6], ("chain", f"{chain} 4 5"), *lines[6:])
    other_values = {
        "month-13": ("month", "2026-13", form, "there is no such month"),
        "month-short": ("month", "2026-1", form, "one digit"),
        "month-1969": ("month", "1969-12", form, "before the first second"),
        "serial-0": ("serial", "0", value, "counted from 1"),
        "chain-backwards": ("chain", f"{chain} 3 1", value, "ends before it begins"),
        "chain-from-0": ("chain", f"{chain} 0 3", value, "counted from 1"),
        "chain-two-parts": ("chain", f"{chain} 1", form, "no end"),
        "minutes-fraction": ("minutes", "43190.5", form, "whole minutes only"),
        "canaries-one": ("canaries", "720", form, "sent, and not how many came back"),
        "canaries-negative": ("canaries", "720 -1", form, "no number is less than nothing"),
        "count-too-great": ("count", str(2**25 + 1), value, "more than a ledger may hold"),
        "receipts-too-great": ("receipts", str(2**25 + 1), value, "more than a ledger may hold"),
    }
    cases = {
        name: (signed(magic, changed(lines, field, text), BOX) + listed, kind, field, comment)
        for name, (field, text, kind, comment) in other_values.items()
    }
    before = changed(lines, "previous", octets("before").hex())
    return (
        cases
        | _refused_bodies()
        | {
            "nothing": (b"", "not-this-format", "first line", "no octets at all"),
            "audit": (write_audit(AUDIT, BOX).octets, "not-this-format", "first line", "an audit file"),
            "version-2": (signed("tipline-ledger 2", lines, BOX), "unknown-version", "first line", "to come"),
            "signature-changed": (
                other_digit(head) + listed,
                "bad-signature",
                "signature",
                "another last digit",
            ),
            "other-boxs-key": (
                signed(magic, lines, OTHER_BOX) + listed,
                "bad-signature",
                "signature",
                "by another box",
            ),
            "count-changed": (
                good.replace(b"count 3\n", b"count 2\n", 1)[:-32],
                "bad-signature",
                "signature",
                "a commitment cut out of the file and the count lowered",
            ),
            "more": (good + good, "wrong-length", "body", "two ledgers in a file"),
            "box-other": (
                signed(magic, changed(lines, "box", octets("nobody", 8).hex()), BOX) + listed,
                "unknown-box",
                "box",
                "signed by this box in another's name",
            ),
            "previous-of-first": (
                signed(magic, before, BOX) + listed,
                value,
                "previous",
                "something before the first",
            ),
            "previous-none": (
                signed(magic, changed(lines, "serial", "2"), BOX) + listed,
                value,
                "previous",
                "nothing before the second",
            ),
            "no-chain": (
                signed(magic, without(lines, "chain"), BOX) + listed,
                value,
                "chain",
                "no batch is named",
            ),
            "chain-twice": (signed(magic, twice, BOX) + listed, value, "chain", "two ranges of one chain"),
            "no-receipts": (
                signed(magic, without(lines, "receipts"), BOX) + listed,
                form,
                "receipts",
                "how many there are is said also where there are none",
            ),
        }
    )


def _refused_bodies() -> dict[str, tuple[bytes, str, str, str]]:
    """Return ledgers whose header is good by itself."""
    head, listed = write_ledger(LEDGER, BOX).octets, MONTH[1]
    length, wrong, form = "wrong-length", "wrong-body", "not-canonical"
    first, second, third = LISTED
    count = replace(LEDGER, count=4)
    backwards = listing(LEDGER, LISTED, (octets("receipt 1"), octets("receipt 1")))
    return {
        "body-missing": (head, length, "body", "the header alone"),
        "body-short": (head + listed[:-1], length, "body", "the last octet cut off"),
        "body-long": (head + listed + b"\n", length, "body", "a line feed behind the last octet"),
        "commitment-less": (head + listed[32:], length, "body", "a commitment cut out of the file"),
        "count": (file_of(count, listed), length, "body", "4, and 3 are listed"),
        "body-bit": (head + flipped(listed, 40), wrong, "body", "a bit of the second commitment"),
        "body-zeros": (head + bytes(len(listed)), wrong, "body", "as a file that was never flushed"),
        "unsorted": (
            file_of(*listing(LEDGER, (second, first, third))),
            form,
            "commitment",
            "the order would tell who came first",
        ),
        "commitment-twice": (
            file_of(*listing(LEDGER, (first, first, third))),
            form,
            "commitment",
            "one twice",
        ),
        "receipt-twice": (file_of(*backwards), form, "receipt", "one twice"),
    }


def audit_file(audit: Audit, body: bytes) -> bytes:
    """Return the whole file."""
    return write_audit(audit, BOX).octets + body


GROUPED = grouping(AUDIT, *GROUPS)


def audit_vectors() -> Scenarios:
    """Yield the vectors of audit files by themselves."""
    head, listed, magic = write_audit(AUDIT, BOX).octets, GROUPED[1], ledgers.AUDIT_MAGIC
    lines, form = lines_of(head), "not-canonical"
    empty = replace(AUDIT, batches=(), body=blake2b_256(b""))
    accepted = {
        "month": (GROUPED, "the audit file of ledger/month"),
        "no-batch": ((empty, b""), "well formed, though it fits no ledger"),
    }
    for name, ((audit, body), comment) in accepted.items():
        yield (
            name,
            Vector(
                format="audit",
                comment=comment,
                body=audit_file(audit, body),
                given=KEY,
                values=describe(audit),
            ),
        )
    salt, chain = octets("salt 1").hex(), CHAIN.hex()
    backwards = (*GROUPS[:2], GROUPS[2][::-1])

    def batch(text: str) -> bytes:
        return signed(magic, changed(lines, "batch", f"{chain} {text}"), BOX) + listed

    refused = {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "ledger": (file_of(*MONTH), "not-this-format", "first line", "a ledger"),
        "signature-changed": (other_digit(head) + listed, "bad-signature", "signature", "another last digit"),
        "more": (head + listed + b"\n", "wrong-length", "body", "a line feed behind the last octet"),
        "body-missing": (head, "wrong-length", "body", "the header alone"),
        "body-bit": (head + flipped(listed, 40), "wrong-body", "body", "a bit of the second commitment"),
        "box-other": (
            signed(magic, changed(lines, "box", octets("nobody", 8).hex()), BOX) + listed,
            "unknown-box",
            "box",
            "signed by this box in another's name",
        ),
        "month-00": (
            signed(magic, changed(lines, "month", "2026-00"), BOX) + listed,
            form,
            "month",
            "no such month",
        ),
        "batch-two-parts": (batch("1"), form, "batch", "no salt"),
        "batch-0": (batch(f"0 {salt} 1"), "bad-value", "batch", "counted from 1"),
        "salt-short": (batch(f"1 {salt[:-2]} 1"), form, "batch", "31 octets"),
        "batch-without-count": (batch(f"1 {salt}"), form, "batch", "not said how many"),
        "batch-count-too-great": (
            batch(f"1 {salt} {2**25 + 1}"),
            "bad-value",
            "batch",
            "more than there can be",
        ),
        "unsorted": (audit_file(*grouping(AUDIT, *backwards)), form, "commitment", "not in their order"),
    }
    for name, (body, kind, where, comment) in refused.items():
        yield (
            f"refused-{name}",
            Vector(format="audit", comment=comment, body=body, expect=kind, where=where, given=KEY),
        )
