"""The SIM: whose it is decides everything, and its PIN is never gambled with."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hw.contract import Phase
from tests.support.driving import Household, driving

ICCID = "8952020000000000000"


def test_nothing_is_read_routed_or_deleted_while_the_sim_is_not_assigned(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(iccids=set())) as bench:
            await bench.deliver(3)
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            await asyncio.sleep(0.3)  # looked at again meanwhile
            modem = bench.fleet.ports[0].modem
            assert not {"+CMGL", "+CMGR", "+CMGD", "+CNMA", "+CPMS"} & set(modem.counts)
            assert modem.session.cnmi[1] == 0
            assert bench.receiver.offered == []
            assert bench.modem.status.iccid == ICCID
            assert "no line has this SIM" in (bench.modem.status.problem or "")

    asyncio.run(play())


def test_a_sim_that_is_assigned_later_is_taken_up_by_itself(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids=set())
        async with driving(tmp_path, household) as bench:
            await bench.deliver(2)
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            household.iccids = {ICCID}
            await bench.receiving()
            await bench.settled(2)

    asyncio.run(play())


def test_a_sim_changed_under_way_is_asked_about_again(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids={ICCID})
        async with driving(tmp_path, household) as bench:
            await bench.receiving()
            await bench.op("set", options={"iccid": "8952020000000099999"})
            await bench.op("urc", text="+CPIN: NOT READY")
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            assert bench.modem.status.iccid == "8952020000000099999"
            await bench.op("deliver", text="Para otro")
            await asyncio.sleep(0.2)
            assert bench.receiver.offered == []

    asyncio.run(play())


@pytest.mark.parametrize("commands", ["+CCID,+ICCID", "+ICCID", "+QCCID", "^ICCID", ""])
def test_the_iccid_is_read_by_whatever_command_there_is(tmp_path: Path, commands: str) -> None:
    async def play() -> None:
        async with driving(tmp_path, iccid_commands=commands) as bench:
            await bench.receiving()
            assert bench.modem.status.iccid == ICCID

    asyncio.run(play())


def test_no_sim_is_said(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, sim=False) as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.NO_SIM)
            await bench.op("set", options={"sim": True})
            await bench.receiving()

    asyncio.run(play())


@pytest.mark.parametrize("counter", ["cpinr", "qpinc", "cpin", "spic", "zpinpuk", "pct", "none"])
def test_a_right_pin_is_given_once(tmp_path: Path, counter: str) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(pins=["4321"]), pin="4321", pin_counter=counter) as bench:
            await bench.receiving()
            assert bench.household.accepted == 1
            await bench.deliver(1)
            await bench.settled(1)

    asyncio.run(play())


def test_a_wrong_pin_is_not_tried_again_by_itself(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(pins=["1111"]), pin="4321") as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.PIN_NEEDED)
            await asyncio.sleep(0.3)
            assert bench.fleet.ports[0].modem.lock.pin_left == 2
            assert bench.household.accepted == 0

    asyncio.run(play())


@pytest.mark.parametrize("counter", ["cpinr", "qpinc", "cpin", "spic", "zpinpuk", "pct"])
def test_the_last_pin_attempt_is_never_spent(tmp_path: Path, counter: str) -> None:
    async def play() -> None:
        household = Household(pins=["1111"] * 9)
        async with driving(tmp_path, household, pin="4321", pin_left=1, pin_counter=counter) as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.PIN_NEEDED)
            await asyncio.sleep(0.2)
            assert bench.fleet.ports[0].modem.lock.pin_left == 1
            assert "attempt left" in (bench.modem.status.problem or "")

    asyncio.run(play())


def test_a_sim_of_nobody_is_not_given_a_pin(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids=set(), pins=["4321"])
        async with driving(tmp_path, household, pin="4321") as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            assert household.pins == ["4321"]

    asyncio.run(play())


def test_a_puk_is_the_operators_business(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(pins=["4321"])
        async with driving(tmp_path, household, pin="4321", pin_left=0) as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.PUK_NEEDED)
            assert household.pins == ["4321"]

    asyncio.run(play())


def test_a_pin_file_with_anything_but_digits_is_never_sent(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(pins=['1234"\rAT+CMGD=1,4']), pin="4321") as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.PIN_NEEDED)
            assert bench.fleet.ports[0].modem.lock.pin_left == 3

    asyncio.run(play())
