"""The modems of one process with their common network, and what can be done to them from outside."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hw.virtual.cable import Cable
from hw.virtual.compose import Style, compose, compose_data
from hw.virtual.modem import Modem
from hw.virtual.network import Centre, Message
from hw.virtual.port import Port
from hw.virtual.script import Script
from hw.virtual.tpdu import Body, address, deliver, smsc_address, time_stamp

DEFAULT_SENDER = "+5216561234567"

YEAR = 365 * 86_400

SEEDED_START = datetime(2031, 3, 14, 9, 0, tzinfo=UTC)
"""The wall clock's second 0 where a seed makes everything repeatable."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What a sender hands to the network. Exactly one of text, data and tpdu is not None."""

    sender: str = field(default=DEFAULT_SENDER, repr=False)
    text: str | None = field(default=None, repr=False)
    data: bytes | None = field(default=None, repr=False)
    tpdu: bytes | None = field(default=None, repr=False)
    style: Style = field(default_factory=Style)
    order: tuple[int, ...] = ()
    """Parts in the order of their arrival, from 1; () for all in turn. A part may be missing or come twice."""
    smsc: str | None = None
    scts: bytes | None = None
    """TP-SCTS as it is, seven octets; None for the network's time."""
    random_scts: bool = False


class Fleet:
    """Several modems on one event loop."""

    def __init__(self, scripts: Iterable[tuple[Path, Script]], *, seed: int | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.origin = self.loop.time()
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  # a repeatable play, no secret
        self.started = SEEDED_START if seed is not None else datetime.now(UTC)
        self.centre = Centre()
        self._posted = 0
        self.ports = [self._port(link, script) for link, script in scripts]

    def plug_all(self) -> None:
        """Plug every modem in. Raises LinkError, with none left plugged."""
        try:
            for port in self.ports:
                port.plug(boot=port.modem.settings.boot_lines_at_plug)
        except BaseException:
            self.unplug_all()
            raise

    def unplug_all(self) -> None:
        """Pull every modem out."""
        for port in self.ports:
            port.unplug()

    def now(self) -> float:
        """Return seconds since the start."""
        return self.loop.time() - self.origin

    def post(self, port: Port, posting: Posting) -> list[Message]:
        """Hand a message to the network for this modem; return one message a part, in the order of arrival."""
        smsc = smsc_address(port.modem.settings.smsc if posting.smsc is None else posting.smsc)
        tpdus = [posting.tpdu] if posting.tpdu is not None else self._tpdus(posting)
        return [port.modem.subscriber.offer(tpdu, smsc, self.now()) for tpdu in tpdus]

    def load(self, port: Port, count: int) -> None:
        """Offer ``count`` messages of 100 GSM 7-bit characters, as fast as the modem takes them."""
        port.modem.subscriber.offer_all(self._load(port, count))

    async def load_when_asked(self, port: Port, count: int) -> None:
        """Offer them once the host has asked for messages by +CNMI."""
        while not port.modem.session.cnmi[1]:  # noqa: ASYNC110  # +CNMI has no one to wake a waiter
            await asyncio.sleep(0.02)
        self.load(port, count)

    async def load_at(self, port: Port, count: int, rate: float) -> None:
        """Offer ``count`` such messages, ``rate`` a second, on a steady clock."""
        begun = self.loop.time()
        for number, (tpdu, smsc) in enumerate(self._load(port, count)):
            await asyncio.sleep(begun + number / rate - self.loop.time())
            port.modem.subscriber.offer(tpdu, smsc, self.now())

    def _port(self, link: Path, script: Script) -> Port:
        ports: list[Port] = []
        modem = Modem(script, self.centre, started=self.started, attention=lambda: ports[0].attend())  # noqa: PLW0108  # ports is empty now
        ports.append(Port(Cable(modem), link, self.origin))
        return ports[0]

    def _tpdus(self, posting: Posting) -> list[bytes]:
        if posting.text is not None:
            bodies = compose(posting.text, posting.style)
        else:
            bodies = compose_data(posting.data or b"", posting.style)
        order = posting.order or range(1, len(bodies) + 1)
        scts = posting.scts or self._time_stamp(anywhen=posting.random_scts)
        return [deliver(address(posting.sender), bodies[number - 1], scts) for number in order]

    def _time_stamp(self, *, anywhen: bool) -> bytes:
        self._posted += 1
        seconds = self.now() if self.seed is None else float(self._posted)
        if anywhen:
            seconds = self.random.uniform(-YEAR, 0.0)
        return time_stamp(self.started + timedelta(seconds=seconds))

    def _load(self, port: Port, count: int) -> Iterator[tuple[bytes, bytes]]:
        bodies = [_hundred(number) for number in range(64)]
        smsc = smsc_address(port.modem.settings.smsc)
        place = self.ports.index(port)
        for number in range(count):
            origin = address(f"+52155{place:02d}{number:06d}")
            scts = time_stamp(self.started + timedelta(seconds=number))
            yield deliver(origin, bodies[number % len(bodies)], scts), smsc


def _hundred(number: int) -> Body:
    text = f"Aviso de prueba {number}: en la calle del parque hay una camioneta blanca parada desde ayer. ".ljust(
        100, "."
    )
    return compose(text[:100], Style())[0]
