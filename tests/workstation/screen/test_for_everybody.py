"""Every page in both languages: with a screen reader, a keyboard, 200 % zoom, a narrow window, without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.support.browser import SIZE, Watched, looking
from tests.support.screens import City, served

PAGES = (
    "/inbox", "/inbox?class=open&q=camioneta", "/inbox?q=nadadeeso", "/tips/3", "/tips/3/print",
    "/import", "/overview", "/bulletin", "/log?rows=20", "/keys", "/people", "/settings", "/help",
)  # fmt: skip
ZOOMED: ViewportSize = {"width": SIZE["width"] // 2, "height": SIZE["height"] // 2}
"""What 1366x768 is at 200 %."""
NARROW: ViewportSize = {"width": 320, "height": 640}
"""WCAG 1.4.10."""


def test_axe_finds_nothing_on_any_page(watched: Watched) -> None:
    watched.click("button[name=language][value=es]")
    faults = {}
    for path in PAGES:
        watched.go(path)
        faults[path] = watched.faults()
    assert not {path: found for path, found in faults.items() if found}


@pytest.mark.parametrize("path", ["/inbox?order=newest", "/tips/4"])
def test_axe_finds_nothing_in_english_nor_in_an_open_sheet(watched: Watched, path: str) -> None:
    watched.go(path)
    watched.press("x")
    assert watched.page.is_visible("#a-close")
    assert not watched.faults()


def test_axe_finds_a_fault_that_was_planted(watched: Watched) -> None:
    """Else the test above would say nothing."""
    watched.go("/help")
    watched.page.evaluate("document.querySelector('main').innerHTML += '<img src=\"/static/mark.svg\">'")
    assert any(fault.startswith("image-alt") for fault in watched.faults())


def test_axe_finds_nothing_on_the_page_that_asks_for_the_passphrase(browser: Browser, city: City) -> None:
    with served(city, locked=True) as server, looking(browser, server) as watched:
        assert "bloqueado" in watched.text
        assert not watched.faults()


def test_nothing_lies_beyond_the_edge_of_a_window_of_any_size(watched: Watched) -> None:
    wide = []
    for path in PAGES:
        watched.go(path)
        for size in (SIZE, ZOOMED, NARROW):
            watched.page.set_viewport_size(size)
            if watched.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, size["width"]))
        assert watched.page.locator("h1").count() == watched.page.locator("main").count() == 1, path
        assert path == "/help" or watched.page.locator("nav [aria-current]").first.is_visible()
    assert not wide


def test_the_first_tab_leads_past_the_menu(watched: Watched) -> None:
    watched.press("Tab", "Enter")
    assert watched.page.evaluate("document.activeElement.id") == "main"


def test_a_click_on_nothing_is_needed(watched: Watched) -> None:
    """Every control of the inbox is reached by Tab, in the order in which it stands there."""
    wanted = watched.page.evaluate(
        "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]"
        ".filter(e => e.checkVisibility() && !e.closest('.sheet') && e.type !== 'hidden').length"
    )
    reached = set()
    for _ in range(wanted + 10):
        watched.press("Tab")
        reached.add(
            watched.page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        )
    assert len(reached - {-1}) >= wanted


def test_what_was_done_is_said_in_a_live_region(watched: Watched) -> None:
    region = watched.page.locator("#said")
    assert (region.get_attribute("role"), region.get_attribute("aria-live")) == ("status", "polite")


def test_a_status_is_told_by_a_word_and_a_sign_not_by_colour_alone(watched: Watched) -> None:
    watched.go("/inbox?order=newest")
    badges = watched.page.locator("main .badge")
    assert badges.count() > 10
    assert all(badge.get_attribute("data-sign") and badge.inner_text() for badge in badges.all())


def test_it_works_without_javascript(browser: Browser, city: City) -> None:
    with served(city) as server, looking(browser, server, java_script_enabled=False) as watched:
        watched.click("button[name=language][value=es]")
        number = watched.page.get_attribute("tr[data-row] input", "value")
        watched.page.check(f"input[name=tip][value='{number}']")
        watched.page.click("summary:has-text('Prioridad')")
        watched.page.select_option("#a-priority", "1")
        watched.click("details[open] button[value=priority]")
        assert watched.said.startswith("Prioridad puesta: 1 denuncia.")
        watched.click("text=Deshacer")
        assert watched.said.startswith("Deshecho")


def test_a_plot_stands_beside_its_table_and_has_its_words(watched: Watched) -> None:
    watched.go("/overview")
    for figure in watched.page.locator("figure").all():
        assert figure.locator("img").evaluate("e => e.complete && e.naturalWidth > 100")
        assert len(figure.locator("img").get_attribute("alt") or "") > 20
        assert figure.locator("tbody tr").count() > 0
