"""What keeps a message from being lost, or taken from the wrong hands: each guard with what would pass without it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from hw.at.commands import ACKNOWLEDGE, LIST_ALL
from hw.contract import Delivery, Mode, Phase
from hw.driver.kept import MOST, Kept
from hw.driver.link import Link
from hw.driver.spoilt import REMEMBERED, Spoilt
from hw.driver.trouble import NoAnswer
from hw.virtual.answers import Lines
from hw.virtual.fleet import Fleet
from hw.virtual.modem import Modem as Virtual
from tests.support.driving import LONG, Bench, Household, at_pace, driving

OWN_SUBMIT = bytes.fromhex("0001000A8152555555550000034A3A28")
SHORT = "07914201091414F0040C912551000000100000623041812180"
"""A <pdu> whose end was lost."""


def virtual(bench: Bench) -> Virtual:
    return bench.fleet.ports[0].modem


def slot(bench: Bench, place: int) -> str:
    """The <pdu> in a slot of the SIM, in hexadecimal."""
    found = virtual(bench).memories["SM"].slots[place]
    return bytes(found.octets[1 : 1 + found.pdu_octets]).hex().upper()


def length(pdu: str) -> int:
    return len(pdu) // 2 - 1 - int(pdu[:2], 16)


# Acknowledged on other terms


def test_what_came_before_routing_was_direct_is_not_acknowledged_after_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household()) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1, **{"class": 0})  # the modem gives it by +CMT, and acknowledges by itself
            await bench.until(lambda: bench.receiver.offered)
            proving = asyncio.ensure_future(bench.modem.prove_direct(lambda delivery: False, seconds=LONG))
            await bench.until(lambda: virtual(bench).session.cnmi[1] == 2)
            bench.receiver.gate.set()  # an acknowledgement would now hit whatever is on its way
            await bench.until(lambda: bench.receiver.taken)
            asked = virtual(bench).counts["+CNMI"]
            await bench.until(lambda: virtual(bench).counts["+CNMI"] > asked)  # routed again in its place
            assert virtual(bench).counts["+CNMA"] == 0
            proving.cancel()

    asyncio.run(play())


# Damaged on the line


def test_a_message_damaged_on_the_line_is_not_acknowledged_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, cut = Link.data_received, []

    def noisy(link: Link, data: bytes) -> None:
        if b"+CMT: " in data and not cut:
            cut.append(data)
            at = data.index(b"\n", data.index(b"+CMT: ")) + 31
            data = data[:at] + data[at + 20 :]
        receive(link, data)

    monkeypatch.setattr(Link, "data_received", noisy)

    async def play() -> None:
        settings = {"ack_timeout_ms": 300, "retry_ms": 100}
        async with driving(tmp_path, Household(mode=Mode.DIRECT), **settings) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.settled(1)
            (message,) = (await bench.record())["messages"]
            assert len(cut) == 1
            assert message["acknowledged_by"] == "driver"
            assert len(message["attempts"]) >= 2
            assert len(bench.receiver.offered) == 1

    asyncio.run(play())


@pytest.mark.parametrize("pdu", [SHORT, SHORT[:20] + "ZZ" + SHORT[22:]])
def test_what_comes_three_times_with_the_same_damage_is_taken_as_it_is(tmp_path: Path, pdu: str) -> None:
    line = f"\r\n+CMT: ,40\r\n{pdu}\r\n".encode().hex()

    async def play() -> None:
        async with driving(tmp_path, Household(mode=Mode.DIRECT)) as bench:
            await bench.receiving()
            for _ in range(2):
                await bench.op("junk", octets=line)
                await asyncio.sleep(0.1)
            assert bench.receiver.offered == []
            assert virtual(bench).counts["+CNMA"] == 0
            await bench.op("junk", octets=line)
            await bench.until(lambda: bench.receiver.taken)

    asyncio.run(play())


def test_the_memory_of_damaged_messages_is_bounded_and_counts_each_alone() -> None:
    spoilt = Spoilt()
    assert [spoilt.stays(b"a") for _ in range(4)] == [False, False, True, True]
    assert not spoilt.stays(b"b")
    for number in range(REMEMBERED):
        assert not spoilt.stays(number.to_bytes(2, "big"))
    assert not spoilt.stays(b"a")


# Before the SIM is known, and while there is no room


def starts_directly(fleet: Fleet) -> None:
    """A modem left in direct mode that acknowledges by itself."""
    fleet.ports[0].modem.session.cnmi = (2, 2, 0, 0, 0)


def test_what_a_modem_gives_before_its_sim_is_known_is_not_lost(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, before=starts_directly, reply_ms=30) as bench:
            await bench.until(lambda: virtual(bench).counts["E"])
            await bench.deliver(1)
            await bench.until(lambda: virtual(bench).subscriber.messages[0].settled)
            assert virtual(bench).subscriber.messages[0].memory is None
            await bench.receiving()
            await bench.until(lambda: len(bench.receiver.taken) == 1)

    asyncio.run(play())


def test_what_a_modem_gives_for_a_sim_of_nobody_is_let_go_and_no_more_is_asked_for(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids=set())
        async with driving(tmp_path, household, before=starts_directly, reply_ms=30) as bench:
            await bench.until(lambda: virtual(bench).counts["E"])
            await bench.deliver(1)
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            assert virtual(bench).session.cnmi[1] == 0
            household.iccids = None
            await bench.receiving()
            await asyncio.sleep(0.1)
            assert bench.receiver.offered == []

    asyncio.run(play())


def test_nothing_is_given_directly_while_the_modem_says_who_it_is(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, before=starts_directly, reply_ms=20) as bench:
            await bench.until(lambda: virtual(bench).counts["+CGMI"])
            assert virtual(bench).session.cnmi[1] == 0

    asyncio.run(play())


def test_routing_is_stored_before_anything_else_is_done_with_a_sim_that_is_ours(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, reply_ms=20) as bench:
            await bench.until(lambda: virtual(bench).counts["+CPMS"])
            assert virtual(bench).session.cnmi[1] == 1

    asyncio.run(play())


def test_messages_of_class_0_that_find_no_room_are_all_kept(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, csms="error") as bench:
            await bench.receiving()
            bench.receiver.room = False
            await bench.deliver(3, **{"class": 0})
            await bench.until(lambda: bench.modem.status.phase is Phase.HELD)
            await bench.op("urc", text="RDY")
            await bench.until(lambda: bench.modem.status.restarts == 1)
            bench.receiver.room = True
            await bench.until(lambda: len({delivery.pdu for _, delivery in bench.receiver.taken}) == 3)
            await bench.receiving()

    asyncio.run(play())


def test_what_is_kept_is_bounded() -> None:
    kept, receiver = Kept(), Household().receiver
    for number in range(MOST + 5):
        kept.keep(Delivery(number.to_bytes(2, "big"), 2), receiver)
    assert asyncio.run(kept.offer())
    assert len(receiver.taken) == MOST
    assert not kept


# Another SIM


@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
def test_a_sim_changed_without_a_word_is_noticed_by_the_sweep(tmp_path: Path, mode: Mode) -> None:
    async def play() -> None:
        household = Household(iccids={"8952020000000000000"}, mode=mode)
        async with driving(tmp_path, household, pace=at_pace(sweep=0.2)) as bench:
            await bench.receiving()
            await bench.op("set", options={"iccid": "8952020000000099999"})
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)

    asyncio.run(play())


def test_no_message_of_a_sim_that_was_changed_without_a_word_is_taken(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids={"8952020000000000000"})
        async with driving(tmp_path, household, pace=at_pace(known=0.0)) as bench:
            await bench.receiving()
            await bench.op("set", options={"iccid": "8952020000000099999"})
            await bench.deliver(2)
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            assert bench.receiver.offered == []
            assert virtual(bench).counts["+CMGD"] == 0

    asyncio.run(play())


def test_a_sim_that_is_ours_is_not_asked_before_each_message(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(known=60.0)) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.settled(1)
            asked = virtual(bench).counts["+CCID"]
            for number in range(5):
                await bench.deliver(1)
                await bench.settled(number + 2)
            assert virtual(bench).counts["+CCID"] == asked

    asyncio.run(play())


# Which slot


def test_the_record_of_somebody_else_is_never_overwritten(tmp_path: Path) -> None:
    def store_own(fleet: Fleet) -> None:
        fleet.ports[0].modem.memories["SM"].store(OWN_SUBMIT, 7)

    async def play() -> None:
        async with driving(tmp_path, before=store_own, first_index=0) as bench:
            await bench.receiving()
            await bench.deliver(3)
            await bench.settled(3)
            assert slot(bench, 0) == OWN_SUBMIT.hex().upper()
            record = await bench.record()
            assert all(message["overwritten"] is not None for message in record["messages"])

    asyncio.run(play())


def test_a_list_that_names_the_wrong_slot_deletes_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.2)) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.settled(1)  # overwritten: from now on the list is believed
            bench.receiver.room = False
            await bench.deliver(2)
            await bench.until(lambda: bench.modem.status.phase is Phase.HELD)
            listed = slot(bench, 0)
            virtual(bench).replies.add("+CMGL=4", Lines((f"+CMGL: 2,1,,{length(listed)}", listed, "OK")))
            bench.receiver.offered.clear()
            bench.receiver.room = True
            await bench.settled(3)
            assert len({delivery.pdu for _, delivery in bench.receiver.taken}) == 3

    asyncio.run(play())


def test_an_index_that_means_something_else_by_now_is_not_deleted(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, crsm="error", pace=at_pace(sweep=30.0)) as bench:
            await bench.receiving()
            bench.receiver.gate = asyncio.Event()
            await bench.deliver(1)
            await bench.until(lambda: bench.receiver.offered)
            session = bench.modem._session
            assert session is not None
            session.desk.epoch += 1
            bench.receiver.gate.set()
            await bench.until(lambda: "cannot be deleted" in (bench.modem.status.problem or ""))
            assert virtual(bench).counts["+CMGD"] == 0
            await bench.deliver(1)
            await bench.settled(2)

    asyncio.run(play())


@pytest.mark.parametrize("registers", [True, False])
def test_after_a_lost_answer_nothing_is_deleted_that_the_list_names_otherwise(
    tmp_path: Path, registers: bool
) -> None:
    async def play() -> None:
        settings = {"crsm": "error", "registers": registers}
        async with driving(tmp_path, pace=at_pace(sweep=0.2), **settings) as bench:
            bench.modem._step.lost = True
            await bench.receiving()
            bench.receiver.room = False
            await bench.deliver(2)
            await bench.until(lambda: bench.modem.status.phase is Phase.HELD)
            other = slot(bench, 0)
            # The answer for slot 1 in place of that for slot 2, as from a dialogue out of step; once.
            answers = [Lines((f"+CMGR: 1,,{length(other)}", other, "OK"))]
            answers.append(Lines((f"+CMGR: 1,,{length(slot(bench, 1))}", slot(bench, 1), "OK")))
            for answer in answers:
                virtual(bench).replies.add("+CMGR=2", answer)
            bench.receiver.room = True
            await bench.settled(2)

    asyncio.run(play())


def test_a_modem_that_lists_wrong_indices_is_emptied_after_a_lost_answer_too(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.2), wrong_index=True, crsm="error") as bench:
            bench.modem._step.lost = True
            virtual(bench).memories["SM"].store(OWN_SUBMIT, 7)
            virtual(bench).memories["SM"].free(0)
            await bench.receiving()
            bench.receiver.room = False
            await bench.deliver(3)
            virtual(bench).memories["SM"].store(OWN_SUBMIT, 7)
            bench.receiver.room = True
            await bench.settled(3)

    asyncio.run(play())


@pytest.mark.parametrize("listing", ["works", "ERROR"])
def test_a_memory_that_is_not_counted_is_swept_in_direct_mode_too(tmp_path: Path, listing: str) -> None:
    async def play() -> None:
        answers = {"+CPMS=*": "OK"} | ({} if listing == "works" else {"+CMGL=4": listing})
        household = Household(mode=Mode.DIRECT)
        async with driving(tmp_path, household, pace=at_pace(sweep=0.2), answers=answers) as bench:
            await bench.receiving()
            await bench.deliver(2, **{"class": 2})
            await bench.deliver(2)
            await bench.settled(4)

    asyncio.run(play())


# What is told


def test_a_model_or_imei_that_is_not_said_twice_alike_or_is_a_message_is_not_shown(tmp_path: Path) -> None:
    pdu = "07912143658709F1040B912156162143F50000621121810000000441E19008"
    answers = {"+CGMM": f"{pdu}\nAcme\nOK", "+CGSN": "07912143658709F1\nOK"}

    def once(fleet: Fleet) -> None:
        for line in ("Mataron a Juan", "1.0"):
            fleet.ports[0].modem.replies.add("+CGMR", Lines((line, "OK")))

    async def play() -> None:
        async with driving(tmp_path, answers=answers, before=once) as bench:
            await bench.receiving()
            status = bench.modem.status
            assert (status.model, status.revision, status.imei) == (None, None, None)

    asyncio.run(play())


def test_a_lost_answer_is_logged_without_the_command_that_would_date_a_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert "CNMA" not in str(NoAnswer(ACKNOWLEDGE))
    assert "CMGL" not in str(NoAnswer(LIST_ALL))
    caplog.set_level(logging.DEBUG)

    async def play() -> None:
        async with driving(tmp_path, Household(mode=Mode.DIRECT), stall="+CNMA", stall_ms=1000) as bench:
            await bench.receiving()
            await bench.deliver(1)
            await bench.until(lambda: bench.modem.status.restarts == 1)
            await bench.settled(1)

    asyncio.run(play())
    assert "CNMA" not in caplog.text
