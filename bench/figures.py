"""One measured figure beside its floor and its target, and the table of them. No verdicts: numbers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median as middle
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. Floor and target are in the unit of the value."""

    name: str
    """Stays the same from version to version; for scripts."""
    what: str
    value: float
    unit: str
    floor: float | None = None
    """What the machine allows, measured in the same run."""
    target: float | None = None
    less_is_better: bool = False

    @property
    def of_floor(self) -> float | None:
        """The part of the floor that is reached, 1 being all of it."""
        return self._share(self.floor)

    @property
    def of_target(self) -> float | None:
        """How far it is to the target: 1 is there, more is better."""
        return self._share(self.target)

    def _share(self, other: float | None) -> float | None:
        if other is None:
            return None
        over, under = (other, self.value) if self.less_is_better else (self.value, other)
        return over / under if under else None

    def as_json(self) -> dict[str, Any]:
        """Return the figure for JSON."""
        return asdict(self) | {"of_floor": self.of_floor, "of_target": self.of_target}


def median(values: Iterable[float]) -> float:
    """Return the middle one: other work on the machine disturbs single rounds."""
    return middle(values)


def table(figures: Sequence[Figure]) -> Table:
    """Return the figures as a table for a terminal."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("figure", no_wrap=True)
    for heading in ("measured", "floor", "of floor", "target", "of target"):
        grid.add_column(heading, justify="right", no_wrap=True)
    group = ""
    for figure in figures:
        if group not in ("", figure.name.split(".")[0]):
            grid.add_section()
            grid.add_row()
        group = figure.name.split(".")[0]
        grid.add_row(
            figure.what,
            f"{_number(figure.value)} {figure.unit}",
            _number(figure.floor),
            _number(figure.of_floor),
            _target(figure),
            _number(figure.of_target),
        )
    return grid


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'≤' if figure.less_is_better else '≥'} {_number(figure.target)}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
