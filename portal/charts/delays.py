"""How long until something is done first: the median and the 90th percentile, month after month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.charts.drawing import Chart, Row
from portal.charts.lazily import alt
from portal.charts.look import ACTED, QUIET, SILENT, TEXT, WIDTH, sized
from portal.charts.times import Times, across, axis, gap_key, gaps, of

HEIGHT, _ROW, _LEFT, _RIGHT, _BOTTOM = 250, 20, 50, 10, 26
_FEW = 24
"""Of so many periods at most the marks have room to be big."""
_BEYOND = 1.12
"""Where what is longer than the age stands, as a multiple of the age."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """One value: days, or None for more than the age of the cohort."""

    at: float
    days: int | None


@dataclass(frozen=True, slots=True)
class Words:
    """The words in the chart."""

    median: str
    p90: str
    beyond: str
    """Beside the top rule: more than 90 days."""
    last_median: str
    last_p90: str


def delays(
    medians: Sequence[Delayed],
    p90s: Sequence[Delayed],
    times: Times,
    *,
    age: int,
    words: Words,
    numbers: Mapping[str, object],
) -> Chart:
    """Return the chart of both; a value beyond ``age`` stands as a triangle above the top rule."""
    rows: list[Row] = list(times.rows())
    rows.append({"kind": "top", "value": age, "label": words.beyond})
    keys = [(words.median, words.last_median), (words.p90, words.last_p90)]
    rows += [
        {"kind": "key", "place": place, "label": label, "last": last}
        for place, (label, last) in enumerate(keys)
    ]
    for name, values in (("median", medians), ("p90", p90s)):
        rows += [
            {
                "kind": name,
                "x": one.at,
                "value": age * _BEYOND if one.days is None else one.days,
                "beyond": one.days is None,
            }
            for one in values
        ]
    rows += times.gap_row(len(keys))
    return Chart(_spec, (bool(times.gaps), age, times.count <= _FEW), tuple(rows), numbers)


def _spec(gap: bool, age: int, big: bool) -> dict[str, Any]:
    top = (2 + gap) * _ROW + 10
    inner = HEIGHT - top - _BOTTOM
    left = alt.Axis(values=[0, age // 3, age * 2 // 3, age], domain=False, ticks=False, labelPadding=6)
    up = alt.Y("value:Q", axis=left, scale=alt.Scale(domain=[0, age * 1.28], nice=False))
    rule = of("top").encode(y=up)
    layers = [
        gaps(inner),
        rule.mark_rule(color=QUIET, strokeDash=[2, 2]).encode(
            x=alt.value(0), x2=alt.value(WIDTH - _LEFT - _RIGHT)
        ),
        rule.mark_text(align="left", baseline="middle", fontSize=TEXT - 2, dy=-inner * 0.175, dx=2).encode(
            x=alt.value(0), text="label:N"
        ),
        *_dots("p90", SILENT, up, big=big),
        *_dots("median", ACTED, up, big=big),
        *_keys(top),
        *gap_key(left=-_LEFT, down=2.5 * _ROW - top, words=24),
        *axis(inner),
    ]
    return sized(alt.layer(*layers), height=HEIGHT, left=_LEFT, right=_RIGHT, top=top, bottom=_BOTTOM)


def _dots(name: str, colour: str, up: alt.Y, *, big: bool) -> list[alt.Chart]:
    rows = of(name).encode(x=across(), y=up)
    size = 48 if big else 22
    shape = "square" if name == "p90" else "circle"
    return [
        rows.transform_filter("!datum.beyond").mark_point(
            shape=shape, filled=True, opacity=1, size=size, color=colour
        ),
        rows.transform_filter("datum.beyond").mark_point(
            shape="triangle-up", filled=True, opacity=1, size=size * 1.4, color=colour
        ),
    ]


def _keys(top: int) -> list[alt.Chart]:
    layers = []
    for place, (colour, shape) in enumerate(((ACTED, "circle"), (SILENT, "square"))):
        key = (
            of("key")
            .transform_filter(alt.datum.place == place)
            .encode(y=alt.value((place + 0.5) * _ROW - top))
        )
        layers += [
            key.mark_point(shape=shape, filled=True, opacity=1, size=90, color=colour).encode(
                x=alt.value(-_LEFT + 8)
            ),
            key.mark_text(align="left", baseline="middle").encode(x=alt.value(-_LEFT + 24), text="label:N"),
            key.mark_text(align="right", baseline="middle", fontWeight="bold").encode(
                x=alt.value(WIDTH - _LEFT), text="last:N"
            ),
        ]
    return layers
