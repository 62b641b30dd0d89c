"""The plots of the overview: figures in, pictures and the tables that say the same out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from workstation.book.figures import DAY, Figures, Received, Times
from workstation.screen import vega
from workstation.screen.languages import Language
from workstation.screen.vega import COLOURS

SHOWN_DAYS = 60
"""Of tips by day: what fits into a picture with a bar a day."""
SERIES = 5
"""Categories with a colour of their own; the rest is one."""
MOST_BARS = 12
_OTHERS, _NONE = "*", "-"
_LOW = 130


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture, its words, and the table that says the same."""

    name: str
    title: str
    summary: str
    """A sentence for who does not see the picture, and for who does."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spec: str
    is_empty: bool = False
    """Whether the picture would show nothing."""

    @property
    def svg(self) -> str:
        """The picture."""
        return vega.render(self.spec)


def plots(figures: Figures, there: Language, *, now: int) -> dict[str, Plot]:
    """Return the plots by their names."""
    made = (
        _by_day(figures, there, now),
        _by_category(figures, there),
        _backlog(figures, there),
        _times(figures, there),
        _units(figures, there),
    )
    return {plot.name: plot for plot in made}


def _by_day(figures: Figures, there: Language, now: int) -> Plot:
    first = now // DAY * DAY - (SHOWN_DAYS - 1) * DAY
    shown = [one for one in figures.received if one.day >= first]
    days = {first + at * DAY: 0 for at in range(SHOWN_DAYS)}
    for one in shown:
        days[one.day] = days.get(one.day, 0) + one.tips
    summary = there.text(
        "%(total)s tips in %(days)s days; most on one day: %(most)s.",
        total=there.number(sum(days.values())),
        days=SHOWN_DAYS,
        most=there.number(max(days.values())),
    )
    rows = tuple(
        (there.plain_day(_date(day)), there.number(number)) for day, number in reversed(days.items())
    )
    head = (there.text("Day"), there.text("Tips"))
    return Plot("by-day", there.text("Tips by day"), summary, head, rows, _stacked_days(shown, there, first))


def _stacked_days(shown: Sequence[Received], there: Language, first: int) -> str:
    """Return the plot of a bar a day; the categories with most tips have a colour of their own."""
    series = _largest(_sums(shown))
    names = {code: there.category(code) for code in series}
    names |= {_OTHERS: there.text("other categories"), _NONE: there.text("no category")}
    counts: dict[tuple[int, str], int] = {}
    for one in shown:
        what = _NONE if not one.category else one.category if one.category in series else _OTHERS
        counts[one.day, what] = counts.get((one.day, what), 0) + one.tips
    order = [*series, _OTHERS, _NONE]
    values = [
        {"day": _iso(day), "what": names[code], "tips": number, "order": order.index(code)}
        for (day, code), number in counts.items()
    ]
    return vega.specification(
        values,
        {"type": "bar"},
        x=vega.days("day", _iso(first), _iso(first + SHOWN_DAYS * DAY), months=there.months),
        y=vega.counted("tips", there.text("tips"), aggregate="sum"),
        color=vega.coloured("what", [names[code] for code in order], (*COLOURS[: len(series)], *COLOURS[6:])),
        order={"field": "order", "type": "quantitative"},
    )


def _by_category(figures: Figures, there: Language) -> Plot:
    sums = sorted(_sums(figures.received).items(), key=lambda one: -one[1])
    rows = [(there.category(code) if code else there.text("no category"), number) for code, number in sums]
    spec = vega.bars(rows[:MOST_BARS], there.text("tips"))
    most = rows[0] if rows else ("–", 0)
    return Plot(
        "by-category",
        there.text("Tips by category"),
        there.text(
            "In the last %(days)s days; most: %(what)s, %(number)s.",
            days=figures.days,
            what=most[0],
            number=there.number(most[1]),
        ),
        (there.text("Category"), there.text("Tips")),
        tuple((name, there.number(number)) for name, number in rows),
        spec,
    )


def _backlog(figures: Figures, there: Language) -> Plot:
    kinds = (there.text("nothing done yet"), there.text("begun"))
    names = [_age(one.from_days, one.to_days, there) for one in figures.backlog]
    values = [
        {"age": name, "kind": kind, "tips": number, "order": at}
        for one, name in zip(figures.backlog, names, strict=True)
        for at, (kind, number) in enumerate(zip(kinds, (one.untouched, one.begun), strict=True))
    ]
    spec = vega.specification(
        values,
        {"type": "bar"},
        x=vega.counted("tips", there.text("tips")),
        y=vega.named("age", names),
        color=vega.coloured("kind", kinds, (COLOURS[5], COLOURS[0])),
        order={"field": "order", "type": "quantitative"},
    )
    untouched = sum(one.untouched for one in figures.backlog)
    return Plot(
        "backlog",
        there.text("Backlog by age"),
        there.texts(
            "%(num)s open tip on which nothing was done yet.",
            "%(num)s open tips on which nothing was done yet.",
            untouched,
        ),
        (there.text("Age"), *kinds),
        tuple(
            (name, there.number(one.untouched), there.number(one.begun))
            for one, name in zip(figures.backlog, names, strict=True)
        ),
        spec,
    )


def _times(figures: Figures, there: Language) -> Plot:
    kinds = ((there.text("First action"), figures.first_action), (there.text("Closing"), figures.closing))
    half, most = there.text("half done"), there.text("nine of ten done")
    values = [
        {"what": name, "share": share, "days": hours / 24}
        for name, times in kinds
        for share, hours in ((half, times.median), (most, times.most))
        if hours is not None
    ]
    spec = vega.specification(
        values,
        {"type": "point", "filled": True, "size": 140, "opacity": 1},
        x=vega.measured("days", there.text("days since it was received")),
        y=vega.named("what", [name for name, _ in kinds]),
        color=vega.coloured("share", (half, most), (COLOURS[0], COLOURS[5])),
        shape=vega.shaped("share", (half, most)),
        height=_LOW,
    )
    first = figures.first_action
    return Plot(
        "times",
        there.text("Time to first action and to closing"),
        _first_action(first, there),
        (there.text("What"), half, most, there.text("done"), there.text("waiting")),
        tuple((name, *_row(times, there)) for name, times in kinds),
        spec,
        is_empty=not values,
    )


def _first_action(times: Times, there: Language) -> str:
    if times.median is None:
        return there.text("Fewer than half of the tips saw a first action so far.")
    return there.text(
        "Half of the tips saw a first action within %(time)s; what still waits is counted as waiting.",
        time=_span(times.median, there),
    )


def _units(figures: Figures, there: Language) -> Plot:
    rows = [(one.unit or there.text("nobody in charge"), one.tips) for one in figures.units]
    total = sum(one.tips for one in figures.units)
    return Plot(
        "units",
        there.text("Open tips by unit"),
        there.texts("%(num)s tip is not closed.", "%(num)s tips are not closed.", total),
        (there.text("Unit"), there.text("Tips")),
        tuple((name, there.number(number)) for name, number in rows),
        vega.bars(rows[:MOST_BARS], there.text("tips")),
    )


def _row(times: Times, there: Language) -> tuple[str, ...]:
    spans = (_span(times.median, there), _span(times.most, there))
    return (*spans, there.number(times.done), there.number(times.waiting))


def _span(hours: int | None, there: Language) -> str:
    """Return a time in words; None is a share that was not reached yet."""
    if hours is None:
        return there.text("not yet reached")
    if hours < 72:
        return there.text("%(n)s h", n=there.number(hours))
    return there.text("%(n)s d", n=there.number(round(hours / 24)))


def _age(first: int, end: int | None, there: Language) -> str:
    if end is None:
        return there.text("over %(n)s days", n=there.number(first))
    if end == 1:
        return there.text("today and yesterday")
    return there.text("%(a)s to %(b)s days", a=first, b=end)


def _sums(received: Sequence[Received]) -> dict[str, int]:
    """Return how many tips each category has; empty for none."""
    found: dict[str, int] = {}
    for one in received:
        found[one.category or ""] = found.get(one.category or "", 0) + one.tips
    return found


def _largest(sums: Mapping[str, int]) -> list[str]:
    return sorted((code for code in sums if code), key=lambda code: -sums[code])[:SERIES]


def _iso(at: int) -> str:
    return _date(at).strftime("%Y-%m-%d")


def _date(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
