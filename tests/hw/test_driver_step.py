"""Question and answer in step: late answers of a slow modem end no wrong command, and nothing unread is deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hw.contract import Mode, Phase
from hw.virtual.fleet import Fleet
from tests.support.driving import Household, at_pace, driving

REGISTERS = pytest.mark.parametrize("registers", [True, False])


@REGISTERS
@pytest.mark.parametrize("stall", ["+CMGD", "+CMGR"])
def test_an_answer_that_comes_late_deletes_nothing_unread(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, registers: bool, stall: str
) -> None:
    async def play() -> None:
        slow = {"stall": stall, "stall_ms": 2200, "reply_ms": 15, "empty_slot": "ok", "crsm": "error"}
        slow["registers"] = registers
        async with driving(tmp_path, pace=at_pace(sweep=3.0), memory="ME", **slow) as bench:
            await bench.deliver(6)
            await bench.op("set", options={"memory": "SM"})
            await bench.deliver(6)
            await bench.settled(12)
            assert len({delivery.pdu for _, delivery in bench.receiver.taken}) == 12
            assert "another SIM" not in caplog.text
            assert bench.modem.status.restarts == 1

    asyncio.run(play())


@REGISTERS
def test_what_an_earlier_process_asked_is_not_taken_for_an_answer(tmp_path: Path, registers: bool) -> None:
    def ask_much(fleet: Fleet) -> None:
        port = fleet.ports[0]
        port.modem.receive(b"AT\r" * 12, port.now())

    async def play() -> None:
        settings = {"reply_ms": 150, "registers": registers, "crsm": "error"}
        async with driving(tmp_path, before=ask_much, **settings) as bench:
            await bench.deliver(3)
            await bench.until(lambda: bench.modem.status.phase is Phase.RECEIVING, 40)
            assert bench.modem.status.imei == bench.fleet.ports[0].modem.settings.imei
            assert bench.modem.status.iccid == bench.fleet.ports[0].modem.settings.iccid
            await bench.op("set", options={"reply_ms": 0})
            await bench.settled(3)

    asyncio.run(play())


@REGISTERS
@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
def test_a_modem_slower_than_the_first_patience_is_served_all_the_same(
    tmp_path: Path, registers: bool, mode: Mode
) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode), reply_ms=400, registers=registers) as bench:
            await bench.deliver(2)
            await bench.until(lambda: bench.modem.status.phase is Phase.RECEIVING, 40)
            assert bench.modem.status.imei == bench.fleet.ports[0].modem.settings.imei
            await bench.op("set", options={"reply_ms": 0})
            await bench.settled(2)

    asyncio.run(play())
