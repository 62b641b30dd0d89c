"""Trends over the years: what was reported and what was done, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from portal.pages.over_time import classes_plot, delays_plot, response_plot, spark_of
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Plot, Plotter
from portal.pages.slices import CATEGORIES, codes_of
from portal.pages.summary import AGE, classes, history, says_something
from portal.pages.words import Speech
from portal.release.model import Line


@dataclass(frozen=True, slots=True)
class Small:
    """One of many small pictures."""

    name: str
    link: str
    plot: Plot
    short: Markup


@dataclass(frozen=True, slots=True)
class Part:
    """What the page says of a line."""

    slug: str
    name: str
    plots: tuple[Plot, ...]
    many: tuple[Small, ...]


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the page of trends."""
    speech, site = shop.speech, shop.speech.site
    plotter = Plotter(shop.drawer)
    parts = [
        _part(speech, plotter, line)
        for line in site.lines
        if any(one.boxes for one in site.months_of(line.id))
    ]
    title, lede = speech.text("trends.title"), speech.text("trends.lede").striptags()
    yield Page("trends.html", "trends.html", title, lede, {"parts": parts, "age": AGE})


def _part(speech: Speech, plotter: Plotter, line: Line) -> Part:
    months = speech.site.months_of(line.id)
    cohorts = speech.site.cohorts_of(line.id, age=AGE)
    known = [one for one in cohorts if classes(one)]
    gaps = [one.month for one in months if not one.boxes]
    plots: list[Plot | None] = [response_plot(plotter, speech, months, known)]
    if known:
        plots += [classes_plot(plotter, speech, known, gaps), delays_plot(plotter, speech, known, gaps)]
    return Part(
        line.slug, speech.line(line), tuple(one for one in plots if one), tuple(_many(speech, plotter, line))
    )


def _many(speech: Speech, plotter: Plotter, line: Line) -> Iterator[Small]:
    """Yield a picture for each category of which anything can be shown, the most reported first."""
    cohorts = speech.site.cohorts_of(line.id, age=AGE)
    found = [(code, history(cohorts, CATEGORIES.table, code)) for code in codes_of(speech, CATEGORIES)]
    shown = [(code, values) for code, values in found if says_something(values)]
    shown.sort(key=lambda one: -sum(value.reported.shown for value in one[1]))
    for code, values in shown:
        name = speech.category(code)
        short = speech.text(
            "many.short",
            period=speech.period(values[-1].period, short=True),
            reported=speech.figure(values[-1].reported),
            acted=speech.figure(values[-1].acted),
        )
        yield Small(name, f"categories/{code}.html", spark_of(plotter, speech, values, name), short)
