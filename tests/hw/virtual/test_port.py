"""The real thing: a process, a pseudo-terminal, pyserial, the control socket."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from hw.virtual.client import Client, ControlError
from tests.support.virtual_modem import running


@contextmanager
def opened(link: Path) -> Iterator[serial.Serial]:
    port = serial.Serial(str(link), 115200, timeout=20, exclusive=True)
    try:
        yield port
    finally:
        port.close()


def ask(port: serial.Serial, command: str, end: bytes = b"OK\r\n") -> str:
    port.write(command.encode() + b"\r")
    return bytes(port.read_until(end)).decode("latin-1")


def direct(port: serial.Serial) -> None:
    ask(port, "ATE0")
    ask(port, "AT+CSMS=1")
    ask(port, "AT+CNMI=2,2,0,0,1")


def test_a_message_goes_all_the_way_and_the_record_says_so(tmp_path: Path) -> None:
    with running(tmp_path, "--seed", "1") as control, opened(tmp_path / "modem0") as port:
        direct(port)
        [message] = control.deliver("Mañana, allá", sender="+5216561112233")
        assert b"+CMT: ,36\r\n" in port.read_until(b"+CMT: ,36\r\n")
        port.read_until(b"\r\n")
        assert control.messages()[0]["acknowledged"] is None
        ask(port, "AT+CNMA")
        assert control.wait(timeout=20)
        [found] = control.messages()
        assert (found["id"], found["acknowledged_by"], len(found["attempts"])) == (message, "driver", 1)
        assert control.record()["violations"] == []


def test_a_closed_port_can_be_opened_again(tmp_path: Path) -> None:
    with running(tmp_path):
        for _ in range(3):
            with opened(tmp_path / "modem0") as port:
                assert "OK" in ask(port, "AT")


def test_everything_is_gone_after_the_end(tmp_path: Path) -> None:
    with running(tmp_path, modems=3):
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"modem0", "modem1", "modem2", "control"}
        assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []


def test_the_modems_of_one_process_are_told_apart_and_reach_each_other(tmp_path: Path) -> None:
    with running(tmp_path, modems=2) as control:
        assert control.status(0)["iccid"] != control.status("modem1")["iccid"]
        with opened(tmp_path / "modem0") as port:
            ask(port, "ATE0")
            ask(port, "AT+CMGS=19", end=b"> ")
            port.write(b"0001000D91256165000000F2000005C8329BFD06\x1a")
            port.read_until(b"OK\r\n")
        assert control.messages(0) == []
        assert control.messages(1)[0]["memory"] == "SM"


def test_unplugging_hangs_up_and_another_link_may_come_back(tmp_path: Path) -> None:
    with running(tmp_path) as control:
        with opened(tmp_path / "modem0") as port:
            ask(port, "AT")
            control.request("unplug")
            assert not (tmp_path / "modem0").is_symlink()
            with pytest.raises(serial.SerialException):
                for _ in range(50):
                    port.write(b"AT\r")
                    port.read(1)
        control.request("plug", link=str(tmp_path / "elsewhere"))
        with opened(tmp_path / "elsewhere") as port:
            assert "OK" in ask(port, "AT")


def test_a_reset_may_take_the_port_away_for_a_moment(tmp_path: Path) -> None:
    with running(tmp_path, "--set", "reset_drops=yes", "--set", "boot_ms=200") as control:
        with opened(tmp_path / "modem0") as port:
            ask(port, "AT+CFUN=1,1")
        for plugged in (False, True):
            for _ in range(200):
                if control.status()["plugged"] is plugged:
                    break
                time.sleep(0.01)
        assert control.status()["restarts"] == 1
        with opened(tmp_path / "modem0") as port:
            port.write(b"AT\r")
            assert any(b"OK" in port.read_until(b"\r\n") or not port.write(b"AT\r") for _ in range(50))


def test_nobody_reading_does_not_stop_the_modem(tmp_path: Path) -> None:
    with running(tmp_path, modems=2) as control:
        for _ in range(40):
            control.request("junk", octets="41" * 4000)
        assert control.status()["lost_octets"] > 0
        with opened(tmp_path / "modem1") as port:
            assert "OK" in ask(port, "AT")


def test_a_long_listing_arrives_whole(tmp_path: Path) -> None:
    with running(tmp_path) as control, opened(tmp_path / "modem0") as port:
        ask(port, "ATE0")
        control.deliver_many([{"text": "x" * 160} for _ in range(25)])
        said = ask(port, "AT+CMGL=4")
        assert said.count("+CMGL: ") == 25
        assert len(said) > 25 * 340


def test_load_is_offered_as_fast_as_it_is_taken(tmp_path: Path) -> None:
    with running(tmp_path, "--load", "200", "--seed", "3") as control, opened(tmp_path / "modem0") as port:
        direct(port)
        seen = set()
        for _ in range(2000):
            if len(seen) == 200:
                break
            line = port.read_until(b"\r\n")
            if line.startswith(b"+CMT"):
                seen.add(port.read_until(b"\r\n"))
                port.write(b"AT+CNMA\r")
        assert control.wait(timeout=20, count=200)
        status = control.status()
        assert (status["offered"], status["settled"]) == (200, 200)


def test_a_seed_makes_tips_repeatable(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with running(tmp_path / name, "--seed", "5", "--set", "deliver_when=never") as control:
            control.request("tips", interval=0.0, count=14)
            for _ in range(400):
                if len(found := control.messages()) >= 14:
                    break
                time.sleep(0.02)
            seen.append([message["tpdu"] for message in found][:14])
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 14


def test_a_request_that_cannot_be_carried_out_is_refused_and_the_connection_lives(tmp_path: Path) -> None:
    with running(tmp_path) as control:
        for op, values in (
            ("nothing", {}),
            ("deliver", {"from": "+1"}),
            ("deliver", {"text": "a", "data": "00"}),
            ("deliver", {"data": "zz"}),
            ("set", {"options": {"no_such": 1}}),
            ("set", {"options": {"pin": "1"}}),
            ("hang", {"how": "loudly"}),
            ("status", {"modem": 7}),
        ):
            with pytest.raises(ControlError):
                control.request(op, **values)
        assert control.status()["plugged"]


def test_every_kind_of_message_can_be_asked_for(tmp_path: Path) -> None:
    with running(tmp_path, "--set", "deliver_when=never") as control:
        control.deliver(data="00ff", dcs=0xF5)
        control.deliver("clase 2", **{"class": 2})
        control.deliver(tpdu="04038121f30000130560708090000161")
        control.deliver("x" * 400, ref=9, order=[3, 1, 1])
        control.deliver("nombre", sender="Telcel", scts="random", pid=0x41)
        octets = [bytes.fromhex(message["tpdu"]) for message in control.messages()]
    assert octets[0][-2:] == b"\x00\xff" and 0xF5 in octets[0]
    assert 0xF2 in octets[1]
    assert octets[2].hex() == "04038121f30000130560708090000161"
    assert octets[4] == octets[5] != octets[3]
    assert octets[6][2] == 0xD0


def test_a_link_is_never_put_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "modem0").write_text("mine")
    ended = subprocess.run(
        [sys.executable, "-m", "hw.virtual.cli", "--link", str(tmp_path / "modem0"), "--control", str(tmp_path / "c")],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 3
    assert "is there, and is no link" in ended.stderr
    assert (tmp_path / "modem0").read_text() == "mine"
    assert os.listdir(tmp_path) == ["modem0"]


def test_a_running_modem_can_be_spoken_to_from_the_command_line(tmp_path: Path) -> None:
    with running(tmp_path) as control:
        base = [sys.executable, "-m", "hw.virtual.cli", "--control", str(tmp_path / "control")]
        sent = subprocess.run(
            [*base, "--send", "+5216561112233", "hola"], capture_output=True, timeout=30, check=True
        )
        assert json.loads(sent.stdout) == {"messages": [1]}
        asked = subprocess.run(
            [*base, "--op", '{"op": "status"}'], capture_output=True, timeout=30, check=True
        )
        assert json.loads(asked.stdout)["offered"] == 1
        refused = subprocess.run([*base, "--op", '{"op": "x"}'], capture_output=True, timeout=30, check=False)
        assert refused.returncode == 4
        assert control.messages()[0]["memory"] == "SM"


def test_wrong_use_is_told(tmp_path: Path) -> None:
    for arguments in (
        [],
        ["--link", "a", "--count", "2"],
        ["--link", "a", "--link", "a"],
        ["--link", "a", "--set", "echo"],
        ["--link", "a", "--vendor", "nobody"],
        ["--link", "a", "--script", str(tmp_path / "none")],
    ):
        command = [sys.executable, "-m", "hw.virtual.cli", *arguments]
        assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 2


def test_a_client_gives_up_where_there_is_nobody(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Client(tmp_path / "none", wait=0)
