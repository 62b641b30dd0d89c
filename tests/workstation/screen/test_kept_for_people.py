"""What those who opened the book chose is kept for them in the book, and in nothing that outlives it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.asking import Asker
from tests.support.screens import HOUR, City, served
from tests.support.workstation import PASSPHRASE
from workstation.screen.server import Server

HINT = 'action="/settings/hint"'
"""The button of the first hint."""


@pytest.fixture
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def screen(city: City) -> Iterator[Server]:
    with served(city) as server:
        yield server


def newcomer(server: Server) -> Asker:
    """Return a browser that knows nothing."""
    found = Asker(server.parts.gate)
    found.come_in()
    return found


def lang(asker: Asker, path: str = "/settings") -> str:
    return asker.ask(path).text.partition('<html lang="')[2][:2]


def unlock(asker: Asker) -> None:
    answer = asker.change("/unlock", passphrase=PASSPHRASE, name="analyst")
    assert answer.status == 303
    asker.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]


def test_a_language_is_there_again_for_the_next_browser_and_the_next_program(
    city: City, screen: Server
) -> None:
    first = newcomer(screen)
    assert lang(first) == "es"
    assert first.change("/language", language="en").status == 303
    assert lang(newcomer(screen)) == "en"
    with served(city) as later:
        assert lang(newcomer(later)) == "en"


def test_what_is_known_and_the_shortcuts_are_kept_too(city: City, screen: Server) -> None:
    city.cut(*city.slips("aviso", city.now - HOUR), period=city.now - HOUR)
    city.take()
    first = newcomer(screen)
    assert HINT in first.ask("/inbox").text
    first.change("/settings/hint")
    first.change("/settings/shortcuts", shortcuts="off")
    again = newcomer(screen)
    assert HINT not in again.ask("/inbox").text
    assert 'data-shortcuts="off"' in again.ask("/settings").text


def test_nothing_of_it_is_in_a_cookie(screen: Server) -> None:
    first = newcomer(screen)
    answer = first.change("/language", language="en")
    assert answer.headers.get("Set-Cookie") is None
    assert first.cookie.startswith(screen.parts.gate.cookie_name)


def test_a_language_chosen_on_the_locked_page_is_kept_for_who_unlocks(city: City) -> None:
    with served(city, locked=True) as server:
        first = newcomer(server)
        assert lang(first, "/unlock") == "es"
        first.change("/language", language="en")
        assert lang(first, "/unlock") == "en"
        unlock(first)
        assert lang(first) == "en"
    with served(city) as later:
        assert lang(newcomer(later)) == "en"


def test_a_screen_that_was_locked_speaks_the_language_of_who_comes(city: City) -> None:
    with served(city) as server:
        newcomer(server).change("/language", language="en")
    with served(city, locked=True) as server:
        first = newcomer(server)
        assert lang(first, "/unlock") == "es"
        unlock(first)
        assert lang(first) == "en"
