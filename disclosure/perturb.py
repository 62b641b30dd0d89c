"""Cell-key perturbation: how a count is changed before it is shown, and what can be said of it afterwards.

The method is that of the Australian Bureau of Statistics (TableBuilder) as the European statistical offices describe
it; the table is our own. For a true count t and the spread D:

1. noise e in -m to m, with m = min(t, D), has weight D + 1 - |e|: a triangle, the same to both sides, so that it is 0
   in the middle and never takes a count below zero;
2. if t + e is one of 1 to k - 1 it becomes k in (t + e) of k cases and 0 in the others: again without a bias;
3. an empty cell is shown as k in one of 25 cases. If it never were, each k in a place where hardly anybody writes
   would tell for certain that somebody did. A bias that nobody can see would be none that protects: 0.2 a cell.

Which of the outcomes it is says the cell key, and so the same tips always give the same value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from disclosure.records import MODULUS
from wire.release import Rules


@dataclass(frozen=True, slots=True)
class Interval:
    """Whole numbers from ``low`` to ``high``, both included."""

    low: int
    high: int

    @property
    def empty(self) -> bool:
        """Whether there is no such number."""
        return self.low > self.high

    def within(self, low: int, high: int) -> bool:
        """Return whether all of it lies in ``low`` to ``high``; nothing that is empty does."""
        return low <= self.low <= self.high <= high


EMPTY = 25
"""In one of so many cases an empty cell is shown as k: then, with k = 5, whatever small number somebody expects in a
cell, a single k leaves more than one chance in twenty that it is none, or k and more (docs/disclosure.md)."""


@cache
def outcomes(count: int, rules: Rules) -> tuple[tuple[int, int], ...]:
    """Return the values that a true ``count`` can be shown as, rising, each with its weight, all above zero."""
    if count == 0 and rules.spread:
        return ((0, EMPTY - 1), (rules.k, 1))
    most = min(count, rules.spread)
    weights: dict[int, int] = {}
    for noise in range(-most, most + 1):
        weight, value = rules.spread + 1 - abs(noise), count + noise
        if 0 < value < rules.k:
            weights[rules.k] = weights.get(rules.k, 0) + weight * value
            weights[0] = weights.get(0, 0) + weight * (rules.k - value)
        else:
            weights[value] = weights.get(value, 0) + weight * rules.k
    return tuple(sorted(weights.items()))


def perturbed(count: int, key: int, rules: Rules) -> int:
    """Return the value that is shown for a true ``count`` whose cell key is ``key``.

    The key, as a fraction of its modulus, points into the outcomes laid end to end by their weights.
    """
    base = min(count, rules.k + 2 * rules.spread)  # beyond it every count has the same noise
    weights = outcomes(base, rules)
    at = key * sum(weight for _, weight in weights) // MODULUS
    for value, weight in weights:
        if at < weight:
            return value + count - base
        at -= weight
    raise AssertionError("a cell key is below its modulus")


def truth(value: int, rules: Rules) -> Interval:
    """Return the true counts that can be shown as ``value``; what cannot be shown is taken for unperturbed."""
    return _truth(value, rules)


@cache
def _truth(value: int, rules: Rules) -> Interval:
    if value >= 2 * (
        rules.k + rules.spread
    ):  # whatever shows it is too large to be rounded, or to have less noise
        return Interval(value - rules.spread, value + rules.spread)
    least, most = max(0, value - rules.spread - rules.k), value + rules.spread + rules.k
    fits = [count for count in range(least, most + 1) if any(v == value for v, _ in outcomes(count, rules))]
    return Interval(fits[0], fits[-1]) if fits else Interval(value, value)


class Truths(dict[int, Interval]):
    """``truth`` under some rules, each value computed once: a bulletin has thousands of cells and few values."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, value: int) -> Interval:
        """Return what is not known yet, and remember it."""
        self[value] = found = truth(value, self._rules)
        return found


@cache
def truths(rules: Rules) -> Truths:
    """Return what ``truth`` says under ``rules``, with all that was ever asked."""
    return Truths(rules)
