"""The tip that stands in a sentence of the program is named as the reader knows it, by the number of its row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import g

from tests.support.screens import HOUR, City
from workstation.screen.app import create_app
from workstation.screen.desk import Desk
from workstation.screen.gate import Gate, Session
from workstation.screen.here import Screen, Visit, close_book
from workstation.screen.languages import read_languages
from workstation.screen.telling import reason

ALIKE = ("abcdef0123" + "0" * 22, "abcdef0145" + "0" * 22)
"""Ids of two tips: the ninth digit is the first that is not of both."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City(tmp_path_factory.mktemp("alike"))
    slips = [
        slip
        for at, id in enumerate(ALIKE)
        for slip in made.slips(f"aviso {at}", made.now - HOUR, message=bytes.fromhex(id))
    ]
    made.cut(*slips, period=made.now - HOUR)
    made.take()
    return made


@pytest.fixture
def numbers(city: City) -> Iterator[dict[str, int]]:
    """The number of each tip by its id, while an English visit is being answered."""
    desk = Desk(3600.0)
    desk.unlock(city.home)
    parts = Screen(desk, Gate(0), read_languages(), str(city.station.home))
    try:
        with city.book() as book, create_app(parts).test_request_context():
            session = Session(language="en")
            g.visit = Visit(session, parts.languages["en"], city.now, desk.turn, desk.home())
            yield {tip.hex(): number for tip, number in book.connection.execute("SELECT tip, id FROM tips")}
            close_book()
    finally:
        desk.lock()


@pytest.mark.parametrize("digits", [9, 10, 31, 32])
@pytest.mark.parametrize("id", ALIKE)
def test_a_tip_is_known_by_the_digits_that_are_there_odd_or_even(
    numbers: dict[str, int], id: str, digits: int
) -> None:
    assert sorted(numbers) == sorted(ALIKE)
    assert reason(f"tip {id[:digits]}") == f"tip {numbers[id]}"


@pytest.mark.parametrize("digits", ["abcdef01", "abcdef013", "abcdef0123f"])
def test_digits_of_two_tips_or_of_none_stay_digits(numbers: dict[str, int], digits: str) -> None:
    assert numbers
    assert reason(f"tip {digits}") == f"tip {digits}"
