"""Nothing keeps a modem from receiving for good: whatever went wrong, the driver comes back by itself or says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hw.at.commands import AT, Patience, plain
from hw.at.engine import Engine
from hw.contract import Delivery, Mode, NotDurable, Phase, SimIdentity
from hw.driver.desk import Board, Desk
from hw.driver.kept import Kept
from hw.driver.link import Link
from hw.driver.session import Session
from hw.driver.spoilt import Spoilt
from hw.driver.step import Step
from hw.driver.trouble import NoAnswer, Restarted
from hw.serial_port import Errands
from hw.virtual.answers import Lines
from tests.support.driving import LONG, QUICK, Bench, Household, Receiver, at_pace, driving

TIRED = replace(
    at_pace(watch=0.1, probe=0.1, settle=0.2, backoff=0.02, backoff_cap=0.05),
    patience={**QUICK.patience, Patience.QUICK: 0.4, Patience.RESET: 0.1},
)


async def give_up(bench: Bench) -> None:
    """Return when every means was tried on a modem that hangs."""
    await bench.op("hang")
    await bench.until(lambda: bench.modem.status.phase is Phase.FAILED)


# The ladder


@pytest.mark.parametrize("settle", [0.01, 0.2])
def test_a_modem_whose_port_goes_with_the_reset_is_reset_once_and_received_from(
    tmp_path: Path, settle: float
) -> None:
    async def play() -> None:
        pace = replace(TIRED, settle=settle)  # the port goes after it, or within
        async with driving(tmp_path, pace=pace, reset_drops=True, boot_ms=10) as bench:
            await bench.receiving()
            await give_up(bench)
            await bench.op("resume")
            await bench.deliver(2)
            await bench.receiving()
            await bench.settled(2)

    asyncio.run(play())


def test_a_modem_that_received_again_is_not_reset_when_it_is_plugged_in_anew(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=TIRED) as bench:
            await bench.receiving()
            await give_up(bench)
            await bench.op("resume")
            await bench.receiving()
            resets = bench.fleet.ports[0].modem.counts["+CFUN"]
            await bench.op("unplug")
            await bench.until(lambda: bench.modem.status.phase is Phase.ABSENT)
            await bench.op("plug")
            await bench.receiving()
            assert bench.fleet.ports[0].modem.counts["+CFUN"] == resets

    asyncio.run(play())


def test_a_modem_that_says_started_faster_than_it_can_be_started_is_no_longer_believed(
    tmp_path: Path,
) -> None:
    async def play() -> None:
        pace, word = at_pace(settle=0.01), "^BOOT:1,0,0,0,77"
        async with driving(tmp_path, pace=pace, chatter=word, chatter_ms=60, reply_ms=10) as bench:
            await bench.receiving()
            await bench.deliver(3)
            await bench.settled(3)

    asyncio.run(play())


def test_a_session_in_which_nothing_moves_is_ended_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(session: Session, seconds: float) -> None:
        async with session.desk.link.lock:
            await asyncio.Event().wait()

    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(stuck=0.3, sweep=0.1, watch=0.1)) as bench:
            await bench.receiving()
            with monkeypatch.context() as patch:
                patch.setattr(Session, "_pause", for_ever)
                await bench.until(lambda: "neither asked nor answered" in (bench.modem.status.problem or ""))
            await bench.deliver(2)
            await bench.settled(2)
            await bench.receiving()

    asyncio.run(play())


def test_a_session_that_does_nothing_but_wait_its_turn_is_not_ended(tmp_path: Path) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(stuck=1.0, sweep=0.1, watch=0.1)) as bench:
            await bench.receiving()
            await asyncio.sleep(2.5)  # twice as long as a session may be mute
            assert bench.modem.status.restarts == 0

    asyncio.run(play())


# The memories


@pytest.mark.parametrize("error", ["+CMS ERROR: 500", "+CME ERROR: 100", "ERROR"])
def test_a_memory_that_can_no_longer_be_looked_into_is_trouble_and_not_an_empty_one(
    tmp_path: Path, error: str
) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.1), cmti="lost") as bench:
            await bench.receiving()
            replies = bench.fleet.ports[0].modem.replies
            replies.add("+CPMS*", Lines((error,)))
            await bench.until(lambda: bench.modem.status.restarts > 0)
            replies.forget("+CPMS*")
            await bench.deliver(3)
            await bench.settled(3)
            await bench.receiving()

    asyncio.run(play())


def test_another_memory_that_can_no_longer_be_looked_into_is_told_and_the_first_is_emptied(
    tmp_path: Path,
) -> None:
    async def play() -> None:
        async with driving(tmp_path, pace=at_pace(sweep=0.1), cmti="lost") as bench:
            await bench.receiving()
            replies = bench.fleet.ports[0].modem.replies
            first = bench.fleet.ports[0].modem.session.memories[2]
            other = "ME" if first == "SM" else "SM"
            replies.add(f'+CPMS="{other}"*', Lines(("+CMS ERROR: 500",)))
            await bench.until(lambda: f"memory {other} cannot" in (bench.modem.status.problem or ""))
            await bench.deliver(2)
            await bench.settled(2)
            replies.forget(f'+CPMS="{other}"*')
            await bench.until(lambda: bench.modem.status.problem is None)
            assert bench.modem.status.restarts == 0

    asyncio.run(play())


@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
def test_a_modem_that_says_by_number_that_it_knows_no_selection_of_memories_is_read_as_it_is(
    tmp_path: Path, mode: Mode
) -> None:
    async def play() -> None:
        async with driving(tmp_path, Household(mode=mode), cpms="error", pace=at_pace(sweep=0.2)) as bench:
            await bench.deliver(2)
            await bench.receiving()
            await bench.deliver(2)
            await bench.settled(4)

    asyncio.run(play())


def test_a_memory_that_is_busy_at_the_start_is_waited_for_and_not_left_out(tmp_path: Path) -> None:
    async def play() -> None:
        pace = at_pace(busy_patience=0.1)
        answers = {'+CPMS="SM","SM","SM"': "+CMS ERROR: 314"}
        async with driving(tmp_path, pace=pace, answers=answers) as bench:
            await bench.until(lambda: "+CPMS refused" in (bench.modem.status.problem or ""))
            bench.fleet.ports[0].modem.replies.forget('+CPMS="SM","SM","SM"')
            await bench.deliver(2, **{"class": 2})
            await bench.settled(2)

    asyncio.run(play())


# What is left over from an earlier session


class Late(Receiver):
    """Refuses the first delivery, when told; takes all others."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: asyncio.Event | None = None

    async def take(self, delivery: Delivery) -> None:
        if self.refuse is not None and not self.offered:
            self.offered.append(delivery)
            await self.refuse.wait()
            raise NotDurable
        await super().take(delivery)


def test_what_an_earlier_session_could_not_store_is_stored_soon_and_the_modem_is_not_held_for_it(
    tmp_path: Path,
) -> None:
    async def play() -> None:
        receiver = Late()
        async with driving(tmp_path, Household(receiver, mode=Mode.STORED)) as bench:
            receiver.refuse = asyncio.Event()
            await bench.receiving()
            await bench.deliver(1, **{"class": 0})  # given directly in stored mode too, and once only
            await bench.until(lambda: receiver.offered)
            await bench.op("urc", text="RDY")
            await bench.until(lambda: bench.modem.status.phase is not Phase.RECEIVING)
            await bench.receiving()
            receiver.refuse.set()
            await bench.until(lambda: receiver.taken)
            await bench.receiving()
            assert bench.modem.status.restarts == 1

    asyncio.run(play())


def _desk(link: Link) -> Desk:
    board = Board("port", Household())
    return Desk(link, board, QUICK, lambda: 0.0, step=Step(), spoilt=Spoilt(), kept=Kept())


def test_what_is_left_of_a_session_neither_asks_nor_shows_anything() -> None:
    async def play() -> None:
        link = Link(Engine(), QUICK)
        desk = _desk(link)
        desk.board.show(phase=Phase.RECEIVING)
        async with link.lock:
            waiting = asyncio.ensure_future(desk.command(AT))
            await asyncio.sleep(0)
            desk.end()
        with pytest.raises(Restarted):
            await asyncio.wait_for(waiting, LONG)
        assert link.engine.outstanding is None
        desk.hold("direct", held=True)
        assert desk.board.status.phase is Phase.RECEIVING

    asyncio.run(play())


# The dialogue and the thread


def test_who_waits_for_an_answer_ends_though_the_answer_was_lost_in_an_error_of_ours() -> None:
    def fail(event: object) -> None:
        raise ZeroDivisionError

    async def play() -> None:
        link = Link(Engine(), at_pace())
        link.listener = fail
        asking = asyncio.ensure_future(link.command(plain("AT+CMGF=0")))
        await asyncio.sleep(0)
        with pytest.raises(ZeroDivisionError):
            link.data_received(b"RING\r\nOK\r\n")
        with pytest.raises(NoAnswer):
            await asyncio.wait_for(asking, LONG)
        assert not link.lock.locked()

    asyncio.run(play())


def test_an_errand_that_fails_in_a_way_nobody_thought_of_frees_the_thread() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    async def play() -> None:
        errands = Errands()
        with pytest.raises(ZeroDivisionError):
            await errands.run(fail, LONG)
        assert await errands.run(lambda: 7, LONG) == 7

    asyncio.run(play())


def test_a_sim_of_nobody_stays_so_and_is_looked_at_again(tmp_path: Path) -> None:
    async def play() -> None:
        household = Household(iccids=set())
        async with driving(tmp_path, household, pace=at_pace(stuck=1.0)) as bench:
            await bench.until(lambda: bench.modem.status.phase is Phase.UNASSIGNED)
            household.iccids = {SimIdentity(bench.modem.status.iccid).iccid or ""}
            await bench.receiving()
            assert bench.modem.status.restarts == 0

    asyncio.run(play())
