"""The authorities: how each answers, what waits, how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from disclosure.rules import BANDS
from portal.pages.front import single_user
from portal.pages.notices import said
from portal.pages.over_time import delays_plot
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Cell, Plot, Plotter, Table, table, words
from portal.pages.plots import waiting_plot
from portal.pages.summary import AGE, waiting
from portal.pages.words import Speech
from portal.release.model import Answer, Authority, Cohort, Line, Month

BULLETINS = 12
"""Of the newest ones, in the table; the open data has all."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the page of an authority says of one of its lines."""

    slug: str
    name: str
    sentence: Markup
    mode: Markup | None
    years: Table | None
    plots: tuple[Plot, ...]
    response: Table | None
    bulletins: Table | None


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the list of authorities, then each."""
    speech, site = shop.speech, shop.speech.site
    rows = [_row(speech, one) for one in site.authorities]
    heads = ["authorities.one", "table.lines", "funnel.received", "table.opened", "table.never"]
    columns = [words(speech.text(one)) if place < 2 else speech.text(one) for place, one in enumerate(heads)]
    alone = [speech.line(one) for one in site.lines if not one.authority]
    values = {"table": table(speech.text("authorities.table"), columns, rows), "unanswered": ", ".join(alone)}
    title, lede = speech.text("authorities.title"), speech.text("authorities.lede").striptags()
    yield Page("authorities.html", "authorities.html", title, lede, values)
    for one in site.authorities:
        yield _page(shop, one)


def _answered(speech: Speech, lines: Sequence[str]) -> list[Month]:
    return [
        one for one in speech.site.months if one.line in lines and one.boxes and one.answer is not Answer.NONE
    ]


def _row(speech: Speech, authority: Authority) -> tuple[Cell | str, ...]:
    months = _answered(speech, authority.lines)
    number = speech.language.number
    names = ", ".join(speech.line(one) for one in speech.site.lines if one.id in authority.lines)
    sums = (
        sum(one.received for one in months),
        sum(one.opened for one in months),
        sum(one.never_opened for one in months),
    )
    return (Cell(authority.name, f"authorities/{authority.slug}.html"), names, *map(number, sums))


def _page(shop: Workshop, authority: Authority) -> Page:
    speech, site = shop.speech, shop.speech.site
    plotter = Plotter(shop.drawer)
    values = {
        "authority": authority,
        "notices": said(
            speech, [one for one in site.notices if one.line in authority.lines and one.contradiction]
        ),
        "parts": [_part(speech, plotter, line) for line in site.lines if line.id in authority.lines],
    }
    about = speech.text("authority.about", name=authority.name)
    return Page(
        f"authorities/{authority.slug}.html",
        "authority.html",
        authority.name,
        about,
        values,
        "authorities.html",
    )


def _part(speech: Speech, plotter: Plotter, line: Line) -> Part:
    site = speech.site
    months = [one for one in site.months_of(line.id) if one.boxes]
    gaps = [one.month for one in site.months_of(line.id) if not one.boxes]
    today = site.release.made[:7]
    plots = [waiting_plot(plotter, speech, waiting(months, today))] if months else []
    delays = delays_plot(plotter, speech, site.cohorts_of(line.id, age=AGE), gaps)
    cohorts = [one for one in site.cohorts_of(line.id) if one.table("first_action")]
    same = [one for one in cohorts if one.age == AGE] or cohorts
    return Part(
        slug=line.slug,
        name=speech.line(line),
        sentence=_sentence(speech, months),
        mode=_mode(speech, line),
        years=_years(speech, months),
        plots=(*plots, *([delays] if delays else [])),
        response=_response(speech, same[-1]) if same else None,
        bulletins=_bulletins(speech, line),
    )


def _sentence(speech: Speech, months: Sequence[Month]) -> Markup:
    answered = [one for one in months if one.answer is not Answer.NONE]
    if not answered:
        return speech.text("authority.sentence.none")
    received, opened = sum(one.received for one in answered), sum(one.opened for one in answered)
    number = speech.language.number
    contradicted = sum(one.answer is Answer.CONTRADICTED for one in answered)
    told = speech.text(
        "authority.sentence",
        received=number(received),
        opened=number(opened),
        never=number(received - opened),
    )
    return (
        told + " " + speech.language.count("authority.contradicted", contradicted) if contradicted else told
    )


def _mode(speech: Speech, line: Line) -> Markup | None:
    if not any(one.line == line.id for one in speech.site.bulletins):
        return None
    return speech.text("mode.single" if single_user(speech, line.id) else "mode.two")


def _years(speech: Speech, months: Sequence[Month]) -> Table | None:
    number = speech.language.number
    rows = []
    for year in sorted({one.month[:4] for one in months}, reverse=True):
        of_year = [one for one in months if one.month.startswith(year) and one.answer is not Answer.NONE]
        if of_year:
            received, opened = sum(one.received for one in of_year), sum(one.opened for one in of_year)
            rows.append(
                (
                    year,
                    number(received),
                    number(opened),
                    number(received - opened),
                    speech.language.percent(received - opened, received),
                )
            )
    heads = ["table.year", "funnel.received", "table.opened", "table.never", "table.never.share"]
    return table(speech.text("authority.years"), [speech.text(one) for one in heads], rows) if rows else None


def _response(speech: Speech, cohort: Cohort) -> Table | None:
    """Return the bands of days until something was done first, of the newest cohort that has them."""
    found = cohort.table("first_action")
    if found is None:
        return None
    rows = [
        (band(speech, code), speech.figure(row[0]), speech.band(row[0]))
        for code, row in zip(found.rows, found.cells, strict=True)
        if code in BANDS and _reached(code, cohort.age)
    ]
    heads = [speech.text(one) for one in ("table.days", "table.tips", "table.band")]
    return table(
        speech.text("authority.response", period=speech.period(cohort.period), age=cohort.age), heads, rows
    )


def _reached(code: str, age: int) -> bool:
    """Return whether a cohort of ``age`` days can have anything in the band ``code``."""
    first = code.partition("-")[0]
    return not first.isdigit() or int(first) <= age


def band(speech: Speech, code: str) -> Markup:
    """Return a band of days in words."""
    first, _, last = code.partition("-")
    if not last:
        return speech.text("band.none")
    return (
        speech.text("band.more", first=first)
        if last == "more"
        else speech.text("band.days", first=first, last=last)
    )


def _bulletins(speech: Speech, line: Line) -> Table | None:
    found = [one for one in speech.site.bulletins if one.line == line.id][-BULLETINS:]
    number = speech.language.number
    rows = [
        (
            number(one.serial),
            speech.period(one.month, short=True),
            speech.day(one.issued, short=True),
            number(one.digests),
            number(one.certificates),
        )
        for one in reversed(found)
    ]
    heads = ["table.serial", "table.month", "table.issued", "table.digests", "table.certificates"]
    columns = [
        words(speech.text(one)) if place in (1, 2) else speech.text(one) for place, one in enumerate(heads)
    ]
    return table(speech.text("authority.bulletins"), columns, rows) if rows else None
