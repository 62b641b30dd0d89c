"""The privileged helper that plugs a modem in again: what it does with a bus in a folder, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hw.ports.claims import Claims
from hw.replug import MOST, replug, request, take
from tests.support.usb import Bus, Face

NOT_PATHS = (
    "usb1",
    "1-1:1.0",
    "1-1.2.",
    "..",
    "1-",
    "1-1.2 ",
    "1-1\n",
    "1-\u0661",
    ".hidden",
    "1-1.2.3.4.5.6.7.8",
)


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A folder of devices: two modems, one that is not authorised, a hub, and no more."""
    for path, authorised, kind in (("1-1", 1, "00"), ("1-1.2", 1, "ef"), ("2-1", 0, "00"), ("1-3", 1, "09")):
        device = tmp_path / "devices" / path
        device.mkdir(parents=True)
        (device / "authorized").write_text(f"{authorised}\n")
        (device / "bDeviceClass").write_text(f"{kind}\n")
    return tmp_path / "devices"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requests").mkdir()
    return tmp_path / "requests"


def authorised(devices: Path) -> dict[str, str]:
    return {device.name: (device / "authorized").read_text().strip() for device in devices.iterdir()}


def test_what_is_asked_for_is_taken_once(folder: Path) -> None:
    request(folder, "1-1.2")
    request(folder, "1-1.2")
    request(folder, "2-4")
    assert take(folder) == ["1-1.2", "2-4"]
    assert take(folder) == []


def test_what_is_no_usb_path_is_thrown_away_and_followed_nowhere(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    for name in NOT_PATHS:
        if name != "..":
            (folder / name).touch()
    (folder / "link").symlink_to(outside)
    (folder / "1-7").symlink_to(outside)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "1-8")
    assert take(folder) == ["1-7", "1-8"]  # the names alone were looked at
    assert list(folder.iterdir()) == []
    assert outside.read_text() == "kept"


def test_no_more_is_asked_for_than_a_box_has_modems(folder: Path) -> None:
    for number in range(MOST + 5):
        request(folder, f"1-{number}")
    assert len(take(folder)) == MOST
    assert list(folder.iterdir()) == []


def test_a_folder_of_requests_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OSError, match="directory"):
        take(tmp_path / "link")


def test_a_request_is_only_ever_a_usb_path(folder: Path) -> None:
    for name in NOT_PATHS:
        with pytest.raises(AssertionError):
            request(folder, name)


def test_devices_are_authorised_again_and_those_that_were_not_stay_so(devices: Path) -> None:
    assert replug(["1-1", "2-1", "1-3", "9-9"], devices=devices, off=0) == ["1-1"]
    assert authorised(devices) == {"1-1": "1", "1-1.2": "1", "2-1": "0", "1-3": "1"}


def test_meanwhile_they_are_not_authorised(devices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(time, "sleep", lambda seconds: seen.append((seconds, authorised(devices))))
    replug(["1-1", "1-1.2"], devices=devices, off=7)
    assert seen == [(7, {"1-1": "0", "1-1.2": "0", "2-1": "0", "1-3": "1"})]


def test_one_that_is_pulled_out_meanwhile_keeps_no_other_from_coming_back(
    devices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: (devices / "1-1" / "authorized").unlink())
    replug(["1-1", "1-1.2"], devices=devices, off=7)
    assert authorised_again(devices / "1-1.2")
    assert not (devices / "1-1" / "authorized").exists()


def authorised_again(device: Path) -> bool:
    return (device / "authorized").read_text().strip() == "1"


def test_an_end_asked_for_in_the_middle_leaves_no_device_out(devices: Path, folder: Path) -> None:
    request(folder, "1-1")
    program = (
        "import sys; from pathlib import Path; from hw.replug import main; "
        "main(Path(sys.argv[1]), devices=Path(sys.argv[2]), off=1)"
    )
    command = [sys.executable, "-c", program, folder, devices]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while authorised_again(devices / "1-1") and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "USB device 1-1 was plugged in again\n")
    assert authorised_again(devices / "1-1")


def test_it_loads_nothing_but_the_standard_library() -> None:
    """It runs as root."""
    program = "import sys; before = set(sys.modules); import hw.replug; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"hw"}


def test_the_modem_of_a_port_is_known_by_its_usb_path_and_an_adapter_or_file_is_left_alone(
    tmp_path: Path,
) -> None:
    bus = Bus(tmp_path)
    bus.plug("1-1.2", "2c7c:0125", Face(2, "ttyUSB0"), Face(3, "ttyUSB1"))
    bus.plug("1-4", "0403:6011", Face(0, "ttyUSB4", driver="ftdi_sio"))
    bus.plug("2-1", "1e0e:9001", Face(2, "ttyUSB2"))
    bus.plug("3-1", "1e0e:9001", Face(2, "ttyUSB7"))
    specs = ["usb:1-1.2:1.2", "usb:1-1.2", "usb:1-4:1.0", str(bus.places.dev / "ttyUSB2"), "auto", "usb:7-7"]
    claims = Claims(specs, places=bus.places, ask=lambda _: set())
    assert claims.usb_path(4) is None  # it has none yet
    claims.locate(4)
    assert [claims.usb_path(at) for at in range(6)] == ["1-1.2", "1-1.2", None, None, "3-1", None]
