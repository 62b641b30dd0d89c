"""The door to pyserial on pseudo-terminals: exclusive, without hanging up, never draining, never blocking."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hw import serial_port
from hw.serial_port import Errands, PortError, open_port


class Ear(asyncio.Protocol):
    """Collects what is said, and whether the port was lost."""

    def __init__(self) -> None:
        self.heard = b""
        self.lost = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal."""
    master, slave = pty.openpty()
    try:
        yield master, slave
    finally:
        os.close(slave)
        os.close(master)


async def heard(ear: Ear, wanted: bytes) -> None:
    async with asyncio.timeout(10):
        while ear.heard != wanted:
            await asyncio.sleep(0.005)


def test_octets_go_both_ways_as_they_are(line: tuple[int, int]) -> None:
    everything = bytes(range(256))

    async def play() -> None:
        ear = Ear()
        transport = await open_port(os.ttyname(line[1]), ear)
        os.write(line[0], everything)
        await heard(ear, everything)
        transport.write(everything)
        assert os.read(line[0], 1000) == everything
        transport.abort()
        await ear.lost.wait()

    asyncio.run(play())


def test_an_open_port_is_refused_to_others_and_free_again_after(line: tuple[int, int]) -> None:
    async def play() -> None:
        first, second = Ear(), Ear()
        transport = await open_port(os.ttyname(line[1]), first)
        with pytest.raises(PortError, match="in use by another program"):
            await open_port(os.ttyname(line[1]), second)
        transport.abort()
        await first.lost.wait()
        (await open_port(os.ttyname(line[1]), second)).abort()
        await second.lost.wait()

    asyncio.run(play())


def test_closing_does_not_hang_up(line: tuple[int, int]) -> None:
    async def play() -> None:
        ear = Ear()
        transport = await open_port(os.ttyname(line[1]), ear)
        assert not termios.tcgetattr(line[1])[2] & termios.HUPCL
        transport.abort()
        await ear.lost.wait()

    asyncio.run(play())


def test_a_modem_that_takes_nothing_does_not_hold_up_the_closing(line: tuple[int, int]) -> None:
    async def play() -> None:
        ear = Ear()
        transport = await open_port(os.ttyname(line[1]), ear)
        for _ in range(200):
            transport.write(b"x" * 1000)  # nobody reads the other end
        transport.abort()
        async with asyncio.timeout(5):
            await ear.lost.wait()

    asyncio.run(play())


def test_a_pulled_cable_is_noticed() -> None:
    async def play() -> None:
        master, slave = pty.openpty()
        ear = Ear()
        await open_port(os.ttyname(slave), ear)
        os.close(slave)
        os.close(master)
        async with asyncio.timeout(5):
            await ear.lost.wait()

    asyncio.run(play())


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_port_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PortError) as refused:
        asyncio.run(open_port(str(tmp_path / name), Ear()))
    assert str(refused.value)


def test_work_that_hangs_is_left_behind_and_blocks_nobody() -> None:
    free = threading.Event()

    async def play() -> None:
        began = time.monotonic()
        hanging = [asyncio.ensure_future(Errands().run(free.wait, 0.2)) for _ in range(64)]
        assert await Errands().run(lambda: 7, 5.0) == 7
        outcomes = await asyncio.gather(*hanging, return_exceptions=True)
        assert all(isinstance(outcome, TimeoutError) for outcome in outcomes)
        assert time.monotonic() - began < 10

    try:
        asyncio.run(play())
    finally:
        free.set()


def test_what_a_left_behind_thread_returns_is_tidied_up() -> None:
    free, tidied = threading.Event(), []

    async def play() -> None:
        with pytest.raises(TimeoutError):
            await Errands().run(lambda: free.wait() and 7, 0.05, too_late=tidied.append)
        free.set()
        async with asyncio.timeout(5):
            while not tidied:
                await asyncio.sleep(0.005)

    asyncio.run(play())
    assert tidied == [7]


def test_a_port_that_hangs_costs_one_thread_however_often_it_is_tried() -> None:
    free, tried = threading.Event(), []

    def hang() -> bool:
        tried.append(threading.current_thread())
        return free.wait(30)

    async def play() -> None:
        errands = Errands()
        for _ in range(5):
            with pytest.raises(TimeoutError):
                await errands.run(hang, 0.02)
        assert len(tried) == 1
        free.set()
        assert await errands.run(lambda: 7, 10) == 7

    try:
        asyncio.run(play())
    finally:
        free.set()


def test_a_system_that_gives_no_thread_is_passing_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def play() -> None:
        errands = Errands()
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(PortError, match="no thread"):
                await errands.run(lambda: 7, 5)
        assert await errands.run(lambda: 7, 5) == 7

    asyncio.run(play())


def test_what_is_owed_is_done_before_the_next_errand() -> None:
    done: list[int] = []

    async def play() -> None:
        errands = Errands()
        errands.owe(lambda: done.append(1))
        await errands.run(lambda: done.append(2), 5)

    asyncio.run(play())
    assert done == [1, 2]


def test_what_is_owed_may_fail_and_the_errand_is_done_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error", "/dev/of-somebody")

    async def play() -> int:
        errands = Errands()
        errands.owe(lambda: done.append(1))
        errands.owe(fail)
        return await errands.run(lambda: 7, 5)

    assert asyncio.run(play()) == 7
    assert done == [1]
    assert [record.getMessage() for record in caplog.records] == ["what was owed to the port failed: OSError"]


def test_a_device_that_hangs_in_opening_is_not_opened_a_second_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free, tried = threading.Event(), []

    def hang(device: str, baud: int) -> None:
        tried.append(device)
        free.wait(30)
        raise PortError("gone")

    async def play() -> None:
        monkeypatch.setattr(serial_port, "_open", hang)
        monkeypatch.setattr(serial_port, "OPEN_SECONDS", 0.1)
        for _ in range(3):
            with pytest.raises(PortError, match="opening it hangs"):
                await open_port(str(tmp_path / "port"), Ear())
        assert len(tried) == 1

    try:
        asyncio.run(play())
    finally:
        free.set()
