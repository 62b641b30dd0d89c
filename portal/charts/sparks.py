"""A small picture of two lines for one of many: reported and acted on, without axes; its numbers stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.charts.drawing import Chart, Row
from portal.charts.lazily import alt
from portal.charts.lines import Series, points_of
from portal.charts.look import QUIET
from portal.charts.times import across, of

WIDTH, HEIGHT = 160, 56


def spark(series: Sequence[Series], *, count: int, numbers: Mapping[str, object]) -> Chart:
    """Return the small chart of ``series`` over ``count`` periods."""
    rows: list[Row] = [{"kind": "frame", "x": end} for end in (-0.5, count - 0.5)]
    for place, one in enumerate(series):
        rows += points_of(place, one)
    return Chart(_spec, (), tuple(rows), numbers)


def _spec() -> dict[str, Any]:
    up = alt.Y("value:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    colour = alt.Color("colour:N", scale=None)
    dash = alt.StrokeDash(
        "dashed:N", scale=alt.Scale(domain=[False, True], range=[[1, 0], [4, 2]]), legend=None
    )
    points = of("point")
    layers = [
        of("band")
        .mark_area(opacity=0.3)
        .encode(x=across(), y=alt.Y("low:Q", axis=None), y2="high:Q", color=colour, detail="run:N"),
        points.mark_line(strokeWidth=1.75).encode(
            x=across(), y=up, color=colour, strokeDash=dash, detail="run:N"
        ),
        points.transform_filter("datum.lonely")
        .mark_circle(size=20, opacity=1)
        .encode(x=across(), y=up, color=colour),
        of("frame").mark_line(color=QUIET, strokeWidth=1).encode(x=across(), y=alt.value(HEIGHT - 6)),
    ]
    chart = alt.layer(*layers).properties(
        width=WIDTH, height=HEIGHT - 6, padding={"left": 0, "right": 0, "top": 2, "bottom": 4}
    )
    whole = chart.properties(
        autosize=alt.AutoSizeParams(type="none"), background="transparent"
    ).configure_view(stroke=None)
    return dict(whole.to_dict(validate=False))
