"""Lines over time with the band in which the true values lie: what was reported against what was acted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.charts.drawing import Chart, Row
from portal.charts.lazily import alt
from portal.charts.look import WIDTH, sized
from portal.charts.times import Times, across, axis, gap_key, gaps, of

HEIGHT = 230
_LEFT, _RIGHT, _ROW, _BOTTOM = 50, 10, 20, 26


@dataclass(frozen=True, slots=True)
class Point:
    """A value and its band, at a place counted in periods from the first one."""

    at: int
    value: int | None
    """None where only the band is known: a line through 0 would say that there was none."""
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Series:
    """One line; where a period has no point, the line has a hole."""

    label: str
    last: str
    """Its newest value as it is written."""
    colour: str
    dashed: bool
    points: tuple[Point, ...]


def lines(series: Sequence[Series], times: Times, *, numbers: Mapping[str, object]) -> Chart:
    """Return the chart of ``series``, each with a row of words above."""
    rows: list[Row] = list(times.rows())
    for place, one in enumerate(series):
        rows += _rows(place, one)
    rows += times.gap_row(len(series))
    return Chart(_spec, (len(series), bool(times.gaps)), tuple(rows), numbers)


def _rows(place: int, series: Series) -> Iterator[Row]:
    yield {"kind": "key", "place": place, "label": series.label, "last": series.last, **_drawn(series)}
    yield from points_of(place, series)


def _drawn(series: Series) -> dict[str, object]:
    return {"colour": series.colour, "dashed": series.dashed}


def points_of(place: int, series: Series) -> Iterator[Row]:
    """Yield the bands and the points of ``series``, the one at ``place``."""
    for run, points in enumerate(_runs(series.points)):
        for point in points:
            where = {
                "kind": "band",
                "run": f"{place}-{run}",
                "x": point.at,
                "low": point.low,
                "high": point.high,
            }
            yield where | _drawn(series)
    for run, points in enumerate(_runs([point for point in series.points if point.value is not None])):
        for point in points:
            lonely = len(points) == 1
            where = {
                "kind": "point",
                "run": f"{place}-{run}",
                "x": point.at,
                "value": point.value,
                "lonely": lonely,
            }
            yield where | _drawn(series)


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return ``points`` cut wherever a period is missing."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and point.at == runs[-1][-1].at + 1:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _spec(count: int, gap: bool) -> dict[str, Any]:
    top = (count + gap) * _ROW + 10
    inner = HEIGHT - top - _BOTTOM
    hole = gap_key(left=-_LEFT, down=(count + 0.5) * _ROW - top, words=34)
    layers = [gaps(inner), *_values(), *_keys(count, top), *hole, *axis(inner)]
    return sized(alt.layer(*layers), height=HEIGHT, left=_LEFT, right=_RIGHT, top=top, bottom=_BOTTOM)


def _colour() -> alt.Color:
    return alt.Color("colour:N", scale=None)


def _dash() -> alt.StrokeDash:
    return alt.StrokeDash(
        "dashed:N", scale=alt.Scale(domain=[False, True], range=[[1, 0], [6, 3]]), legend=None
    )


def _values() -> list[alt.Chart]:
    left = alt.Axis(tickCount=4, format=",d", domain=False, ticks=False, labelPadding=6)
    up = alt.Y("value:Q", axis=left, scale=alt.Scale(zero=True, nice=True))
    points = of("point")
    return [
        of("band")
        .mark_area(opacity=0.3)
        .encode(x=across(), y=alt.Y("low:Q"), y2="high:Q", color=_colour(), detail="run:N"),
        points.mark_line(strokeWidth=2.25, strokeJoin="round").encode(
            x=across(), y=up, color=_colour(), strokeDash=_dash(), detail="run:N"
        ),
        points.transform_filter("datum.lonely")
        .mark_circle(size=36, opacity=1)
        .encode(x=across(), y=up, color=_colour()),
    ]


def _keys(count: int, top: int) -> list[alt.Chart]:
    """Return the rows above: a piece of the line, its words, its newest value."""
    layers = []
    for place in range(count):
        height = alt.value((place + 0.5) * _ROW - top)
        key = of("key").transform_filter(alt.datum.place == place).encode(y=height)
        layers += [
            key.mark_rule(strokeWidth=2.5).encode(
                x=alt.value(-_LEFT), x2=alt.value(-_LEFT + 26), color=_colour(), strokeDash=_dash()
            ),
            key.mark_text(align="left", baseline="middle").encode(x=alt.value(-_LEFT + 34), text="label:N"),
            key.mark_text(align="right", baseline="middle", fontWeight="bold").encode(
                x=alt.value(WIDTH - _LEFT), text="last:N"
            ),
        ]
    return layers
