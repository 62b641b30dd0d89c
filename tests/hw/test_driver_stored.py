"""Stored mode against the virtual modem: swept, made durable, overwritten, and only then deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hw.contract import Mode, Phase
from hw.driver.overwrite import BLANK_RECORD
from hw.virtual.answers import Lines
from hw.virtual.fleet import Fleet
from tests.support.driving import Household, at_pace, driving, used


def test_messages_are_taken_then_overwritten_then_deleted(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            await bench.deliver(30)
            await bench.settled(30)
            record = await bench.record()
            assert len(bench.receiver.taken) == 30
            assert all(message["overwritten"] <= message["deleted"] for message in record["messages"])

    asyncio.run(play())


def test_what_was_stored_before_the_start_is_swept_from_both_memories(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, memory="ME") as bench:
            await bench.deliver(3)
            await bench.op("set", options={"memory": "SM"})
            await bench.deliver(3)
            await bench.settled(6)
            assert len(bench.receiver.taken) == 6

    asyncio.run(play())


def test_looking_into_another_memory_leaves_new_messages_where_they_went(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.05)) as bench:
            await bench.receiving()
            before = bench.fleet.ports[0].modem.counts["+CPMS"]
            await bench.until(lambda: bench.fleet.ports[0].modem.counts["+CPMS"] > before + 4)
            await bench.until(lambda: bench.fleet.ports[0].modem.session.memories == ["SM", "SM", "SM"])

    asyncio.run(play())


def test_a_lost_indication_is_made_good_by_the_sweep(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.2), cmti="lost") as bench:
            await bench.receiving()
            await bench.deliver(4)
            await bench.settled(4)

    asyncio.run(play())


def test_a_full_sim_is_emptied_and_refilled_until_nothing_waits(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, sm_slots=5, retry_ms=50, full_urc='^SMMEMFULL: "{memory}"') as bench:
            await bench.receiving()
            await bench.deliver(40)
            await bench.settled(40)

    asyncio.run(play())


def test_nothing_is_deleted_while_nothing_can_be_stored_and_all_goes_on_by_itself(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            bench.receiver.room = False
            await bench.deliver(3)
            await bench.until(lambda: bench.modem.status.phase is Phase.HELD)
            await bench.until(lambda: len(bench.receiver.offered) > 8)
            assert used(bench.fleet) == 3
            bench.receiver.room = True
            await bench.settled(3)
            await bench.receiving()

    asyncio.run(play())


@pytest.mark.parametrize(
    "settings",
    [
        {"echo_stays": True},
        {"nuls": 3},
        {"line_end": "crcrlf"},
        {"line_end": "lf"},
        {"extra_crlf": True},
        {"chunk": 1, "chunk_ms": 0},
        {"interleave": "lines", "chatter": "^RSSI: 18"},
        {"interleave": "header", "chatter": "^RSSI: 18"},
        {"cmti": "minus_one"},
        {"alpha": "absent"},
        {"alpha": "quoted"},
        {"alpha": "present"},
        {"length_counts_smsc": True},
        {"padding": 20},
        {"smsc_style": "empty"},
        {"smsc_style": "absent"},
        {"first_index": 0},
        {"empty_slot": "ok"},
        {"empty_slot": "zero"},
        {"wrong_index": True},
        {"crsm": "error"},
        {"crsm_update": "error"},
        {"crsm_update": "refused"},
        {"csms": "error"},
        {"cnmi_modes": "1"},
        {"cnmi_modes": "3"},
        {"cnmi_bfrs": "1"},
        {"unknown": "not_support"},
        {"iccid_commands": ""},
        {"sim_busy_ms": 300},
        {"me_slots": 0},
        {"deliver_when": "in_answer"},
        {"cnma": "prompt"},
    ],
    ids=lambda settings: ",".join(f"{name}={value}" for name, value in settings.items()),
)
def test_messages_arrive_on_a_modem_that_is_different(tmp_path: Path, settings: dict[str, Any]) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.3), **settings) as bench:
            await bench.receiving()
            await bench.deliver(6)
            await bench.settled(6)
            assert len({delivery.pdu for _, delivery in bench.receiver.taken}) == 6

    asyncio.run(play())


def test_a_class_0_message_that_comes_directly_in_stored_mode_is_taken(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            await bench.op("deliver", text="Urgente", **{"class": 0})
            await bench.settled(1)
            (message,) = (await bench.record())["messages"]
            assert message["memory"] is None
            await bench.until(lambda: len(bench.receiver.taken) == 1)

    asyncio.run(play())


def test_auto_is_stored_without_proof(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=Mode.AUTO)) as bench:
            await bench.receiving()
            assert bench.modem.status.mode is Mode.STORED

    asyncio.run(play())


def test_a_record_overwritten_but_not_freed_is_freed_without_being_taken(tmp_path: Path) -> None:
    def leave_blank(fleet: Fleet) -> None:
        fleet.ports[0].modem.memories["SM"].write(3, BLANK_RECORD)

    async def play() -> None:
        async with driving(tmp_path, before=leave_blank) as bench:
            await bench.receiving()
            await bench.until(lambda: used(bench.fleet) == 0)
            assert bench.receiver.offered == []

    asyncio.run(play())


def test_a_reboot_between_reading_and_deleting_cancels_the_delete(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.offered)
            await bench.op("urc", text="RDY")
            await bench.until(lambda: bench.modem.status.phase is Phase.RECOVERING)
            assert bench.fleet.ports[0].modem.counts["+CMGD"] == 0
            bench.receiver.gate.set()
            await bench.settled(1)
            assert len(bench.receiver.offered) == 2  # read again; who receives knows it again

    asyncio.run(play())


def test_a_message_replaced_in_its_slot_after_it_was_read_is_not_deleted(tmp_path: Path) -> None:
    def replace(fleet: Fleet, text: str) -> None:
        modem = fleet.ports[0].modem
        first, second = modem.subscriber.messages[0], modem.subscriber.messages[1]
        place = next(at for at, slot in enumerate(modem.memories["SM"].slots) if slot.message == first.id)
        other = next(slot for slot in modem.memories["SM"].slots if slot.message == second.id)
        modem.memories["SM"].write(place, bytes([3]) + bytes(other.octets[1 : 1 + other.pdu_octets]))

    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(fresh=0.05), check=False) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(2)
            await bench.until(lambda: len(bench.receiver.offered) == 2)
            replace(bench.fleet, "")
            await asyncio.sleep(0.1)
            bench.receiver.gate.set()
            await bench.until(lambda: len(bench.receiver.taken) == 2)
            await bench.until(lambda: used(bench.fleet) == 1)
            assert bench.fleet.ports[0].modem.subscriber.messages[0].deleted is None

    asyncio.run(play())


def test_sixteen_modems_are_served_by_one_loop(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, *(Household() for _ in range(16))) as bench:
            for place in range(16):
                await bench.receiving(place)
                await bench.deliver(3, place)
            for place in range(16):
                await bench.settled(3, place)

    asyncio.run(play())


def test_a_modem_that_fell_into_text_mode_is_set_right_and_nothing_is_taken_from_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, crsm="error") as bench:
            await bench.receiving()
            text = '+CMGR: "REC UNREAD","+5216561112233",,"31/05/06,07:08:09-24"\n0791420100\nOK'
            bench.fleet.ports[0].modem.replies.add("+CMGR=1", Lines(tuple(text.split("\n"))))
            await bench.deliver(1)
            await bench.until(lambda: bench.modem.status.restarts >= 1)
            assert bench.receiver.offered == []
            bench.fleet.ports[0].modem.replies.forget("+CMGR=1")
            await bench.settled(1)

    asyncio.run(play())
