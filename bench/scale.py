"""How much is measured: as a rule, quickly (does it work at all?), or in full."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Sizes of one run. Times in seconds."""

    rounds: int = 3
    """Rounds of what is compared, in turn; their median counts."""
    modems: int = 16
    messages: int = 1000
    """Of one modem in one round."""
    each: int = 200
    """Of each of many modems in one round."""
    wire: tuple[tuple[int, int], ...] = ((115_200, 180), (9_600, 30))
    """Baud rates, and how many messages at each: four and eight seconds."""
    latency: int = 20
    idle: float = 62.0
    """A sweep and a look at the signal come once a minute."""
    slips: int = 100_000
    slots: int = 64
    tips: int = 100_000
    """In the case book."""
    samples: int = 400
    """Of a floor that is one operation."""
    site_tips: int = 1_000_000
    site_months: int = 60


USUAL = Scale()
QUICK = Scale(
    rounds=1,
    modems=3,
    messages=30,
    each=10,
    wire=((115_200, 10),),
    latency=2,
    idle=1.0,
    slips=2_000,
    slots=16,
    tips=2_000,
    samples=20,
    site_tips=2_000,
    site_months=12,
)
FULL = replace(USUAL, slips=1_000_000, tips=1_000_000)
