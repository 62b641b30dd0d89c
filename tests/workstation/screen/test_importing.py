"""Importing in a real browser: the first steps, the report, what is refused, and which batches are missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Route

from tests.support.browser import Watched, looking
from tests.support.mounts import mounted, needs_root
from tests.support.screens import HOUR, City, served
from tests.support.workstation import NOW
from workstation.batches.report import Report
from workstation.screen.jobs import Job
from workstation.screen.server import Server
from workstation.screen.telling import sort

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
    watched.page.wait_for_selector("#h-report, main [role=alert]")
    assert watched.page.query_selector("#h-report"), watched.text


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
    assert "not a file of a tip line" in report


def test_of_a_stick_full_of_faults_the_first_are_shown_and_the_others_folded(
    watched: Watched, city: City
) -> None:
    good = city.cut(*city.slips("uno", START), period=START).read_bytes()
    for number in range(23):
        (city.stick / f"cut{number:02}.batch").write_bytes(good[:-1])
    take(watched, city.stick)
    report = "section[aria-labelledby=h-report]"
    assert "cut19.batch" in watched.page.inner_text(report)
    assert "cut20.batch" not in watched.page.inner_text(report)
    watched.page.click("text=and 3 more")
    assert all(f"cut{number}.batch" in watched.page.inner_text(report) for number in (19, 20, 22))


def test_missing_batches_and_late_boxes_are_shown_by_box(watched: Watched, city: City) -> None:
    city.cut(*city.slips("uno", START), period=START)
    left_out = city.cut(*city.slips("dos", START), period=START + HOUR)
    octets = left_out.read_bytes()
    left_out.unlink()
    city.cut(*city.slips("tres", START), period=START + 2 * HOUR)
    take(watched, city.stick)
    row = watched.page.inner_text("section[aria-labelledby=h-boxes] tbody")
    assert city.box.id.hex() in row
    assert "batch 2 of chain" in row
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


def test_what_no_tip_line_carries_is_told_each_with_its_name(watched: Watched, city: City) -> None:
    """Also what is never opened: links, hidden files, and what starts by itself."""
    city.cut(*city.slips("uno", START), period=START)
    (city.stick / "autorun.inf").write_text("[autorun]")
    (city.stick / ".oculto").write_text("x")
    (city.stick / "enlace").symlink_to("/etc/passwd")
    (city.stick / "boda.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (city.stick / "police.keysheet").write_bytes((city.station.home / "keysheet").read_bytes())
    take(watched, city.stick)
    report = watched.page.inner_text("section[aria-labelledby=h-report]")
    assert "This stick brings what no tip line carries" in report
    for name, what in (
        ("autorun.inf", "made to start something by itself"),
        (".oculto", "a hidden file, not opened"),
        ("enlace", "a link, not followed"),
        ("boda.jpg", "not a file of a tip line"),
    ):
        assert f"{name} {what}" in report
    assert report.index("police.keysheet") > report.index("Left alone")


def test_a_look_at_the_progress_that_fails_is_made_again(watched: Watched, screen: Server) -> None:
    """On a machine that is busy, for instance with the import; else the page would stand still for ever."""
    job, go, looks = Job[None]("/media/stick"), Event(), list[str]()

    def answer(route: Route) -> None:
        looks.append(route.request.url)
        if len(looks) > 2:
            go.set()
            route.continue_()
        else:
            route.fulfill(body="no JSON")

    def work() -> None:
        go.wait(600)

    job.start(work, sort=sort)
    screen.parts.job = job
    watched.page.route("**/import/progress", answer)
    watched.go("/import")
    watched.page.wait_for_selector("#running", state="detached")
    assert job.done
    assert len(looks) > 2


class Turning(Job[Report]):
    """A job that ends while a page is made of it."""

    looks = 0

    @property
    def done(self) -> bool:
        self.looks += 1
        return self.looks > 1


@pytest.mark.parametrize(("path", "parts"), [("/import", "job"), ("/bulletin", "preview")])
def test_what_ends_while_the_page_is_made_is_shown_running_and_then_done(
    watched: Watched, screen: Server, path: str, parts: str
) -> None:
    """It was once neither: the page stood there without progress and without a report."""
    job = Turning("2026-08")
    setattr(screen.parts, parts, job)
    answer = watched.page.request.get(watched.base + path)
    assert 'id="running"' in answer.text()
    assert job.looks == 1


def test_a_stick_with_nothing_on_it_says_so(watched: Watched, city: City) -> None:
    take(watched, city.stick)
    assert "No batch of a box was on it." in watched.text


def test_names_of_files_and_sticks_that_are_not_text_are_shown_by_their_octets(
    watched: Watched, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick can be named, and hold names, that are no UTF-8, or that would act on the page."""
    stick = city.folder / os.fsdecode(b"M\xe9dico\x1b[2J")
    city.stick.rename(stick)
    (stick / os.fsdecode(b"\xff\xfe<img src=x>\n\xe2\x80\xae.batch")).write_bytes(b"x")
    monkeypatch.setattr("workstation.screen.pages.imports.media", lambda: [str(stick)])
    watched.go("/import")
    watched.click("main button.primary")
    watched.page.wait_for_selector("#h-report")
    report = watched.page.inner_text("section[aria-labelledby=h-report]")
    assert all(mark in report for mark in ("U+DCFF", "U+DCFE", "U+202E", "U+DCE9", "U+001B", "<img src=x>"))
    assert not watched.page.query_selector("main img")


@needs_root
def test_a_full_disk_is_told_in_spanish_and_nothing_is_lost(browser: Browser, tmp_path: Path) -> None:
    """The batches that were taken stay; importing again goes on once there is room."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, "32M"):
        city = City(folder)
        for hour in range(3):
            city.cut(*city.slips(f"aviso {hour}", START), period=START + hour * HOUR)
        with served(city) as server, looking(browser, server) as watched:
            watched.go("/import")
            watched.page.fill("#path", str(city.stick))
            filling = folder / "filling"
            with filling.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(4096))
            watched.click("main button.primary")
            watched.page.wait_for_selector("text=Falló la lectura o la escritura; nada quedó a medias")
            assert "Haga espacio o revise el disco" in watched.text
            filling.unlink()
            take(watched, city.stick)
        with city.book() as book:
            ((number,),) = book.connection.execute("SELECT count(*) FROM tips").fetchall()
        assert number == 3
