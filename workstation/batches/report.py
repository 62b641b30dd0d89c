"""What an import did, as one JSON object and in words. The keys are documented in docs/workstation-reference.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wire.batch import BatchHeader
from wire.manifest import ClockState
from wire.signed import time_text
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
    """A batch that contradicts one taken before: kept apart, not read."""

    file: str
    header: BatchHeader
    reason: str


@dataclass(slots=True)
class Report:
    """What an import did; filled as it goes."""

    imported: int = 0
    known: int = 0
    refused: list[RefusedFile] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """File and reason."""
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


_TWO_TRUTHS = "The box signed both: keep the medium, and ask those who run the box."


def as_json(report: Report, line: str) -> dict[str, object]:
    """Return the object that ``import --json`` prints; ``line`` is the line's name."""
    return {
        "imported": report.imported,
        "known": report.known,
        "refused": [{"file": r.file, "kind": r.kind, "reason": r.reason} for r in report.refused],
        "quarantined": [_quarantined(q, line) for q in report.quarantined],
        "left": [{"file": file, "reason": reason} for file, reason in report.left],
        "gaps": [_gap(gap, line) for gap in report.gaps],
        "restored": [_restored(one, line) for one in report.restored],
        "slips": report.counts,
        "chains": [_chain(chain, line) for chain in report.chains],
        "warnings": report.warnings,
    }


def _quarantined(one: Quarantined, line: str) -> dict[str, object]:
    header = one.header
    place = {"box": header.box.hex(), "chain": header.chain.hex(), "line": line, "sequence": header.sequence}
    return {"file": one.file, **place, "reason": one.reason}


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
    for file, reason in report.left:
        yield f"left {file}: {reason}"
    for warning in report.warnings:
        yield f"warning {warning}"
    yield from map(_gap_in_words, report.gaps)
    for back in report.restored:
        yield (
            f"restored: box {back.box.hex()} began chain {back.chain.hex()} behind cut {back.cut} and did not know of "
            f"cut {_range(back.again)}: its state came from a backup. Ask those who run the box whether they did that."
        )
    yield _summary(report)


def _gap_in_words(gap: Gap) -> str:
    ranges = ", ".join(map(_range, gap.missing))
    if gap.chain is None:
        return f"missing from box {gap.box.hex()}, all of one chain or its end: cut {ranges}"
    return f"missing from box {gap.box.hex()}, chain {gap.chain.hex()}: batch {ranges}"


def _range(numbers: tuple[int, int]) -> str:
    first, last = numbers
    return str(first) if first == last else f"{first} to {last}"


def _summary(report: Report) -> str:
    taken = f"{report.imported} batches taken, {report.known} known already, {len(report.refused)} refused"
    counts = ", ".join(f"{value} {name}" for name, value in report.counts.items() if value)
    return f"{taken}; slips: {counts}" if counts else taken
