"""The dialogue itself: nobody waits in it for ever."""

from __future__ import annotations

import asyncio

import pytest

from hw.at.commands import AT, Patience, plain
from hw.at.engine import Engine
from hw.driver.link import Link
from hw.driver.trouble import LinkLost, NoAnswer
from tests.support.driving import LONG, QUICK


def test_a_command_that_is_outstanding_when_the_dialogue_begins_anew_ends_and_frees_the_lock() -> None:
    async def play() -> None:
        link = Link(Engine(), QUICK)  # nothing is plugged in: no answer comes
        forgotten = asyncio.ensure_future(link.command(plain("AT+CPBR=?", Patience.NETWORK)))
        await asyncio.sleep(0)
        assert link.lock.locked()
        assert link.renew()
        with pytest.raises(NoAnswer):
            await asyncio.wait_for(forgotten, LONG)
        assert not link.lock.locked()
        assert link.broken is None
        with pytest.raises(NoAnswer):  # in its own time: the lock was not left held
            async with link.lock:
                await link.exchange(AT, seconds=0.05)

    asyncio.run(play())


def test_a_port_that_is_gone_has_no_new_dialogue() -> None:
    async def play() -> None:
        link = Link(Engine(), QUICK)
        link.connection_lost(None)
        assert link.gone
        assert not link.renew()
        with pytest.raises(LinkLost):
            await link.command(AT)

    asyncio.run(play())
