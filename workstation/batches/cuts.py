"""What the numbers of the cuts say: whether a whole chain is missing, or the box was restored. Pure.

Each chain begins at 1, so chains alone cannot say that one of them never came. A manifest names the number of its cut
over all chains, and the chain before its own. docs/formats.md, "Cuts over all chains".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from wire.batch import BatchHeader
from wire.manifest import NO_CHAIN, Manifest
from workstation.batches.chain import Gap


class ChainCuts(NamedTuple):
    """The cuts of one chain that are here."""

    box: bytes
    line: bytes
    chain: bytes
    before: bytes
    """The chain before it, NO_CHAIN for none."""
    start: int
    """Cuts that were made before this chain."""
    last: int
    """Highest sequence taken."""
    period: int
    """Start of the earliest period taken, Unix seconds."""

    @property
    def end(self) -> int:
        """Return the number of the last cut that is here."""
        return self.start + self.last


@dataclass(frozen=True, slots=True)
class Restored:
    """A chain that a box began without knowing of its own later cuts: it came from a backup."""

    box: bytes
    line: bytes
    chain: bytes
    cut: int
    """The last cut that it remembered."""
    again: tuple[int, int]
    """Cuts it had made and forgotten, whose numbers were given a second time: first and last."""


def fits(header: BatchHeader, manifest: Manifest) -> bool:
    """Return whether what a manifest says of its cut can be true of its batch."""
    start = manifest.cut - header.sequence
    return start >= 0 and (start == 0) == (manifest.before == NO_CHAIN)


def look_over(chains: Iterable[ChainCuts]) -> tuple[list[Gap], list[Restored]]:
    """Return the cuts that are missing between chains, a gap without chain for each box and line, and restores."""
    gaps: list[Gap] = []
    restores: list[Restored] = []
    ordered = sorted(
        chains, key=lambda chain: (chain.box, chain.line, chain.period, chain.start, chain.chain)
    )
    for (box, line), found in groupby(ordered, key=lambda chain: chain[:2]):
        group = list(found)
        missing = _merged(_missing(group))
        if missing:
            gaps.append(Gap(box, None, line, missing))
        restores += _restores(group)
    return gaps, restores


def _missing(group: Sequence[ChainCuts]) -> Iterable[tuple[int, int]]:
    here = {chain.chain: chain for chain in group}
    for chain in group:
        before = here.get(chain.before)
        if before is not None and before.end < chain.start:
            yield before.end + 1, chain.start
        elif before is None and chain.start > 0:
            yield _first_missing(group, chain.start), chain.start


def _first_missing(group: Sequence[ChainCuts], cut: int) -> int:
    """Return where the missing cuts begin that end with ``cut``, made in a chain of which nothing is here."""
    if any(chain.start < cut <= chain.end for chain in group):
        return cut  # its number was given twice; only of this one it is certain that it was made there
    return max((chain.end for chain in group if chain.end < cut), default=0) + 1


def _restores(group: Sequence[ChainCuts]) -> Iterable[Restored]:
    """Yield the chains that begin at a cut after which another, earlier one goes on."""
    here = {chain.chain: chain for chain in group}
    ends: dict[tuple[bytes, int], int] = {}
    for chain in group:
        place = chain.before, chain.start
        before = here.get(chain.before)
        known = max(ends.get(place, 0), before.end if before else 0)
        if known > chain.start:
            again = chain.start + 1, known
            yield Restored(chain.box, chain.line, chain.chain, chain.start, again)
        ends[place] = max(known, chain.end)


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return tuple(merged)
