"""The plots over time: reported against acted on, what became of each cohort, how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from portal.charts.delays import Delayed, Words, delays
from portal.charts.lines import Point, Series, lines
from portal.charts.look import ACTED, RECEIVED
from portal.charts.shares import Key, over_time
from portal.charts.sparks import spark
from portal.charts.times import Times
from portal.pages.numbers import d3
from portal.pages.parts import Cell, Plot, Plotter, Table, table
from portal.pages.plots import COLOURS, off_by, parts_of
from portal.pages.summary import AGE, CLASSES, Value, added, all_months, classes, last_year, response
from portal.pages.words import Speech, vague
from portal.release.model import Cohort, Days, Figure, Month
from wire.period import is_quarter, months_of, quarter_of

_TICKS = 4


def axis_of(first: str, last: str) -> tuple[str, ...]:
    """Return the periods from ``first`` to ``last``, months or quarters as ``first`` is, none left out."""
    months = all_months(months_of(first)[0], months_of(last)[-1])
    return tuple(dict.fromkeys(quarter_of(one) for one in months) if is_quarter(first) else months)


def times(speech: Speech, periods: Sequence[str], gaps: Sequence[str] = ()) -> Times:
    """Return the axis over ``periods``; months in ``gaps`` have no ledger."""
    ticks = [(at, one[:4]) for at, one in enumerate(periods) if one.endswith(("-01", "-Q1"))]
    if len(ticks) < 3:
        step = max(1, -(-len(periods) // _TICKS))
        places = range(step // 2, len(periods), step)
        ticks = [(at, speech.language.month(months_of(periods[at])[0], short=True)) for at in places]
    holes = tuple(at for at, one in enumerate(periods) if set(months_of(one)) & set(gaps))
    return Times(len(periods), tuple(ticks), holes, str(speech.text("chart.gap")))


def _points(periods: Sequence[str], figures: Sequence[tuple[str, Figure]]) -> tuple[Point, ...]:
    places = {period: at for at, period in enumerate(periods)}
    return tuple(
        Point(places[one], None if vague(figure) else figure.shown, figure.low, figure.high)
        for one, figure in figures
    )


def _newest(speech: Speech, figures: Sequence[tuple[str, Figure]]) -> str:
    """Return the newest figure with its period: two lines of a chart may end at different ones."""
    if not figures:
        return "—"
    period, figure = figures[-1]
    return str(
        speech.text("series.newest", period=speech.period(period, short=True), figure=speech.figure(figure))
    )


def response_plot(
    plotter: Plotter, speech: Speech, months: Sequence[Month], cohorts: Sequence[Cohort]
) -> Plot:
    """Return what the boxes counted against what was acted on, over all the time there is."""
    values = response(months, cohorts)
    quarters = any(is_quarter(one.period) for one in values)
    first, last = months[0].month, months[-1].month
    periods = axis_of(quarter_of(first), quarter_of(last)) if quarters else axis_of(first, last)
    gaps = [one.month for one in months if not one.boxes]
    counted = _counted(months, periods)
    acted = [(one.period, one.acted) for one in values]
    series = [
        Series(
            str(speech.text("series.received")),
            _newest(speech, counted),
            RECEIVED,
            True,
            _points(periods, counted),
        ),
        Series(
            str(speech.text("series.acted", age=AGE)),
            _newest(speech, acted),
            ACTED,
            False,
            _points(periods, acted),
        ),
    ]
    return plotter.plot(
        lines(series, times(speech, periods, gaps), numbers=d3(speech.language)),
        title=speech.text("response.title", span=speech.span(first, last)),
        caption=_response_sentence(speech, values),
        table=_years(speech, values),
        note=speech.text("response.note", age=AGE),
    )


def _counted(months: Sequence[Month], periods: Sequence[str]) -> list[tuple[str, Figure]]:
    """Return what was received in each of ``periods`` of which every month has a ledger."""
    known = {one.month: one.received for one in months if one.boxes}
    found = []
    for period in periods:
        names = months_of(period)
        if all(name in known for name in names):
            value = sum(known[name] for name in names)
            found.append((period, Figure(value, value, value)))
    return found


def _years(speech: Speech, values: Sequence[Value]) -> Table:
    """Return a table of years: received in the months of which the outcome is known, and the outcome."""
    rows = []
    for year in sorted({one.period[:4] for one in values}, reverse=True):
        of_year = [one for one in values if one.period.startswith(year)]
        whole = added(year, of_year)
        share = speech.language.percent(whole.acted.shown, whole.reported.shown)
        months = str(sum(len(months_of(one.period)) for one in of_year))
        rows.append(
            (
                year,
                months,
                *(speech.figure(one) for one in (whole.reported, whole.acted, whole.silent)),
                share,
            )
        )
    heads = [
        "table.year",
        "table.months",
        "funnel.received",
        "class.acted",
        "class.silent",
        "table.acted.share",
    ]
    return table(speech.text("response.table", age=AGE), [speech.text(one) for one in heads], rows)


def _response_sentence(speech: Speech, values: Sequence[Value]) -> Markup:
    """Return the last year against the one before it; that they differ is said only where their bands are apart."""
    late = last_year(values)
    early = last_year(values[: len(values) - len(late)])
    if len(early) < len(late) or not late:
        return speech.text("response.sentence.short", age=AGE)
    before, now = added("", early), added("", late)
    shares = [speech.language.percent(one.acted.shown, one.reported.shown) for one in (before, now)]
    spans = [speech.span(part[0].period, part[-1].period) for part in (early, late)]
    told = speech.text(
        "response.sentence", age=AGE, before=shares[0], now=shares[1], span_before=spans[0], span_now=spans[1]
    )
    return told if _apart(before, now) else told + " " + speech.text("response.sentence.same")


def _apart(one: Value, other: Value) -> bool:
    """Return whether the shares acted on differ for certain."""
    (low, high), (other_low, other_high) = (
        (value.acted.low / max(1, value.reported.high), value.acted.high / max(1, value.reported.low))
        for value in (one, other)
    )
    return high < other_low or other_high < low


def _two(speech: Speech, values: Sequence[Value]) -> tuple[tuple[str, ...], list[Series]]:
    """Return the axis and the two lines of a group: reported, and acted on."""
    periods = axis_of(values[0].period, values[-1].period)
    reported = [(one.period, one.reported) for one in values]
    acted = [(one.period, one.acted) for one in values]
    names = speech.text("series.reported"), speech.text("series.acted", age=AGE)
    return periods, [
        Series(str(names[0]), _newest(speech, reported), RECEIVED, True, _points(periods, reported)),
        Series(str(names[1]), _newest(speech, acted), ACTED, False, _points(periods, acted)),
    ]


def history_plot(plotter: Plotter, speech: Speech, values: Sequence[Value], name: str) -> Plot:
    """Return one group of a line over time: reported, and acted on."""
    periods, series = _two(speech, values)
    heads = [speech.text(one) for one in ("table.period", "series.reported", "class.acted", "class.silent")]
    rows = [
        (speech.period(one.period, short=True), *map(speech.figure, (one.reported, one.acted, one.silent)))
        for one in reversed(values)
    ]
    return plotter.plot(
        lines(series, times(speech, periods), numbers=d3(speech.language)),
        title=speech.text("history.title", name=name),
        caption=history_sentence(speech, values, name),
        table=table(speech.text("history.table", name=name, age=AGE), heads, rows),
        note=speech.text("history.note", age=AGE),
    )


def history_sentence(speech: Speech, values: Sequence[Value], name: str) -> Markup:
    """Return what the last year of a group says."""
    year = last_year(values)
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
    periods, series = _two(speech, values)
    return plotter.plot(
        spark(series, count=len(periods), numbers=d3(speech.language)),
        title=speech.text("history.title", name=name),
        caption=history_sentence(speech, values, name),
        table=table("", [], []),
    )


def classes_plot(plotter: Plotter, speech: Speech, cohorts: Sequence[Cohort], gaps: Sequence[str]) -> Plot:
    """Return what had become of each cohort at ``AGE`` days, as parts of a whole. A quarter is three months wide."""
    known = [(one, classes(one)) for one in cohorts]
    periods = _months(cohorts)
    columns = [
        (_place(periods, one), _place(periods, one, last=True), parts_of(speech, values))
        for one, values in known
    ]
    newest = columns[-1][2]
    keys = [
        Key(str(speech.text(f"class.{name}")), part.text, COLOURS[name])
        for name, part in zip(CLASSES, newest, strict=True)
    ]
    last, values = known[-1]
    rows: list[tuple[Cell | str, ...]] = [
        (_month_cell(speech, one.period), *(speech.figure(counts[name]) for name in CLASSES))
        for one, counts in reversed(known)
    ]
    heads = [speech.text("table.period"), *(speech.text(f"class.{name}") for name in CLASSES)]
    return plotter.plot(
        over_time(columns, list(reversed(keys)), times(speech, periods, gaps), numbers=d3(speech.language)),
        title=speech.text("classes.title", age=AGE),
        caption=speech.text(
            "classes.sentence",
            age=AGE,
            period=speech.period(last.period),
            acted=newest[0].text,
            silent=newest[3].text,
        ),
        table=table(speech.text("classes.table", age=AGE), heads, rows),
        note=off_by(speech, values),
    )


def _months(cohorts: Sequence[Cohort]) -> tuple[str, ...]:
    """Return the months of ``cohorts``, from the first to the last."""
    return axis_of(months_of(cohorts[0].period)[0], months_of(cohorts[-1].period)[-1])


def _place(periods: Sequence[str], cohort: Cohort, *, last: bool = False) -> int:
    return periods.index(months_of(cohort.period)[-1 if last else 0])


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
    periods = _months([one for one, _ in known])
    middles = [(_place(periods, one) + _place(periods, one, last=True)) / 2 for one, _ in known]
    medians = [
        Delayed(at, delay.first_action_median.days) for at, (_, delay) in zip(middles, known, strict=True)
    ]
    p90s = [
        Delayed(at, delay.first_action_p90.days)
        for at, (_, delay) in zip(middles, known, strict=True)
        if _says(delay.first_action_p90)
    ]
    last, newest = known[-1]
    half, most = (str(speech.days(one, AGE)) for one in (newest.first_action_median, newest.first_action_p90))
    names = [speech.text(one) for one in ("delays.median", "delays.p90")]
    words = Words(str(names[0]), str(names[1]), str(speech.text("delays.beyond", age=AGE)), half, most)
    rows: list[tuple[Cell | str, ...]] = [
        (
            _month_cell(speech, one.period),
            *(speech.days(days, AGE) for days in (delay.first_action_median, delay.first_action_p90)),
        )
        for one, delay in reversed(known)
    ]
    return plotter.plot(
        delays(
            medians, p90s, times(speech, periods, gaps), age=AGE, words=words, numbers=d3(speech.language)
        ),
        title=speech.text("delays.title"),
        caption=speech.text("delays.sentence", period=speech.period(last.period), half=half, most=most),
        table=table(speech.text("delays.table", age=AGE), [speech.text("table.period"), *names], rows),
        note=speech.text("delays.note", age=AGE),
    )


def _says(days: Days) -> bool:
    return days.days is not None or days.beyond
