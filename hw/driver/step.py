"""Question and answer in step: a modem that was slow still owes answers, and each would end the wrong command.

A final result code does not say what it answers. So at each start and after each lost answer a value is put into a
register that only dialling reads, and read back: a modem answers in turn, so the answer with the value in it is the
last one owed. Where a modem has no such register only silence tells: silence, one AT, exactly one answer, silence.
A modem slower than that silence could still be out of step; so after a lost answer nothing is deleted of which only
an answer without its index spoke (``in_doubt``).
ITU-T V.250 §5.3.2, §6.3.10 (S7, connection completion timeout), §6.3.11 (S8, comma dial modifier time).
"""

from __future__ import annotations

import asyncio
import random

from hw.at.commands import AT, asking, plain
from hw.at.replies import register
from hw.driver.link import Link
from hw.driver.pace import Pace
from hw.driver.trouble import NoAnswer

REGISTERS = ("S8", "S7")
LEAST, VALUES = 2, 58
"""Values from 2 to 59: every maker takes them in either register."""
SILENCES = 20
"""Times of ``Pace.probe`` that silence is waited for at the most."""


class Step:
    """How one modem is brought into step, over all its sessions. Values count up: none comes again soon."""

    def __init__(self) -> None:
        self.lost = False
        """An answer was lost before this session."""
        self._value = random.randrange(VALUES)  # noqa: S311  # no secret: not what a dead process used
        self._late = 0

    def in_doubt(self, link: Link) -> bool:
        """Return whether an answer that does not say what it answers may belong to another question."""
        return self.lost or link.engine.late != self._late

    async def find(self, link: Link, pace: Pace) -> None:
        """Return once in step. Raises NoAnswer where the modem does not get there, or why the dialogue ended."""
        heard, proven = link.engine.late, False
        lost = self.lost
        async with link.lock:
            for attempt in range(pace.probes):
                if attempt:
                    await self._settle(link, pace)
                try:
                    await link.exchange(AT, seconds=pace.probe * (attempt + 1))
                    proven = await self._proves(link, REGISTERS[attempt % 2])
                    if proven or (attempt and await self._alone(link, pace)):
                        break
                except NoAnswer:
                    lost = True
            else:
                raise _failed(link)
        self.lost = self.lost or (not proven and (lost or link.engine.late != heard))
        self._late = link.engine.late

    async def proves(self, link: Link) -> bool:
        """Return whether a register shows that the dialogue is in step now. Raises why it ended."""
        async with link.lock:
            for name in REGISTERS:
                if await self._proves(link, name):
                    return True
        return False

    async def _proves(self, link: Link, name: str) -> bool:
        self._value = (self._value + 1) % VALUES
        wanted = LEAST + self._value
        await link.exchange(plain(f"AT{name}={wanted}"))
        return register((await link.exchange(asking(f"AT{name}?", bare=True))).lines) == wanted

    @staticmethod
    async def _settle(link: Link, pace: Pace) -> None:
        """Get out of a prompt that an earlier process left, and hear what is still owed."""
        if isinstance(link.broken, NoAnswer):
            link.renew()
            link.escape()
        await _silence(link, pace)

    @staticmethod
    async def _alone(link: Link, pace: Pace) -> bool:
        await _silence(link, pace)
        late = link.engine.late
        await link.exchange(AT)
        await asyncio.sleep(pace.probe)
        return link.engine.late == late


async def _silence(link: Link, pace: Pace) -> None:
    """Wait until no answer came for a while."""
    for _ in range(SILENCES):
        late = link.engine.late
        await asyncio.sleep(pace.probe)
        if link.engine.late == late:
            return


def _failed(link: Link) -> Exception:
    if link.broken is None:
        link.fail(NoAnswer(AT))
    assert link.broken is not None, "just failed"
    return link.broken
