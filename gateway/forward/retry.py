"""How long to wait before trying again. Pure: the randomness is an argument."""

from __future__ import annotations

from random import Random

FIRST = 1.0
"""Seconds before the second attempt."""


class Backoff:
    """Waiting times that double up to ``longest`` seconds, each shortened at random by up to a half.

    The random part keeps many boxes from returning to a server all in the same second.
    """

    def __init__(self, longest: float, random: Random) -> None:
        self._longest = longest
        self._random = random
        self._next = FIRST

    def wait(self) -> float:
        """Return the seconds to wait now; the following wait is longer."""
        wait = min(self._next, self._longest)
        self._next = min(self._next * 2, self._longest)
        return wait * (1 - self._random.random() / 2)

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._next = FIRST
