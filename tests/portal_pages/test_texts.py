"""What pages say follows from the figures and the constants: the method, the feed, sentences, sizes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from disclosure.perturb import truth
from disclosure.rules import AGES, QUIET, RULES
from portal.charts.drawing import Drawer
from portal.languages import Language
from portal.pages.feed import feed
from portal.pages.method import EXAMPLE, SHOWN_AFTER, SHOWN_BEFORE, apart, pages
from portal.pages.notices import sentence
from portal.pages.over_time import response_plot
from portal.pages.pages import Workshop
from portal.pages.parts import Plotter
from portal.pages.plots import off_by
from portal.pages.summary import CLASSES
from portal.pages.texts import change_text, size
from portal.pages.words import Speech
from portal.release.cohorts import figure
from portal.release.model import Change, Cohort, Days, Figure, Kind, Notice
from tests.support.portal_sites import LINE, a_site

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def spanish(languages: tuple[Language, ...]) -> Speech:
    """Return Spanish with the names of the town."""
    return Speech(languages[0], a_site())


@pytest.fixture(scope="module")
def english(languages: tuple[Language, ...]) -> Speech:
    """Return English with the names of the town."""
    return Speech(languages[1], a_site())


def test_the_method_names_the_constants_that_the_counting_uses(town: Any) -> None:
    text = " ".join(town.pages["en/method.html"].text.split())
    assert f"Up to {RULES.spread} is added to or taken from each number" in text
    assert f"between 1 and {RULES.k - 1} is published as 0 or as {RULES.k}" in text
    assert f"fewer than {RULES.least} tips" in text and f"fewer than {QUIET} tips in the month" in text
    assert f"looked at {', '.join(map(str, AGES))} days" in text
    before, after = truth(SHOWN_BEFORE, RULES), truth(SHOWN_AFTER, RULES)
    assert f"between {before.low} and {before.high}, the second between {after.low} and {after.high}" in text
    assert before.high >= after.low, "the example would prove the opposite"
    assert f"in truth {EXAMPLE} tips" in text


def test_two_values_that_differ_as_much_as_the_method_says_never_stand_for_the_same_count() -> None:
    for stale in (False, True):
        far = apart(stale=stale)
        for value in range(RULES.k, 60):
            assert figure(value, RULES, stale=stale).high < figure(value + far, RULES, stale=stale).low
        assert figure(40, RULES, stale=stale).high >= figure(40 + far - 1, RULES, stale=stale).low


@pytest.mark.parametrize(("k", "told"), [(RULES.k, False), (RULES.k + 5, True)])
def test_rules_of_another_bulletin_are_told_and_our_own_are_not(english: Speech, k: int, told: bool) -> None:
    same = {"k": k, "spread": RULES.spread, "least": RULES.least, "median": RULES.median}
    bulletins = tuple(replace(one, **same) for one in english.site.bulletins)
    speech = Speech(english.language, replace(english.site, bulletins=bulletins))
    (page,) = pages(Workshop(speech, Drawer(None)))
    assert (page.values["others"] is not None) == told


@pytest.mark.parametrize(
    ("figure", "text", "band"),
    [
        (Figure(1234, 1234, 1234), "1,234", "exact"),
        (Figure(1234, 1230, 1238), "≈\u00a01,234", "1,230–1,238"),
        (Figure(0, 0, 8), "0–8", "0–8"),
        (Figure(0, 0, 0), "0", "exact"),
        (Figure(5, 1, 9), "≈\u00a05", "1–9"),
        (Figure(5, 0, 13), "0–13", "0–13"),
        (Figure(5, 0, 140), "few", "0–140"),
        (Figure(90, 0, 140), "≈\u00a090", "0–140"),
    ],
)
def test_a_figure_is_exact_about_a_range_or_few(
    english: Speech, figure: Figure, text: str, band: str
) -> None:
    assert (str(english.figure(figure)), str(english.band(figure))) == (text, band)


def test_a_time_may_be_days_more_than_the_age_or_not_to_be_said(spanish: Speech) -> None:
    said = [str(spanish.days(days, 90)) for days in (Days(1), Days(12), Days(None, beyond=True), Days(None))]
    assert said == ["1 día", "12 días", "más de 90 días", "muy pocas para decirlo"]


def test_periods_are_said_as_people_say_them(spanish: Speech) -> None:
    assert spanish.period("2026-09") == "septiembre de 2026"
    assert spanish.period("2026-Q3") == "julio a septiembre de 2026"
    assert spanish.span("2025-Q4", "2026-Q2") == "octubre de 2025 a junio de 2026"
    assert spanish.day("2026-09-05") == "5 de septiembre de 2026" and spanish.day(None) == "—"


def test_the_margin_of_a_share_is_the_widest_of_its_parts(english: Speech) -> None:
    parts = {str(name): Figure(25, 21, 29) for name in CLASSES}
    assert "±4 percentage points" in off_by(english, parts)


@pytest.mark.parametrize("kind", Kind)
def test_every_notice_names_its_line_and_its_month(spanish: Speech, kind: Kind) -> None:
    text = sentence(
        spanish, Notice(kind=kind, line=LINE, month="2026-01", box="b1", serial=7, age=90, count=3)
    )
    assert "Línea de la policía" in text and "enero de 2026" in text
    assert sentence(spanish, Notice(kind=kind))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(kind="ledger", line=LINE, periods=("2026-01",)), "1 new ledger. Police line: January 2026."),
        (Change(kind="box"), "1 new box."),
        (Change(kind="cohort", line=LINE, count=4), "4 new sets of tables: Police line."),
        (Change(kind="refused", count=2), "2 files that were refused."),
    ],
)
def test_a_change_is_a_sentence(english: Speech, change: Change, text: str) -> None:
    assert change_text(english, change) == text


def test_many_periods_of_a_change_are_counted_and_not_all_listed(english: Speech) -> None:
    text = change_text(
        english,
        Change(kind="ledger", line=LINE, periods=tuple(f"20{at}-01" for at in range(10, 40)), count=30),
    )
    assert "and 18 more" in text


@pytest.mark.parametrize(("octets", "text"), [(12, "12 B"), (14_220, "14.2 kB"), (3_000_000, "3 MB")])
def test_a_size_is_written_as_people_read_it(english: Speech, octets: int, text: str) -> None:
    assert size(english, octets) == text


@pytest.mark.parametrize("code", ["es", "en"])
def test_the_feed_is_what_a_reader_of_feeds_needs(any_site: Any, code: str) -> None:
    """RFC 4287, section 4."""
    root = ET.parse(any_site.folder / code / "feed.xml").getroot()
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) == len(any_site.model.releases)
    for one in (root, *entries):
        for name in ("id", "title", "updated"):
            (found,) = one.findall(f"{ATOM}{name}")
            assert (found.text or "").strip()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one.findtext(f"{ATOM}updated", ""))
        assert one.find(f"{ATOM}link") is not None
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    ids = [one.findtext(f"{ATOM}id", "") for one in (root, *entries)]
    assert len(set(ids)) == len(ids) and all(name.startswith("urn:uuid:") for name in ids)


def test_the_feed_leads_to_the_site_where_it_has_an_address_and_is_relative_elsewhere(
    spanish: Speech,
) -> None:
    assert feed(spanish)["base"] == "https://linea.example.org/es/"
    nowhere = replace(spanish.site, settings=replace(spanish.site.settings, address=""))
    assert feed(Speech(spanish.language, nowhere))["base"] == ""


def test_an_entry_keeps_its_id_in_later_releases_and_at_another_address(spanish: Speech) -> None:
    moved = replace(spanish.site, settings=replace(spanish.site.settings, address="https://example.com/"))
    here: Any = feed(spanish)["entries"]
    there: Any = feed(Speech(spanish.language, moved))["entries"]
    assert here[1].id == there[1].id


def test_the_sentence_of_a_funnel_holds_the_figures_of_its_table(town: Any) -> None:
    page = town.pages["es/index.html"]
    caption = " ".join(next(one for one in page.all("figcaption")).text.split())
    table = next(one for one in page.all("table") if "figure" in one.around)
    for number in re.findall(r"≈\u00a0[\d,]+|\d,\d{3}", table.text)[:2]:
        assert number in caption.replace("≈ ", "≈\u00a0")


@pytest.mark.parametrize(("acted", "reach", "same"), [(200, 10, False), (200, 90, True), (101, 4, True)])
def test_years_are_said_to_differ_only_where_their_bands_are_apart(
    english: Speech, acted: int, reach: int, same: bool
) -> None:
    months = english.site.months_of(LINE)[:1] * 24
    names = [f"{2024 + at // 12}-{at % 12 + 1:02d}" for at in range(24)]
    months = tuple(replace(one, month=name) for one, name in zip(months, names, strict=True))
    cohort = english.site.cohorts_of(LINE, age=90)[0]
    cohorts = [_acted(cohort, name, 100 if at < 12 else acted, reach) for at, name in enumerate(names)]
    plot = response_plot(Plotter(Drawer(None)), english, months, cohorts)
    assert ("lies within the margin" in plot.caption) == same


def _acted(cohort: Cohort, period: str, count: int, reach: int) -> Cohort:
    table = cohort.table("class")
    assert table is not None
    cells = ((Figure(count, count - reach, count + reach),),) * len(table.rows)
    return replace(cohort, period=period, tables=(replace(table, cells=cells),))
