"""What is to be made up: how many tips, of which lines, over which months, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import shake_256

from wire.period import next_month


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlan:
    """One line: its name, its part of all tips in thousandths, who answers it."""

    name: str
    title: str
    authority: str
    share: int
    acts: int
    """In hundredths: of how many tips anything comes."""
    quiet: bool = False
    """Whether its totals are given by the quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole. Two plans that are equal make the same octets."""

    seed: int = 2010
    tips: int = 60_000
    first: str = "2021-07"
    months: int = 60
    """Of ledgers."""
    districts: int = 10
    lines: tuple[LinePlan, ...] = (
        LinePlan(
            name="police",
            title="Policía Municipal",
            authority="Secretaría de Seguridad Pública Municipal",
            share=970,
            acts=31,
        ),
        LinePlan(
            name="conduct",
            title="Conducta policial",
            authority="Contraloría Ciudadana",
            share=30,
            acts=58,
            quiet=True,
        ),
    )
    unopened_month: int | None = 38
    """In this month of the first line some tips were never opened, though the totals say otherwise."""
    unopened_share: int = 30
    """In thousandths."""
    struck_month: int | None = 44
    """Out of this month's ledger of the first line some tips were struck, after the bulletin that answered it."""
    struck: int = 7
    audits: bool = True
    """Whether an auditor kept batch headers, and has the audit files."""

    @property
    def all_months(self) -> tuple[str, ...]:
        """Return the months of ledgers, in order."""
        return tuple(_months(self.first, self.months))

    def octets(self, name: str, count: int) -> bytes:
        """Return ``count`` octets that are the same for the same seed and ``name``: SHAKE-256, no secret."""
        return shake_256(f"tipline generator {self.seed} {name}".encode()).digest(count)

    def smaller(self, tips: int, months: int) -> Plan:
        """Return the same with fewer months, what goes wrong moved into them."""
        return replace(
            self, tips=tips, months=months, unopened_month=months // 2, struck_month=months * 3 // 4
        )


def _months(first: str, count: int) -> Iterator[str]:
    month = first
    for _ in range(count):
        yield month
        month = next_month(month)


_SEASON = (80, 84, 97, 103, 112, 118, 109, 104, 98, 101, 96, 92)
"""Percent of a usual month: more is written in the hot months."""


def counts(plan: Plan) -> list[dict[str, int]]:
    """Return how many tips each line has in each month: the line grows, has seasons, and chance; all tips together."""
    weights = []
    for at, month in enumerate(plan.all_months):
        chance = plan.octets(f"count {month}", 1)[0] / 255
        grown = 55 + 90 * min(at, 36) / 36 - 12 * max(0, at - 44) / 16
        weights.append(_SEASON[int(month[5:]) - 1] * grown * (0.94 + 0.12 * chance))
    whole = sum(weights)
    found, given, so_far = [], 0, 0.0
    for weight in weights:
        so_far += weight
        together = round(plan.tips * so_far / whole) - given
        given += together
        found.append(_shared(plan, together))
    return found


def _shared(plan: Plan, together: int) -> dict[str, int]:
    small = {line.name: together * line.share // 1000 for line in plan.lines[1:]}
    return {plan.lines[0].name: together - sum(small.values()), **small}
