"""Unknown whole numbers with what is known of each, and the sums that hold them together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from disclosure.perturb import Interval

Release = tuple[str, int]
"""A period, and the age at which its tips are counted."""
Codes = tuple[str, ...]
Unknown = tuple[Release, Codes, Codes]
"""A count: of which release, by which dimensions, and the codes. Without dimensions: all tips of the release."""
MOST = 1 << 40
"""More than there can be: nothing is known from above."""
_ANY = Interval(0, MOST)
_ROUNDS = 64
"""A sum is looked at no more often than this. Each time something narrowed by one at the least; real tables settle in
three to five rounds, and what is not used after 64 only makes the attacker weaker by a tip."""


@dataclass(slots=True)
class Sums:
    """Intervals, and sums between them. Narrowing is monotone: the order does not change what comes out."""

    intervals: dict[Unknown, Interval] = field(default_factory=dict)
    sums: list[tuple[Unknown, tuple[Unknown, ...]]] = field(default_factory=list)

    def of(self, unknown: Unknown) -> Interval:
        """Return what is known of ``unknown``."""
        return self.intervals.get(unknown, _ANY)

    def narrow(self, unknown: Unknown, interval: Interval) -> None:
        """Know from now on that ``unknown`` lies in ``interval`` as well."""
        before = self.of(unknown)
        if before.low > interval.low or before.high < interval.high:
            interval = Interval(max(before.low, interval.low), min(before.high, interval.high))
        self.intervals[unknown] = interval

    def add(self, whole: Unknown, parts: Iterable[Unknown]) -> None:
        """Know that the ``parts`` make up the ``whole``."""
        parts = tuple(parts)
        self.sums.append((whole, parts))
        for unknown in (whole, *parts):
            self.intervals.setdefault(unknown, _ANY)

    def take(self, other: Sums) -> None:
        """Know what ``other`` knows as well."""
        for unknown, interval in other.intervals.items():
            self.narrow(unknown, interval)
        self.sums += other.sums

    def settle(self) -> bool:
        """Use every sum until nothing narrows any more; return False, everything as before, if they contradict."""
        if any(interval.empty for interval in self.intervals.values()):
            return False
        names = list(self.intervals)
        places = {unknown: at for at, unknown in enumerate(names)}
        found = _Settling(
            [interval.low for interval in self.intervals.values()],
            [interval.high for interval in self.intervals.values()],
            [(places[whole], [places[part] for part in parts]) for whole, parts in self.sums],
        )
        if not found.settled():
            return False
        for at in found.narrowed:
            self.intervals[names[at]] = Interval(found.low[at], found.high[at])
        return True


@dataclass(slots=True)
class _Settling:
    """The same with numbers for the unknowns: most of an attack is spent here."""

    low: list[int]
    high: list[int]
    sums: list[tuple[int, list[int]]]
    narrowed: set[int] = field(default_factory=set)
    """The unknowns of which more is known than before."""

    def settled(self) -> bool:
        """Use every sum until nothing narrows any more; return False if they contradict."""
        used: list[list[int]] = [[] for _ in self.low]
        for at, (whole, parts) in enumerate(self.sums):
            for unknown in (whole, *parts):
                used[unknown].append(at)
        waiting, looked = deque(range(len(self.sums))), [0] * len(self.sums)
        queued = [True] * len(self.sums)
        while waiting:
            at = waiting.popleft()
            queued[at] = False
            looked[at] += 1
            for unknown in self._narrow(*self.sums[at]):
                if self.low[unknown] > self.high[unknown]:
                    return False
                self.narrowed.add(unknown)
                for other in used[unknown]:
                    if not queued[other] and looked[other] < _ROUNDS:
                        queued[other] = True
                        waiting.append(other)
        return True

    def _narrow(self, whole: int, parts: list[int]) -> list[int]:
        """Return the unknowns, of the whole and its parts, of which their sum tells more; it is known from now on."""
        low, high, found = self.low, self.high, []
        lows, highs = [low[part] for part in parts], [high[part] for part in parts]
        least, most = max(low[whole], sum(lows)), min(high[whole], sum(highs))
        if least != low[whole] or most != high[whole]:
            low[whole], high[whole] = least, most
            found.append(whole)
        up, down = least - sum(highs), most - sum(lows)
        for part, old_low, old_high in zip(parts, lows, highs, strict=True):
            if up + old_high > old_low or down + old_low < old_high:
                low[part], high[part] = max(old_low, up + old_high), min(old_high, down + old_low)
                found.append(part)
        return found
