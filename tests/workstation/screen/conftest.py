"""A made-up city behind a real screen, and a real browser in front of it; each made once for its module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Watched, chromium, looking
from tests.support.screens import DAY, City, served
from tests.support.workstation import NOW
from workstation.screen.gate import Session
from workstation.screen.preferences import keep
from workstation.screen.server import Server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Some thirty tips of four days, most of them sorted."""
    made = City(tmp_path_factory.mktemp("city"), seed=7, now=NOW + 6 * DAY)
    made.live(4, 8)
    return made


@pytest.fixture(scope="module")
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


@pytest.fixture
def watched(browser: Browser, screen: Server, city: City) -> Iterator[Watched]:
    """A browser that was let in, in English; at its end nothing came from elsewhere and nothing complained."""
    if screen.parts.desk.home() is None:
        screen.parts.desk.unlock(city.home)
    with city.book() as book:  # whatever a test before chose
        keep(Session(language="en"), book, city.actor.users)
    with looking(browser, screen) as page:
        yield page
        assert not page.elsewhere()
        assert not page.complaints
