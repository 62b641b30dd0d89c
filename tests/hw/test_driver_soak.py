"""Random troubles of many kinds, one after the other: when they are over each modem receives, and nothing was lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hw.at.commands import Patience
from hw.contract import Mode, Phase
from hw.driver.trouble import SendFailed
from tests.support.driving import QUICK, Bench, Household, driving

TOGETHER = 6
"""Modems that are played with on one loop."""
ALL_WELL = 120.0
PACE = replace(
    QUICK,
    patience={**QUICK.patience, Patience.QUICK: 0.4, Patience.SIM: 0.8, Patience.RESET: 0.2},
    probe=0.1,
    settle=0.05,
    busy_patience=0.5,
    sweep=0.8,
    watch=0.5,
    acknowledge=0.3,  # far within ack_timeout_ms, as eight seconds are in the field
    backoff=0.02,
    backoff_cap=0.1,
)
KINDS: list[dict[str, Any]] = [
    {},
    {"reset_drops": True},
    {"reply_ms": 10, "chatter_ms": 50},
    {"cmti": "lost"},
    {"interleave": "header", "chatter_ms": 100},
    {"crsm": "error", "sm_slots": 3},
    {"csms": "error", "line_end": "crcrlf"},
    {"chatter": "^BOOT:1,0,0,0,77", "chatter_ms": 200},
    {"cnma": "prompt", "urc_in_prompt": True},
    {"registers": False, "sim_busy_ms": 100},
]
JUNK = [
    b"\xff\x00>\r\n",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"> ",
    b"+CMT: ,20\r\n",
    b"+CMGR: ",
    b"0A0B" * 30 + b"\r\n",
]
WORDS = ["RDY", "+CPIN: READY", "+CPIN: NOT READY", "NO CARRIER", '+CMTI: "SM",3', "+SMS FULL", "RING"]
STALLS = ["+CMGR", "+CMGL", "+CNMI", "+CMGD", "+CNMA", "+CRSM", "+CPMS", "+CPB", "H"]
SUBMIT = bytes.fromhex("0011000B915216551122F30000AA05C8329BFD06")


class Player:
    """Plays one modem's troubles, all chosen by a seed."""

    def __init__(self, seed: int, bench: Bench) -> None:
        self.bench, self.dice = bench, random.Random(seed)
        self.delivered = 0
        self.sends: list[asyncio.Task[None]] = []
        self.troubles: list[Callable[[], Awaitable[None]]] = [
            *[self.deliver] * 4,
            self.hang,
            self.junk,
            self.word,
            self.stall,
            self.no_room,
            self.no_sim,
            self.send,
            self.unplug,
            self.sleepy_loop,
            *(self.operation(name) for name in ("reset", "stick", "resume", "plug")),
        ]

    def operation(self, name: str) -> Callable[[], Awaitable[None]]:
        async def carry_out() -> None:
            await self.bench.op(name)

        return carry_out

    async def deliver(self) -> None:
        count = self.dice.randint(1, 5)
        await self.bench.deliver(count)
        self.delivered += count

    async def hang(self) -> None:
        await self.bench.op("hang", how=self.dice.choice(["silent", "chatter"]))

    async def junk(self) -> None:
        await self.bench.op("junk", octets=self.dice.choice(JUNK).hex())

    async def word(self) -> None:
        await self.bench.op("urc", text=self.dice.choice(WORDS))

    async def stall(self) -> None:
        options = {"stall": self.dice.choice(STALLS), "stall_ms": 1000, "stall_times": 1}
        await self.bench.op("set", options=options)

    async def no_room(self) -> None:
        self.bench.receiver.room = not self.bench.receiver.room

    async def no_sim(self) -> None:
        await self.bench.op("set", option="sim", value="no")
        await asyncio.sleep(0.2 * self.dice.random())
        await self.bench.op("set", option="sim", value="yes")

    async def unplug(self) -> None:
        await self.bench.op("unplug")

    async def send(self) -> None:
        async def attempt() -> None:
            with contextlib.suppress(SendFailed):
                await self.bench.modem.send(SUBMIT, len(SUBMIT) - 1)

        self.sends.append(asyncio.ensure_future(attempt()))

    async def sleepy_loop(self) -> None:
        time.sleep(0.3)  # a busy machine: timers fire late, and together

    async def play(self) -> None:
        for _ in range(self.dice.randint(4, 10)):
            await self.dice.choice(self.troubles)()
            await asyncio.sleep(self.dice.choice([0.0, 0.01, 0.1, 0.3]) * self.dice.random())

    def well(self) -> bool:
        """Return whether the modem receives, and the network and the modem hold nothing any more."""
        if not self.bench.fleet.ports[0].plugged:
            self.bench.fleet.ports[0].plug()  # also where a reset took it away only now
        messages = self.bench.fleet.ports[0].modem.subscriber.messages
        receiving = self.bench.modem.status.phase is Phase.RECEIVING
        return receiving and len(messages) >= self.delivered and all(each.settled for each in messages)

    async def put_right(self) -> None:
        self.bench.receiver.room = True
        await self.bench.op("resume")
        await self.bench.op("set", options={"stall": "", "sim": "yes"})
        await self.deliver()
        await self.bench.until(self.well, ALL_WELL)
        for sending in self.sends:
            await asyncio.wait_for(sending, ALL_WELL)
        record = await self.bench.record()
        lost = [
            each["id"] for each in record["messages"] if not self.bench.receiver.first_taken(each["tpdu"])
        ]
        assert lost == []


async def _one(folder: Path, seed: int, mode: Mode) -> None:
    folder.mkdir()
    settings = {"ack_timeout_ms": 1500, "retry_ms": 200, "boot_ms": 50, "ring_ms": 60} | KINDS[
        seed % len(KINDS)
    ]
    async with driving(folder, Household(mode=mode), pace=PACE, **settings) as bench:
        player = Player(seed, bench)
        await player.play()
        await player.put_right()


@pytest.mark.parametrize("mode", [Mode.STORED, Mode.DIRECT])
@pytest.mark.parametrize("first", [0, 100, 200])
def test_after_any_troubles_every_modem_receives_and_no_message_is_lost(
    tmp_path: Path, mode: Mode, first: int
) -> None:
    async def play() -> None:
        turns = asyncio.Semaphore(TOGETHER)

        async def in_turn(seed: int) -> None:
            async with turns:
                await _one(tmp_path / f"{seed}", seed, mode)

        async with asyncio.TaskGroup() as group:
            for seed in range(first, first + len(KINDS)):
                group.create_task(in_turn(seed))

    asyncio.run(play())
