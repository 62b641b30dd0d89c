"""Which modem gets which port: by name, by what it answers, and again after it was pulled."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from hw.ports import Claims
from hw.ports.claims import ASK_AGAIN_SECONDS, HOLD_SECONDS
from hw.ports.probe import answering
from tests.support.serial_ports import modem, modems, run, silent_port
from tests.support.usb import Bus, Face


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def nobody(_: object) -> set[str]:
    return set()


def quectels(bus: Bus, *paths: str) -> None:
    for place, path in enumerate(paths):
        bus.plug(path, "2c7c:0125", Face(1, f"ttyUSB{2 * place}"), Face(2, f"ttyUSB{2 * place + 1}"))


def test_each_auto_gets_another_modem_and_keeps_it(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    claims = Claims(["auto", "auto", "auto"], places=bus.places, ask=nobody)
    assert claims.names == ("auto", "auto 2", "auto 3")
    wanted = [str(bus.places.dev / "ttyUSB1"), str(bus.places.dev / "ttyUSB3"), None]
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        found = {number: claims.locator(number)() for number in order}
        assert [found[number] for number in range(3)] == wanted


def test_auto_leaves_what_is_configured_by_name(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2", "1-3")
    path = str(bus.places.dev / "ttyUSB0")
    claims = Claims(["auto", path, "usb:1-2"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB5")
    assert claims.locate(1) == path
    assert claims.locate(2) == str(bus.places.dev / "ttyUSB3")


def test_a_modem_that_starts_anew_comes_back_to_the_auto_that_had_it(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    time = Time()
    claims = Claims(["auto"], places=bus.places, clock=time, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    bus.unplug("1-1")
    time.now += HOLD_SECONDS - 1
    assert claims.locate(0) is None
    bus.plug("1-1", "2c7c:0125", Face(1, "ttyUSB8"), Face(2, "ttyUSB9"))
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB9")


def test_an_auto_whose_modem_stays_away_takes_another(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    time = Time()
    claims = Claims(["auto"], places=bus.places, clock=time, ask=nobody)
    claims.locate(0)
    bus.unplug("1-1")
    time.now += HOLD_SECONDS
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB3")


def test_auto_takes_a_modem_another_program_uses_only_when_there_is_no_other(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    bus.process(4711, "pppd", bus.places.dev / "ttyUSB0")
    bus.process(os.getpid(), "intake", bus.places.dev / "ttyUSB3")
    claims = Claims(["auto", "auto"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB3")
    assert claims.locate(1) == str(bus.places.dev / "ttyUSB1"), "so that the driver says who is in the way"


def test_auto_asks_what_no_profile_names_and_remembers_the_answer(bus: Bus) -> None:
    bus.plug("1-1", "2341:0043", Face(0, "ttyACM0", protocol="02/02/01", driver="cdc_acm"))
    bus.plug("1-2", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    time, asked = Time(), []

    def ask(ports: object) -> set[str]:
        assert isinstance(ports, list)
        asked.append([port.name for port in ports])
        return {"usb:1-2:1.1"}

    claims = Claims(["auto", "auto"], places=bus.places, clock=time, ask=ask)
    assert claims.locate(0) == claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    assert asked == [["usb:1-1:1.0", "usb:1-2:1.0", "usb:1-2:1.1"]]
    assert claims.locate(1) is None
    assert len(asked) == 1
    time.now += ASK_AGAIN_SECONDS
    assert claims.locate(1) is None
    assert asked[1:] == [["usb:1-1:1.0"]]


def test_what_was_heard_is_forgotten_with_the_plugging(bus: Bus) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    answers = [{"usb:1-1:1.1"}, {"usb:1-1:1.0"}]
    claims = Claims(["usb:1-1"], places=bus.places, ask=lambda _: answers.pop(0))
    assert claims.locate(0) == claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    bus.unplug("1-1")
    assert claims.locate(0) is None
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB0")


def test_a_plugging_whose_number_the_kernel_uses_again_is_another_plugging(bus: Bus) -> None:
    answers = [{"usb:1-1:1.1"}, {"usb:1-1:1.0"}]
    claims = Claims(["usb:1-1"], places=bus.places, ask=lambda _: answers.pop(0))
    for wanted in ("ttyUSB1", "ttyUSB0"):
        device = bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
        (device / "devnum").write_text("5\n")  # it counts to 127 and begins again
        assert claims.locate(0) == str(bus.places.dev / wanted)
        bus.unplug("1-1")
        assert claims.locate(0) is None


def test_a_named_modem_that_does_not_answer_is_still_opened_at_its_likeliest_port(bus: Bus) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    claims = Claims(["usb:1-1"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB0")


def test_claims_find_the_answering_port_of_real_terminals(bus: Bus, tmp_path: Path) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"), Face(2, "ttyUSB2"))

    async def play() -> None:
        async with modems(tmp_path, modem()) as (link,):
            with silent_port() as one, silent_port() as other:
                bus.wire("ttyUSB0", one)
                bus.wire("ttyUSB1", link)
                bus.wire("ttyUSB2", other)
                claims = Claims(["auto"], places=bus.places, ask=answering)
                found = await asyncio.to_thread(claims.locate, 0)
        assert found == str(bus.places.dev / "ttyUSB1")

    run(play())


def test_claims_may_be_asked_from_many_threads(bus: Bus) -> None:
    quectels(bus, *[f"1-{number}" for number in range(1, 9)])
    claims = Claims(["auto"] * 8, places=bus.places, ask=nobody)

    async def play() -> None:
        found = await asyncio.gather(*(asyncio.to_thread(claims.locate, number) for number in range(8)))
        assert len(set(found)) == 8 and None not in found

    run(play())
