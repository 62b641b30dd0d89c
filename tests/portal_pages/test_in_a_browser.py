"""Every kind of page in a real browser: no script, nothing from elsewhere, WCAG 2.2 AA, small screens, the keyboard."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from portal.release.example import HOSTILE
from tests.support.browser import WCAG, chromium
from tests.support.portal_html import kinds

PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1366, "height": 768}
PATIENCE = 120_000
"""Milliseconds for anything to happen on a busy machine."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with chromium() as found:
        yield found


@dataclass
class Looked:
    """A context of the browser, and what was asked for and complained of in it."""

    context: BrowserContext
    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def _look(browser: Browser, **options: Any) -> Looked:
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    looked = Looked(context, context.new_page())
    context.on("request", lambda request: looked.requests.append(request.url))
    context.on("requestfailed", lambda request: _failed(looked, request.url))
    context.on("console", lambda said: looked.complaints.append(f"{said.type}: {said.text}"))
    return looked


def _failed(looked: Looked, url: str) -> None:
    """Note a failure; the icon comes last, and is given up when the next page is opened."""
    if not url.endswith("icon.svg"):
        looked.complaints.append(f"failed: {url}")


def _address(site: Any, path: str) -> str:
    return (site.folder / path).as_uri()


FRONT_DOOR = "index.html"
"""It leads on at once; no test can look at it for long."""


def test_every_page_loads_without_scripts_and_asks_for_nothing_but_its_own_files(
    browser: Browser, any_site: Any
) -> None:
    looked = _look(browser, java_script_enabled=False, viewport=PHONE)
    paths = any_site.pages if any_site.model.refused[0].name != HOSTILE else kinds(any_site.pages)
    for path in set(paths) - {FRONT_DOOR}:
        looked.page.goto(_address(any_site, path), wait_until="load")
    looked.context.close()
    inside = any_site.folder.as_uri() + "/"
    assert not [url for url in looked.requests if not url.startswith(inside)]
    assert len({url for url in looked.requests if url.endswith("style.css")}) == 1
    assert looked.complaints == []


def test_on_a_web_server_nothing_is_asked_for_but_the_page_its_sheet_and_its_icon(
    browser: Browser, town: Any
) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(town.folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        looked = _look(browser, java_script_enabled=False)
        base = f"http://127.0.0.1:{server.server_address[1]}"
        looked.page.goto(f"{base}/", wait_until="load")
        looked.page.wait_for_url("**/es/index.html")
        cookies = looked.context.cookies()
        looked.context.close()
    finally:
        server.shutdown()
        server.server_close()
    asked = {url.removeprefix(base) for url in looked.requests}
    assert asked <= {"/", "/es/index.html", "/static/style.css", "/static/icon.svg"}
    assert not cookies


class _Tags(HTMLParser):
    """The names of all start tags, in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)


def test_a_browser_builds_of_each_page_exactly_what_is_written_in_it(browser: Browser, any_site: Any) -> None:
    """What an HTML5 parser has to repair moves or adds an element."""
    looked = _look(browser)
    for path in set(kinds(any_site.pages)) - {FRONT_DOOR}:
        looked.page.goto(_address(any_site, path))
        built = looked.page.evaluate("[...document.querySelectorAll('*')].map(one => one.localName)")
        assert built == _Tags((any_site.folder / path).read_text(encoding="utf-8")).found, path
        assert looked.page.evaluate("document.compatMode") == "CSS1Compat"
    looked.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("code", ["es", "en"])
def test_axe_finds_nothing_against_wcag_on_any_kind_of_page(browser: Browser, town: Any, code: str) -> None:
    looked = _look(browser, bypass_csp=True)
    faults = []
    for path in kinds(path for path in town.pages if path.startswith(code)):
        looked.page.goto(_address(town, path))
        _open_all(looked.page)
        looked.page.set_viewport_size(PHONE)
        faults += [f"{path} on a phone: {fault}" for fault in _faults(looked.page)]
        shown = looked.page.evaluate(SHOWN)
        looked.page.set_viewport_size(DESKTOP)
        assert looked.page.evaluate(SHOWN) == shown, f"{path}: a width shows what another hides"
        faults += [f"{path} on a desktop: {fault}" for fault in _faults(looked.page, rules=OF_THE_LAYOUT)]
    looked.context.close()
    assert not faults


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


OF_THE_LAYOUT = (
    "color-contrast",
    "target-size",
    "scrollable-region-focusable",
    "link-in-text-block",
    "meta-viewport",
)
"""The rules of axe whose answer depends on where things stand; the others look at the same elements again, since all
that is shown at one width is shown at the other."""
SHOWN = """[...document.body.querySelectorAll('*')].map(
    one => one.checkVisibility({opacityProperty: true, visibilityProperty: true})
)"""
"""Of each element whether it is shown."""


def _faults(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds by ``rules``, by all of WCAG 2.2 AA without any."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(WCAG)}
    found = Axe().run(page, options={"runOnly": only})
    return [
        f"{one['id']}: {node['target']} {node['html'][:150]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


def test_in_dark_colours_axe_finds_nothing_either(browser: Browser, town: Any) -> None:
    looked = _look(browser, bypass_csp=True, color_scheme="dark", viewport=PHONE)
    for path in ("es/index.html", "es/trends.html", "es/months/2025-09.html", "es/notices.html"):
        looked.page.goto(_address(town, path))
        assert looked.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 26)"
        assert _faults(looked.page) == []
    looked.context.close()


def test_at_320_pixels_no_page_is_wider_than_the_screen(browser: Browser, any_site: Any) -> None:
    """WCAG 2.2, 1.4.10."""
    looked = _look(browser, viewport={"width": 320, "height": 600})
    wide = []
    for path in set(kinds(any_site.pages)) - {FRONT_DOOR}:
        looked.page.goto(_address(any_site, path))
        _open_all(looked.page)
        if looked.page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    looked.context.close()
    assert not wide


def test_the_first_tab_skips_to_the_content_and_focus_is_seen(browser: Browser, town: Any) -> None:
    looked = _look(browser, viewport=PHONE)
    looked.page.goto(_address(town, "es/index.html"))
    looked.page.keyboard.press("Tab")
    assert looked.page.evaluate("document.activeElement.className") == "skip"
    assert looked.page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    looked.page.keyboard.press("Enter")
    assert looked.page.url.endswith("#main")
    for _ in range(3):
        looked.page.keyboard.press("Tab")
        assert (
            float(looked.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
            >= 2
        )
    looked.context.close()


def test_what_can_be_touched_is_large_enough(browser: Browser, town: Any) -> None:
    """WCAG 2.2, 2.5.8: 24 pixels, but for links inside a sentence."""
    looked = _look(browser, viewport=PHONE)
    for path in ("es/index.html", "es/trends.html", "es/months/2025-09.html"):
        looked.page.goto(_address(town, path))
        small = looked.page.evaluate(
            """[...document.querySelectorAll('nav a, .plain a, summary')].filter(one => {
                const box = one.getBoundingClientRect(); return box.height < 24 || box.width < 24;
            }).map(one => one.textContent)"""
        )
        assert not small, path
    looked.context.close()


def test_on_paper_the_menus_are_gone_and_folded_tables_are_open(browser: Browser, town: Any) -> None:
    looked = _look(browser)
    looked.page.emulate_media(media="print")
    looked.page.goto(_address(town, "es/months/2025-09.html"))
    hidden = looked.page.evaluate(
        "[...document.querySelectorAll('.menu, .pager')].every(one => !one.offsetHeight)"
    )
    shown = looked.page.evaluate(
        "[...document.querySelectorAll('details table')].every(one => one.offsetHeight > 0)"
    )
    looked.context.close()
    assert hidden and shown


def test_a_page_in_a_language_from_right_to_left_stands_at_the_right(
    browser: Browser, town: Any, tmp_path: Path
) -> None:
    source = (town.folder / "en/index.html").read_text(encoding="utf-8").replace('dir="ltr"', 'dir="rtl"', 1)
    (tmp_path / "en").mkdir()
    (tmp_path / "en/index.html").write_text(source, encoding="utf-8")
    (tmp_path / "static").symlink_to(town.folder / "static")
    looked = _look(browser, viewport=DESKTOP)
    looked.page.goto((tmp_path / "en/index.html").as_uri())
    right = looked.page.evaluate(
        "document.querySelector('h1').getBoundingClientRect().right > innerWidth * 0.7"
    )
    cells = looked.page.evaluate("getComputedStyle(document.querySelector('tbody th')).textAlign")
    chart = looked.page.evaluate("getComputedStyle(document.querySelector('.chart')).direction")
    wide = looked.page.evaluate("document.documentElement.scrollWidth")
    looked.context.close()
    assert (right, cells, chart, wide) == (True, "start", "ltr", DESKTOP["width"])
