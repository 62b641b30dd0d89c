"""A real browser, Debian's Chromium, looking at a screen: what it asked for, what it complained of, what axe finds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from workstation.screen.server import Server

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
SIZE: ViewportSize = {"width": 1366, "height": 768}
PATIENCE = 60_000
"""Milliseconds for anything to happen on a busy machine."""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def need_chromium() -> None:
    """Skip where there is no Chromium; where the project is built there has to be one."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing: the screen has to be tested in a real browser")
        pytest.skip(f"{CHROMIUM} is not installed (apt-get install chromium)")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser without a window."""
    need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, and everything that happened on it."""

    page: Page
    context: BrowserContext
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, in scripts, and dialogs."""

    def go(self, path: str) -> None:
        """Open an address of the screen."""
        self.page.goto(self.base + path)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, once the page has its scripts."""
        for key in keys:
            self.page.wait_for_load_state("load")
            self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        """Click what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            self.page.click(selector)

    @property
    def text(self) -> str:
        """What is read on the page."""
        return self.page.inner_text("body")

    @property
    def said(self) -> str:
        """What the live region says of the last action."""
        return self.page.inner_text("#said").strip()

    def shown(self) -> list[int]:
        """Return the numbers of the tips in the list."""
        return [
            int(str(row.get_attribute("data-row"))) for row in self.page.query_selector_all("tr[data-row]")
        ]

    def elsewhere(self) -> list[str]:
        """Return what was asked for that is not of this screen."""
        return [url for url in self.requests if not url.startswith(f"{self.base}/")]

    def faults(self) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA."""
        found = Axe().run(
            self.page,
            options={"runOnly": {"type": "tag", "values": list(WCAG)}, "resultTypes": ["violations"]},
        )
        return [
            f"{one['id']}: {node['target']} {node['html'][:120]}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]


@contextmanager
def looking(browser: Browser, server: Server, **options: Any) -> Iterator[Watched]:
    """Yield a page that opened the link of ``server``, in a browser profile of its own."""
    context = browser.new_context(viewport=SIZE, locale="es-MX", **options)
    context.set_default_timeout(PATIENCE)
    watched = Watched(context.new_page(), context, f"http://{server.parts.gate.host}")
    context.on("request", lambda request: watched.requests.append(request.url))
    context.on("console", lambda said: _note(watched, said.type, said.text))
    context.on("weberror", lambda error: watched.complaints.append(f"script: {error.error}"))
    watched.page.on("dialog", lambda dialog: _dismiss(watched, dialog))
    try:
        watched.page.goto(server.parts.gate.new_link())
        yield watched
    finally:
        context.close()


def _note(watched: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        watched.complaints.append(f"{kind}: {text}")


def _dismiss(watched: Watched, dialog: Any) -> None:
    watched.complaints.append(f"dialog: {dialog.message}")
    dialog.dismiss()
