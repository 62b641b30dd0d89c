"""Ledgers checked by audit files and kept headers."""

from __future__ import annotations

from dataclasses import replace

from tests.support.vectors import Vector
from tests.vectors.make.common import (
    BOX,
    Scenarios,
    octets,
)
from tests.vectors.make.ledgers import (
    ADDED,
    AUDIT,
    CUTS,
    DECEMBER,
    GROUPED,
    GROUPS,
    KEY,
    LEFT_OUT,
    LISTED,
    OTHER_END,
    SHORT,
    STRUCK,
    audit_file,
    grouping,
)
from wire.commitment import next_head
from wire.hashing import NO_HASH
from wire.ledger import Audit, write_ledger

ALL = ("batch/batch-1", "batch/batch-2", "batch/batch-3")
NEXT = ("batch/batch-4", "batch/batch-5")
_Case = tuple[tuple[Audit, bytes], str, tuple[str, ...], str]
"""Audit file, ledger, headers kept, comment."""
_Refused = tuple[tuple[Audit, bytes], str, tuple[str, ...], str, str, str]
"""Audit file, ledger, headers kept, kind, where, comment."""


def audit_checks() -> Scenarios:
    """Yield the vectors of a ledger checked by its audit file and by kept headers."""
    accepted: dict[str, _Case] = {
        "all": (GROUPED, "ledger/month", ALL, "every header was kept"),
        "last": (
            GROUPED,
            "ledger/month",
            ALL[-1:],
            "only the last header of the month was kept: it holds all before it",
        ),
        "some": (GROUPED, "ledger/month", (ALL[2], ALL[0]), "some headers, in any order"),
        "twice": (GROUPED, "ledger/month", (*ALL, ALL[0]), "one of them twice"),
        "with-later": (GROUPED, "ledger/month", (*ALL, *NEXT), "with headers of the month after"),
    }
    for name, (audit, ledger, kept, comment) in accepted.items():
        yield name, _check(audit, ledger, kept, comment)
    december = (DECEMBER[1], DECEMBER[2])
    for name, kept, comment in (
        ("next", (*ALL, *NEXT, "batch/batch-6"), "the second ledger, every header kept"),
        (
            "next-last",
            (ALL[-1], NEXT[-1]),
            "the second ledger; only the last headers of both months were kept",
        ),
    ):
        yield name, _check(december, "ledger/next", kept, comment, previous="ledger/month")
    for name, (audit, ledger, kept, kind, where, comment) in (_refused_checks() | _left_out()).items():
        yield f"refused-{name}", replace(_check(audit, ledger, kept, comment), expect=kind, where=where)
    for name, (audit, ledger, kept, kind, where, comment) in _refused_next().items():
        previous = "ledger/cut-short" if name == "next-previous" else "ledger/month"
        found = _check(audit, ledger, kept, comment, previous=previous)
        yield f"refused-{name}", replace(found, expect=kind, where=where)
    alone = _check(december, "ledger/next", (*ALL, *NEXT), "the ledger before is not given")
    yield "refused-next-alone", replace(alone, expect="missing-header", where="previous")


def _refused_checks() -> dict[str, _Refused]:
    other, value, missing = "contradiction", "bad-value", "missing-header"
    struck_groups = tuple(tuple(c for c in found if c != LISTED[-1]) for found in GROUPS)
    for_struck = replace(AUDIT, ledger=write_ledger(STRUCK[0], BOX).hash)
    struck_too = grouping(for_struck, *struck_groups)
    salted = replace(AUDIT.batches[1], salt=octets("another salt"))
    body = GROUPED[1]
    return {
        "struck-from-ledger": (
            (for_struck, body),
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
            (replace(AUDIT, ledger=write_ledger(ADDED[0], BOX).hash), body),
            "ledger/added",
            ALL,
            other,
            "commitment",
            "a commitment put in afterwards",
        ),
        "other-ledger": (GROUPED, "ledger/receipts", ALL, other, "ledger", "made for another ledger"),
        "other-month": (GROUPED, "ledger/next", ALL, value, "audit", "made for another month"),
        "no-last-header": (GROUPED, "ledger/month", ALL[:2], missing, "header", "the last one was not kept"),
        "no-header": (GROUPED, "ledger/month", (), missing, "header", "none was kept"),
        "other-end": (
            (replace(AUDIT, ledger=write_ledger(OTHER_END, BOX).hash), body),
            "ledger/other-end",
            ALL,
            other,
            "header",
            "the ledger names another last header",
        ),
        "batch-left-out": (
            (replace(AUDIT, batches=(AUDIT.batches[0], AUDIT.batches[2])), body),
            "ledger/month",
            ALL,
            other,
            "batch",
            "a cut without a message is a cut too",
        ),
        "batch-order": (
            grouping(replace(AUDIT, batches=AUDIT.batches[::-1]), *GROUPS[::-1]),
            "ledger/month",
            ALL,
            other,
            "batch",
            "not in their order",
        ),
        "salt": (
            (replace(AUDIT, batches=(AUDIT.batches[0], salted, AUDIT.batches[2])), body),
            "ledger/month",
            ALL,
            other,
            "commitments",
            "another salt",
        ),
        "moved": (
            grouping(AUDIT, (), GROUPS[0], GROUPS[2]),
            "ledger/month",
            ALL,
            other,
            "commitments",
            "a commitment moved to another cut",
        ),
        "head": (
            (replace(AUDIT, head=next_head(NO_HASH, octets("salt 0"), ())), body),
            "ledger/month",
            ALL,
            other,
            "head",
            "something before the first ledger",
        ),
        "two-headers": (
            GROUPED,
            "ledger/month",
            (*ALL, "batch/other-2"),
            other,
            "sequence",
            "the box signed two batches for one place in the chain",
        ),
        "previous": (
            GROUPED,
            "ledger/month",
            (ALL[0], "batch/other-2", ALL[2]),
            other,
            "previous",
            "the third batch does not name this second one",
        ),
    }


def _left_out() -> dict[str, _Refused]:
    """Return months from which whole batches were left out."""
    short = grouping(
        replace(AUDIT, ledger=write_ledger(SHORT[0], BOX).hash, batches=AUDIT.batches[:2]), *GROUPS[:2]
    )
    return {
        "end-left-out": (
            short,
            "ledger/cut-short",
            ALL,
            "contradiction",
            "chain",
            "the month's last batch left out: a header of it was kept",
        ),
        "chain-left-out": (
            GROUPED,
            "ledger/month",
            (*ALL, "batch/omitted"),
            "contradiction",
            "chain",
            "a whole chain of the month left out",
        ),
    }


def _refused_next() -> dict[str, _Refused]:
    """Return the second ledger of a line where it does not follow from the first."""
    other, missing = "contradiction", "missing-header"
    december, left_out = (DECEMBER[1], DECEMBER[2]), (LEFT_OUT[1], LEFT_OUT[2])
    every = (*ALL, *NEXT)
    return {
        "next-begins-late": (
            left_out,
            "ledger/next-left-out",
            every,
            other,
            "head",
            "the month's first batch left out of ledger and audit file",
        ),
        "next-begins-late-head": (
            (replace(left_out[0], head=CUTS[2].header.commitments), left_out[1]),
            "ledger/next-left-out",
            (ALL[-1], NEXT[-1]),
            other,
            "chain",
            "the same, with the right head, and two headers kept",
        ),
        "next-head": (
            (replace(december[0], head=octets("another head")), december[1]),
            "ledger/next",
            (ALL[-1], NEXT[-1]),
            other,
            "head",
            "another head than that of the last batch before",
        ),
        "next-no-header-before": (
            december,
            "ledger/next",
            NEXT,
            missing,
            "previous",
            "the last header of the month before was not kept",
        ),
        "next-previous": (december, "ledger/next", every, other, "previous", "another ledger came before"),
    }


def _check(
    audit: tuple[Audit, bytes], ledger: str, kept: tuple[str, ...], comment: str, *, previous: str = ""
) -> Vector:
    before = (("previous", previous),) if previous else ()
    given = (*KEY, ("ledger", ledger), *before, *(("batch", name) for name in kept))
    return Vector(format="audit-check", comment=comment, body=audit_file(*audit), given=given)
