"""The plots over time: reported against acted on, what became of each cohort, how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from disclosure.vocabulary import StatusClass
from portal.charts.delays import Delayed, Words, delays
from portal.charts.lines import Point, Series, lines
from portal.charts.look import ACTED, RECEIVED
from portal.charts.shares import Key, over_time
from portal.charts.sparks import spark
from portal.charts.times import Times
from portal.pages.numbers import d3
from portal.pages.parts import Cell, Plot, Plotter, Table, table
from portal.pages.plots import COLOURS, off_by, parts_of
from portal.pages.summary import AGE, CLASSES, Value, added, all_months, classes
from portal.pages.words import Speech
from portal.release.model import Cohort, Days, Figure, Month
from wire.period import is_quarter, months_of, quarter_of

_TICKS = 4
_LONG = 30
"""An axis of more periods than this has a tick a year."""


def axis_of(first: str, last: str) -> tuple[str, ...]:
    """Return the periods from ``first`` to ``last``, months or quarters as these are, none left out."""
    months = all_months(months_of(first)[0], months_of(last)[-1])
    return tuple(dict.fromkeys(quarter_of(one) for one in months) if is_quarter(first) else months)


def times(speech: Speech, periods: Sequence[str], gaps: Sequence[str] = ()) -> Times:
    """Return the axis over ``periods``; those in ``gaps`` have no ledger."""
    years = [(at, one[:4]) for at, one in enumerate(periods) if one.endswith(("-01", "-Q1"))]
    if len(periods) <= _LONG and not (years and is_quarter(periods[0])):
        step = max(1, -(-len(periods) // _TICKS))
        years = [
            (at, speech.language.month(months_of(periods[at])[0], short=True))
            for at in range(step // 2, len(periods), step)
        ]
    holes = tuple(periods.index(one) for one in gaps if one in periods)
    return Times(len(periods), tuple(years), holes, str(speech.text("chart.gap")))


def _points(periods: Sequence[str], figures: Sequence[tuple[str, Figure]]) -> tuple[Point, ...]:
    places = {period: at for at, period in enumerate(periods)}
    return tuple(Point(places[one], figure.shown, figure.low, figure.high) for one, figure in figures)


def response_plot(
    plotter: Plotter, speech: Speech, months: Sequence[Month], cohorts: Sequence[Cohort]
) -> Plot:
    """Return what the boxes counted against what was acted on, month after month, over all the time there is."""
    periods = axis_of(months[0].month, months[-1].month)
    counted = [(one.month, Figure(one.received, one.received, one.received)) for one in months if one.boxes]
    acted = [
        (one.period, classes(one)[StatusClass.ACTED])
        for one in cohorts
        if one.period in periods and classes(one)
    ]
    gaps = [one.month for one in months if not one.boxes]
    series = [
        Series(
            str(speech.text("series.received")),
            _last(speech, counted),
            RECEIVED,
            True,
            _points(periods, counted),
        ),
        Series(
            str(speech.text("series.acted", age=AGE)),
            _last(speech, acted),
            ACTED,
            False,
            _points(periods, acted),
        ),
    ]
    chart = lines(series, times(speech, periods, gaps), numbers=d3(speech.language))
    span = speech.span(periods[0], periods[-1])
    listed = _years(speech, months, cohorts)
    return plotter.plot(
        chart,
        title=speech.text("response.title", span=span),
        caption=_response_sentence(speech, months, cohorts),
        table=listed,
        note=speech.text("response.note", age=AGE),
    )


def _last(speech: Speech, figures: Sequence[tuple[str, Figure]]) -> str:
    return str(speech.figure(figures[-1][1])) if figures else "—"


def _known(months: Sequence[Month], cohorts: Sequence[Cohort]) -> Iterator[tuple[Month, dict[str, Figure]]]:
    """Yield the months that have a ledger and a table of their own."""
    parts = {one.period: classes(one) for one in cohorts}
    for month in months:
        if month.boxes and parts.get(month.month):
            yield month, parts[month.month]


def _years(speech: Speech, months: Sequence[Month], cohorts: Sequence[Cohort]) -> Table:
    """Return a table of years: received in the months of which it is known what became of them, and what did."""
    rows = []
    for year in sorted({one.month[:4] for one in months}, reverse=True):
        known = list(_known([one for one in months if one.month.startswith(year)], cohorts))
        if known:
            received = sum(month.received for month, _ in known)
            acted, silent = (_sum(known, name) for name in (StatusClass.ACTED, StatusClass.SILENT))
            rows.append(
                (
                    year,
                    str(len(known)),
                    speech.language.number(received),
                    speech.figure(acted),
                    speech.figure(silent),
                    speech.language.percent(acted.shown, received),
                )
            )
    heads = [
        speech.text("table.year"),
        speech.text("table.months"),
        speech.text("funnel.received"),
        speech.text("class.acted"),
        speech.text("class.silent"),
        speech.text("table.acted.share"),
    ]
    return table(speech.text("response.table", age=AGE), heads, rows)


def _sum(known: Sequence[tuple[Month, dict[str, Figure]]], name: str) -> Figure:
    figures = [parts[name] for _, parts in known]
    return Figure(
        sum(one.shown for one in figures), sum(one.low for one in figures), sum(one.high for one in figures)
    )


def _response_sentence(speech: Speech, months: Sequence[Month], cohorts: Sequence[Cohort]) -> Markup:
    known = list(_known(months, cohorts))
    if len(known) <= 12:
        return speech.text("response.sentence.short", age=AGE)
    early, late = known[: len(known) - 12][-12:], known[-12:]
    shares = [
        speech.language.percent(_sum(part, StatusClass.ACTED).shown, sum(month.received for month, _ in part))
        for part in (early, late)
    ]
    return speech.text(
        "response.sentence",
        age=AGE,
        before=shares[0],
        now=shares[1],
        span_before=speech.span(early[0][0].month, early[-1][0].month),
        span_now=speech.span(late[0][0].month, late[-1][0].month),
    )


def history_plot(plotter: Plotter, speech: Speech, values: Sequence[Value], name: str) -> Plot:
    """Return one group of a line over time: reported, and acted on."""
    periods = axis_of(values[0].period, values[-1].period)
    series = [
        Series(
            str(speech.text("series.reported")),
            speech.figure(values[-1].reported),
            RECEIVED,
            True,
            _points(periods, [(one.period, one.reported) for one in values]),
        ),
        Series(
            str(speech.text("series.acted", age=AGE)),
            speech.figure(values[-1].acted),
            ACTED,
            False,
            _points(periods, [(one.period, one.acted) for one in values]),
        ),
    ]
    chart = lines(series, times(speech, periods), numbers=d3(speech.language))
    listed = table(
        speech.text("history.table", name=name, age=AGE),
        [
            speech.text("table.period"),
            speech.text("series.reported"),
            speech.text("class.acted"),
            speech.text("class.silent"),
        ],
        [
            (
                speech.period(one.period, short=True),
                speech.figure(one.reported),
                speech.figure(one.acted),
                speech.figure(one.silent),
            )
            for one in reversed(values)
        ],
    )
    return plotter.plot(
        chart,
        title=speech.text("history.title", name=name),
        caption=history_sentence(speech, values, name),
        table=listed,
        note=speech.text("history.note", age=AGE),
    )


def history_sentence(speech: Speech, values: Sequence[Value], name: str) -> Markup:
    """Return what the last year of a group says."""
    year = values[-4:] if is_quarter(values[-1].period) else values[-12:]
    whole = added("", year)
    return speech.text(
        "history.sentence",
        name=name,
        span=speech.span(year[0].period, year[-1].period),
        age=AGE,
        reported=speech.figure(whole.reported),
        acted=speech.figure(whole.acted),
        silent=speech.figure(whole.silent),
    )


def spark_of(plotter: Plotter, speech: Speech, values: Sequence[Value], name: str) -> Plot:
    """Return the small picture of a group, for a page of many."""
    periods = axis_of(values[0].period, values[-1].period)
    series = [
        Series("", "", RECEIVED, True, _points(periods, [(one.period, one.reported) for one in values])),
        Series("", "", ACTED, False, _points(periods, [(one.period, one.acted) for one in values])),
    ]
    chart = spark(series, count=len(periods), numbers=d3(speech.language))
    return plotter.plot(
        chart,
        title=speech.text("history.title", name=name),
        caption=history_sentence(speech, values, name),
        table=table("", [], []),
    )


def classes_plot(plotter: Plotter, speech: Speech, cohorts: Sequence[Cohort], gaps: Sequence[str]) -> Plot:
    """Return what had become of each cohort at ``AGE`` days, as parts of a whole."""
    known = [(one, classes(one)) for one in cohorts]
    periods = axis_of(known[0][0].period, known[-1][0].period)
    columns = [(periods.index(one.period), parts_of(speech, values)) for one, values in known]
    newest = columns[-1][1]
    keys = [
        Key(str(speech.text(f"class.{name}")), part.text, COLOURS[name])
        for name, part in zip(CLASSES, newest, strict=True)
    ]
    chart = over_time(
        columns, list(reversed(keys)), times(speech, periods, gaps), numbers=d3(speech.language)
    )
    listed = table(
        speech.text("classes.table", age=AGE),
        [speech.text("table.period"), *(speech.text(f"class.{name}") for name in CLASSES)],
        [
            (_month_cell(speech, one.period), *(speech.figure(values[name]) for name in CLASSES))
            for one, values in reversed(known)
        ],
    )
    last, values = known[-1]
    caption = speech.text(
        "classes.sentence",
        age=AGE,
        period=speech.period(last.period),
        acted=newest[0].text,
        silent=newest[3].text,
    )
    return plotter.plot(
        chart,
        title=speech.text("classes.title", age=AGE),
        caption=caption,
        table=listed,
        note=off_by(speech, values),
    )


def _month_cell(speech: Speech, period: str) -> Cell:
    return Cell(speech.period(period, short=True), "" if is_quarter(period) else f"months/{period}.html")


def delays_plot(
    plotter: Plotter, speech: Speech, cohorts: Sequence[Cohort], gaps: Sequence[str]
) -> Plot | None:
    """Return how long it took until something was done first; None where no cohort says."""
    known = [
        (one, one.delays[0]) for one in cohorts if one.delays and _says(one.delays[0].first_action_median)
    ]
    if not known:
        return None
    periods = axis_of(known[0][0].period, known[-1][0].period)
    medians = [Delayed(periods.index(one.period), delay.first_action_median.days) for one, delay in known]
    p90s = [
        Delayed(periods.index(one.period), delay.first_action_p90.days)
        for one, delay in known
        if _says(delay.first_action_p90)
    ]
    last, newest = known[-1]
    half, most = (str(speech.days(one, AGE)) for one in (newest.first_action_median, newest.first_action_p90))
    words = Words(
        str(speech.text("delays.median")),
        str(speech.text("delays.p90")),
        str(speech.text("delays.beyond", age=AGE)),
        half,
        most,
    )
    chart = delays(
        medians, p90s, times(speech, periods, gaps), age=AGE, words=words, numbers=d3(speech.language)
    )
    listed = table(
        speech.text("delays.table", age=AGE),
        [speech.text("table.period"), speech.text("delays.median"), speech.text("delays.p90")],
        [
            (
                _month_cell(speech, one.period),
                speech.days(delay.first_action_median, AGE),
                speech.days(delay.first_action_p90, AGE),
            )
            for one, delay in reversed(known)
        ],
    )
    caption = speech.text("delays.sentence", period=speech.period(last.period), half=half, most=most)
    return plotter.plot(
        chart,
        title=speech.text("delays.title"),
        caption=caption,
        table=listed,
        note=speech.text("delays.note", age=AGE),
    )


def _says(days: Days) -> bool:
    return days.days is not None or days.beyond
