"""Ports asked over real pseudo-terminals, with virtual modems behind them."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from hw.ports import probe
from hw.ports.holders import holders
from hw.ports.places import Places
from tests.support.serial_ports import QUICK, answering_port, locked, modem, modems, run, silent_port
from tests.support.usb import Bus


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


def test_a_modem_tells_maker_model_imei_and_profile(tmp_path: Path) -> None:
    async def play() -> None:
        async with modems(tmp_path, modem(manufacturer="Quectel", model="EG25")) as (link,):
            result = await probe(link, QUICK)
            assert (result.answers, result.reason) == (True, None)
            assert (result.maker, result.model, result.profile) == ("Quectel", "EG25", "quectel")
            assert result.imei == "490154203237518"
            assert result.imei not in repr(result)

    run(play())


def test_a_modem_that_is_asked_can_be_opened_again_at_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with modems(tmp_path, modem()) as (link,):
            assert [(await probe(link, QUICK)).answers for _ in range(3)] == [True] * 3

    run(play())


@pytest.mark.parametrize(
    "answer",
    [b"ERROR\r\n", b"\r\r\nCOMMAND NOT SUPPORT\r\n", b"\0\0+CME ERROR: SIM not inserted\r\n", b"OK\n"],
)
def test_an_error_proves_at_as_well_as_ok(answer: bytes) -> None:
    async def play() -> None:
        with answering_port(lambda _: answer) as (device, _):
            result = await probe(device, QUICK)
        assert result.answers is True
        assert (result.maker, result.profile) == (None, "generic")

    run(play())


@pytest.mark.parametrize(
    "noise",
    [
        lambda heard: heard,
        lambda _: b"$GPGGA,,,,*47\r\n",
        lambda _: b"\xff\x7e\x00\x81\n",
        lambda _: b"^RSSI: 18\r\n",
    ],
    ids=["echo", "GPS", "binary", "chatter"],
)
def test_an_echo_and_noise_prove_nothing(noise: Callable[[bytes], bytes]) -> None:
    async def play() -> None:
        with answering_port(noise) as (device, _):
            assert (await probe(device, QUICK)).answers is False

    run(play())


def test_a_modem_stuck_in_a_prompt_is_freed_before_it_is_asked_again() -> None:
    def answer(heard: bytes) -> bytes:
        return b"\r\nOK\r\n" if b"\x1b" in heard else b""

    async def play() -> None:
        with answering_port(answer) as (device, _):
            assert (await probe(device, QUICK)).answers is True

    run(play())


def test_asking_says_nothing_but_questions() -> None:
    async def play() -> None:
        with answering_port(lambda _: b"\r\nOK\r\n") as (device, heard):
            await probe(device, QUICK)
        assert b"".join(heard) == b"AT\rAT+CGMI\rAT+CGMM\rAT+CGSN\r"

    run(play())


def test_a_port_that_is_in_use_or_gone_is_told_from_one_that_is_silent(tmp_path: Path) -> None:
    async def play() -> None:
        with silent_port() as device:
            assert (await probe(device, QUICK)).reason == "no answer to AT"
            with locked(device):
                result = await probe(device, QUICK)
            assert (result.answers, result.reason) == (None, "in use by another program")
        assert (await probe(tmp_path / "none", QUICK)).answers is None

    run(play())


def test_the_process_that_has_a_real_port_open_is_found_in_proc() -> None:
    master, slave = pty.openpty()
    device = Path(os.ttyname(slave))
    os.close(slave)
    try:
        with locked(device) as pid:
            found = holders([device], Places())
        assert found[device].pid == pid
        assert holders([device], Places()) == {}
    finally:
        os.close(master)


def test_a_pulled_modem_ends_the_asking() -> None:
    async def play() -> None:
        master, slave = pty.openpty()
        tty.setraw(slave)
        device = Path(os.ttyname(slave))
        os.close(slave)
        asyncio.get_running_loop().add_reader(master, pull, master)
        assert (await probe(device, QUICK)).answers is None

    def pull(master: int) -> None:
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)

    run(play())
