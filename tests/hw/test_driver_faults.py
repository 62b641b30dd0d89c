"""Unplugged, reset, hung, stuck, chattering: each modem is taken up again by itself, the others undisturbed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hw.contract import Mode, Phase
from hw.driver.modem import Modem
from hw.driver.port import PortSpec
from tests.support.driving import Household, at_pace, driving

MODES = pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])


@MODES
def test_a_modem_that_is_unplugged_and_plugged_again_goes_on(tmp_path: Path, mode: Mode) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode)) as bench:
            await bench.receiving()
            await bench.op("unplug")
            await bench.until(lambda: bench.modem.status.phase is Phase.ABSENT)
            await bench.deliver(3)
            await bench.op("plug")
            await bench.receiving()
            await bench.settled(3)

    asyncio.run(play())


def test_a_modem_that_comes_back_under_another_name_is_found_again(tmp_path: Path) -> None:
    def locate() -> str | None:
        return next((str(path) for path in sorted(tmp_path.glob("modem*"))), None)

    async def play() -> None:
        async with driving(tmp_path, port=PortSpec("auto", locate)) as bench:
            await bench.receiving()
            await bench.op("unplug")
            await bench.until(lambda: bench.modem.status.phase is Phase.ABSENT)
            await bench.op("plug", link=str(tmp_path / "modem7"))
            await bench.receiving()
            assert bench.modem.status.device == str(tmp_path / "modem7")

    asyncio.run(play())


@MODES
@pytest.mark.parametrize("drops", [False, True])
def test_a_modem_that_restarts_is_initialised_again(tmp_path: Path, mode: Mode, drops: bool) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode), reset_drops=drops, boot_ms=100) as bench:
            await bench.receiving()
            await bench.op("reset")
            await bench.until(lambda: bench.modem.status.restarts >= 1)
            await bench.deliver(3)
            await bench.settled(3)
            await bench.receiving()
            assert bench.fleet.ports[0].modem.session.cnmi[1] == (2 if mode is Mode.DIRECT else 1)

    asyncio.run(play())


@pytest.mark.parametrize("how", ["silent", "chatter"])
def test_a_hung_modem_is_dead_however_much_it_chatters_and_comes_back(tmp_path: Path, how: str) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(watch=0.1, probe=0.1), chatter_ms=20) as bench:
            await bench.receiving()
            await bench.op("hang", how=how)
            await bench.until(lambda: Phase.FAILED in bench.household.phases())
            assert "unplug" in (bench.modem.status.problem or "")
            await bench.deliver(2)
            await bench.op("resume")
            await bench.receiving()
            assert bench.modem.status.problem is None
            await bench.settled(2)

    asyncio.run(play())


def test_power_is_cut_where_somebody_can_do_it(tmp_path: Path) -> None:
    async def play() -> None:
        replugged = asyncio.Event()

        async def replug() -> None:
            replugged.set()
            await bench.op("resume")

        link = str(tmp_path / "modem0")
        port = PortSpec(link, PortSpec.at(link).locate, replug=replug)
        async with driving(tmp_path, pace=at_pace(watch=0.1, probe=0.1), port=port) as bench:
            await bench.receiving()
            await bench.op("hang")
            await bench.until(replugged.is_set)
            await bench.receiving()

    asyncio.run(play())


def test_a_modem_stuck_in_a_prompt_is_freed_by_esc(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(watch=0.1)) as bench:
            await bench.receiving()
            await bench.op("stick")
            await bench.until(lambda: not bench.fleet.ports[0].modem.terminal.prompting)
            await bench.deliver(2)
            await bench.settled(2)

    asyncio.run(play())


@MODES
def test_junk_on_the_line_loses_nothing(tmp_path: Path, mode: Mode) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode), retry_ms=200, ack_timeout_ms=200) as bench:
            await bench.receiving()
            for number in range(10):
                await bench.deliver(1)
                await bench.op("junk", octets=bytes([255 - number, 0, 128, 62, 32, 10]).hex() * 3)
            await bench.settled(10)

    asyncio.run(play())


@pytest.mark.parametrize("line", ["RDY", "^SYSSTART", "*ATREADY: 1", "+CPIN: READY", "^BOOT:1,0"])
def test_each_word_for_started_makes_the_driver_begin_anew(tmp_path: Path, line: str) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            await bench.op("urc", text=line)
            await bench.until(lambda: bench.modem.status.restarts == 1)
            await bench.receiving()

    asyncio.run(play())


def test_a_call_is_hung_up_and_counted_and_its_number_appears_nowhere(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, ring_ms=50) as bench:
            await bench.receiving()
            await bench.op("call", **{"from": "+5216569876543", "rings": 20})
            await bench.until(lambda: bench.modem.status.calls == 1)
            await bench.until(lambda: bench.fleet.ports[0].modem.calls.all[0].ended_by == "driver")
            assert not any("9876543" in repr(status) for status in bench.household.history)
            await bench.deliver(1)
            await bench.settled(1)
            assert bench.modem.status.calls == 1

    asyncio.run(play())


def test_a_dead_modem_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(), Household(), pace=at_pace(watch=0.1)) as bench:
            await bench.receiving(0)
            await bench.receiving(1)
            await bench.op("hang", 0)
            await bench.until(lambda: bench.modems[0].status.phase is Phase.RECOVERING)
            await bench.deliver(5, 1)
            await bench.settled(5, 1)
            assert bench.modems[1].status.restarts == 0

    asyncio.run(play())


def test_a_port_that_is_not_there_was_tried_and_is_waited_for(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household()
        modem = Modem(PortSpec.at(str(tmp_path / "none")), household, pace=at_pace())
        life = asyncio.ensure_future(modem.run())
        while not modem.status.tried:
            await asyncio.sleep(0.01)
        assert modem.status.phase is Phase.ABSENT
        await modem.stop()
        await life

    asyncio.run(play())


def test_a_port_that_is_no_modem_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    async def play() -> None:
        modem = Modem(PortSpec.at(str(tmp_path / "file")), Household(), pace=at_pace())
        life = asyncio.ensure_future(modem.run())
        while modem.status.problem is None:
            await asyncio.sleep(0.01)
        assert modem.status.tried
        await modem.stop()
        await life

    asyncio.run(play())


def test_a_system_without_threads_to_give_ends_no_modem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", refuse)
                await bench.op("unplug")
                await bench.until(lambda: "no thread" in (bench.modem.status.problem or ""))
            await bench.op("plug")
            await bench.receiving()
            await bench.deliver(1)
            await bench.settled(1)

    asyncio.run(play())


def test_a_port_is_opened_by_one_process_at_a_time(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            second = Modem(PortSpec.at(str(bench.fleet.ports[0].link)), Household(), pace=at_pace())
            life = asyncio.ensure_future(second.run())
            await bench.until(lambda: second.status.problem)
            assert "in use by another program" in (second.status.problem or "")
            assert bench.modem.status.restarts == 0
            await second.stop()
            await life

    asyncio.run(play())


def test_a_modem_that_says_started_for_ever_is_no_longer_believed(tmp_path: Path) -> None:
    async def play() -> None:
        pace = at_pace(settle=0.01)
        async with driving(tmp_path, pace=pace, chatter="^BOOT:1,0,0,0,77", chatter_ms=150) as bench:
            await bench.until(lambda: bench.modem.status.restarts >= 4)
            await bench.receiving()
            await bench.deliver(3)
            await bench.settled(3)
            assert bench.modem.status.phase is Phase.RECEIVING

    asyncio.run(play())
