"""Ports asked over real pseudo-terminals, with virtual modems behind them."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
import sys
import tty
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hw.ports import Claims, PortRow, list_ports, probe
from hw.ports.claims import ASK_AGAIN_SECONDS, HOLD_SECONDS
from hw.ports.holders import holders
from hw.ports.places import Places
from hw.ports.probe import Haste, answering
from hw.virtual.fleet import Fleet
from hw.virtual.script import Script
from tests.support.usb import Bus, Face

QUICK = Haste(answer=0.3, attempts=2)


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


def modem(**settings: object) -> Script:
    script = Script()
    for name, value in settings.items():
        script.settings.set(name, value)
    return script


@asynccontextmanager
async def modems(folder: Path, *scripts: Script) -> AsyncIterator[list[Path]]:
    links = [folder / f"modem{number}" for number in range(len(scripts))]
    fleet = Fleet(zip(links, scripts, strict=True))
    fleet.plug_all()
    try:
        yield links
    finally:
        fleet.unplug_all()


@contextmanager
def silent_port() -> Iterator[Path]:
    """A port that takes everything and says nothing."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield Path(os.ttyname(slave))
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def answering_port(answer: Callable[[bytes], bytes]) -> Iterator[tuple[Path, list[bytes]]]:
    """A port on which ``answer`` replies to each read, and what was read."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard: list[bytes] = []

    def reply() -> None:
        heard.append(os.read(master, 4096))
        os.write(master, answer(heard[-1]))

    loop = asyncio.get_running_loop()
    loop.add_reader(master, reply)
    try:
        yield Path(os.ttyname(slave)), heard
    finally:
        loop.remove_reader(master)
        os.close(slave)
        os.close(master)


def run(work: Coroutine[Any, Any, Any]) -> None:
    asyncio.run(work)


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


@contextmanager
def locked(device: Path) -> Iterator[int]:
    """Another process that has ``device`` open, locked as pyserial locks it."""
    code = (
        "import fcntl, os, sys\n"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
        "fcntl.flock(fd, fcntl.LOCK_EX)\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(device)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdout.readline()
        yield child.pid
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


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


def rows_by_name(rows: list[PortRow]) -> dict[str, PortRow]:
    return {row.name: row for row in rows}


def test_the_list_says_what_answers_what_is_in_use_and_what_is_silent(bus: Bus, tmp_path: Path) -> None:
    bus.plug("1-1", "2c7c:0125", Face(1, "ttyUSB0"), Face(2, "ttyUSB1"), maker="Quectel", product="EG25-G")
    bus.plug(
        "1-2", "12d1:1506", Face(2, "ttyUSB2", protocol="ff/02/02"), maker="HUAWEI", product="HUAWEI Mobile"
    )
    bus.plug("1-3", "2341:0043", Face(0, "ttyACM0", protocol="02/02/01", driver="cdc_acm"))

    async def play() -> None:
        async with modems(tmp_path, modem(manufacturer="Quectel", model="EG25")) as (link,):
            with (
                silent_port() as diagnostic,
                silent_port() as board,
                answering_port(lambda _: b"OK\r\n") as (used_by_intake, heard),
            ):
                bus.wire("ttyUSB2", used_by_intake)
                bus.process(512, "intake", used_by_intake)
                bus.wire("ttyUSB0", diagnostic)
                bus.wire("ttyUSB1", link)
                bus.wire("ttyACM0", board)
                rows = rows_by_name(await list_ports(bus.places, haste=QUICK))
        at = rows["usb:1-1:1.2"]
        assert (at.answers_at, at.profile, at.note) == (True, "quectel", None)
        assert (at.usb_id, at.description) == ("2c7c:0125", "Quectel EG25")
        other = rows["usb:1-1:1.1"]
        assert (other.answers_at, other.profile, other.note) == (False, None, None)
        used = rows["usb:1-2:1.2"]
        assert (used.in_use_by, used.answers_at, used.profile) == ("intake (pid 512)", None, "huawei")
        assert used.description == "HUAWEI Mobile"
        assert heard == []
        assert "no port of this device answers AT" in (rows["usb:1-3:1.0"].note or "")

    run(play())


def test_one_silent_port_does_not_hold_up_the_others(bus: Bus) -> None:
    async def play() -> None:
        loop = asyncio.get_running_loop()
        masters = []
        for number in range(12):
            bus.plug(f"1-{number + 1}", "2c7c:0125", Face(2, f"ttyUSB{number}"))
            master, slave = pty.openpty()
            masters += [master, slave]
            tty.setraw(slave)
            bus.wire(f"ttyUSB{number}", Path(os.ttyname(slave)))
        began = loop.time()
        rows = await list_ports(bus.places, haste=Haste(answer=1.0, attempts=1))
        took = loop.time() - began
        for descriptor in masters:
            os.close(descriptor)
        assert [row.answers_at for row in rows] == [False] * 12
        assert took < 12 * 1.0, "one after the other"

    run(play())


def test_without_asking_nothing_is_opened(bus: Bus) -> None:
    bus.plug("1-1", "2c7c:0125", Face(2, "ttyUSB0"))

    async def play() -> None:
        with answering_port(lambda _: b"OK\r\n") as (device, heard):
            bus.wire("ttyUSB0", device)
            (row,) = await list_ports(bus.places, ask=False)
            await asyncio.sleep(0)
            assert (row.answers_at, row.profile, heard) == (None, "quectel", [])

    run(play())


@pytest.mark.parametrize("rule", ["E:ID_MM_DEVICE_IGNORE=1", "E:ID_MM_PORT_IGNORE=1"])
def test_modem_manager_is_named_unless_a_rule_keeps_it_away(bus: Bus, rule: str) -> None:
    bus.plug("1-1", "2c7c:0125", Face(2, "ttyUSB0"))
    bus.process(300, "ModemManager")
    (row,) = asyncio.run(list_ports(bus.places, ask=False))
    assert "ModemManager runs" in (row.note or "")
    number = "189:2" if "DEVICE" in rule else "188:0"
    (bus.places.udev / f"c{number}").write_text(f"I:1\n{rule}\nG:systemd\n")
    (row,) = asyncio.run(list_ports(bus.places, ask=False))
    assert row.note is None


STRANDED = [
    ("12d1:14db", Face(0, driver="cdc_ether", net="eth1", protocol="02/06/00"), "HiLink stick.*behind eth1"),
    ("12d1:14dc", Face(0, driver="cdc_ether", net="wwx0", protocol="02/06/00"), "no AT port.*Take it out"),
    ("19d2:1405", Face(0, driver="rndis_host", net="usb0", protocol="e0/01/03"), "HiLink stick.*behind usb0"),
    ("12d1:1f01", Face(0, driver="usb-storage", protocol="08/06/50"), "install usb-modeswitch"),
    ("19d2:2000", Face(0, driver="usb-storage", protocol="08/06/50"), "install usb-modeswitch"),
    (
        "1199:9071",
        Face(12, driver="cdc_mbim", net="wwan0", protocol="02/0e/00"),
        "switch its USB composition",
    ),
    ("2c7c:9999", Face(2, driver=None), "modprobe option, then echo 2c7c 9999 >"),
]


@pytest.mark.parametrize(("usb_id", "face", "words"), STRANDED)
def test_a_modem_without_a_port_is_told_with_the_way_out(
    bus: Bus, usb_id: str, face: Face, words: str
) -> None:
    bus.plug("1-4", usb_id, face, maker="HUAWEI", product="E3372")
    (row,) = asyncio.run(list_ports(bus.places))
    assert (row.name, row.device, row.usb_id) == ("usb:1-4", None, usb_id)
    assert re.search(words, row.note or "")


def test_network_adapters_drives_and_hubs_are_not_taken_for_modems(bus: Bus) -> None:
    bus.plug("1-1", "0bda:8153", Face(0, driver="cdc_ether", net="eth1", protocol="02/06/00"))
    bus.plug("1-2.1", "0781:5581", Face(0, driver="usb-storage", protocol="08/06/50"))
    bus.plug("1-3", "12d1:0001", Face(0, driver="snd-usb-audio", protocol="01/01/00"))
    assert asyncio.run(list_ports(bus.places)) == []


def test_a_modem_with_ports_and_a_network_interface_is_no_hilink(bus: Bus) -> None:
    bus.plug(
        "1-1",
        "12d1:1506",
        Face(0, "ttyUSB0", protocol="ff/02/02"),
        Face(1, driver="huawei_cdc_ncm", net="wwan0", protocol="ff/02/16"),
    )
    rows = asyncio.run(list_ports(bus.places, ask=False))
    assert [row.name for row in rows] == ["usb:1-1:1.0"]


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def nobody(_: object) -> set[str]:
    return set()


def quectels(bus: Bus, *paths: str) -> None:
    for place, path in enumerate(paths):
        bus.plug(path, "2c7c:0125", Face(1, f"ttyUSB{2 * place}"), Face(2, f"ttyUSB{2 * place + 1}"))


def test_each_auto_gets_another_modem_and_keeps_it(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    claims = Claims(["auto", "auto", "auto"], places=bus.places, ask=nobody)
    assert claims.names == ("auto", "auto 2", "auto 3")
    wanted = [str(bus.places.dev / "ttyUSB1"), str(bus.places.dev / "ttyUSB3"), None]
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        found = {number: claims.locator(number)() for number in order}
        assert [found[number] for number in range(3)] == wanted


def test_auto_leaves_what_is_configured_by_name(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2", "1-3")
    path = str(bus.places.dev / "ttyUSB0")
    claims = Claims(["auto", path, "usb:1-2"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB5")
    assert claims.locate(1) == path
    assert claims.locate(2) == str(bus.places.dev / "ttyUSB3")


def test_a_modem_that_starts_anew_comes_back_to_the_auto_that_had_it(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    time = Time()
    claims = Claims(["auto"], places=bus.places, clock=time, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    bus.unplug("1-1")
    time.now += HOLD_SECONDS - 1
    assert claims.locate(0) is None
    bus.plug("1-1", "2c7c:0125", Face(1, "ttyUSB8"), Face(2, "ttyUSB9"))
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB9")


def test_an_auto_whose_modem_stays_away_takes_another(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    time = Time()
    claims = Claims(["auto"], places=bus.places, clock=time, ask=nobody)
    claims.locate(0)
    bus.unplug("1-1")
    time.now += HOLD_SECONDS
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB3")


def test_auto_takes_a_modem_another_program_uses_only_when_there_is_no_other(bus: Bus) -> None:
    quectels(bus, "1-1", "1-2")
    bus.process(4711, "pppd", bus.places.dev / "ttyUSB0")
    bus.process(os.getpid(), "intake", bus.places.dev / "ttyUSB3")
    claims = Claims(["auto", "auto"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB3")
    assert claims.locate(1) == str(bus.places.dev / "ttyUSB1"), "so that the driver says who is in the way"


def test_auto_asks_what_no_profile_names_and_remembers_the_answer(bus: Bus) -> None:
    bus.plug("1-1", "2341:0043", Face(0, "ttyACM0", protocol="02/02/01", driver="cdc_acm"))
    bus.plug("1-2", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    time, asked = Time(), []

    def ask(ports: object) -> set[str]:
        assert isinstance(ports, list)
        asked.append([port.name for port in ports])
        return {"usb:1-2:1.1"}

    claims = Claims(["auto", "auto"], places=bus.places, clock=time, ask=ask)
    assert claims.locate(0) == claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    assert asked == [["usb:1-1:1.0", "usb:1-2:1.0", "usb:1-2:1.1"]]
    assert claims.locate(1) is None
    assert len(asked) == 1
    time.now += ASK_AGAIN_SECONDS
    assert claims.locate(1) is None
    assert asked[1:] == [["usb:1-1:1.0"]]


def test_what_was_heard_is_forgotten_with_the_plugging(bus: Bus) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    answers = [{"usb:1-1:1.1"}, {"usb:1-1:1.0"}]
    claims = Claims(["usb:1-1"], places=bus.places, ask=lambda _: answers.pop(0))
    assert claims.locate(0) == claims.locate(0) == str(bus.places.dev / "ttyUSB1")
    bus.unplug("1-1")
    assert claims.locate(0) is None
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB0")


def test_a_plugging_whose_number_the_kernel_uses_again_is_another_plugging(bus: Bus) -> None:
    answers = [{"usb:1-1:1.1"}, {"usb:1-1:1.0"}]
    claims = Claims(["usb:1-1"], places=bus.places, ask=lambda _: answers.pop(0))
    for wanted in ("ttyUSB1", "ttyUSB0"):
        device = bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
        (device / "devnum").write_text("5\n")  # it counts to 127 and begins again
        assert claims.locate(0) == str(bus.places.dev / wanted)
        bus.unplug("1-1")
        assert claims.locate(0) is None


def test_a_named_modem_that_does_not_answer_is_still_opened_at_its_likeliest_port(bus: Bus) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"))
    claims = Claims(["usb:1-1"], places=bus.places, ask=nobody)
    assert claims.locate(0) == str(bus.places.dev / "ttyUSB0")


def test_claims_find_the_answering_port_of_real_terminals(bus: Bus, tmp_path: Path) -> None:
    bus.plug("1-1", "feed:0001", Face(0, "ttyUSB0"), Face(1, "ttyUSB1"), Face(2, "ttyUSB2"))

    async def play() -> None:
        async with modems(tmp_path, modem()) as (link,):
            with silent_port() as one, silent_port() as other:
                bus.wire("ttyUSB0", one)
                bus.wire("ttyUSB1", link)
                bus.wire("ttyUSB2", other)
                claims = Claims(["auto"], places=bus.places, ask=answering)
                found = await asyncio.to_thread(claims.locate, 0)
        assert found == str(bus.places.dev / "ttyUSB1")

    run(play())


def test_claims_may_be_asked_from_many_threads(bus: Bus) -> None:
    quectels(bus, *[f"1-{number}" for number in range(1, 9)])
    claims = Claims(["auto"] * 8, places=bus.places, ask=nobody)

    async def play() -> None:
        found = await asyncio.gather(*(asyncio.to_thread(claims.locate, number) for number in range(8)))
        assert len(set(found)) == 8 and None not in found

    run(play())
