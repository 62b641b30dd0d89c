"""Importing in a real browser: the first steps, the report, what is refused, and which batches are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched, looking
from tests.support.screens import HOUR, City, served
from tests.support.workstation import NOW
from workstation.screen.server import Server

START = NOW // HOUR * HOUR


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


def take(watched: Watched, folder: Path) -> None:
    watched.go("/import")
    watched.page.fill("#path", str(folder))
    watched.click("main button.primary")
    watched.page.wait_for_selector("#h-report")


def test_an_empty_book_says_what_to_do_and_leads_to_the_import(watched: Watched, city: City) -> None:
    assert "No tips yet" in watched.text
    city.cut(*city.slips("Hay una camioneta", START), period=START)
    watched.click("text=Import a stick")
    take(watched, city.stick)
    assert "1 new tip" in watched.page.inner_text(".numbers").replace("\n", " ")
    watched.click("text=Read the new tips")
    assert "Hay una camioneta" in watched.text


def test_what_is_refused_is_told_with_what_to_do(watched: Watched, city: City) -> None:
    good = city.cut(*city.slips("uno", START), period=START)
    (city.stick / "cut.batch").write_bytes(good.read_bytes()[:-1])
    (city.stick / "<b>photo.jpg").write_bytes(b"\xff\xd8")
    octets = good.read_bytes()
    (city.stick / "changed.batch").write_bytes(octets.replace(b"period", b"perioD", 1))
    take(watched, city.stick)
    report = watched.page.inner_text("main")
    assert "cut.batch" in report
    assert "Bring the stick again" in report
    assert "changed or forged" in report or "forged" in report
    assert "<b>photo.jpg" in report
    assert "not a batch" in report


def test_missing_batches_and_late_boxes_are_shown_by_box(watched: Watched, city: City) -> None:
    city.cut(*city.slips("uno", START), period=START)
    left_out = city.cut(*city.slips("dos", START), period=START + HOUR)
    octets = left_out.read_bytes()
    left_out.unlink()
    city.cut(*city.slips("tres", START), period=START + 2 * HOUR)
    take(watched, city.stick)
    row = watched.page.inner_text("section[aria-labelledby=h-boxes] tbody")
    assert city.box.id.hex() in row
    assert "batches 2 of chain" in row
    left_out.write_bytes(octets)
    take(watched, city.stick)
    assert "complete" in watched.page.inner_text("section[aria-labelledby=h-boxes] tbody")


def test_a_box_that_was_silent_for_days_is_late(browser: Browser, city: City) -> None:
    city.cut(*city.slips("uno", START), period=START)
    city.take()
    nine_days_later = NOW + 9 * 24 * HOUR
    with served(city, now=lambda: nine_days_later) as server, looking(browser, server) as watched:
        watched.go("/import")
        assert "atrasada" in watched.text


def test_a_path_that_is_not_there_changes_nothing(watched: Watched, city: City) -> None:
    watched.go("/import")
    watched.page.fill("#path", str(city.folder / "nowhere"))
    watched.click("main button.primary")
    assert "There is nothing at" in watched.said
