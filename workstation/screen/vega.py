"""Vega-Lite as we use it: one look for all plots, rendered to SVG within this process, with no network.

Colours are Okabe and Ito's, which survive colour blindness and print; series also differ in order and by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import vl_convert

COLOURS = ("#0b5563", "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#7d8790", "#c9cfd4")
_INK, _FAINT, _GRID, _EDGE = "#1b2430", "#55606e", "#e4e7ea", "#737d89"
_WIDTH, _HEIGHT = 390, 230
_KEPT = 64
"""Pictures kept for the next visit: they hold counts only."""
_CONFIG = {
    "font": "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": _INK,
        "titleColor": _FAINT,
        "gridColor": _GRID,
        "domainColor": _EDGE,
        "tickColor": _EDGE,
    },
    "legend": {"labelFontSize": 12, "labelColor": _INK},
}
Encoding = dict[str, Any]


@lru_cache(maxsize=_KEPT)
def render(spec: str) -> str:
    """Return the SVG of ``spec``; nothing is fetched for it."""
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def specification(
    values: Sequence[Mapping[str, Any]],
    mark: Mapping[str, Any],
    *,
    height: int = _HEIGHT,
    **encoding: Encoding,
) -> str:
    """Return the text of a plot."""
    plot = {"data": {"values": list(values)}, "mark": mark, "encoding": encoding, "config": _CONFIG}
    frame = {"width": _WIDTH, "height": height, "background": None}
    fit = {"autosize": {"type": "fit", "contains": "padding"}}
    return json.dumps({**plot, **frame, **fit}, sort_keys=True)


def counted(field: str, title: str, **more: Any) -> Encoding:
    """Return the axis of a whole number."""
    return {"field": field, "type": "quantitative", "title": title, "axis": {"tickMinStep": 1}, **more}


def measured(field: str, title: str) -> Encoding:
    """Return the axis of a measure from nought on."""
    return {"field": field, "type": "quantitative", "title": title, "scale": {"domainMin": 0}}


def named(field: str, names: Sequence[str]) -> Encoding:
    """Return the axis of ``names``, in their order."""
    scale = {"domain": list(names)}
    return {"field": field, "type": "nominal", "title": None, "scale": scale, "axis": {"labelLimit": 240}}


def days(field: str, first: str, last: str, *, months: Sequence[str]) -> Encoding:
    """Return the axis of the days from ``first`` to ``last``, each written YYYY-MM-DD; ``months`` are their names."""
    label = f"utcdate(datum.value) + ' ' + {json.dumps(list(months))}[utcmonth(datum.value)]"
    axis = {"labelExpr": label, "labelAngle": 0, "tickCount": 4}
    scale = {"domain": [first, last], "type": "utc"}
    return {
        "field": field,
        "type": "temporal",
        "title": None,
        "timeUnit": "utcyearmonthdate",
        "axis": axis,
        "scale": scale,
    }


def coloured(field: str, names: Sequence[str], colours: Sequence[str]) -> Encoding:
    """Return the colours of ``names``, with their legend below."""
    scale = {"domain": list(names), "range": list(colours)}
    legend = {"orient": "bottom", "columns": 2, "labelLimit": 150}
    return {"field": field, "type": "nominal", "title": None, "scale": scale, "legend": legend}


def shaped(field: str, names: Sequence[str]) -> Encoding:
    """Return the shapes of two ``names``."""
    scale = {"domain": list(names), "range": ["circle", "diamond"]}
    return {"field": field, "type": "nominal", "title": None, "scale": scale}


def bars(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Return a plot of one bar a row."""
    values = [{"name": name, "tips": number} for name, number in rows]
    mark = {"type": "bar", "color": COLOURS[0]}
    return specification(values, mark, x=counted("tips", title), y=named("name", [name for name, _ in rows]))
