"""Whether a slip of an epoch may still come from a box: what its chains and manifests say. Pure.

A manifest names the lowest epoch in use or of a slip not yet sent, and no later batch of the box has a slip of a lower
one (docs/threat-model.md, A15). So nothing more comes for an epoch once a manifest says a higher one and nothing
before that manifest is missing. After a restore the box forgot its later cuts: then only the newest chain and those it
came from decide, but what is missing elsewhere still counts, since a slip of the epoch may be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from wire.endings import Missing, Position
from wire.manifest import NO_CHAIN
from workstation.batches.chain import Gap


class Taken(NamedTuple):
    """One batch that was taken; the last three are None where its manifest did not open or fit."""

    box: bytes
    chain: bytes
    sequence: int
    header: bytes
    """Hash of the signed header."""
    period: int
    lowest: int | None
    cut: int | None
    before: bytes | None


@dataclass(frozen=True, slots=True)
class Lack:
    """What has to come, or to be said, before an epoch can be destroyed."""

    box: bytes
    what: Missing
    chain: bytes | None = None
    numbers: tuple[tuple[int, int], ...] = ()
    """Batches of ``chain``, or cuts where that is None: ranges, both ends included."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Chain:
    id: bytes
    start: int
    before: bytes
    period: int
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class BoxHistory:
    """What came from one box."""

    box: bytes
    lineage: tuple[Taken, ...]
    """The batches of the newest chain and those it came from, in the order of their cuts."""
    gaps: tuple[Gap, ...]
    unplaced: tuple[bytes, ...]
    """Chains of which no manifest opened, or that name each other in a ring."""

    def ready(self, epoch: int) -> Position | None:
        """Return the first manifest after which no slip of ``epoch`` comes, None without one; gaps are not asked."""
        for taken in self.lineage:
            if taken.lowest is not None and taken.cut is not None and taken.lowest > epoch:
                place = taken.box, taken.chain, taken.sequence, taken.cut, taken.lowest, taken.header
                return Position(*place)
        return None

    def lacks(self, epoch: int) -> Iterator[Lack]:
        """Yield what is missing from this box before ``epoch`` can be destroyed."""
        if not self.lineage and not self.unplaced:
            yield Lack(self.box, Missing.NOTHING_CAME, words="no batch of it was ever imported")
            return
        position = self.ready(epoch)
        yield from self._gaps(position)
        for chain in self.unplaced:
            words = "its place is unknown: none of its manifests opened, or they contradict each other"
            yield Lack(self.box, Missing.GAP, chain, words=words)
        if position is None:
            yield Lack(self.box, Missing.IN_USE, words=self._in_use())

    def _gaps(self, position: Position | None) -> Iterator[Lack]:
        for gap in self.gaps:
            end = self._end(gap, position)
            numbers = tuple(pair for pair in gap.missing if end is None or pair[0] <= end)
            if numbers:
                yield Lack(self.box, Missing.GAP, gap.chain, numbers)

    def _end(self, gap: Gap, position: Position | None) -> int | None:
        """Return up to which number ``gap`` matters; None for all of it."""
        if position is None:
            return None
        if gap.chain is None:
            return position.cut
        if gap.chain == position.chain:
            return position.sequence
        order = list(dict.fromkeys(taken.chain for taken in self.lineage))
        later = gap.chain in order and order.index(gap.chain) > order.index(position.chain)
        return 0 if later else None

    def _in_use(self) -> str:
        last = max((taken.lowest for taken in self.lineage if taken.lowest is not None), default=None)
        if last is None:
            return "no manifest of it opened"
        return f"its last manifest says that epoch {last} is in use or waits; it has to say a higher one than this"


def histories(
    taken: Iterable[Taken], gaps: Sequence[Gap], boxes: Iterable[bytes]
) -> Mapping[bytes, BoxHistory]:
    """Return the history of each of ``boxes``; ``taken`` in the order of box, chain and sequence."""
    found = {box: _history(box, list(rows), gaps) for box, rows in groupby(taken, key=lambda row: row.box)}
    nothing = ((), (), ())
    return {box: found.get(box) or BoxHistory(box, *nothing) for box in boxes}


def _history(box: bytes, rows: list[Taken], gaps: Sequence[Gap]) -> BoxHistory:
    chains: dict[bytes, _Chain] = {}
    unplaced = []
    for chain, group in groupby(rows, key=lambda row: row.chain):
        batches = tuple(group)
        said = [(one.cut - one.sequence, one.before) for one in batches if one.cut and one.before is not None]
        if said:
            start, before = said[-1]
            chains[chain] = _Chain(chain, start, before, batches[0].period, batches)
        else:
            unplaced.append(chain)
    own = tuple(gap for gap in gaps if gap.box == box)
    lineage = _lineage(chains)
    return BoxHistory(box, tuple(lineage), own, tuple(unplaced if lineage else [*unplaced, *chains]))


def _lineage(chains: Mapping[bytes, _Chain]) -> list[Taken]:
    """Return the batches from the first chain to the newest, of each chain those before the next one began."""
    followed = {chain.before for chain in chains.values()}
    leaves = [chain for chain in chains.values() if chain.id not in followed]
    if not leaves:  # none at all, or a ring that only a liar makes
        return []
    at: _Chain | None = max(leaves, key=lambda chain: (chain.period, chain.start, chain.id))
    batches: list[Taken] = []
    end, seen = None, set()
    while at is not None and at.id not in seen:
        seen.add(at.id)
        part = [one for one in at.taken if end is None or at.start + one.sequence <= end]
        batches = part + batches
        end, at = at.start, chains.get(at.before) if at.before != NO_CHAIN else None
    return batches
