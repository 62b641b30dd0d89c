"""The first page: what this is, what became of the tips of the last year, the promise and its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.pages.notices import said
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Cell, Plot, Plotter, Table, table
from portal.pages.plots import funnel_plot
from portal.pages.summary import funnel
from portal.pages.words import Speech
from portal.release.model import Answer, Line, Month

RECENT = 6
"""Months in the table of the first page: what a phone shows without scrolling for long."""
MOST_NOTICES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """What the first page says of a line."""

    slug: str
    name: str
    about: str
    totals: Markup | None
    single: bool
    plot: Plot | None


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the first page."""
    speech, site = shop.speech, shop.speech.site
    plotter = Plotter(shop.drawer)
    wrong = [one for one in site.notices if one.contradiction]
    wrong.sort(key=lambda one: one.month, reverse=True)
    values = {
        "parts": tuple(_part(speech, plotter, line, first=line is site.lines[0]) for line in site.lines),
        "contradictions": said(speech, wrong[:MOST_NOTICES]),
        "gaps": len(site.notices) - len(wrong),
        "recent": recent(speech),
    }
    yield Page(
        "index.html", "front.html", speech.text("front.title"), speech.text("front.lede").striptags(), values
    )


def _part(speech: Speech, plotter: Plotter, line: Line, *, first: bool) -> Part:
    found = funnel(speech.site, line.id)
    return Part(
        line.slug,
        speech.line(line),
        speech.of(line.about),
        _totals(speech, [one for one in speech.site.months_of(line.id) if one.boxes]),
        single_user(speech, line.id),
        funnel_plot(plotter, speech, found, explained=first) if found else None,
    )


def single_user(speech: Speech, line: str) -> bool:
    """Return whether the newest bulletin of ``line`` says that one person alone can open the case book."""
    modes = [one.mode for one in speech.site.bulletins if one.line == line]
    return bool(modes) and modes[-1] == "single"


def _totals(speech: Speech, months: Sequence[Month]) -> Markup | None:
    """Return the exact totals since the line began: those that were answered, and what was never opened of them."""
    if not months:
        return None
    answered = [one for one in months if one.answer is not Answer.NONE]
    number = speech.language.number
    received = sum(one.received for one in answered)
    never = sum(one.never_opened for one in answered)
    values = {
        "span": speech.span(months[0].month, months[-1].month),
        "all": number(sum(one.received for one in months)),
    }
    if not answered:
        return speech.text("front.totals.unanswered", **values)
    return speech.text(
        "front.totals",
        **values,
        answered=number(received),
        opened=number(received - never),
        never=number(never),
    )


def recent(speech: Speech) -> tuple[Table, ...]:
    """Return the newest months of each line, the newest first."""
    heads = [speech.text(one) for one in ("table.month", "funnel.received", "table.opened", "table.never")]
    found = []
    for line in speech.site.lines:
        months = speech.site.months_of(line.id)[-RECENT:]
        rows = [month_row(speech, one) for one in reversed(months)]
        if rows:
            found.append(table(speech.line(line), heads, rows))
    return tuple(found)


def month_row(speech: Speech, month: Month) -> tuple[Cell | str, ...]:
    """Return a month as a row: its name, and what was received, opened and never opened of it."""
    return (
        Cell(speech.period(month.month, short=True), f"months/{month.month}.html"),
        *counts(speech, month),
    )


def counts(speech: Speech, month: Month) -> tuple[str, str, str]:
    """Return received, opened and never opened, as a table shows them: a gap is a gap, and what waits is no failure."""
    if not month.boxes:
        gap = str(speech.text("table.gap"))
        return gap, "—", "—"
    number = speech.language.number
    if month.answer is Answer.NONE:
        return number(month.received), str(speech.text("table.waits.answer")), "—"
    return number(month.received), number(month.opened), number(month.never_opened)
