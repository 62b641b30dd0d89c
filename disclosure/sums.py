"""Unknown whole numbers with what is known of each, and the sums that hold them together."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
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
        self.intervals[unknown] = Interval(max(before.low, interval.low), min(before.high, interval.high))

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
        before = dict(self.intervals)
        if any(interval.empty for interval in before.values()):
            return False
        used: dict[Unknown, list[int]] = defaultdict(list)
        for at, (whole, parts) in enumerate(self.sums):
            for unknown in (whole, *parts):
                used[unknown].append(at)
        waiting, looked = deque(range(len(self.sums))), [0] * len(self.sums)
        queued = [True] * len(self.sums)
        while waiting:
            at = waiting.popleft()
            queued[at] = False
            looked[at] += 1
            for unknown, interval in self._narrowed(*self.sums[at]):
                if interval.empty:
                    self.intervals = before
                    return False
                self.intervals[unknown] = interval
                for other in used[unknown]:
                    if not queued[other] and looked[other] < _ROUNDS:
                        queued[other] = True
                        waiting.append(other)
        return True

    def _narrowed(self, whole: Unknown, parts: tuple[Unknown, ...]) -> Iterator[tuple[Unknown, Interval]]:
        """Yield what is known better of the whole and its parts by their sum."""
        known = [self.intervals[part] for part in parts]
        low, high = sum(part.low for part in known), sum(part.high for part in known)
        all_of = self.intervals[whole]
        least, most = max(all_of.low, low), min(all_of.high, high)
        if least != all_of.low or most != all_of.high:
            yield whole, Interval(least, most)
        for part, old in zip(parts, known, strict=True):
            new_low, new_high = least - (high - old.high), most - (low - old.low)
            if new_low > old.low or new_high < old.high:
                yield part, Interval(max(old.low, new_low), min(old.high, new_high))
