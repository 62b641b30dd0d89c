"""What charts over time share: the axis, with its words, and the periods of which something is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.charts.drawing import Row
from portal.charts.lazily import alt
from portal.charts.look import GAP, QUIET, TEXT, named_rows


@dataclass(frozen=True, slots=True)
class Times:
    """The axis of time, counted in periods from the first one."""

    count: int
    """Of periods."""
    ticks: tuple[tuple[int, str], ...]
    """Period and its words."""
    gaps: tuple[int, ...]
    """Periods without a ledger: shown as holes with a name."""
    gap_word: str

    def gap_row(self, place: int) -> list[Row]:
        """Return the key of gaps, to stand in the row ``place`` above a chart; none without gaps."""
        return [{"kind": "gap-key", "place": place, "label": self.gap_word}] if self.gaps else []

    def rows(self) -> Iterator[Row]:
        """Yield the axis, its ticks and the gaps."""
        for end in (-0.5, self.count - 0.5):
            yield {"kind": "frame", "x": end}
        for at, label in self.ticks:
            yield {"kind": "tick", "x": at, "label": label}
        for at in self.gaps:
            yield {"kind": "gap", "x": at - 0.5, "x2": at + 0.5}


def across() -> alt.X:
    """Return the place of a row along the axis."""
    return alt.X("x:Q", axis=None, scale=alt.Scale(nice=False, zero=False))


def of(kind: str) -> alt.Chart:
    """Return a chart of the rows of one kind."""
    return alt.Chart(named_rows()).transform_filter(alt.datum.kind == kind)


def gaps(inner: int) -> alt.Chart:
    """Return the layer of gaps, ``inner`` pixels high."""
    holes: alt.Chart = (
        of("gap")
        .mark_rect(color=GAP, stroke=QUIET, strokeWidth=0.75, strokeDash=[2, 2])
        .encode(x=across(), x2="x2:Q", y=alt.value(0), y2=alt.value(inner))
    )
    return holes


def gap_key(*, left: int, down: float, words: int) -> list[alt.Chart]:
    """Return the key of gaps, at these places; its words ``words`` further on. Nothing is drawn without its row."""
    key = of("gap-key").encode(y=alt.value(down))
    square = key.mark_square(
        size=150, opacity=1, color=GAP, stroke=QUIET, strokeWidth=0.75, strokeDash=[2, 2]
    )
    return [
        square.encode(x=alt.value(left + 8)),
        key.mark_text(align="left", baseline="middle").encode(x=alt.value(left + words), text="label:N"),
    ]


def axis(inner: int) -> list[alt.Chart]:
    """Return the layers of the axis, ``inner`` pixels down."""
    ticks = of("tick")
    below = ticks.mark_text(align="center", baseline="top", fontSize=TEXT - 1)
    return [
        of("frame").mark_line(color=QUIET, strokeWidth=1).encode(x=across(), y=alt.value(inner)),
        ticks.mark_rule(color=QUIET).encode(x=across(), y=alt.value(inner), y2=alt.value(inner + 5)),
        below.encode(x=across(), y=alt.value(inner + 8), text="label:N"),
    ]
