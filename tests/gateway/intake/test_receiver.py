"""Where a tip comes in: real spool, real commits, real sealing; only the clock is the test's."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canary import Canaries
from gateway.intake.receiver import LineReceiver
from gateway.memory.store import MEMORY_OCTETS
from hw.contract import Delivery, NotDurable
from tests.support.boxes import (
    LINE,
    NOW,
    SCTS,
    Intake,
    delivery,
    intake,
    make_state,
    part_udh,
    pdu_of,
)
from tests.support.tpdus import made_delivers, semi_octets, smsc_address
from wire.commitment import commitment, digest
from wire.slip import Flag, Kind, Origin, encode_slip

Work = Callable[[Intake], Coroutine[Any, Any, None]]
NUMBER = "5216561234567"


def _run(folder: Path, work: Work, **settings: Any) -> None:
    async def run() -> None:
        async with intake(folder, **settings) as box:
            await work(box)

    asyncio.run(run())


def test_take_returns_only_when_another_connection_can_read_the_slip(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        for number in range(1, 11):
            await box.take(pdu_of(text=b"%d" % number))
            other = sqlite3.connect(tmp_path / "spool.sqlite")
            assert other.execute("SELECT count(*) FROM slip").fetchone() == (number,)
            other.close()

    _run(tmp_path, work)


def test_the_sealed_slip_opens_to_what_came_without_who_sent_it(tmp_path: Path) -> None:
    udh = part_udh(9, 2, 1) + bytes((0x70, 2)) + b"id"

    async def work(box: Intake) -> None:
        await box.take(pdu_of(NUMBER, b"hola", udh=udh))
        (slip,) = box.slips()
        assert (slip.kind, slip.origin, slip.epoch, slip.line) == (Kind.SMS, Origin.SUBSCRIBER, 1, LINE)
        assert slip.flags == Flag.UDHI | Flag.COUNTED
        assert (slip.received, slip.period) == (NOW, 3600)
        assert (slip.pid, slip.dcs, slip.udl) == (0, 4, 14)
        assert slip.data == bytes((9,)) + part_udh(9, 2, 1) + bytes((0x70, 2, 0, 0)) + b"hola"
        (made,) = box.db.conn.execute("SELECT commitment FROM commitment").fetchone()
        assert made == commitment(digest(slip.tip, encode_slip(slip)))

    _run(tmp_path, work)


def test_a_cancelled_take_is_stored_and_settled_all_the_same(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        taking = asyncio.create_task(box.take(pdu_of(udh=part_udh(1, 2, 1))))
        await asyncio.sleep(0)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        await box.take(pdu_of(udh=part_udh(1, 2, 2)))
        slips = box.slips()
        assert len(slips) == 2
        assert len({slip.message for slip in slips}) == 1
        assert sum(bool(slip.flags & Flag.COUNTED) for slip in slips) == 1

    _run(tmp_path, work)


def test_parts_that_come_at_the_same_time_share_their_ids_and_one_is_counted(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        parts = [pdu_of(text=b"%d" % part, udh=part_udh(7, 9, part)) for part in range(9, 0, -1)]
        singles = [pdu_of(text=b"single %d" % number) for number in range(5)]
        await asyncio.gather(*(box.take(pdu) for pdu in [*parts, *singles]))
        slips = box.slips()
        joined = [slip for slip in slips if slip.flags & Flag.UDHI]
        assert len({slip.message for slip in joined}) == 1
        assert len({slip.conversation for slip in slips}) == 1
        assert len({slip.message for slip in slips}) == 6
        assert sum(bool(slip.flags & Flag.COUNTED) for slip in slips) == 6
        assert box.db.conn.execute("SELECT conversations FROM meter").fetchone() == (1,)
        ranks = sorted(row[0] for row in box.db.conn.execute("SELECT rank FROM slip"))
        assert ranks == [0] * 8 + [1, 1, 2, 3, 4, 5], "the ninth part ranks one lower"

    _run(tmp_path, work)


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"mms": False},
        {"smsc": ""},
        {"smsc": "526569998877"},
        {"padding": 12},
        {"mms": False, "smsc": "526569998877", "padding": 3},
    ],
)
@pytest.mark.parametrize("udh", [b"", part_udh(3, 2, 1)])
def test_a_redelivery_is_stored_once_however_it_differs(
    tmp_path: Path, again: dict[str, Any], udh: bytes
) -> None:
    async def work(box: Intake) -> None:
        await box.take(pdu_of(udh=udh), pdu_of(udh=udh, **again))
        box.redelivery.turn(box.clock() + 25 * 3600)
        await box.take(pdu_of(udh=udh, **again))
        assert len(box.slips()) == 1
        if udh:
            await box.take(pdu_of(udh=part_udh(3, 2, 2)))
            first, second = box.slips()
            assert first.message == second.message

    _run(tmp_path, work)


def test_the_same_words_a_second_later_are_another_message(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        later = SCTS[:5] + bytes((SCTS[5] + 0x10,)) + SCTS[6:]
        await box.take(pdu_of(), pdu_of(scts=later), pdu_of("5216569999999"))
        assert len(box.slips()) == 3

    _run(tmp_path, work)


def test_without_a_valid_date_the_same_words_are_not_taken_for_a_redelivery(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await box.take(pdu_of(scts=bytes(7)), pdu_of(scts=bytes(7)))
        assert len(box.slips()) == 2
        await box.take(*(pdu_of(scts=bytes(7), udh=part_udh(1, 3, part)) for part in (1, 1, 2)))
        parts = [slip for slip in box.slips() if slip.flags & Flag.UDHI]
        assert len({slip.message for slip in parts}) == 1
        assert sum(bool(slip.flags & Flag.COUNTED) for slip in parts) == 1

    _run(tmp_path, work)


def test_what_cannot_be_parsed_is_sealed_without_its_first_36_octets_and_flagged(tmp_path: Path) -> None:
    pdu = pdu_of(NUMBER, b"x" * 100)[:-5]

    async def work(box: Intake) -> None:
        await box.take(pdu)
        await box.line.receiver.take(Delivery(pdu + b"!!!!!", None, intact=False))
        for slip in box.slips():
            assert slip.kind is Kind.UNPARSED
            assert slip.data in (pdu[36:], (pdu + b"!!!!!")[36:])
            assert slip.flags == Flag.COUNTED
            assert slip.origin is Origin.NONE
        first, second = box.slips()
        assert first.conversation != second.conversation

    _run(tmp_path, work)


@pytest.mark.parametrize("first", [0x01, 0x02, 0x21, 0x42])
def test_a_tpdu_of_another_type_that_comes_as_a_message_is_sealed_rather_than_lost(
    tmp_path: Path, first: int
) -> None:
    body = bytes((first, 5, len(NUMBER), 0x91)) + semi_octets(NUMBER) + bytes((0, 4)) + bytes(60)

    async def work(box: Intake) -> None:
        await box.take(smsc_address("526560001122") + body)
        (slip,) = box.slips()
        assert slip.kind is Kind.UNPARSED
        assert slip.flags & Flag.COUNTED

    _run(tmp_path, work)


def test_a_multimedia_notification_loses_its_body_and_is_flagged(tmp_path: Path) -> None:
    udh = bytes((0x05, 4, 0x0B, 0x84, 0x23, 0xF0))

    async def work(box: Intake) -> None:
        await box.take(pdu_of(text=b"From: +5216561234567/TYPE=PLMN", udh=udh))
        (slip,) = box.slips()
        assert slip.flags & Flag.MULTIMEDIA
        assert slip.data == bytes((6,)) + udh

    _run(tmp_path, work)


def test_messages_without_an_address_share_no_conversation(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await box.take(pdu_of("", b"one"), pdu_of("", b"two"))
        first, second = box.slips()
        assert first.conversation != second.conversation
        assert first.origin is second.origin is Origin.NONE

    _run(tmp_path, work)


def test_a_canary_is_recognised_sealed_as_one_and_not_counted(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        canaries = box.line.receiver.canaries
        assert canaries is not None
        septets = _packed(canaries.expect(1))
        await box.take(pdu_of(text=septets, dcs=0x00, udl=24))
        (slip,) = box.slips()
        assert slip.kind is Kind.CANARY
        assert not slip.flags & Flag.COUNTED
        assert box.line.receiver.canary_proven == box.clock()
        assert box.db.conn.execute("SELECT count(*) FROM commitment").fetchone() == (0,)
        assert box.db.conn.execute("SELECT conversations, canaries_received FROM meter").fetchone() == (0, 1)
        await box.take(pdu_of(text=_packed("0" * 24), dcs=0x00, udl=24))
        assert {slip.kind for slip in box.slips()} == {Kind.CANARY, Kind.SMS}

    _run(tmp_path, work)


def test_a_canary_is_known_after_a_restart_and_forgotten_after_eight_more() -> None:
    canaries = Canaries(b"k" * 32, LINE, 0)
    texts = [canaries.expect(number) for number in range(1, 10)]
    again = Canaries(b"k" * 32, LINE, 9)
    assert [again.recognise(24, _packed(text)) for text in texts] == [False] + [True] * 8
    other = Canaries(b"k" * 32, LINE[::-1], 9)
    assert not any(other.recognise(24, _packed(text)) for text in texts)


def _packed(text: str) -> bytes:
    """Septets of ``text``, packed by the test's own hand. TS 23.038 §6.1.2.1."""
    bits = sum(ord(character) << 7 * place for place, character in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


def test_nothing_is_taken_while_there_is_no_key(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        receiver = LineReceiver(
            9, window=0.0, table=box.table, redelivery=box.redelivery, committer=box.committer
        )
        with pytest.raises(NotDurable):
            await receiver.take(delivery(pdu_of()))
        assert len(box.table) == 0

    _run(tmp_path, work)


def test_what_could_not_be_stored_is_not_remembered_and_taken_later(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        before = os.pread(box.fd, MEMORY_OCTETS, 0)
        with pytest.raises(NotDurable, match="MB free"):
            await box.take(pdu_of(udh=part_udh(1, 2, 1)))
        assert len(box.table) == 0
        assert os.pread(box.fd, MEMORY_OCTETS, 0) == before
        box.committer._reserve = 0
        await box.take(pdu_of(udh=part_udh(1, 2, 1)), pdu_of(udh=part_udh(1, 2, 2)))
        assert len({slip.message for slip in box.slips()}) == 1

    _run(tmp_path, work, reserve=2**62)


def test_a_fault_of_ours_between_plan_and_commit_leaves_nothing_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("gateway.intake.receiver.seal", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await box.take(pdu_of())
        assert len(box.table) == 0
        await box.take(pdu_of())
        assert len(box.slips()) == 1

    _run(tmp_path, work)


def test_the_memory_outlives_a_crash_and_parts_join_across_it(tmp_path: Path) -> None:
    made = make_state(tmp_path)

    async def run() -> None:
        async with intake(tmp_path, box=made) as first:
            await first.take(pdu_of(udh=part_udh(1, 2, 1)))
            fd, clock = first.fd, first.clock
        async with intake(tmp_path, box=made, fd=fd, clock=clock) as second:
            await second.take(pdu_of(udh=part_udh(1, 2, 1)), pdu_of(udh=part_udh(1, 2, 2)))
            one, two = second.slips()
            assert one.message == two.message
        os.close(fd)

    asyncio.run(run())


def test_after_a_loss_of_the_memory_slips_say_so_for_48_hours(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        box.memory.lay_out(now=box.clock(), after_loss=True)
        await box.turn()
        await box.take(pdu_of(text=b"early"))
        box.clock.now += 48 * 3600
        await box.turn()
        await box.take(pdu_of(text=b"late"))
        flags = {slip.data: bool(slip.flags & Flag.AFTER_LOSS) for slip in box.slips()}
        assert flags == {b"early": True, b"late": False}

    _run(tmp_path, work)


_deliveries = st.one_of(
    st.builds(Delivery, st.binary(max_size=232), st.none() | st.integers(0, 255), st.booleans()),
    st.builds(
        lambda made, smsc, cut, intact: Delivery(
            (smsc_address(smsc) + made.tpdu)[: cut or None], None, intact
        ),
        made_delivers(),
        st.sampled_from(["", "526560001122"]),
        st.integers(0, 60),
        st.booleans(),
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(_deliveries, min_size=1, max_size=12))
def test_whatever_comes_is_durable_or_not_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[Delivery]
) -> None:
    async def work(box: Intake) -> None:
        await asyncio.gather(*(box.line.receiver.take(one) for one in deliveries))
        slips = box.slips()
        assert 1 <= len(slips) <= len(deliveries)
        counted: dict[bytes, int] = {}
        for slip in slips:
            counted[slip.message] = counted.get(slip.message, 0) + bool(slip.flags & Flag.COUNTED)
        assert set(counted.values()) == {1}

    _run(tmp_path_factory.mktemp("any"), work)


def test_neither_number_nor_words_stand_in_any_file_log_or_exception(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = b"el almacen de la calle Mina"
    udh = part_udh(77, 2, 1)
    pdus = [
        pdu_of(NUMBER, words),
        pdu_of(NUMBER, words, udh=udh),
        pdu_of(NUMBER, words)[:-3],
        pdu_of(NUMBER, words, dcs=0x08),
        pdu_of(NUMBER, words, scts=bytes(7)),
    ]
    said: list[str] = []

    async def work(box: Intake) -> None:
        for pdu in pdus:
            await box.take(pdu)
            said.extend(map(repr, (delivery(pdu), box.line.receiver, box.table, *box.slips())))
        box.committer._reserve = 2**62
        for _ in pdus:
            with pytest.raises(NotDurable) as caught:
                await box.take(pdu_of(NUMBER, words + b"!"))
            said.append(repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__))
        said.extend(map(repr, box.table._records.values()))
        box.committer._reserve = 0
        await box.cut()

    caplog.set_level(logging.DEBUG)
    _run(tmp_path, work)
    texts = "\n".join([*said, caplog.text])
    octets = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(octets) > 10_000
    for number in (NUMBER, NUMBER[3:], "526560001122"):
        forms = [
            number.encode(),
            semi_octets(number),
            number.encode("utf-16-be"),
            bytes.fromhex(number + "0" * (len(number) % 2)),
        ]
        assert number not in texts
        assert not any(form.hex() in texts or repr(form)[2:-1] in texts for form in forms)
        assert not any(form in octets for form in forms)
    for form in (words, words.decode().encode("utf-16-be"), _packed(words.decode())):
        assert form not in octets
        assert form.hex() not in texts
    assert words.decode() not in texts
