"""A page that was altered on the server is found: pages are drawn again from the signed files, octet by octet."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.generator.city import City, make_city
from portal.generator.plan import Plan
from portal.pages import render
from portal.release.drawn import PLACE, program
from portal.verify.report import Report
from portal.verify.run import Question, Verified, verify
from tests.support.portal_city import built, plain_page


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, Path]:
    """A tiny city and its whole site with all its pages, only to be read."""
    folder = tmp_path_factory.mktemp("drawn")
    city = make_city(Plan(tips=200, first="2025-01", months=2, districts=1), folder / "city")
    built(city, folder / "site", draw=render, cache=folder / "charts")
    return city, folder / "site"


def asked(city: City, site: Path, **more: Any) -> Verified:
    return verify(Question(folders=(city.ledgers, city.bulletins), sites=(site,), **more))


def faults(found: Verified) -> list[tuple[str, object]]:
    return [(one.name, one.values.get("name")) for one in found.faults]


def test_the_pages_of_a_site_are_drawn_again_and_are_the_same_to_the_octet(drawn: tuple[City, Path]) -> None:
    city, site = drawn
    found = asked(city, site)
    (pages,) = found.pages
    assert faults(found) == [] and pages.extra == ()
    assert pages.same > 60
    assert "the same to the octet" in "\n".join(Report(found, "en").lines())


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("es/safely.html", b"</main>", b"<p>Escriba al 656 000 0000</p></main>"),
        ("static/style.css", b"{", b" {"),
        ("data/months.csv", b",", b";"),
        ("en/feed.xml", b"<feed", b"<feed "),
    ],
)
def test_a_file_that_was_altered_on_the_server_is_found_and_named(
    drawn: tuple[City, Path], tmp_path: Path, name: str, old: bytes, new: bytes
) -> None:
    city, whole = drawn
    site = Path(shutil.copytree(whole, tmp_path / "site"))
    page = site / name
    assert old in page.read_bytes()
    page.write_bytes(page.read_bytes().replace(old, new, 1))
    found = asked(city, site)
    assert (faults(found), found.exit_code) == ([("release.page-changed", name)], 4)


def plain(city: City, folder: Path) -> Path:
    """Return a site with one plain page: what is looked at here does not hang on how pages are drawn."""
    built(city, folder / "site")
    return folder / "site"


def change_said(site: Path, change: Callable[[dict[str, Any]], None]) -> None:
    said = json.loads((site / PLACE).read_text(encoding="utf-8"))
    change(said)
    (site / PLACE).write_text(json.dumps(said), encoding="utf-8")


def test_a_page_that_is_not_here_is_told_and_is_no_change_of_the_past(
    honest_city: City, tmp_path: Path
) -> None:
    site = plain(honest_city, tmp_path)
    (site / "index.html").unlink()
    found = asked(honest_city, site, draw=plain_page)
    assert (faults(found), found.exit_code) == ([("release.page-missing", "index.html")], 6)


def test_files_that_no_build_made_are_told(honest_city: City, tmp_path: Path) -> None:
    site = plain(honest_city, tmp_path)
    (site / "es").mkdir()
    (site / "es" / "denuncie.html").write_text("x", encoding="utf-8")
    found = asked(honest_city, site, draw=plain_page)
    assert (found.pages[0].extra, found.exit_code) == (("es/denuncie.html",), 0)
    assert "es/denuncie.html does not come from the signed files" in "\n".join(Report(found, "en").lines())


def test_pages_of_another_version_of_the_program_are_not_called_changed_nor_good(
    honest_city: City, tmp_path: Path
) -> None:
    site = plain(honest_city, tmp_path)
    change_said(site, lambda said: said.update(program="tipline of another year"))
    assert asked(honest_city, site, draw=plain_page).exit_code == 0
    (site / "index.html").write_text("other", encoding="utf-8")
    found = asked(honest_city, site, draw=plain_page)
    assert (faults(found), found.exit_code) == ([("release.pages-unchecked", None)], 6)
    reason = str(found.faults[0].values["reason"])
    assert "tipline of another year" in reason and program() in reason


def test_a_site_that_does_not_say_how_it_was_drawn_is_not_called_good(
    honest_city: City, tmp_path: Path
) -> None:
    site = plain(honest_city, tmp_path)
    for octets in (b"{}", b"\xff", b'{"format": "tipline-site 2", "program": "x", "settings": {}}'):
        (site / PLACE).write_bytes(octets)
        found = asked(honest_city, site, draw=plain_page)
        assert (faults(found), found.exit_code) == ([("release.pages-unchecked", None)], 6)
    (site / PLACE).unlink()
    assert asked(honest_city, site, draw=plain_page).exit_code == 6


def test_what_a_site_says_without_a_signature_is_read_to_whoever_checks(
    honest_city: City, tmp_path: Path
) -> None:
    site = plain(honest_city, tmp_path)
    change_said(site, lambda said: said["settings"].update(title={"es": "Otra", "en": "Another line"}))
    report = "\n".join(Report(asked(honest_city, site, draw=plain_page), "en").lines())
    assert "calls itself “Another line”" in report and "Nobody signs that" in report


def test_folders_and_pins_of_the_publisher_are_not_in_the_site(honest_city: City, tmp_path: Path) -> None:
    site = plain(honest_city, tmp_path)
    settings = json.loads((site / PLACE).read_text(encoding="utf-8"))["settings"]
    assert (settings["identities"], settings["catalogues"]) == ("", "")
    assert settings["pins"] == {"boxes": [], "authorities": []}
    assert str(tmp_path) not in (site / PLACE).read_text(encoding="utf-8")
