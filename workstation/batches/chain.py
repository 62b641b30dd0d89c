"""What the chain of a box says about a batch, and which numbers are not there. Pure.

Every batch here carries the box's own signature, so of two that contradict each other neither can be called the
false one. The one that came first stays, since it may have been read already; the later one is kept apart and
reported, also where it is the missing predecessor that came late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What was taken before of the same box, chain and line, beside the sequence number asked about."""

    same: bytes | None
    """Header hash of the batch with this very number."""
    before: bytes | None
    """Header hash of the batch with the number before."""
    after: bytes | None
    """What the batch with the next number calls its previous header."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that are missing: ranges, both ends included."""

    box: bytes
    chain: bytes | None
    """The chain whose sequence numbers are missing; None where whole cuts between chains are, by their own numbers."""
    line: bytes
    missing: tuple[tuple[int, int], ...]


def contradiction(header_hash: bytes, previous: bytes, around: Neighbours) -> str | None:
    """Return in words how a batch contradicts what was taken before, None where it does not."""
    if around.same is not None and around.same != header_hash:
        return "another batch of this box has the same chain and number"
    if around.before is not None and around.before != previous:
        return "the batch before it, taken earlier, is not the one it names"
    if around.after is not None and around.after != header_hash:
        return "the batch after it, taken earlier, names another one before it"
    return None


def find_gaps(taken: Iterable[tuple[bytes, bytes, bytes, int]]) -> list[Gap]:
    """Return the gaps in ``taken``: box, chain, line, sequence, in ascending order. A chain begins at 1."""
    gaps = []
    for (box, chain, line), rows in groupby(taken, key=lambda row: row[:3]):
        missing = tuple(_missing(row[3] for row in rows))
        if missing:
            gaps.append(Gap(box, chain, line, missing))
    return gaps


def _missing(sequences: Iterable[int]) -> Iterable[tuple[int, int]]:
    last = 0
    for sequence in sequences:
        if sequence > last + 1:
            yield last + 1, sequence - 1
        last = sequence
