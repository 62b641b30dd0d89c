"""How charts look: colours that survive colour blindness and print, sizes for a cheap phone, fixed margins."""

from __future__ import annotations

from typing import Any

from portal.charts.drawing import DATA_NAME
from portal.charts.lazily import alt

INK, QUIET, GRID = "#1a1a1a", "#595959", "#d0d0d0"
"""Text, secondary text, rules. The style sheet gives them other values in dark mode, by these."""
RECEIVED, OPENED, WORKED = "#404040", "#0072b2", "#56b4e9"
"""What the boxes counted, what was proven to be opened, what somebody worked on. After Okabe and Ito."""
ACTED, CLOSED, OPEN, SILENT = "#008a63", "#c9c9c9", "#56b4e9", "#e69f00"
"""The classes of status. Each is labelled where it stands or in its order: no chart needs colours."""
ON = "#000000"
"""Words on a part: black stands out from each of the four, in dark mode too."""
GAP = "#efefef"
"""A period of which something is missing."""
WIDTH = 360
"""Of every chart, in CSS pixels: a phone shows it at its size, a desktop up to 1.4 times."""
TEXT = 13


def named_rows() -> alt.NamedData:
    """Return where a chart's rows come from."""
    return alt.NamedData(DATA_NAME)


def sized(
    chart: alt.LayerChart | alt.FacetChart | alt.Chart,
    *,
    height: int,
    left: int,
    right: int,
    top: int,
    bottom: int,
) -> dict[str, Any]:
    """Return the specification of ``chart`` in a frame with these margins.

    Margins are given and not measured, so that the same chart has the same octets whatever fonts a machine has.
    """
    whole = chart.properties(
        width=WIDTH - left - right,
        height=height - top - bottom,
        padding={"left": left, "right": right, "top": top, "bottom": bottom},
        autosize=alt.AutoSizeParams(type="none"),
        background="transparent",
    )
    styled = (
        whole.configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            labelFontSize=TEXT - 1,
            labelFont="sans-serif",
            labelOverlap=False,
            labelBound=False,
            labelFlush=False,
            gridColor=GRID,
            tickColor=GRID,
            domainColor=QUIET,
            title=None,
        )
        .configure_text(font="sans-serif", fontSize=TEXT, fill=INK)
    )
    return dict(styled.to_dict(validate=False))
