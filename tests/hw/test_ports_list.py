"""The list of ports, asked over real pseudo-terminals and read from a made-up bus."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import tty
from pathlib import Path

import pytest

from hw.ports import PortRow, list_ports
from hw.ports.probe import Haste
from tests.support.serial_ports import QUICK, answering_port, modem, modems, run, silent_port
from tests.support.usb import Bus, Face


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


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
