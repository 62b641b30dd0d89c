"""Asking a port whether a modem is behind it. Any final result code proves AT, an error too; an echo does not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hw.at.commands import AT, asking
from hw.at.engine import Engine
from hw.at.replies import imei, words
from hw.driver.link import Link
from hw.driver.pace import Pace
from hw.driver.trouble import LinkLost, ModemTrouble, NoAnswer
from hw.ports.sysfs import SerialPort
from hw.profiles import for_modem
from hw.serial_port import PortError, open_port

AT_ONCE = 64
"""Ports asked at the same time: each is a thread while it opens and closes. 64 modems of four ports: four rounds."""


@dataclass(frozen=True, slots=True)
class Haste:
    """How long a port is given, in seconds: 10.5 at the most, since the driver waits 15 for a port to be found."""

    opening: float = 3.0
    answer: float = 1.0
    attempts: int = 3
    identity: float = 1.5
    """For all of +CGMI, +CGMM and +CGSN."""
    closing: float = 3.0


HASTE = Haste()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What is behind a port."""

    answers: bool | None
    """None where the port could not be opened or was lost: ``reason`` says why."""
    reason: str | None = None
    maker: str | None = None
    model: str | None = None
    imei: str | None = field(default=None, repr=False)
    profile: str | None = None


async def probe(device: Path, haste: Haste = HASTE) -> ProbeResult:
    """Return what is behind ``device``, opened exclusively and closed again. Changes no setting of the modem.

    Raises nothing: whatever goes wrong is the result. For a port that nobody uses.
    """
    link = Link(Engine(), Pace())
    try:
        async with asyncio.timeout(haste.opening):
            link.connection_made(await open_port(str(device), link))
    except PortError as error:
        return ProbeResult(None, str(error))
    except (TimeoutError, OSError):
        return ProbeResult(None, "opening it hangs")
    try:
        return await _ask(link, haste)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(haste.closing):
                await link.close()


async def probe_all(devices: Iterable[Path], haste: Haste = HASTE) -> dict[Path, ProbeResult]:
    """Return what is behind each of ``devices``, all asked at the same time: a hung one holds up no other."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(device: Path) -> ProbeResult:
        async with room:
            return await probe(device, haste)

    todo = list(devices)
    return dict(zip(todo, await asyncio.gather(*map(one, todo)), strict=True))


def answering(ports: Sequence[SerialPort]) -> set[str]:
    """Return the names of those of ``ports`` that answer AT. Blocks: for a thread without a running loop."""
    results = asyncio.run(probe_all(port.device for port in ports))
    return {port.name for port in ports if results[port.device].answers}


async def _ask(link: Link, haste: Haste) -> ProbeResult:
    try:
        if not await _answers(link, haste):
            return ProbeResult(False, "no answer to AT")
    except LinkLost:
        return ProbeResult(None, "it went away while it was asked")
    maker, model, number = await _identity(link, haste)
    return ProbeResult(True, None, maker, model, number, for_modem(maker, model).name)


async def _answers(link: Link, haste: Haste) -> bool:
    """Return whether any of a few AT is answered. Raises LinkLost."""
    for attempt in range(haste.attempts):
        if attempt:
            if not link.renew():
                raise LinkLost("gone")
            link.escape()  # it may sit in a prompt
        try:
            async with link.lock:
                await link.exchange(AT, seconds=haste.answer)
        except NoAnswer:
            continue
        return True
    return False


async def _identity(link: Link, haste: Haste) -> tuple[str | None, str | None, str | None]:
    """Return maker, model and IMEI; None for what was not said in time. TS 27.007 §5.1, §5.2, §5.4."""
    told: list[str | None] = [None, None, None]
    with contextlib.suppress(TimeoutError, ModemTrouble):
        async with asyncio.timeout(haste.identity):
            for place, (text, read) in enumerate((("AT+CGMI", words), ("AT+CGMM", words), ("AT+CGSN", imei))):
                answer = await link.command(asking(text, bare=True))
                told[place] = read(answer.lines) if answer.result.ok else None
    return told[0], told[1], told[2]
