"""The pictures of docs/workstation.md, made anew from a made-up city: python -m tests.support.pictures [LANGUAGE…].

A person looks at them; no test compares pixels.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from random import Random
from unittest.mock import patch

from playwright.sync_api import Browser

from tests.support.browser import Watched, chromium, looking
from tests.support.house import ROOT
from tests.support.published import Office
from tests.support.screens import DAY, HOUR, REPEATED, City, served, served_home
from tests.support.small_png import small
from tests.support.workstation import NOW
from wire.period import end_of
from workstation.book import actions, listing
from workstation.book.rows import Filter
from workstation.screen.server import Server

FOLDER = ROOT / "docs" / "pictures"
KEPT = frozenset(
    {
        "inbox-es",
        "category-en",
        "tip-en",
        "import-en",
        "overview-en",
        "bulletin-en",
        "print-en",
        "locked-en",
        "keys-en",
    }
)
STICK = "/media/analista/MENSAJERO"
DAYS, A_DAY = 45, 8


def main() -> None:
    """Make all of them."""
    languages = sys.argv[1:] or ["en", "es"]  # the first one sees new tips in the report
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder), seed=5, now=NOW + 46 * DAY)
        city.live(DAYS, A_DAY)
        _prepare(city)
        mounted = patch("workstation.screen.pages.imports.media", lambda: [STICK])
        with chromium() as browser, served(city) as server, mounted:
            for language in languages:
                server.parts.job = None
                with looking(browser, server) as watched:
                    watched.click(f"button[name=language][value={language}]")
                    _take_all(watched, city, server, language)
            _bulletin(browser, Path(folder) / "office", languages)


def _bulletin(browser: Browser, folder: Path, languages: list[str]) -> None:
    """Take the preview of a month of a line that has ledgers."""
    folder.mkdir()
    office = Office.make(folder, two=True)
    counter = office.counter()
    for at, month in enumerate(("2026-09", "2026-10", "2026-11")):
        counter.month(month, 240, held_back=3)
        office.take(counter, now=end_of(month) + DAY)
        office.triage(Random(at), range(240 * at + 1, 240 * at + 241), now=end_of(month) + 2 * DAY)
    in_service = patch(
        "workstation.screen.words.banners", lambda *_, **__: ()
    )  # its key sheet has three weeks
    with served_home(office.station, now=lambda: end_of("2026-11") + 9 * DAY) as server, in_service:
        for language in languages:
            with looking(browser, server) as watched:
                watched.click(f"button[name=language][value={language}]")
                watched.go("/bulletin")
                watched.page.fill("#month", "2026-11")
                watched.click("main button.primary")
                watched.page.wait_for_selector("#h-draft")
                _keep(watched, f"bulletin-{language}")


def _keep(watched: Watched, name: str) -> None:
    """Write the picture into the folder, if it is one of the page; all of them where ``TIPLINE_PICTURES`` says."""
    other = os.environ.get("TIPLINE_PICTURES")
    if other:
        Path(other, f"{name}.png").write_bytes(watched.page.screenshot())
    elif name in KEPT:
        (FOLDER / f"{name}.png").write_bytes(small(watched.page.screenshot()))


def _prepare(city: City) -> None:
    """Let a stick be there with a gap, a refused file and something that does not belong."""
    start = (city.now - 5 * HOUR) // HOUR * HOUR
    city.cut(*city.slips("Hay una fuga en la toma de Insurgentes, huele a gasolina", start), period=start)
    gone = city.cut(*city.slips("dos", start), period=start + HOUR)
    octets = gone.read_bytes()
    gone.unlink()
    last = city.cut(
        *city.slips("En la bodega de Durango guardan carros robados", start), period=start + 2 * HOUR
    )
    (city.stick / "copia.batch").write_bytes(octets[:-100])
    (city.stick / "fotos.zip").write_bytes(b"PK")
    assert last.exists()


def _take_all(watched: Watched, city: City, server: Server, language: str) -> None:
    def shot(name: str, path: str = "") -> None:
        if path:
            watched.go(path)
        watched.page.wait_for_load_state("networkidle")
        _keep(watched, f"{name}-{language}")

    with city.book() as book:
        later = listing.page(book, Filter(text=f'"{REPEATED}"'), now=city.now).rows[0].id
        if not actions.notes(book, later):
            note = "Se avisó a la unidad por radio; van dos llamadas sobre la misma casa."
            actions.add_note(book, city.actor, [later], note, now=city.now - HOUR)
    shot("inbox", "/inbox?class=open")
    watched.press("j", "Space", "j", "Space", "c")
    shot("category")
    shot("tip", f"/tips/{later}?class=open")
    watched.go("/import")
    watched.page.fill("#path", str(city.stick))
    watched.click("main button.primary")
    watched.page.wait_for_selector("#h-report")
    watched.page.evaluate(_HIDE, [str(city.stick), STICK])
    shot("import")
    for name in ("overview", "log", "keys", "settings", "help", "people"):
        shot(name, f"/{name}")
    shot("search", "/inbox?q=gomez+morin&order=newest")
    with city.book() as book:
        numbered = listing.page(book, Filter(text="patrulla quitan dinero"), now=city.now).rows[0].id
    shot("print", f"/tips/{numbered}/print")
    server.parts.desk.lock()
    shot("locked", "/unlock")
    server.parts.desk.unlock(city.home)


_HIDE = """([folder, shown]) => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replaceAll(folder, shown);
}"""
"""A folder of this machine becomes one of a desktop."""

if __name__ == "__main__":
    main()
