"""Direct mode against the virtual modem: acknowledged after the commit, in time, or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hw.contract import Mode, Phase
from tests.support.driving import Bench, Household, at_pace, driving


def direct() -> Household:
    return Household(mode=Mode.DIRECT)


def counts(bench: Bench, command: str) -> int:
    return bench.fleet.ports[0].modem.counts[command]


def test_messages_are_acknowledged_after_they_were_taken_and_nothing_is_stored(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct()) as bench:
            await bench.receiving()
            assert bench.modem.status.mode is Mode.DIRECT
            await bench.deliver(20)
            await bench.settled(20)
            record = await bench.record()
            assert {message["acknowledged_by"] for message in record["messages"]} == {"driver"}
            assert {message["memory"] for message in record["messages"]} == {None}
            assert counts(bench, "+CNMA") == 20

    asyncio.run(play())


def test_auto_is_direct_where_direct_was_proven(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=Mode.AUTO, direct_proven=True)) as bench:
            await bench.receiving()
            assert bench.modem.status.mode is Mode.DIRECT

    asyncio.run(play())


@pytest.mark.parametrize(
    "settings",
    [
        {"echo_stays": True},
        {"nuls": 3, "line_end": "crcrlf"},
        {"line_end": "lf"},
        {"extra_crlf": True},
        {"chunk": 1, "chunk_ms": 0},
        {"interleave": "header", "chatter": "^RSSI: 18"},
        {"alpha": "absent"},
        {"alpha": "present"},
        {"length_counts_smsc": True},
        {"smsc_style": "absent"},
        {"padding": 200},
        {"cnma": "error"},
        {"cnmi_modes": "1", "cnmi_bfrs": "1"},
        {"deliver_when": "in_answer"},
    ],
    ids=lambda settings: ",".join(f"{name}={value}" for name, value in settings.items()),
)
def test_messages_arrive_directly_on_a_modem_that_is_different(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), pace=at_pace(watch=0.2), **settings) as bench:
            await bench.receiving()
            await bench.deliver(6)
            await bench.settled(6)
            assert counts(bench, "+CNMA") >= 6

    asyncio.run(play())


@pytest.mark.parametrize("settings", [{"cnmi_mts": "01"}, {"csms": "error"}])
def test_a_modem_without_direct_mode_is_used_in_stored_mode(tmp_path: Path, settings: dict[str, Any]) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), **settings) as bench:
            await bench.until(lambda: bench.modem.status.mode is Mode.STORED)
            await bench.deliver(3)
            await bench.settled(3)

    asyncio.run(play())


def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), ack_timeout_ms=200, retry_ms=200) as bench:
            await bench.receiving()
            bench.receiver.room = False
            await bench.deliver(3)
            await bench.until(lambda: bench.modem.status.phase is Phase.HELD)
            await asyncio.sleep(0.5)
            assert counts(bench, "+CNMA") == 0
            assert (
                bench.fleet.ports[0].modem.session.cnmi[1] == 0
            )  # the modem gave up by itself, and is left so
            bench.receiver.room = True
            await bench.settled(3)
            await bench.receiving()
            await bench.until(lambda: bench.fleet.ports[0].modem.session.cnmi[1] == 2)

    asyncio.run(play())


def test_a_commit_that_comes_too_late_is_not_acknowledged(tmp_path: Path) -> None:
    async def play() -> None:
        pace = at_pace(acknowledge=0.1)
        async with driving(tmp_path, direct(), pace=pace, ack_timeout_ms=400, retry_ms=100) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.offered)
            await asyncio.sleep(0.2)
            bench.receiver.gate.set()
            await bench.until(lambda: bench.receiver.taken)
            await bench.settled(1)
            assert (await bench.record())["stray_acknowledgements"] == 0
            assert len(bench.receiver.taken) == 2  # delivered again; who receives knows it again

    asyncio.run(play())


def test_a_newer_message_cancels_the_acknowledgement_of_the_older(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), ack_timeout_ms=100, retry_ms=300) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.offered)
            await bench.until(lambda: bench.fleet.ports[0].modem.reception.outstanding is None)
            bench.fleet.ports[0].modem.session.cnmi = (2, 2, 0, 0, 0)  # a modem that goes on all the same
            await bench.deliver(1)
            await bench.until(lambda: len(bench.receiver.offered) == 2)
            bench.receiver.gate.set()
            await bench.settled(2)
            assert (await bench.record())["stray_acknowledgements"] == 0

    asyncio.run(play())


def test_a_restart_cancels_the_acknowledgement_of_what_came_before_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), boot_ms=30, retry_ms=600) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.offered)
            await bench.op("reset")
            await bench.until(lambda: bench.modem.status.restarts >= 1)
            await bench.until(lambda: bench.fleet.ports[0].modem.session.cnmi[1] == 2)
            await bench.until(lambda: len(bench.receiver.offered) >= 2)  # delivered again, and outstanding
            acknowledged = counts(bench, "+CNMA")
            first, bench.receiver.gate = bench.receiver.gate, asyncio.Event()
            first.set()
            await bench.settled(1)
            assert acknowledged == 0
            assert counts(bench, "+CNMA") == 1
            assert (await bench.record())["stray_acknowledgements"] == 0

    asyncio.run(play())


def test_an_unexpected_acknowledgement_is_never_repeated(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), cnma="340", cnma0="340", check=False) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.until(lambda: counts(bench, "+CNMA") == 1)
            await bench.until(lambda: counts(bench, "+CNMI") >= 3)
            assert counts(bench, "+CNMA") == 1

    asyncio.run(play())


@pytest.mark.parametrize("burst", [0, 8])
def test_a_modem_that_acknowledges_by_itself_is_used_in_stored_mode(tmp_path: Path, burst: int) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), self_ack=True) as bench:
            await bench.receiving()
            await bench.deliver(burst)
            await bench.until(lambda: len(bench.receiver.taken) == burst)
            for number in range(3):
                await bench.op("deliver", text=f"Otro {number}")
                await bench.until(lambda wanted=burst + number + 1: len(bench.receiver.taken) == wanted)
            await bench.until(lambda: bench.modem.status.mode is Mode.STORED)

    asyncio.run(play())


def test_a_prompt_in_answer_to_an_acknowledgement_is_left_with_esc(tmp_path: Path) -> None:
    async def play() -> None:
        settings = {"cnma": "prompt", "ack_timeout_ms": 300, "retry_ms": 100}
        async with driving(tmp_path, direct(), **settings) as bench:
            await bench.receiving()
            await bench.deliver(3)
            await bench.settled(3)
            assert not bench.fleet.ports[0].modem.terminal.prompting
            assert bench.modem.status.mode is Mode.STORED

    asyncio.run(play())


def test_class_2_messages_are_swept_in_direct_mode_by_single_reads(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct()) as bench:
            await bench.receiving()
            lists = counts(bench, "+CMGL")
            await bench.deliver(2, **{"class": 2})
            await bench.deliver(2)
            await bench.settled(4)
            assert counts(bench, "+CMGL") == lists

    asyncio.run(play())


def test_what_came_while_nobody_listened_is_swept_at_the_start(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct()) as bench:
            await bench.deliver(5)
            await bench.settled(5)

    asyncio.run(play())


def test_the_end_leaves_the_modem_storing(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct()) as bench:
            await bench.receiving()
            await bench.modem.stop()
            assert bench.fleet.ports[0].modem.session.cnmi[1] in (0, 1)
            assert bench.modem.status.phase is Phase.ABSENT

    asyncio.run(play())


SUBMIT = bytes.fromhex("0011000B915216551122F30000AA05C8329BFD06")


def test_a_message_is_sent_and_routing_is_direct_again_after_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, direct(), submit_ms=100) as bench:
            await bench.receiving()
            sending = asyncio.ensure_future(bench.modem.send(SUBMIT, len(SUBMIT) - 1))
            await bench.until(lambda: bench.fleet.ports[0].modem.session.cnmi[1] == 1)
            await bench.deliver(3)
            assert 0 <= await sending <= 255
            assert bench.fleet.ports[0].modem.session.cnmi[1] == 2
            await bench.settled(3)
            assert len((await bench.record())["sent"]) == 1

    asyncio.run(play())


@pytest.mark.parametrize(("self_ack", "true"), [(False, True), (True, False)])
def test_direct_mode_is_proven_by_a_message_that_comes_again(
    tmp_path: Path, self_ack: bool, true: bool
) -> None:
    async def play() -> None:
        settings = {"self_ack": self_ack, "ack_timeout_ms": 100, "retry_ms": 150}
        async with driving(tmp_path, Household(), check=not self_ack, **settings) as bench:
            await bench.receiving()
            assert bench.modem.status.mode is Mode.STORED
            proving = asyncio.ensure_future(
                bench.modem.prove_direct(lambda delivery: b"\x55" in delivery.pdu[:16], seconds=2.0)
            )
            await bench.until(lambda: bench.fleet.ports[0].modem.session.cnmi[1] == 2)
            await bench.deliver(1, **{"from": "+5555555555"})
            assert await proving is true
            assert bench.fleet.ports[0].modem.session.cnmi[1] == 1
            assert len(bench.receiver.taken) == true

    asyncio.run(play())
