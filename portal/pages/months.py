"""A page for each month, and one that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.pages.front import counts, month_row
from portal.pages.notices import left_out, said
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Cell, Plot, Plotter, Table, table, words
from portal.pages.plots import ages_plot, funnel_sentence
from portal.pages.summary import CLASSES, classes, cohorts_of_month, funnel_of_month
from portal.pages.words import Speech
from portal.release.model import Cohort, Line, Month
from portal.release.model import Table as Counts
from wire.period import is_quarter


@dataclass(frozen=True, slots=True)
class Part:
    """What the page of a month says of a line."""

    slug: str
    name: str
    gap: bool
    sentence: Markup
    facts: tuple[tuple[Markup, str], ...]
    answer: Markup
    left_out: Markup | None
    plot: Plot | None
    delays: Markup | None
    tables: tuple[Table, ...]
    service: Markup


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the list of months, then each month."""
    speech, site = shop.speech, shop.speech.site
    names = sorted({one.month for one in site.months})
    parts = tuple(
        _Listed(speech.line(line), _list(speech, line)) for line in site.lines if site.months_of(line.id)
    )
    yield Page(
        "months.html",
        "months.html",
        speech.text("months.title"),
        speech.text("months.lede").striptags(),
        {"parts": parts},
    )
    for at, name in enumerate(names):
        before = names[at - 1] if at else None
        after = names[at + 1] if at + 1 < len(names) else None
        yield _page(shop, name, before=before, after=after)


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    table: Table


def _list(speech: Speech, line: Line) -> Table:
    rows = [
        (*month_row(speech, one), speech.text(f"answer.{one.answer}") if one.boxes else "—")
        for one in reversed(speech.site.months_of(line.id))
    ]
    heads = [speech.text(one) for one in ("table.month", "funnel.received", "table.opened", "table.never")]
    caption = speech.text("months.table", line=speech.line(line))
    return table(caption, [*heads, words(speech.text("table.answer"))], rows)


def _page(shop: Workshop, name: str, *, before: str | None, after: str | None) -> Page:
    speech, site = shop.speech, shop.speech.site
    plotter = Plotter(shop.drawer)
    lines = {line.id: line for line in site.lines}
    values = {
        "before": before,
        "after": after,
        "notices": said(speech, [one for one in site.notices if one.month == name]),
        "parts": tuple(
            _part(speech, plotter, lines[one.line], one) for one in site.months if one.month == name
        ),
    }
    title = speech.text("month.title", month=speech.period(name))
    return Page(
        f"months/{name}.html",
        "month.html",
        title,
        speech.text("month.about", month=speech.period(name)),
        values,
        "months.html",
    )


def _part(speech: Speech, plotter: Plotter, line: Line, month: Month) -> Part:
    cohorts = cohorts_of_month(speech.site, line.id, month.month)
    known = [one for one in cohorts if classes(one)]
    newest = known[-1] if known else None
    hidden = next((one for one in reversed(cohorts) if one.left_out), None)
    return Part(
        slug=line.slug,
        name=speech.line(line),
        gap=not month.boxes,
        sentence=_sentence(speech, month, newest),
        facts=_facts(speech, month),
        answer=_answer(speech, month),
        left_out=left_out(speech, hidden) if hidden else None,
        plot=ages_plot(plotter, speech, known) if known else None,
        delays=_delays(speech, newest) if newest else None,
        tables=tuple(_tables(speech, newest)) if newest else (),
        service=_service(speech, month),
    )


def _sentence(speech: Speech, month: Month, newest: Cohort | None) -> Markup:
    found = funnel_of_month(month, newest)
    if newest is None or not is_quarter(newest.period):
        return funnel_sentence(speech, found)
    number = speech.language.number
    values = {"received": number(found.received), "opened": number(found.opened)}
    return speech.text("funnel.sentence.quarter", **values, span=speech.period(month.month))


def _facts(speech: Speech, month: Month) -> tuple[tuple[Markup, str], ...]:
    number = speech.language.number
    shown = counts(speech, month)
    names = ("funnel.received", "table.opened", "table.never")
    facts = [(speech.text(name), value) for name, value in zip(names, shown, strict=True)]
    return (*facts, (speech.text("month.conversations"), number(month.conversations)))


def _answer(speech: Speech, month: Month) -> Markup:
    number = speech.language.number
    said_of = {
        "received": number(month.received_said or 0),
        "opened": number(month.opened_said or 0),
        "day": speech.day(month.answered),
        "since": speech.day(month.never_opened_since),
        "count": number(month.never_opened),
        "proven": number(month.opened),
    }
    return speech.text(f"month.answer.{month.answer}", **said_of)


def _delays(speech: Speech, cohort: Cohort) -> Markup | None:
    if not cohort.delays:
        return None
    delay = cohort.delays[0]
    return speech.text(
        "month.delays",
        age=cohort.age,
        half=speech.days(delay.first_action_median, cohort.age),
        most=speech.days(delay.first_action_p90, cohort.age),
    )


def _tables(speech: Speech, cohort: Cohort) -> Iterator[Table]:
    """Yield the tables of ``cohort`` as it was last: by category, by district, by status."""
    kinds = (
        ("class_category", "categories", speech.category),
        ("class_district", "districts", speech.district),
    )
    for name, folder, called in kinds:
        found = cohort.table(name)
        if found:
            caption = speech.text(f"month.{folder}", age=cohort.age)
            yield crossed(
                speech, found, caption, [Cell(called(code), f"{folder}/{code}.html") for code in found.rows]
            )
    found = cohort.table("status")
    if found:
        rows = [
            (speech.status(code), speech.figure(row[0]))
            for code, row in zip(found.rows, found.cells, strict=True)
            if row[0].shown
        ]
        yield table(
            speech.text("month.statuses", age=cohort.age),
            [speech.text("table.status"), speech.text("table.tips")],
            rows,
        )


def crossed(speech: Speech, counts: Counts, caption: str, names: Sequence[Cell]) -> Table:
    """Return a table of groups by classes of status."""
    heads = [
        speech.text("table.group"),
        speech.text("table.all"),
        *(speech.text(f"class.{name}") for name in CLASSES),
    ]
    rows = []
    for place, name in enumerate(names):
        row = dict(zip(counts.columns, counts.cells[place], strict=True))
        whole = speech.figure(counts.row_totals[place]) if counts.row_totals else "—"
        rows.append((name, whole, *(speech.figure(row[one]) if one in row else "—" for one in CLASSES)))
    return table(caption, heads, rows)


def _service(speech: Speech, month: Month) -> Markup:
    minutes = sum(one.minutes for one in month.boxes)
    possible = month.minutes_possible * max(1, len(month.boxes))
    number = speech.language.number
    return speech.text(
        "month.service.text",
        share=speech.language.percent(minutes, possible),
        hours=number(round(max(0, possible - minutes) / 60, 1)),
        sent=number(sum(one.canaries_sent for one in month.boxes)),
        received=number(sum(one.canaries_received for one in month.boxes)),
        boxes=number(len(month.boxes)),
    )
