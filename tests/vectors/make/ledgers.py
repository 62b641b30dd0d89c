"""Ledgers, audit files, and the check of one by the other."""

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
    lines_of,
    octets,
    other_digit,
    signed,
    without,
)
from wire import ledger as ledgers
from wire.commitment import next_head
from wire.hashing import NO_HASH
from wire.ledger import Audit, AuditBatch, ChainRange, Ledger, write_audit, write_ledger

CUTS = cuts()
LEDGER = Ledger(
    box=BOX_ID,
    line=LINE,
    month="2026-11",
    serial=1,
    previous=NO_HASH,
    ranges=(ChainRange(CHAIN, 1, 3),),
    header=CUTS[-1].hash,
    count=3,
    conversations=2,
    canaries_sent=720,
    canaries_received=719,
    minutes=43_190,
    commitments=tuple(sorted(c for cut in CUTS for c in cut.commitments)),
)
AUDIT = Audit(
    box=BOX_ID,
    line=LINE,
    month="2026-11",
    ledger=write_ledger(LEDGER, BOX).hash,
    head=NO_HASH,
    batches=tuple(AuditBatch(CHAIN, n, cut.salt, cut.commitments) for n, cut in enumerate(CUTS, 1)),
)
KEY = (("key", BOX_PUBLIC.hex()),)


STRUCK = replace(LEDGER, count=2, commitments=LEDGER.commitments[:-1])
"""The same month, a commitment struck out afterwards."""
ADDED = replace(LEDGER, count=4, commitments=tuple(sorted((*LEDGER.commitments, octets("never received")))))
OTHER_END = replace(LEDGER, header=octets("another header"))
QUIET = replace(
    LEDGER,
    month="2026-12",
    serial=2,
    previous=AUDIT.ledger,
    count=0,
    commitments=(),
    ranges=(ChainRange(CHAIN, 4, 9),),
)
RESTORED = replace(LEDGER, ranges=(ChainRange(OTHER_CHAIN, 1, 80), ChainRange(CHAIN, 1, 3)))


def ledger_vectors() -> Scenarios:
    """Yield the vectors of ledgers."""
    accepted = {
        "month": (LEDGER, "three batches, three commitments"),
        "quiet": (QUIET, "a month without a message"),
        "two-chains": (RESTORED, "the box was restored in that month"),
        "receipts": (
            replace(LEDGER, receipts=tuple(sorted((octets("receipt 1"), octets("receipt 2"))))),
            "with the second list, reserved",
        ),
        "struck": (STRUCK, "well formed; that a commitment is missing only an audit shows"),
        "added": (ADDED, "well formed; that a commitment is too many only an audit shows"),
        "other-end": (OTHER_END, "well formed; that it ends with another header only an audit shows"),
    }
    for name, (ledger, comment) in accepted.items():
        body = write_ledger(ledger, BOX).octets
        yield name, Vector(format="ledger", comment=comment, body=body, given=KEY, values=describe(ledger))
    for name, (body, kind, where, comment) in _refused_ledgers().items():
        yield (
            f"refused-{name}",
            Vector(format="ledger", comment=comment, body=body, expect=kind, where=where, given=KEY),
        )


def _refused_ledgers() -> dict[str, tuple[bytes, str, str, str]]:
    good, magic = write_ledger(LEDGER, BOX).octets, ledgers.MAGIC
    lines, form, value = lines_of(good), "not-canonical", "bad-value"
    first, second = LEDGER.commitments[0].hex(), LEDGER.commitments[1].hex()
    chain = CHAIN.hex()
    unsorted = changed(changed(lines, "commitment", second), "commitment", first, nth=1)
    at = next(i for i, (name, _) in enumerate(lines) if name == "commitment")
    early = (*lines[:at], ("receipt", octets("receipt").hex()), *lines[at:])
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
        "count-too-great": ("count", str(2**53), value, "not exact as a float"),
    }
    cases = {
        name: (signed(magic, changed(lines, field, text), BOX), kind, field, comment)
        for name, (field, text, kind, comment) in other_values.items()
    }
    before = changed(lines, "previous", octets("before").hex())
    return cases | {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "audit": (write_audit(AUDIT, BOX).octets, "not-this-format", "first line", "an audit file"),
        "version-2": (signed("tipline-ledger 2", lines, BOX), "unknown-version", "first line", "to come"),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "other-boxs-key": (signed(magic, lines, OTHER_BOX), "bad-signature", "signature", "by another box"),
        "line-struck": (
            good.replace(f"commitment {first}\n".encode(), b""),
            "bad-signature",
            "signature",
            "a commitment cut out of the file",
        ),
        "more": (good + good, "wrong-length", "file", "two ledgers in a file"),
        "box-other": (
            signed(magic, changed(lines, "box", octets("nobody", 8).hex()), BOX),
            "unknown-box",
            "box",
            "signed by this box in another's name",
        ),
        "previous-of-first": (signed(magic, before, BOX), value, "previous", "something before the first"),
        "previous-none": (
            signed(magic, changed(lines, "serial", "2"), BOX),
            value,
            "previous",
            "nothing before the second",
        ),
        "no-chain": (signed(magic, without(lines, "chain"), BOX), value, "chain", "no batch is named"),
        "chain-twice": (signed(magic, twice, BOX), value, "chain", "two ranges of one chain"),
        "count": (signed(magic, changed(lines, "count", "4"), BOX), value, "count", "4, and 3 are listed"),
        "unsorted": (signed(magic, unsorted, BOX), form, "commitment", "the order would tell who came first"),
        "commitment-twice": (
            signed(magic, changed(lines, "commitment", first, nth=1), BOX),
            form,
            "commitment",
            "one stands twice",
        ),
        "receipts-early": (signed(magic, early, BOX), form, "text", "receipts before commitments"),
    }


def audit_vectors() -> Scenarios:
    """Yield the vectors of audit files by themselves."""
    good, magic = write_audit(AUDIT, BOX).octets, ledgers.AUDIT_MAGIC
    lines, form = lines_of(good), "not-canonical"
    yield (
        "month",
        Vector(
            format="audit",
            comment="the audit file of ledger/month",
            body=good,
            given=KEY,
            values=describe(AUDIT),
        ),
    )
    empty = replace(AUDIT, batches=())
    yield (
        "no-batch",
        Vector(
            format="audit",
            comment="well formed, though it fits no ledger",
            body=write_audit(empty, BOX).octets,
            given=KEY,
            values=describe(empty),
        ),
    )
    salt, chain = octets("salt 1").hex(), CHAIN.hex()
    last_two = [value for name, value in lines if name == "commitment"][-2:]
    unsorted = changed(changed(lines, "commitment", last_two[1], nth=1), "commitment", last_two[0], nth=2)
    orphan = (*lines[:5], ("commitment", last_two[0]), *lines[5:])
    refused = {
        "nothing": (b"", "not-this-format", "first line", "no octets at all"),
        "ledger": (write_ledger(LEDGER, BOX).octets, "not-this-format", "first line", "a ledger"),
        "signature-changed": (other_digit(good), "bad-signature", "signature", "another last digit"),
        "more": (good + b"\n", "wrong-length", "file", "an empty line behind the signature"),
        "box-other": (
            signed(magic, changed(lines, "box", octets("nobody", 8).hex()), BOX),
            "unknown-box",
            "box",
            "signed by this box in another's name",
        ),
        "month-00": (signed(magic, changed(lines, "month", "2026-00"), BOX), form, "month", "no such month"),
        "batch-two-parts": (
            signed(magic, changed(lines, "batch", f"{chain} 1"), BOX),
            form,
            "batch",
            "no salt",
        ),
        "batch-0": (
            signed(magic, changed(lines, "batch", f"{chain} 0 {salt}"), BOX),
            "bad-value",
            "batch",
            "counted from 1",
        ),
        "salt-short": (
            signed(magic, changed(lines, "batch", f"{chain} 1 {salt[:-2]}"), BOX),
            form,
            "batch",
            "31 octets",
        ),
        "unsorted": (signed(magic, unsorted, BOX), form, "commitment", "not in their order"),
        "before-any-batch": (signed(magic, orphan, BOX), form, "text", "a commitment that no cut made"),
    }
    for name, (body, kind, where, comment) in refused.items():
        yield (
            f"refused-{name}",
            Vector(format="audit", comment=comment, body=body, expect=kind, where=where, given=KEY),
        )


ALL = ("batch/batch-1", "batch/batch-2", "batch/batch-3")


def audit_checks() -> Scenarios:
    """Yield the vectors of a ledger checked by its audit file and by kept headers."""
    struck_too = replace(
        AUDIT, ledger=write_ledger(STRUCK, BOX).hash, batches=tuple(map(_struck, AUDIT.batches))
    )
    accepted = {
        "all": (ALL, "every header was kept"),
        "last": (ALL[-1:], "only the last header of the month was kept: it holds all before it"),
        "some": ((ALL[2], ALL[0]), "some headers, in any order"),
        "twice": ((*ALL, ALL[0]), "one of them twice"),
    }
    for name, (kept, comment) in accepted.items():
        yield name, _check(AUDIT, "ledger/month", kept, comment)
    other, value = "contradiction", "bad-value"
    salted = _with(AUDIT, 1, salt=octets("another salt"))
    moved = _moved(AUDIT)
    refused = {
        "struck-from-ledger": (
            replace(AUDIT, ledger=struck_too.ledger),
            "ledger/struck",
            ALL,
            other,
            "commitment",
            "a commitment struck out of the ledger afterwards; the audit file still has it",
        ),
        "struck-from-both": (
            struck_too,
            "ledger/struck",
            ALL,
            other,
            "commitments",
            "a commitment struck out of ledger and audit file afterwards: a header says otherwise",
        ),
        "struck-last-header": (
            struck_too,
            "ledger/struck",
            ALL[-1:],
            other,
            "commitments",
            "the same, found with the month's last header alone",
        ),
        "added": (
            replace(AUDIT, ledger=write_ledger(ADDED, BOX).hash),
            "ledger/added",
            ALL,
            other,
            "commitment",
            "a commitment put in afterwards",
        ),
        "other-ledger": (
            AUDIT,
            "ledger/receipts",
            ALL,
            other,
            "ledger",
            "made for another ledger of that month",
        ),
        "other-month": (AUDIT, "ledger/quiet", ALL, value, "audit", "made for another month"),
        "no-last-header": (
            AUDIT,
            "ledger/month",
            ALL[:2],
            "missing-header",
            "header",
            "the last one was not kept",
        ),
        "no-header": (AUDIT, "ledger/month", (), "missing-header", "header", "none was kept"),
        "other-end": (
            replace(AUDIT, ledger=write_ledger(OTHER_END, BOX).hash),
            "ledger/other-end",
            ALL,
            other,
            "header",
            "the ledger names another last header",
        ),
        "batch-left-out": (
            replace(AUDIT, batches=(AUDIT.batches[0], AUDIT.batches[2])),
            "ledger/month",
            ALL,
            other,
            "batch",
            "a cut without a message is a cut too",
        ),
        "batch-order": (
            replace(AUDIT, batches=AUDIT.batches[::-1]),
            "ledger/month",
            ALL,
            other,
            "batch",
            "not in their order",
        ),
        "salt": (salted, "ledger/month", ALL, other, "commitments", "another salt"),
        "moved": (moved, "ledger/month", ALL, other, "commitments", "a commitment moved to another cut"),
        "head": (
            replace(AUDIT, head=next_head(NO_HASH, octets("salt 0"), ())),
            "ledger/month",
            ALL,
            other,
            "head",
            "something before the first ledger",
        ),
        "two-headers": (
            AUDIT,
            "ledger/month",
            (*ALL, "batch/other-2"),
            other,
            "sequence",
            "the box signed two batches for one place in the chain",
        ),
        "previous": (
            AUDIT,
            "ledger/month",
            (ALL[0], "batch/other-2", ALL[2]),
            other,
            "previous",
            "the third batch does not name this second one",
        ),
    }
    for name, (audit, ledger, kept, kind, where, comment) in refused.items():
        found = _check(audit, ledger, kept, comment)
        yield f"refused-{name}", replace(found, expect=kind, where=where)


def _check(audit: Audit, ledger: str, kept: tuple[str, ...], comment: str) -> Vector:
    given = (*KEY, ("ledger", ledger), *(("batch", name) for name in kept))
    return Vector(format="audit-check", comment=comment, body=write_audit(audit, BOX).octets, given=given)


def _struck(batch: AuditBatch) -> AuditBatch:
    gone = LEDGER.commitments[-1]
    return replace(batch, commitments=tuple(c for c in batch.commitments if c != gone))


def _with(audit: Audit, at: int, *, salt: bytes) -> Audit:
    batches = list(audit.batches)
    batches[at] = replace(batches[at], salt=salt)
    return replace(audit, batches=tuple(batches))


def _moved(audit: Audit) -> Audit:
    first, second, third = audit.batches
    return replace(
        audit,
        batches=(replace(first, commitments=()), replace(second, commitments=first.commitments), third),
    )
