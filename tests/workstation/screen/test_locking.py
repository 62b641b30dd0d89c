"""Locking in a real browser: what was on the page is gone, also with Back, and comes again with the passphrase only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched, looking
from tests.support.screens import HOUR, City, served
from tests.support.workstation import NOW, PASSPHRASE
from workstation.screen.server import Server

SECRET = "Zanahoria 4711 quebradiza"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A home with one tip."""
    made = City(tmp_path_factory.mktemp("locking"))
    made.cut(*made.slips(SECRET, NOW // HOUR * HOUR), period=NOW // HOUR * HOUR)
    made.take()
    return made


@pytest.fixture
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


def unlock(watched: Watched, passphrase: str = PASSPHRASE) -> None:
    watched.page.fill("input[name=passphrase]", passphrase)
    with watched.page.expect_navigation():
        watched.press("Enter")


def test_a_locked_screen_asks_for_the_passphrase_and_shows_nothing(browser: Browser, city: City) -> None:
    with served(city, locked=True) as server, looking(browser, server) as watched:
        for path in (
            "/inbox",
            "/tips/1",
            "/tips/1/print",
            "/overview",
            "/log",
            "/plots/backlog.svg",
            "/import",
        ):
            watched.go(path)
            assert watched.page.url == f"{watched.base}/unlock"
            assert SECRET not in watched.page.content()
        unlock(watched)
        assert SECRET in watched.text


def test_a_wrong_passphrase_is_counted_and_after_some_one_has_to_wait(browser: Browser, city: City) -> None:
    with served(city, locked=True) as server, looking(browser, server) as watched:
        server.parts.desk.clock = lambda: 1000.0  # however slow this machine is
        for _ in range(3):
            unlock(watched, "wrong")
            assert "La frase no es correcta" in watched.text
        assert server.parts.desk.attempts.wrong == 3
        unlock(watched)
        assert "Demasiadas frases equivocadas" in watched.text
        assert server.parts.desk.home() is None


def test_whoever_sits_down_is_told_that_somebody_tried(browser: Browser, city: City) -> None:
    with served(city, locked=True) as server, looking(browser, server) as watched:
        unlock(watched, "wrong")
        unlock(watched)
        assert "Antes de esta se escribió 1 frase equivocada." in watched.said


def test_lock_takes_the_content_away_also_with_back(watched: Watched) -> None:
    watched.go("/tips/1")
    assert SECRET in watched.text
    with watched.page.expect_navigation():
        watched.press("L")
    assert "The case book is locked" in watched.text
    watched.page.go_back()
    watched.page.wait_for_url(re.compile(r"/unlock"))
    assert SECRET not in watched.page.content()
    unlock(watched)
    assert SECRET in watched.text


def test_another_tab_goes_blank_when_this_one_is_locked(watched: Watched) -> None:
    other = watched.context.new_page()
    other.goto(f"{watched.base}/tips/1")
    assert SECRET in other.inner_text("body")
    with watched.page.expect_navigation():
        watched.press("L")
    other.wait_for_url(re.compile(r"/unlock"))
    assert SECRET not in other.content()


def test_it_locks_itself_and_the_page_with_it_when_nobody_is_there(browser: Browser, city: City) -> None:
    with served(city, idle=4.0) as server, looking(browser, server) as watched:
        watched.click("button[name=language][value=es]")
        watched.go("/tips/1")
        assert SECRET in watched.text
        watched.page.wait_for_url(re.compile(r"/unlock"))
        assert "Se bloqueó solo" in watched.text
        assert SECRET not in watched.page.content()


def test_the_page_goes_blank_when_the_program_ends(browser: Browser, city: City) -> None:
    with ExitStack() as stack:
        with served(city) as server:
            watched = stack.enter_context(looking(browser, server))
            watched.click("button[name=language][value=es]")
            watched.go("/tips/1")
            assert SECRET in watched.text
        watched.page.wait_for_selector("text=El programa terminó")
        assert SECRET not in watched.page.content()


def test_a_session_of_two_people_is_opened_by_both_or_not_at_all(browser: Browser, tmp_path: Path) -> None:
    city = City.of_two(tmp_path)
    with served(city, locked=True) as server, looking(browser, server) as watched:
        assert "una de la policía y una de la sociedad civil" in watched.text
        first, second = watched.page.query_selector_all("input[name=passphrase]")
        first.fill("battery staple")
        second.fill("wrong")
        watched.click("button.primary")
        assert "La frase no es correcta" in watched.text
        first, second = watched.page.query_selector_all("input[name=passphrase]")
        first.fill("battery staple")
        second.fill("purple monkey")
        watched.click("button.primary")
        assert watched.page.inner_text(".users") == "officer, watcher"
