"""The plots: which figures stand in which chart, in its table and in its sentence."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from disclosure.vocabulary import StatusClass
from portal.charts.bars import Bar, bars
from portal.charts.look import ACTED, CLOSED, OPEN, OPENED, RECEIVED, SILENT, WORKED
from portal.charts.shares import Key, Part, stacked
from portal.pages.numbers import d3
from portal.pages.parts import Plot, Plotter, table
from portal.pages.summary import CLASSES, Funnel, Waiting, classes
from portal.pages.words import Speech, vague
from portal.release.model import Cohort, Figure, total

COLOURS = {
    StatusClass.ACTED: ACTED,
    StatusClass.CLOSED: CLOSED,
    StatusClass.OPEN: OPEN,
    StatusClass.SILENT: SILENT,
}


def funnel_plot(plotter: Plotter, speech: Speech, funnel: Funnel, *, explained: bool) -> Plot:
    """Return the funnel: received, opened, and what is known of the rest."""
    steps = _steps(funnel)
    rows = [
        Bar(
            str(speech.text(f"funnel.{name}")),
            str(speech.figure(figure)),
            figure.shown,
            figure.low,
            figure.high,
            colour,
        )
        for name, figure, colour in steps
    ]
    listed = table(
        speech.text("funnel.table", span=speech.span(funnel.first, funnel.last)),
        [
            speech.text("table.step"),
            speech.text("table.tips"),
            speech.text("table.share"),
            speech.text("table.band"),
        ],
        [
            (
                speech.text(f"funnel.{name}"),
                speech.figure(figure),
                speech.language.percent(figure.shown, funnel.received),
                speech.band(figure),
            )
            for name, figure, _ in steps
        ],
    )
    chart = bars(rows, whole=funnel.received, numbers=d3(speech.language))
    title = speech.text("funnel.title", span=speech.span(funnel.first, funnel.last))
    return plotter.plot(
        chart,
        title=title,
        caption=funnel_sentence(speech, funnel),
        table=listed,
        note=speech.text("funnel.note", age=funnel.age) if explained else None,
    )


def _steps(funnel: Funnel) -> list[tuple[str, Figure, str]]:
    exact = [("received", funnel.received, RECEIVED), ("opened", funnel.opened, OPENED)]
    steps = [(name, Figure(value, value, value), colour) for name, value, colour in exact]
    for name, figure, colour in (
        ("worked", funnel.worked, WORKED),
        ("acted", funnel.acted, ACTED),
        ("silent", funnel.silent, SILENT),
    ):
        if figure is not None:
            steps.append((name, figure, colour))
    return steps


def funnel_sentence(speech: Speech, funnel: Funnel) -> Markup:
    """Return what a funnel says, in a sentence."""
    number = speech.language.number
    values = {"received": number(funnel.received), "opened": number(funnel.opened)}
    span = {"span": speech.span(funnel.first, funnel.last), "age": funnel.age}
    if funnel.acted is None or funnel.silent is None:
        return speech.text("funnel.sentence.counted", **values, **span)
    return speech.text(
        "funnel.sentence",
        **values,
        **span,
        acted=speech.figure(funnel.acted),
        silent=speech.figure(funnel.silent),
        acted_of=_of_hundred(funnel.acted, funnel.received),
        silent_of=_of_hundred(funnel.silent, funnel.received),
    )


def _of_hundred(figure: Figure, whole: int) -> int:
    return round(100 * figure.shown / whole) if whole else 0


def waiting_plot(plotter: Plotter, speech: Speech, waits: Sequence[Waiting]) -> Plot:
    """Return what was never opened, by how long ago it came."""
    whole = sum(one.count for one in waits)
    number = speech.language.number
    words = [str(speech.text(_bounds(one), first=one.bounds[0], last=one.bounds[1] or 0)) for one in waits]
    rows = [
        Bar(word, number(one.count), one.count, one.count, one.count, OPENED)
        for word, one in zip(words, waits, strict=True)
    ]
    old = sum(one.count for one in waits if one.bounds[0] >= 6)
    listed = table(
        speech.text("waiting.table"),
        [speech.text("table.waits"), speech.text("table.tips"), speech.text("table.share")],
        [
            (word, number(one.count), speech.language.percent(one.count, whole))
            for word, one in zip(words, waits, strict=True)
        ],
    )
    chart = bars(rows, whole=max((one.count for one in waits), default=0), numbers=d3(speech.language))
    caption = (
        speech.language.count("waiting.sentence", whole, old=number(old))
        if whole
        else speech.text("waiting.none")
    )
    return plotter.plot(chart, title=speech.text("waiting.title"), caption=caption, table=listed)


def _bounds(one: Waiting) -> str:
    if one.bounds[0] == 0:
        return "waiting.below"
    return "waiting.over" if one.bounds[1] is None else "waiting.between"


def ages_plot(plotter: Plotter, speech: Speech, cohorts: Sequence[Cohort]) -> Plot:
    """Return what had become of the tips of one cohort, at each age that is known."""
    known = [(one, classes(one)) for one in cohorts]
    rows = [
        (str(speech.text("age", count=one.age)), speech.day(one.published), parts_of(speech, values))
        for one, values in known
    ]
    last, values = known[-1]
    listed = table(
        speech.text("ages.table", period=speech.period(last.period)),
        [speech.text("table.class"), *(speech.text("age", count=one.age) for one, _ in known)],
        [
            (speech.text(f"class.{name}"), *(speech.figure(values[name]) for _, values in known))
            for name in CLASSES
        ],
    )
    caption = speech.text(
        "ages.sentence",
        age=last.age,
        period=speech.period(last.period),
        acted=speech.figure(values[StatusClass.ACTED]),
        silent=speech.figure(values[StatusClass.SILENT]),
    )
    chart = stacked(rows, class_keys(speech), numbers=d3(speech.language))
    return plotter.plot(
        chart,
        title=speech.text("ages.title", period=speech.period(last.period)),
        caption=caption,
        table=listed,
        note=off_by(speech, values),
    )


def class_keys(speech: Speech) -> list[Key]:
    """Return the words and colours of the classes, in the order in which they stand."""
    return [Key(str(speech.text(f"class.{name}")), "", COLOURS[name]) for name in CLASSES]


def parts_of(speech: Speech, values: dict[str, Figure]) -> list[Part]:
    """Return the classes of a cohort as parts of a whole."""
    whole = sum(values[name].shown for name in CLASSES) or 1
    return [
        Part(values[name].shown / whole, COLOURS[name], _share(speech, values[name], whole))
        for name in CLASSES
    ]


def _share(speech: Speech, figure: Figure, whole: int) -> str:
    """Return what part of ``whole`` a count is; of one that is too small to be shown, at most what part."""
    if vague(figure):
        return str(speech.text("share.most", share=speech.language.percent(min(figure.high, whole), whole)))
    return speech.language.percent(figure.shown, whole)


def off_by(speech: Speech, values: dict[str, Figure]) -> Markup:
    """Return by how much a part of these may be off: the honest band of a chart of shares."""
    whole = total(values.values()).shown or 1
    reach = max((figure.high - figure.low) / 2 for figure in values.values())
    return speech.text("shares.band", points=speech.language.number(max(0.1, round(100 * reach / whole, 1))))
