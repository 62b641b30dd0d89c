"""What an import did, as one JSON object and in words. The keys are documented in docs/workstation-reference.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from wire.batch import BatchHeader
from wire.manifest import ClockState
from wire.signed import time_text
from workstation.amounts import amount
from workstation.batches.chain import Gap
from workstation.batches.cuts import Restored, fits
from workstation.batches.opening import Tally
from workstation.batches.store import ChainState


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken."""

    file: str
    kind: str
    """A value of ``wire.refusal.Refusal``, or ``unreadable``."""
    reason: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A batch or a ledger that contradicts one taken before: kept apart, not used."""

    file: str
    box: bytes
    chain: bytes | None
    """None for a ledger."""
    sequence: int
    """Of a ledger the serial."""
    reason: str

    @classmethod
    def batch(cls, file: str, header: BatchHeader, reason: str) -> Quarantined:
        """Return the batch with this header, quarantined."""
        return cls(file, header.box, header.chain, header.sequence, reason)


class LedgerSeen(Protocol):
    """A ledger as a report tells of it: see ``book.ledgers.TakenLedger``."""

    @property
    def box(self) -> bytes:
        """The box's id."""

    @property
    def month(self) -> str:
        """YYYY-MM."""

    @property
    def count(self) -> int:
        """Of commitments."""

    @property
    def matched(self) -> int:
        """Those of them whose tips were opened here."""


@dataclass(slots=True)
class Report:
    """What an import did; filled as it goes."""

    imported: int = 0
    known: int = 0
    refused: list[RefusedFile] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """File and reason."""
    stray: list[tuple[str, str]] = field(default_factory=list)
    """What no tip line carries, and what it is: the medium may have been where it should not."""
    ledger_files: list[Path] = field(default_factory=list)
    """Ledgers that lay beside the batches: read once all batches are booked."""
    ledgers: list[LedgerSeen] = field(default_factory=list)
    booked: int = 0
    """Tips that are new in the case book."""
    completed: int = 0
    """Tips of which more parts came."""
    damaged: list[str] = field(default_factory=list)
    """Stored batches that do not verify any more, met while booking what waited."""
    warnings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Tally.counts(), 0))
    gaps: list[Gap] = field(default_factory=list)
    restored: list[Restored] = field(default_factory=list)
    chains: list[ChainState] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Count a batch that was taken."""
        self.imported += 1
        for name, value in zip(Tally.counts(), tally.values(), strict=True):
            self.counts[name] += value


_CLOCKS = {
    ClockState.BEHIND: "the box's clock lies behind its last cut",
    ClockState.JUMPED: "the box's clock jumped ahead by more than one epoch",
}


def batch_warnings(file: str, header: BatchHeader, tally: Tally) -> Iterator[str]:
    """Yield in words what is not as it should be in a batch that was taken."""
    place = f"{file}: batch {header.sequence}"
    if tally.unopened:
        yield f"{place}: {tally.unopened} slips open with none of the keys here; kept sealed"
    if tally.bad:
        yield f"{place}: {tally.bad} slips are not in form; kept sealed"
    if tally.manifests != 1:
        yield f"{place}: {tally.manifests} manifests opened, there has to be one"
    if tally.manifest is None:
        return
    if tally.manifest.clock in _CLOCKS:
        yield f"{place}: {_CLOCKS[tally.manifest.clock]}"
    if not fits(header, tally.manifest):
        yield f"{place}: the manifest says that it is cut {tally.manifest.cut}, which it cannot be"
    real = tally.tips + tally.canaries + tally.unparsed
    if real != tally.manifest.real and not tally.unopened + tally.bad:
        yield f"{place}: the manifest counts {tally.manifest.real} messages, {real} were there"


_STRAYS_SHOWN = 20
"""Of a stick full of pictures nobody reads more; the JSON has them all."""
_TWO_TRUTHS = "The box signed both: keep the medium, and ask those who run the box."


def as_json(report: Report, line: str) -> dict[str, object]:
    """Return the object that ``import --json`` prints; ``line`` is the line's name."""
    return {
        "imported": report.imported,
        "known": report.known,
        "refused": [{"file": r.file, "kind": r.kind, "reason": r.reason} for r in report.refused],
        "quarantined": [_quarantined(q, line) for q in report.quarantined],
        "left": [{"file": file, "reason": reason} for file, reason in report.left],
        "stray": [{"file": file, "what": what} for file, what in report.stray],
        "ledgers": [_ledger(one) for one in report.ledgers],
        "gaps": [_gap(gap, line) for gap in report.gaps],
        "restored": [_restored(one, line) for one in report.restored],
        "slips": report.counts,
        "booked": report.booked,
        "completed": report.completed,
        "chains": [_chain(chain, line) for chain in report.chains],
        "warnings": report.warnings,
    }


def _quarantined(one: Quarantined, line: str) -> dict[str, object]:
    chain = None if one.chain is None else one.chain.hex()
    place = {"box": one.box.hex(), "chain": chain, "line": line, "sequence": one.sequence}
    return {"file": one.file, **place, "reason": one.reason}


def _ledger(one: LedgerSeen) -> dict[str, object]:
    return {"box": one.box.hex(), "month": one.month, "count": one.count, "matched": one.matched}


def _gap(gap: Gap, line: str) -> dict[str, object]:
    missing = [[first, last] for first, last in gap.missing]
    chain = None if gap.chain is None else gap.chain.hex()
    return {"box": gap.box.hex(), "chain": chain, "line": line, "missing": missing}


def _restored(one: Restored, line: str) -> dict[str, object]:
    place = {"box": one.box.hex(), "chain": one.chain.hex(), "line": line}
    return {**place, "cut": one.cut, "again": list(one.again)}


def _chain(chain: ChainState, line: str) -> dict[str, object]:
    return {
        "box": chain.box.hex(),
        "chain": chain.chain.hex(),
        "line": line,
        "last": chain.last,
        "batches": chain.batches,
        "period": time_text(chain.period),
        "backlog": chain.backlog,
        "clock": None if chain.clock is None else ClockState(chain.clock).name.lower(),
    }


def in_words(report: Report) -> Iterator[str]:
    """Yield the lines for a person, what needs one first."""
    for one in report.quarantined:
        yield f"QUARANTINED {one.file}: {one.reason}. {_TWO_TRUTHS}"
    for refused in report.refused:
        yield f"refused {refused.file}: {refused.kind}: {refused.reason}"
    yield from _stray_in_words(report)
    strays = {file for file, _ in report.stray}
    for file, reason in report.left:
        if file not in strays:
            yield f"left {file}: {reason}"
    for damage in report.damaged:
        yield f"DAMAGED: a stored batch does not verify any more: {damage}"
    for warning in report.warnings:
        yield f"warning {warning}"
    yield from map(_gap_in_words, report.gaps)
    for back in report.restored:
        yield (
            f"restored: box {back.box.hex()} began chain {back.chain.hex()} behind cut {back.cut} and did not know of "
            f"cut {_range(back.again)}: its state came from a backup. Ask those who run the box whether they did that."
        )
    for one_ledger in report.ledgers:
        matched = f"{one_ledger.matched} of {one_ledger.count} are of tips opened here"
        yield f"ledger of box {one_ledger.box.hex()}, {one_ledger.month}: {matched}"
    yield _summary(report)


def _stray_in_words(report: Report) -> Iterator[str]:
    for file, what in report.stray[:_STRAYS_SHOWN]:
        yield f"STRAY {file}: {what}"
    more = len(report.stray) - _STRAYS_SHOWN
    if more > 0:
        yield f"STRAY and {more} more"
    if report.stray:
        yield "This medium brings what no tip line carries. Ask where it has been, and use it for nothing else."


def _gap_in_words(gap: Gap) -> str:
    ranges = ", ".join(map(_range, gap.missing))
    if gap.chain is None:
        return f"missing from box {gap.box.hex()}, all of one chain or its end: cut {ranges}"
    return f"missing from box {gap.box.hex()}, chain {gap.chain.hex()}: batch {ranges}"


def _range(numbers: tuple[int, int]) -> str:
    first, last = numbers
    return str(first) if first == last else f"{first} to {last}"


def _summary(report: Report) -> str:
    batches = amount(report.imported, "batch", "batches")
    taken = f"{batches} taken, {report.known} known already, {len(report.refused)} refused"
    counts = ", ".join(f"{value} {name}" for name, value in report.counts.items() if value)
    tips = f"case book: {amount(report.booked, 'new tip')}, {report.completed} completed"
    return "; ".join([taken, *([f"slips: {counts}"] if counts else []), tips])
