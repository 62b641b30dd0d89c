"""Sets of sequence numbers as spans, so that a year of batches is one row. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""First and last number, both in it."""


class Spans:
    """Numbers, kept as spans that are in order and do not touch."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for first, last in spans:
            self.add(first, last)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._spans, number, key=lambda span: span[0]) - 1
        return at >= 0 and number <= self._spans[at][1]

    @property
    def top(self) -> int:
        """Return the highest number, 0 without one."""
        return self._spans[-1][1] if self._spans else 0

    def add(self, first: int, last: int) -> None:
        """Put ``first`` to ``last`` in."""
        apart = [span for span in self._spans if span[1] < first - 1 or span[0] > last + 1]
        touched = [span for span in self._spans if span not in apart]
        joined = (min([first, *(s[0] for s in touched)]), max([last, *(s[1] for s in touched)]))
        self._spans = sorted([*apart, joined])

    def remove(self, first: int, last: int) -> None:
        """Take ``first`` to ``last`` out."""
        rest: list[Span] = []
        for begin, end in self._spans:
            parts = [(begin, min(end, first - 1)), (max(begin, last + 1), end)]
            rest += [part for part in parts if part[0] <= part[1]]
        self._spans = sorted(set(rest))
