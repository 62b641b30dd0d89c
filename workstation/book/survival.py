"""How long things take, counting what still waits: the product-limit estimate of Kaplan and Meier (1958). Pure.

A median of what is done already would leave out everything that nobody touched, and so look the better the more is
left lying. Here what waits counts as not done for as long as it has waited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_EXACTLY = 1e-12
"""What a product of a hundred thousand factors may be off; a share that is met is met."""


def survival(done: Mapping[int, int], waiting: Mapping[int, int]) -> tuple[tuple[int, float], ...]:
    """Return the curve: each time at which something was done, and the share that is not done after it.

    ``done``: how many took so long; ``waiting``: how many have waited so long and still do. What waits has waited
    through the doings of its own time.
    """
    times = sorted({*done, *waiting})
    at_risk = sum(done.values()) + sum(waiting.values())
    curve, share = [], 1.0
    for time in times:
        happened = done.get(time, 0)
        if happened:
            share *= 1 - happened / at_risk
            curve.append((time, share))
        at_risk -= happened + waiting.get(time, 0)
    return tuple(curve)


def time_until(curve: Sequence[tuple[int, float]], share: float) -> int | None:
    """Return the first time by which at least ``share`` is done; None if it never was."""
    return next((time for time, left in curve if left <= 1 - share + _EXACTLY), None)
