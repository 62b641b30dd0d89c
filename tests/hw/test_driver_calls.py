"""Calls: hung up, counted, and nowhere kept, also not in the modem's own lists."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hw.contract import Mode, Phase
from hw.driver.call_lists import MOST_ENTRIES, TRIES
from hw.driver.link import Link
from hw.virtual.answers import Lines
from hw.virtual.fleet import Fleet
from tests.support.driving import Bench, Household, at_pace, driving

NUMBER = "+5216569876543"


def list_calls(*places: int) -> Callable[[Fleet], None]:
    """Return what gives the first modem missed calls at these places of its list before it is opened."""

    def listed(fleet: Fleet) -> None:
        fleet.ports[0].modem.calls.missed.update(dict.fromkeys(places, NUMBER))

    return listed


def missed(bench: Bench) -> dict[int, str]:
    return bench.fleet.ports[0].modem.calls.missed


async def ring(bench: Bench) -> None:
    call: dict[str, Any] = {"from": NUMBER, "rings": 200}
    await bench.op("call", **call)


def calls_are(bench: Bench, number: int) -> bool:
    return bench.modem.status.calls == number


def counted(bench: Bench, command: str) -> int:
    return bench.fleet.ports[0].modem.counts[command]


@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
def test_a_call_is_in_no_list_of_the_modem_afterwards_and_its_number_was_never_said(
    tmp_path: Path,
    mode: Mode,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked, write = bytearray(), Link.write

    def heard(link: Link, octets: bytes) -> None:
        asked.extend(octets)
        write(link, octets)

    monkeypatch.setattr(Link, "write", heard)

    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode), ring_ms=50) as bench:
            await bench.receiving()
            for calls in (1, 2):  # the second one at once
                await ring(bench)
                await bench.until(partial(calls_are, bench, calls))
                await bench.until(lambda: bench.fleet.ports[0].modem.calls.current is None)
                await bench.until(lambda: not missed(bench))
            await bench.deliver(2)
            await bench.settled(2)
            assert (await bench.record())["missed_calls_listed"] == 0
            assert b"AT+CPBW=" in asked
            assert not re.search(rb"AT\+CPB[RF]=[^?]", asked)  # an entry is never read
            assert NUMBER[1:] not in repr(bench.household.history)
            assert bench.modem.status.restarts == 0

    asyncio.run(play())
    said = capfd.readouterr()
    assert NUMBER[1:] not in caplog.text + said.out + said.err


def test_calls_of_before_the_start_are_deleted_wherever_they_stand(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, before=list_calls(1, 7, 20)) as bench:
            await bench.receiving()
            await bench.until(lambda: not missed(bench))

    asyncio.run(play())


def test_a_call_listed_late_is_deleted_at_the_next_sweep(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.5), ring_ms=50) as bench:
            await bench.receiving()
            await ring(bench)
            await bench.until(lambda: bench.modem.status.calls == 1)
            await bench.until(lambda: counted(bench, "+CPBW") > 0)
            missed(bench)[2] = NUMBER
            await bench.until(lambda: not missed(bench))

    asyncio.run(play())


def test_an_entry_that_is_gone_already_stops_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        answers = {"+CPBW=3": "+CME ERROR: 22"}
        async with driving(tmp_path, before=list_calls(1, 2, 4), answers=answers) as bench:
            await bench.receiving()
            await bench.until(lambda: not missed(bench))

    asyncio.run(play())


@pytest.mark.parametrize(
    "answers",
    [
        {'+CPBS="MC"': "ERROR"},
        {'+CPBS="MC"': "+CME ERROR: 4"},
        {"+CPBS?": "ERROR"},
        {"+CPBS?": '+CPBS: "SM",3,250\nOK'},
        {"+CPBS?": "OK"},
        {"+CPBW=1": "+CME ERROR: 3"},
        {"+CPBW=1": "COMMAND NOT SUPPORT"},
    ],
    ids=str,
)
def test_what_the_modem_refuses_is_passed_over_once_and_messages_come(
    tmp_path: Path, answers: dict[str, str]
) -> None:
    async def play() -> None:
        pace = at_pace(sweep=0.1)
        async with driving(tmp_path, before=list_calls(1), answers=answers, pace=pace) as bench:
            await bench.receiving()
            await bench.until(lambda: counted(bench, '+CPBS="LD"') + counted(bench, "+CPBS") >= 4)
            await bench.deliver(3)
            await bench.settled(3)
            assert missed(bench) == {1: NUMBER}
            assert sum(counted(bench, refused) for refused in answers) <= 5
            assert bench.modem.status.restarts == 0

    asyncio.run(play())


def test_a_list_that_is_not_certainly_selected_is_not_written_to(tmp_path: Path) -> None:
    async def play() -> None:
        answers = {"+CPBS?": '+CPBS: "SM",3,250\nOK'}
        async with driving(tmp_path, before=list_calls(1), answers=answers, ring_ms=50) as bench:
            await bench.receiving()
            await ring(bench)
            await bench.until(lambda: bench.modem.status.calls == 1)
            await bench.until(lambda: bench.fleet.ports[0].modem.calls.current is None)
            await bench.deliver(1)
            await bench.settled(1)
            assert counted(bench, "+CPBW") == 0

    asyncio.run(play())


def test_a_list_without_counts_is_gone_through_place_by_place(tmp_path: Path) -> None:
    async def play() -> None:
        answers = {"+CPBS?": '+CPBS: "MC"\nOK'}
        async with driving(tmp_path, before=list_calls(2, 20), answers=answers) as bench:
            await bench.receiving()
            await bench.until(lambda: not missed(bench))
            assert counted(bench, "+CPBW") <= 20

    asyncio.run(play())


def test_a_list_that_never_gets_empty_is_left_alone_after_some_tries(tmp_path: Path) -> None:
    async def play() -> None:
        answers = {
            "+CPBS?": '+CPBS: "MC",900,900\nOK',
            "+CPBR=?": "+CPBR: (1-900),40,16\nOK",
        }
        async with driving(tmp_path, answers=answers, pace=at_pace(sweep=0.1)) as bench:
            await bench.receiving()
            most = 2 * TRIES * MOST_ENTRIES
            await bench.until(lambda: counted(bench, "+CPBW") == most)
            swept = counted(bench, "+CMGL")
            await bench.until(lambda: counted(bench, "+CMGL") > swept + 8)
            assert counted(bench, "+CPBW") == most

    asyncio.run(play())


def test_a_busy_modem_is_asked_again_at_the_next_sweep(tmp_path: Path) -> None:
    def busy(fleet: Fleet) -> None:
        fleet.ports[0].modem.calls.missed[1] = NUMBER
        fleet.ports[0].modem.replies.add('+CPBS="MC"', Lines(("+CME ERROR: 14",)))

    async def play() -> None:
        async with driving(tmp_path, before=busy, pace=at_pace(sweep=0.3)) as bench:
            await bench.receiving()
            await bench.until(lambda: counted(bench, '+CPBS="MC"') == 1)
            bench.fleet.ports[0].modem.replies.forget('+CPBS="MC"')
            await bench.until(lambda: not missed(bench))

    asyncio.run(play())


def test_a_modem_that_falls_silent_over_its_lists_is_asked_twice_and_then_receives(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, answers={'+CPBS="MC"': ""}) as bench:
            await bench.until(lambda: counted(bench, '+CPBS="MC"') == 2)
            await bench.until(lambda: bench.modem.status.restarts == 2)
            await bench.receiving()
            await bench.deliver(3)
            await bench.settled(3)
            assert bench.modem.status.phase is Phase.RECEIVING
            assert counted(bench, '+CPBS="MC"') == 2

    asyncio.run(play())


def test_an_acknowledgement_goes_out_between_the_deletions(tmp_path: Path) -> None:
    async def play() -> None:
        home = Household(mode=Mode.DIRECT)
        before = list_calls(*range(1, 21))
        async with driving(
            tmp_path, home, before=before, reply_ms=20, pace=at_pace(acknowledge=0.2)
        ) as bench:
            await bench.receiving()
            await bench.until(lambda: len(missed(bench)) < 19)
            await bench.deliver(1)
            await bench.settled(1)
            assert missed(bench)  # it was not waited for
            (message,) = (await bench.record())["messages"]
            assert message["acknowledged_by"] == "driver"
            await bench.until(lambda: not missed(bench))

    asyncio.run(play())
