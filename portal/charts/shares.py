"""Parts of a whole: what had become of the tips of a cohort, at several ages or month after month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from portal.charts.drawing import Chart, Row
from portal.charts.lazily import alt
from portal.charts.look import ON, QUIET, TEXT, WIDTH, sized
from portal.charts.times import Times, across, axis, gap_key, gaps, of

STEP, _BAR = 56, 26
HEIGHT, _ROW, _LEFT, _RIGHT, _BOTTOM = 260, 20, 50, 10, 26
_LEAST = 0.09
"""A part below this has no room for its number; the table has it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole, in the order in which they stand."""

    share: float
    colour: str
    text: str
    """Its share as it is written."""


def _edges(parts: Sequence[Part]) -> Iterator[tuple[Part, float, float]]:
    ends = list(accumulate(part.share for part in parts))
    yield from zip(parts, [0.0, *ends], ends, strict=False)


@dataclass(frozen=True, slots=True)
class Key:
    """The words of one part, in a row above the chart: from the top one down."""

    label: str
    last: str
    colour: str


def stacked(
    rows: Sequence[tuple[str, str, Sequence[Part]]], keys: Sequence[Key], *, numbers: Mapping[str, object]
) -> Chart:
    """Return one bar for each row: its words, the words at its end, its parts; ``keys`` stand above, in their order."""
    data: list[Row] = [
        {"kind": "key", "place": place, "label": key.label, "colour": key.colour}
        for place, key in enumerate(keys)
    ]
    for place, (label, end, parts) in enumerate(rows):
        data.append({"kind": "row", "y": place, "label": label, "end": end})
        data += [
            {
                "kind": "part",
                "y": place,
                "low": low,
                "high": high,
                "middle": (low + high) / 2,
                "colour": part.colour,
                "text": part.text if part.share >= _LEAST else "",
            }
            for part, low, high in _edges(parts)
        ]
    return Chart(_bars, (len(rows), len(keys)), tuple(data), numbers)


def _bars(count: int, keys: int) -> dict[str, Any]:
    up = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, count], reverse=True, nice=False))
    whole = alt.Scale(domain=[0, 1], nice=False, clamp=True)
    rows, parts = of("row"), of("part")
    middle = STEP * 0.62
    layers = [
        parts.mark_bar(height=_BAR, yOffset=middle).encode(
            x=alt.X("low:Q", axis=None, scale=whole),
            x2="high:Q",
            y=up,
            color=alt.Color("colour:N", scale=None),
        ),
        parts.transform_filter("datum.low > 0")
        .mark_tick(thickness=1.5, size=_BAR, yOffset=middle, color="#ffffff", orient="vertical")
        .encode(x="low:Q", y=up),
        parts.mark_text(color=ON, dy=middle, baseline="middle", fontWeight="bold", fontSize=TEXT - 1).encode(
            x="middle:Q", y=up, text="text:N"
        ),
        rows.mark_text(align="left", baseline="middle", dy=STEP * 0.2).encode(
            x=alt.value(0), y=up, text="label:N"
        ),
        rows.mark_text(align="right", baseline="middle", dy=STEP * 0.2, color=QUIET).encode(
            x=alt.value(WIDTH), y=up, text="end:N"
        ),
    ]
    top = -(-keys // 2) * _ROW + 6
    layers += _pairs(keys, top)
    return sized(alt.layer(*layers), height=count * STEP + top, left=0, right=0, top=top, bottom=2)


def _pairs(count: int, top: int) -> list[alt.Chart]:
    """Return the keys above the bars, two in a row."""
    layers = []
    for place in range(count):
        left, down = place % 2 * WIDTH / 2, (place // 2 + 0.5) * _ROW - top
        key = of("key").transform_filter(alt.datum.place == place).encode(y=alt.value(down))
        square = key.mark_square(size=190, opacity=1)
        layers += [
            square.encode(x=alt.value(left + 8), color=alt.Color("colour:N", scale=None)),
            key.mark_text(align="left", baseline="middle").encode(x=alt.value(left + 22), text="label:N"),
        ]
    return layers


def over_time(
    columns: Sequence[tuple[int, int, Sequence[Part]]],
    keys: Sequence[Key],
    times: Times,
    *,
    numbers: Mapping[str, object],
) -> Chart:
    """Return a column of parts from a period to a last one, for each of ``columns``, the first part at the bottom."""
    rows: list[Row] = list(times.rows())
    placed = [(first, last, list(_edges(parts))) for first, last, parts in columns]
    for each in range(
        max((len(edges) for _, _, edges in placed), default=0)
    ):  # class by class: they become one shape
        for first, last, edges in placed:
            part, low, high = edges[each]
            where: dict[str, object] = {"x": first - 0.5, "x2": last + 0.5, "low": low, "high": high}
            rows.append({"kind": "part", "colour": part.colour} | where)
    rows += [
        {"kind": "key", "place": place, "label": key.label, "last": key.last, "colour": key.colour}
        for place, key in enumerate(keys)
    ]
    rows += times.gap_row(len(keys))
    return Chart(_columns, (len(keys), bool(times.gaps)), tuple(rows), numbers)


def _columns(count: int, gap: bool) -> dict[str, Any]:
    top = (count + gap) * _ROW + 10
    inner = HEIGHT - top - _BOTTOM
    left = alt.Axis(values=[0, 0.5, 1], format=".0%", domain=False, ticks=False, labelPadding=6)
    up = alt.Y("low:Q", axis=left, scale=alt.Scale(domain=[0, 1]))
    parts = of("part").mark_rect(stroke="#ffffff", strokeWidth=0.4)
    column = parts.encode(x=across(), x2="x2:Q", y=up, y2="high:Q", color=alt.Color("colour:N", scale=None))
    hole = gap_key(left=-_LEFT, down=(count + 0.5) * _ROW - top, words=24)
    layers = [gaps(inner), column, *_keys(count, top), *hole, *axis(inner)]
    return sized(alt.layer(*layers), height=HEIGHT, left=_LEFT, right=_RIGHT, top=top, bottom=_BOTTOM)


def _keys(count: int, top: int) -> list[alt.Chart]:
    layers = []
    for place in range(count):
        key = (
            of("key")
            .transform_filter(alt.datum.place == place)
            .encode(y=alt.value((place + 0.5) * _ROW - top))
        )
        layers += [
            key.mark_square(size=190, opacity=1).encode(
                x=alt.value(-_LEFT + 8), color=alt.Color("colour:N", scale=None)
            ),
            key.mark_text(align="left", baseline="middle").encode(x=alt.value(-_LEFT + 24), text="label:N"),
            key.mark_text(align="right", baseline="middle", fontWeight="bold").encode(
                x=alt.value(WIDTH - _LEFT), text="last:N"
            ),
        ]
    return layers
