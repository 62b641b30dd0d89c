"""Stored entries that are no message to be taken, or that cannot be read at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hw.contract import Mode
from hw.virtual.answers import Lines
from hw.virtual.fleet import Fleet
from tests.support.driving import Household, at_pace, driving, used


def test_entries_that_were_not_received_are_counted_and_left(tmp_path: Path) -> None:
    def write_own(fleet: Fleet) -> None:
        memory = fleet.ports[0].modem.memories["SM"]
        memory.store(bytes.fromhex("0001000A8152555555550000034A3A28"), 7)
        memory.store(bytes.fromhex("00060D0A81525555555531301161830000313011618300FF"), 1)  # a status report

    async def play() -> None:
        async with driving(tmp_path, before=write_own) as bench:
            await bench.receiving()
            await bench.deliver(2)
            await bench.settled(2)
            await bench.until(lambda: bench.modem.status.foreign == 2)
            assert used(bench.fleet) == 2
            assert len(bench.receiver.offered) == 2

    asyncio.run(play())


SUBMIT = bytes.fromhex("0001000A8152555555550000034A3A28")
REPORT = bytes.fromhex("00060D0A81525555555530116183000031301161830000")
COMMAND = bytes.fromhex("00020D0A81525555555530116183000031301161830000")
KEPT = [
    ("a report that is cut", REPORT[:18], 1),
    ("a text of one's own that is cut", SUBMIT[:7], 7),
    ("an own entry that says it is a report", COMMAND, 7),
    ("an own entry that is a delivered message", bytes.fromhex("0004038121F30000301161830000000348F411"), 7),
    ("an own entry of nothing readable", bytes.fromhex("F1FFFFFFFF"), 7),
]


@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
@pytest.mark.parametrize("settings", [{}, {"crsm": "error"}, {"length_counts_smsc": True}], ids=str)
def test_own_texts_and_reports_are_deleted_where_that_is_the_policy_and_never_taken(
    tmp_path: Path, settings: dict[str, Any], mode: Mode
) -> None:
    def write_own(fleet: Fleet) -> None:
        memory = fleet.ports[0].modem.memories["SM"]
        smsc = bytes.fromhex("0791521010000010")
        memory.store(smsc + SUBMIT[1:], 7)
        memory.store(smsc + REPORT[1:], 1)
        memory.store(smsc + REPORT[1:], 3)

    async def play() -> None:
        home = Household(mode=mode, clear_foreign=True)
        async with driving(tmp_path, home, before=write_own, pace=at_pace(sweep=0.2), **settings) as bench:
            await bench.receiving()
            await bench.deliver(2)
            await bench.settled(2)
            await bench.until(lambda: used(bench.fleet) == 0)
            await bench.until(lambda: bench.modem.status.foreign == 0)
            assert len(bench.receiver.offered) == 2
            assert bench.modem.status.problem is None

    asyncio.run(play())


@pytest.mark.parametrize(("pdu", "status"), [each[1:] for each in KEPT], ids=[each[0] for each in KEPT])
def test_what_is_not_certainly_a_text_of_ones_own_or_a_report_is_never_deleted_by_policy(
    tmp_path: Path, pdu: bytes, status: int
) -> None:
    def write_own(fleet: Fleet) -> None:
        fleet.ports[0].modem.memories["SM"].store(pdu, status)

    async def play() -> None:
        home = Household(clear_foreign=True)
        home.receiver.room = False  # what is taken for a message after all is not let go either
        async with driving(tmp_path, home, before=write_own, pace=at_pace(sweep=0.1)) as bench:
            await bench.until(lambda: bench.fleet.ports[0].modem.counts["+CMGL"] > 6)
            assert used(bench.fleet) == 1
            assert bench.fleet.ports[0].modem.counts["+CMGD"] == 0

    asyncio.run(play())


def test_an_entry_that_cannot_be_deleted_by_policy_is_counted_and_messages_come(tmp_path: Path) -> None:
    def write_own(fleet: Fleet) -> None:
        fleet.ports[0].modem.memories["SM"].store(SUBMIT, 7)

    async def play() -> None:
        home = Household(clear_foreign=True)
        answers = {"+CMGD=1": "+CMS ERROR: 320"}
        async with driving(tmp_path, home, before=write_own, answers=answers, crsm="error") as bench:
            await bench.receiving()
            await bench.deliver(2)
            await bench.settled(2)
            await bench.until(lambda: bench.modem.status.foreign == 1)

    asyncio.run(play())


def test_a_slot_that_cannot_be_read_is_skipped_and_the_operator_is_told(tmp_path: Path) -> None:
    async def play() -> None:
        answers = {"+CMGR=1": "+CMS ERROR: 320"}
        async with driving(tmp_path, pace=at_pace(sweep=0.2), answers=answers, crsm="error") as bench:
            await bench.receiving()
            await bench.deliver(3)
            await bench.until(lambda: used(bench.fleet) == 1)
            await bench.until(
                lambda: "1 stored messages cannot be read" in (bench.modem.status.problem or "")
            )
            await bench.deliver(2)
            await bench.until(lambda: len(bench.receiver.taken) == 4)

    asyncio.run(play())


@pytest.mark.parametrize("error", ["+CMS ERROR: 321", "+CMS ERROR: 500", "ERROR", "COMMAND NOT SUPPORT"])
def test_a_list_that_is_refused_is_replaced_by_looking_into_each_slot(tmp_path: Path, error: str) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.2), answers={"+CMGL=4": error}) as bench:
            await bench.receiving()
            await bench.deliver(4)
            await bench.settled(4)

    asyncio.run(play())


@pytest.mark.parametrize(
    "busy", ["+CMS ERROR: 314", "+CMS ERROR: 515", "+CMS ERROR: SIM busy", "+CME ERROR: 14"]
)
def test_a_busy_sim_is_asked_again(tmp_path: Path, busy: str) -> None:
    def script(fleet: Fleet) -> None:
        replies = fleet.ports[0].modem.replies
        for _ in range(3):
            replies.add("+CMGR=1", Lines((busy,)))

    async def play() -> None:
        async with driving(tmp_path, before=script, crsm="error") as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.until(lambda: bench.fleet.ports[0].modem.counts["+CMGL"] > 2)
            await asyncio.sleep(0.2)
            bench.fleet.ports[0].modem.replies.forget("+CMGR=1")
            await bench.settled(1)

    asyncio.run(play())


def test_a_message_that_stays_spoilt_is_taken_as_it_is_and_said_to_be_so(tmp_path: Path) -> None:
    def script(fleet: Fleet) -> None:
        spoilt = ("+CMGR: 0,,29", "079142010914ZZF0040C91255", "", "OK")
        fleet.ports[0].modem.replies.add("+CMGR=1", Lines(spoilt))

    async def play() -> None:
        pace = at_pace(sweep=0.1)
        async with driving(tmp_path, before=script, crsm="error", check=False, pace=pace) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.taken)
            assert not bench.receiver.taken[0][1].intact
            assert bench.fleet.ports[0].modem.counts["+CMGR=1"] >= 6  # twice in each of three sweeps


def test_a_message_that_was_spoilt_on_the_line_is_read_again_at_a_later_sweep(tmp_path: Path) -> None:
    def script(fleet: Fleet) -> None:
        replies = fleet.ports[0].modem.replies
        for tail in ("12", "1255", "125510", "12551000"):
            replies.add("+CMGR=1", Lines(("+CMGR: 0,,29", "07914201091414F0040C91" + tail, "", "OK")))

    async def play() -> None:
        async with driving(tmp_path, before=script, crsm="error", pace=at_pace(sweep=0.1)) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.until(lambda: bench.fleet.ports[0].modem.counts["+CMGR=1"] >= 4)
            bench.fleet.ports[0].modem.replies.forget("+CMGR=1")
            await bench.settled(1)
            assert len(bench.receiver.offered) == 1

    asyncio.run(play())
