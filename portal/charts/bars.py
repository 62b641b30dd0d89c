"""Horizontal bars, each under its words and its number: the funnel, and what waits by how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.charts.drawing import Chart, Row
from portal.charts.lazily import alt
from portal.charts.look import GRID, INK, WIDTH, named_rows, sized

STEP = 50
_BAR = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. ``low`` and ``high`` are the band in which the true value lies; equal to ``value`` where it is exact."""

    label: str
    text: str
    """The number as it is written."""
    value: int
    low: int
    high: int
    colour: str


def bars(rows: Sequence[Bar], *, whole: int, numbers: Mapping[str, object]) -> Chart:
    """Return the chart of ``rows``; ``whole`` is the full width."""
    full = max(whole, 1)
    data: tuple[Row, ...] = tuple(
        {
            "y": place,
            "label": row.label,
            "text": row.text,
            "value": row.value / full,
            "low": row.low / full,
            "high": row.high / full,
            "exact": row.low == row.high,
            "colour": row.colour,
        }
        for place, row in enumerate(rows)
    )
    return Chart(_spec, (len(rows),), data, numbers)


def _spec(count: int) -> dict[str, Any]:
    height = count * STEP
    base = alt.Chart(named_rows()).encode(
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, count], reverse=True, nice=False)),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False, clamp=True)),
    )
    middle = STEP * 0.64
    track = base.mark_bar(height=_BAR, yOffset=middle, color=GRID).encode(x=alt.value(WIDTH), x2=alt.value(0))
    bar = base.mark_bar(height=_BAR, yOffset=middle).encode(
        x2=alt.datum(0), color=alt.Color("colour:N", scale=None)
    )
    band = (
        base.transform_filter("!datum.exact")
        .mark_rule(strokeWidth=2, yOffset=middle, color=INK)
        .encode(x="low:Q", x2="high:Q")
    )
    ends = [
        base.transform_filter("!datum.exact")
        .mark_tick(thickness=2, size=_BAR - 4, yOffset=middle, color=INK, orient="vertical")
        .encode(x=f"{end}:Q")
        for end in ("low", "high")
    ]
    words = base.mark_text(align="left", baseline="middle", dy=STEP * 0.32).encode(
        x=alt.value(0), text="label:N"
    )
    number = base.mark_text(align="right", baseline="middle", dy=STEP * 0.32, fontWeight="bold").encode(
        x=alt.value(WIDTH), text="text:N"
    )
    return sized(
        alt.layer(track, bar, band, *ends, words, number), height=height, left=0, right=0, top=0, bottom=2
    )
