"""What two people answer for, in a real browser: the bulletin of a month, and a tip held back from destruction."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from nacl.signing import SigningKey
from playwright.sync_api import Browser

from disclosure.rules import RULES
from tests.support.browser import Watched, looking
from tests.support.published import Office
from tests.support.screens import HOUR, City, served, served_home
from tests.support.workstation import NOW
from wire.bulletin import read_bulletin
from wire.period import end_of
from workstation.book import listing

MONTH = "2026-09"
DAY = 86400


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A home that has the batch and the ledger of a month that is over."""
    made = Office.make(tmp_path, two=True)
    counter = made.counter()
    counter.month(MONTH, 60, held_back=2)
    made.take(counter, now=end_of(MONTH) + DAY)
    made.triage(Random(3), range(1, 61), now=end_of(MONTH) + 2 * DAY)
    return made


def preview(watched: Watched, month: str) -> None:
    watched.go("/bulletin")
    watched.page.fill("#month", month)
    watched.click("text=Show what readers will see")
    watched.page.wait_for_selector("#h-draft, main > .notice")


def test_a_bulletin_is_looked_at_then_signed_and_written(
    browser: Browser, office: Office, tmp_path: Path
) -> None:
    stick = tmp_path / "out"
    stick.mkdir()
    with (
        served_home(office.station, now=lambda: end_of(MONTH) + 40 * DAY) as server,
        looking(browser, server) as watched,
    ):
        watched.click("button[name=language][value=en]")
        preview(watched, MONTH)
        page = watched.text
        assert "not signed yet" in page
        assert "the attacker found nothing" in page
        assert f"0 may be a few, {RULES.k} may be none" in page
        row = watched.page.inner_text("section[aria-labelledby=h-draft] tbody tr").split()
        assert row == [MONTH, "62", "60", "–", "2"]
        assert not list(stick.iterdir())
        assert not watched.faults()
        watched.page.fill("#folder", str(stick))
        watched.click("text=Sign and write")
        assert watched.said.startswith("Signed and written:")
        (file,) = stick.iterdir()
        key = bytes(SigningKey(office.home.vault.bulletin).verify_key)
        assert read_bulletin(file.read_bytes(), key).bulletin.month == MONTH
        preview(watched, MONTH)
        assert "issued already" in watched.text


def test_a_month_that_is_not_over_has_no_bulletin_yet(browser: Browser, office: Office) -> None:
    with (
        served_home(office.station, now=lambda: end_of(MONTH) - DAY) as server,
        looking(browser, server) as watched,
    ):
        watched.click("button[name=language][value=en]")
        preview(watched, MONTH)
        assert "The bulletin cannot be made yet: 2026-09 is not over." in watched.text
        assert watched.page.input_value("#month") == MONTH, "what was asked for, not what is proposed"
        assert "Sign and write" not in watched.text


def test_a_bulletin_is_never_written_into_the_home(browser: Browser, office: Office) -> None:
    with (
        served_home(office.station, now=lambda: end_of(MONTH) + 40 * DAY) as server,
        looking(browser, server) as watched,
    ):
        watched.click("button[name=language][value=en]")
        preview(watched, MONTH)
        watched.page.fill("#folder", str(office.station.home))
        watched.click("text=Sign and write")
        assert watched.said == "Choose a folder outside of the home."


def held(city: City) -> bool:
    with city.book() as book:
        return listing.tip(book, 1).held


def city_with_a_tip(city: City) -> City:
    start = NOW // HOUR * HOUR
    city.cut(*city.slips("Hay una camioneta", start), period=start)
    city.take()
    return city


def test_two_people_hold_a_tip_and_let_it_go(browser: Browser, tmp_path: Path) -> None:
    city = city_with_a_tip(City.of_two(tmp_path))
    with served(city) as server, looking(browser, server) as watched:
        watched.go("/tips/1")
        watched.click("text=Apartar de la destrucción")
        assert held(city)
        watched.click("main button:has-text('Liberar')")
        assert not held(city)


def test_where_one_opened_it_a_second_user_types_a_passphrase(browser: Browser, tmp_path: Path) -> None:
    city = city_with_a_tip(City(tmp_path))
    with served(city) as server, looking(browser, server) as watched:
        watched.go("/tips/1")
        watched.click("text=Apartar de la destrucción")
        assert "Aún no hay una segunda persona" in watched.text
        new = tmp_path / "second"
        new.write_text("ostrich umbrella\n")
        city.station.run("users", "add", "Ana Ruiz", "--new-passphrase-file", new)
        watched.go("/tips/1")
        watched.click("text=Apartar de la destrucción")
        watched.page.fill("#passphrase", "wrong")
        watched.click("main button.primary")
        assert "La frase es incorrecta" in watched.said
        assert not held(city)
        watched.click("text=Apartar de la destrucción")
        watched.page.fill("#passphrase", "ostrich umbrella")
        watched.click("main button.primary")
        assert held(city)
        assert "analyst, Ana Ruiz" in watched.page.inner_text(".timeline")
