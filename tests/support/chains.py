"""The workstation's own look at a chain, for the vectors of chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wire.batch import Batch
from wire.refusal import Refusal, Refused
from workstation.batches.chain import Neighbours, contradiction, find_gaps


@dataclass(frozen=True, slots=True)
class Standing:
    """What a batch is beside those taken before."""

    state: str
    """``known``, ``next`` (its predecessor is here, or it is the first) or ``gap``."""
    missing: tuple[str, ...]
    """First and last number of each range that is missing in the chain, once it is taken."""


def standing(batch: Batch, taken: Sequence[Batch]) -> Standing:
    """Return what ``batch`` is beside those ``taken`` in its chain. Raises Refused (CONTRADICTION)."""
    sequence = batch.header.sequence
    by_number = {other.header.sequence: other for other in taken}
    same, before, after = (by_number.get(sequence + step) for step in (0, -1, 1))
    state = "next" if before is not None or sequence == 1 else "gap"
    if batch.header_hash in {other.header_hash for other in taken}:
        state = "known"
    around = Neighbours(
        same and same.header_hash, before and before.header_hash, after and after.header.previous
    )
    fault = contradiction(batch.header_hash, batch.header.previous, around)
    if fault is not None:
        raise Refused(Refusal.CONTRADICTION, "chain", fault)
    header = batch.header
    numbers = sorted({sequence, *by_number})
    gaps = find_gaps((header.box, header.chain, header.line, number) for number in numbers)
    return Standing(state, tuple(f"{first} {last}" for gap in gaps for first, last in gap.missing))
