"""Pages of the categories and of the districts: each over all lines and all the time there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from portal.pages.over_time import history_plot
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Cell, Plot, Plotter, Table, table
from portal.pages.summary import AGE, CLASSES, added, history, says_something
from portal.pages.words import Speech
from portal.release.model import Cohort, Line
from wire.period import months_of


@dataclass(frozen=True, slots=True)
class Kind:
    """What the tips of a cohort are cut by."""

    name: str
    """``categories`` or ``districts``: folder, page and texts."""
    table: str
    called: Callable[[Speech, str], str]


CATEGORIES = Kind("categories", "class_category", Speech.category)
DISTRICTS = Kind("districts", "class_district", Speech.district)


@dataclass(frozen=True, slots=True)
class Part:
    """What a page says of a line."""

    slug: str
    name: str
    plot: Plot | None
    table: Table | None


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the list of categories and each of them, then those of districts."""
    for kind in (CATEGORIES, DISTRICTS):
        codes = codes_of(shop.speech, kind)
        yield _list(shop, kind)
        for code in codes:
            yield _page(shop, kind, code)


def codes_of(speech: Speech, kind: Kind) -> tuple[str, ...]:
    """Return the codes that stand in any table, in the order in which the newest tables have them."""
    found: dict[str, None] = {}
    for cohort in reversed(speech.site.cohorts):
        counts = cohort.table(kind.table)
        found |= dict.fromkeys(counts.rows if counts else ())
    return tuple(found)


def _list(shop: Workshop, kind: Kind) -> Page:
    speech, site = shop.speech, shop.speech.site
    parts = [
        Part(line.slug, speech.line(line), None, found)
        for line in site.lines
        if (found := _year(speech, kind, line))
    ]
    title, lede = speech.text(f"{kind.name}.title"), speech.text(f"{kind.name}.lede")
    return Page(f"{kind.name}.html", "slices.html", title, lede.striptags(), {"parts": parts, "lede": lede})


def _year(speech: Speech, kind: Kind, line: Line) -> Table | None:
    """Return the last year of ``line`` by the codes of ``kind``."""
    cohorts = _last_year([one for one in speech.site.cohorts_of(line.id, age=AGE) if one.table(kind.table)])
    if not cohorts:
        return None
    rows: list[tuple[int, tuple[Cell | str, ...]]] = []
    for code in codes_of(speech, kind):
        values = history(cohorts, kind.table, code)
        if values:
            whole = added("", values)
            cell = Cell(kind.called(speech, code), f"{kind.name}/{code}.html")
            rows.append(
                (
                    whole.reported.shown,
                    (cell, *map(speech.figure, (whole.reported, whole.acted, whole.silent))),
                )
            )
    rows.sort(key=lambda row: -row[0])
    heads = [
        speech.text(one) for one in (f"{kind.name}.one", "series.reported", "class.acted", "class.silent")
    ]
    span = speech.span(cohorts[0].period, cohorts[-1].period)
    return table(speech.text(f"{kind.name}.table", span=span, age=AGE), heads, [row for _, row in rows])


def _last_year(cohorts: list[Cohort]) -> list[Cohort]:
    found: list[Cohort] = []
    for cohort in reversed(cohorts):
        if sum(len(months_of(one.period)) for one in (*found, cohort)) > 12:
            break
        found.insert(0, cohort)
    return found


def _page(shop: Workshop, kind: Kind, code: str) -> Page:
    speech, site = shop.speech, shop.speech.site
    plotter = Plotter(shop.drawer)
    name = kind.called(speech, code)
    parts = [part for line in site.lines if (part := _part(speech, plotter, kind, line, code))]
    values = {
        "parts": parts,
        "back": speech.text(f"{kind.name}.back"),
        "intro": speech.text("category.group", group=speech.group(code))
        if kind is CATEGORIES and code != "none"
        else None,
    }
    about = speech.text(f"{kind.name}.about", name=name)
    return Page(f"{kind.name}/{code}.html", "slice.html", name, about, values, f"{kind.name}.html")


def _part(speech: Speech, plotter: Plotter, kind: Kind, line: Line, code: str) -> Part | None:
    cohorts = [
        one
        for one in speech.site.cohorts_of(line.id)
        if (found := one.table(kind.table)) and code in found.rows
    ]
    if not cohorts:
        return None
    values = history([one for one in cohorts if one.age == AGE], kind.table, code)
    name = kind.called(speech, code)
    plot = history_plot(plotter, speech, values, name) if says_something(values) else None
    return Part(line.slug, speech.line(line), plot, _ages(speech, kind, cohorts, code))


def _ages(speech: Speech, kind: Kind, cohorts: list[Cohort], code: str) -> Table | None:
    """Return the newest cohort of each age, by classes of status."""
    newest = {one.age: one for one in cohorts}
    rows = []
    for age in sorted(newest):
        found = newest[age].table(kind.table)
        if found is not None:
            place = found.rows.index(code)
            row = dict(zip(found.columns, found.cells[place], strict=True))
            name = speech.text("slice.state", age=age, period=speech.period(newest[age].period, short=True))
            rows.append((name, *(speech.figure(row[one]) if one in row else "—" for one in CLASSES)))
    heads = [speech.text("table.cohort"), *(speech.text(f"class.{name}") for name in CLASSES)]
    return table(speech.text("slice.ages"), heads, rows)
