"""The modem driver on virtual modems, on one loop: real pseudo-terminals, and the network's own record."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hw.at.commands import Patience
from hw.contract import Assignment, Delivery, Mode, ModemStatus, NotDurable, Phase, SimIdentity
from hw.driver.modem import Modem
from hw.driver.pace import Pace
from hw.driver.port import PortSpec
from hw.virtual.answers import Lines
from hw.virtual.control import Control
from hw.virtual.fleet import Fleet
from hw.virtual.script import Script

QUICK = Pace(
    patience={
        Patience.QUICK: 0.7,
        Patience.SIM: 1.5,
        Patience.LIST: 3.0,
        Patience.NETWORK: 4.0,
        Patience.RESET: 0.5,
    },
    probe=0.3,
    probes=2,
    settle=0.1,
    busy_retry=0.02,
    busy_patience=2.0,
    sweep=30.0,
    watch=30.0,
    spread=0.0,
    hold_retry=0.1,
    withheld=0.3,
    absent=0.03,
    unassigned=0.1,
    backoff=0.05,
    backoff_cap=0.2,
    healthy=60.0,
    goodbye=1.0,
)
LONG = 20.0
"""Seconds a test waits for what must come; it comes in a fraction of one."""


@dataclass
class Receiver:
    """Keeps what it takes, when its ``take`` returned, and can be without room or slow."""

    clock: Callable[[], float] = lambda: 0.0
    room: bool = True
    gate: asyncio.Event | None = None
    offered: list[Delivery] = field(default_factory=list)
    taken: list[tuple[float, Delivery]] = field(default_factory=list)

    async def take(self, delivery: Delivery) -> None:
        self.offered.append(delivery)
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        if not self.room:
            raise NotDurable
        self.taken.append((self.clock(), delivery))

    def first_taken(self, tpdu: str) -> float | None:
        """When the message was durable first; TP-MMS may differ."""
        wanted = bytes.fromhex(tpdu)
        return next((at for at, delivery in self.taken if _same(delivery.pdu, wanted)), None)


def _same(pdu: bytes, tpdu: bytes) -> bool:
    found = pdu.rstrip(b"\xff").find(tpdu.rstrip(b"\xff")[1:])
    return found > 0 and (pdu[found - 1] ^ tpdu[0]) & ~0x04 == 0


@dataclass
class Household:
    """Decides as the test says, and remembers what it was told."""

    receiver: Receiver = field(default_factory=Receiver)
    mode: Mode = Mode.STORED
    direct_proven: bool = False
    clear_foreign: bool = False
    iccids: set[str] | None = None
    """None: every SIM is assigned."""
    pins: list[str] = field(default_factory=list)
    accepted: int = 0
    history: list[ModemStatus] = field(default_factory=list)

    def assign(self, port: str, sim: SimIdentity) -> Assignment | None:
        if self.iccids is not None and sim.iccid not in self.iccids:
            return None
        return Assignment(self.receiver, self.mode, self.direct_proven, self.clear_foreign)

    def pin(self, port: str, sim: SimIdentity) -> str | None:
        return self.pins.pop(0) if self.pins else None

    def pin_accepted(self, port: str, sim: SimIdentity) -> None:
        self.accepted += 1

    def changed(self, status: ModemStatus) -> None:
        self.history.append(status)

    def phases(self) -> list[Phase]:
        """The phases in their order, repetitions left out."""
        found: list[Phase] = []
        for status in self.history:
            if not found or found[-1] is not status.phase:
                found.append(status.phase)
        return found


class Bench:
    """A fleet of virtual modems and a driver for each."""

    def __init__(
        self, fleet: Fleet, households: list[Household], pace: Pace, locate: PortSpec | None
    ) -> None:
        self.fleet, self.households = fleet, households
        self.control = Control(fleet)
        self.modems: list[Modem] = []
        for port, household in zip(fleet.ports, households, strict=True):
            household.receiver.clock = fleet.now
            self.modems.append(Modem(locate or PortSpec.at(str(port.link)), household, pace=pace))
        self._lives = [asyncio.ensure_future(modem.run()) for modem in self.modems]

    @property
    def modem(self) -> Modem:
        return self.modems[0]

    @property
    def household(self) -> Household:
        return self.households[0]

    @property
    def receiver(self) -> Receiver:
        return self.households[0].receiver

    async def op(self, name: str, modem: int = 0, **values: Any) -> dict[str, Any]:
        """Carry out a control operation on a virtual modem."""
        reply = await self.control.carry_out(json.dumps({"op": name, "modem": modem, **values}).encode())
        assert reply["ok"], reply
        return reply

    async def deliver(self, count: int = 1, modem: int = 0, **values: Any) -> None:
        """Hand messages of different texts to the network."""
        for number in range(count):
            await self.op("deliver", modem, text=f"Aviso {number}", **values)

    async def record(self, modem: int = 0) -> dict[str, Any]:
        return await self.op("record", modem)

    async def until(self, condition: Callable[[], Any], seconds: float = LONG) -> None:
        """Return when ``condition`` holds; fail if it does not within the time, or if a driver died."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < end, (
                self.modem.status,
                self.fleet.ports[0].modem.counts,
            )
            for life in self._lives:
                if life.done():
                    life.result()
            await asyncio.sleep(0.005)

    async def receiving(self, modem: int = 0) -> None:
        await self.until(lambda: self.modems[modem].status.phase is Phase.RECEIVING)

    async def settled(self, count: int, modem: int = 0) -> None:
        """Wait until so many messages are with nobody but the receiver."""
        messages = self.fleet.ports[modem].modem.subscriber.messages
        await self.until(lambda: len(messages) >= count and all(message.settled for message in messages))

    async def check(self) -> None:
        """Fail if anything was let go before it was durable, or a forbidden command was sent."""
        for place, household in enumerate(self.households):
            record = await self.record(place)
            assert record["violations"] == []
            for message in record["messages"]:
                _check(message, household.receiver)

    async def end(self) -> None:
        for modem in self.modems:
            await modem.stop()
        await asyncio.gather(*self._lives)


def _check(message: dict[str, Any], receiver: Receiver) -> None:
    let_go = [message["deleted"], message["overwritten"]]
    if message["acknowledged_by"] == "driver":
        let_go.append(message["acknowledged"])
    for at in let_go:
        if at is not None:
            durable = receiver.first_taken(message["tpdu"])
            assert durable is not None, "let go without being durable"
            assert durable <= at, "let go before it was durable"


@contextlib.asynccontextmanager
async def driving(
    folder: Path,
    *households: Household,
    pace: Pace = QUICK,
    port: PortSpec | None = None,
    before: Callable[[Fleet], None] = lambda fleet: None,
    check: bool = True,
    script: Script | None = None,
    answers: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> AsyncIterator[Bench]:
    """A bench with one virtual modem a household, all with these settings; checked at its end.

    ``answers``: scripted answers of the modems, by command line without AT.
    """
    homes = list(households) or [Household()]
    scripts = []
    for number in range(len(homes)):
        own = script.copy() if script is not None else Script()
        for name, value in settings.items():
            own.settings.set(name, value)
        for pattern, lines in answers.items():
            own.replies.add(pattern, Lines(tuple(lines.split("\n"))))
        own.settings.set("iccid", f"895202000000000{number:04d}")
        scripts.append((folder / f"modem{number}", own))
    fleet = Fleet(scripts, seed=1)
    fleet.plug_all()
    before(fleet)
    bench = Bench(fleet, homes, pace, port)
    try:
        yield bench
        if check:
            await bench.check()
    finally:
        await bench.end()
        fleet.unplug_all()


def at_pace(**changes: Any) -> Pace:
    """The quick pace with some of its times changed."""
    return replace(QUICK, **changes)


def used(fleet: Fleet, memory: str = "SM") -> int:
    """Return how many entries a memory of the first modem holds."""
    return fleet.ports[0].modem.memories[memory].used
