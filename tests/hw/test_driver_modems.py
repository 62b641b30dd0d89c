"""Every personality and every scripted modem receives; what nobody may log is logged nowhere."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise
from pathlib import Path

import pytest

from hw.contract import Mode, Phase
from hw.driver.pace import Pace
from hw.driver.sim import LAST_ATTEMPTS
from hw.virtual.script import Script, vendors
from tests.support.driving import Household, at_pace, driving
from tests.support.virtual_modem import MODEMS, scripted, vendor

SCRIPTED = sorted(path.stem for path in MODEMS.glob("*.modem"))
BOTH = pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])


async def receives(folder: Path, script: Script, mode: Mode) -> None:
    script.settings.set("boot_ms", 50)
    script.settings.set("baud", 0)
    household = Household(mode=mode, pins=[script.settings.pin])
    pace = at_pace(sweep=0.3, acknowledge=0.2 if script.settings.ack_timeout_ms < 1000 else 8.0)
    async with driving(
        folder, household, pace=pace, script=script, check=not script.settings.self_ack
    ) as bench:
        if not script.settings.sim:
            await bench.until(lambda: bench.modem.status.phase is Phase.NO_SIM)
        elif script.settings.pin and script.settings.pin_left <= LAST_ATTEMPTS:
            await bench.until(lambda: bench.modem.status.phase is Phase.PIN_NEEDED)
        else:
            await bench.receiving()
            await bench.deliver(8)
            await bench.settled(8)
            await bench.until(lambda: len({delivery.pdu for _, delivery in bench.receiver.taken}) >= 8)


@BOTH
@pytest.mark.parametrize("name", vendors())
def test_every_personality_receives(tmp_path: Path, name: str, mode: Mode) -> None:
    asyncio.run(receives(tmp_path, vendor(name), mode))


@BOTH
@pytest.mark.parametrize("name", SCRIPTED)
def test_every_scripted_modem_receives_or_says_why_not(tmp_path: Path, name: str, mode: Mode) -> None:
    asyncio.run(receives(tmp_path, scripted(name), mode))


def test_no_text_number_or_pdu_is_logged_or_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text, number = "Vi una camioneta roja", "+5216561239876"

    async def play() -> None:
        async with driving(tmp_path, Household(pins=["4321"]), pin="4321", ring_ms=20) as bench:
            await bench.receiving()
            await bench.op("deliver", text=text, **{"from": number})
            await bench.op("call", **{"from": number})
            await bench.settled(1)
            await bench.op("hang")
            bench.receiver.room = False
            await bench.op("resume")
            await bench.op("deliver", text=text, **{"from": number})
            await bench.op("unplug")
            await bench.until(lambda: bench.modem.status.phase is Phase.ABSENT)
            (message, _) = (await bench.record())["messages"]
            said = caplog.text + repr(bench.household.history)
            swapped = "".join(number[at + 1] + number[at] for at in range(1, len(number) - 1, 2))
            for secret in (
                text,
                number[1:],
                swapped,
                message["tpdu"][20:40],
                message["tpdu"][20:40].upper(),
                "4321",
            ):
                assert secret not in said

    asyncio.run(play())
    assert caplog.text


def test_the_modems_of_a_box_do_not_tick_together() -> None:
    pace = Pace()
    firsts = sorted(pace.sweep * (1 - pace.ahead(f"/dev/ttyUSB{number}")) for number in range(16))
    assert firsts == sorted(pace.sweep * (1 - Pace().ahead(f"/dev/ttyUSB{number}")) for number in range(16))
    assert pace.sweep / 2 <= firsts[0] < firsts[-1] <= pace.sweep
    gaps = [later - earlier for earlier, later in pairwise(firsts)]
    assert min(gaps) > 0.05  # a sweep of empty memories takes less
    assert firsts[-1] - firsts[0] > pace.sweep / 4


def test_the_first_sweep_comes_earlier_by_the_share_of_the_port(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=1e6, watch=1e6, spread=1e6)) as bench:
            await bench.receiving()
            both_memories_twice = 4
            await bench.until(lambda: bench.fleet.ports[0].modem.counts["+CMGL"] == both_memories_twice)

    asyncio.run(play())
