"""The checks of the machine, on trees of files as kernels make them, and in a real network namespace."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.ended_epochs import opened
from tests.support.workstation import FIRST, NOW, Box, Station
from wire.signed import time_text
from workstation.book.connection import NAME, Book
from workstation.book.log import Actor
from workstation.book.settings import change_setting
from workstation.machine.clock import clock
from workstation.machine.disk import LEAST, disk
from workstation.machine.examination import MachineRefused, examine
from workstation.machine.findings import Check
from workstation.machine.network import network
from workstation.machine.opened import examine_opened
from workstation.machine.policy import Level, Policy, change_policy, read_policy
from workstation.machine.program import Program, age, installed
from workstation.machine.swap import swap
from workstation.problems import Damaged

DAY = 86400


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _interfaces(root: Path, **flags: str) -> None:
    for name, value in flags.items():
        _write(root / "sys/class/net" / name / "flags", f"{value}\n")


@pytest.mark.parametrize(
    ("flags", "good"),
    [
        ({"lo": "0x9"}, True),
        ({}, True),
        ({"lo": "0x9", "eth0": "0x1002"}, True),
        ({"lo": "0x9", "eth0": "0x1003"}, False),
        ({"lo": "0x9", "wlan0": "0x1003", "eth0": "0x1002"}, False),
        ({"lo": "0x9", "tun0": "0x1091"}, False),
        ({"eth0": "what is this"}, False),
    ],
)
def test_an_interface_that_is_up_is_found_and_named(
    tmp_path: Path, flags: dict[str, str], good: bool
) -> None:
    _interfaces(tmp_path, **flags)
    found = network(tmp_path)
    assert found.good is good
    assert all(
        name in found.words for name, value in flags.items() if value in ("0x1003", "0x1091", "what is this")
    )


def test_an_interface_of_the_process_that_sysfs_does_not_know_is_taken_to_be_up(tmp_path: Path) -> None:
    _interfaces(tmp_path, lo="0x9")
    head = "Inter-|   Receive\n face |bytes\n"
    _write(tmp_path / "proc/self/net/dev", f"{head}    lo: 1 2 3\n")
    assert network(tmp_path).good
    _write(tmp_path / "proc/self/net/dev", f"{head}    lo: 1 2 3\nenp3s0:0 0 0\n")
    assert "enp3s0" in network(tmp_path).words and not network(tmp_path).good


_IN_NAMESPACE = """
import json, sys
from pathlib import Path
from workstation.machine.network import network
found = network(Path("/"))
print(json.dumps([found.good, found.words]))
"""


def _in_namespace(script: str) -> tuple[bool, str]:
    """Return what is found in a network namespace of its own in which ``script`` was run; skip where there is none."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare")
    inside = f'mount -t sysfs none /sys && {script} && exec "$0" -c "$1"'
    command = [
        unshare,
        "--net",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        inside,
        sys.executable,
        _IN_NAMESPACE,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine lets nobody have one: {done.stderr.strip()[-80:]}")
    good, words = json.loads(done.stdout)
    return good, words


def test_in_an_empty_network_namespace_nothing_is_up() -> None:
    assert _in_namespace("true") == (True, "no network interface is up but loopback")


def test_in_a_namespace_a_real_interface_that_is_up_is_found() -> None:
    good, words = _in_namespace("ip link add veth7 type veth peer name veth8 && ip link set veth7 up")
    assert not good and "veth7" in words and "veth8" not in words


def _swaps(root: Path, *rows: tuple[str, str]) -> None:
    head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    _write(root / "proc/swaps", head + "".join(f"{path}  {kind}\t1000\t0\t-2\n" for path, kind in rows))


def _block(root: Path, name: str, *, dm: str = "", slaves: tuple[str, ...] = (), backing: str = "") -> None:
    folder = root / "sys/class/block" / name
    folder.mkdir(parents=True, exist_ok=True)
    if dm:
        _write(folder / "dm/uuid", f"{dm}\n")
    if backing:
        _write(folder / "backing_dev", f"{backing}\n")
    (folder / "slaves").mkdir(exist_ok=True)
    for slave in slaves:
        (folder / "slaves" / slave).mkdir()


def test_without_swap_all_is_well(tmp_path: Path) -> None:
    assert swap(tmp_path).good, "a kernel without swap has no such file"
    _swaps(tmp_path)
    assert swap(tmp_path) == swap(tmp_path) and swap(tmp_path).words == "there is no swap"


def test_swap_on_a_partition_is_in_clear(tmp_path: Path) -> None:
    _swaps(tmp_path, ("/dev/sda2", "partition"))
    _block(tmp_path, "sda2")
    assert not swap(tmp_path).good and "/dev/sda2" in swap(tmp_path).words


def test_swap_on_an_encrypted_volume_is_well_also_by_its_name_in_the_mapper(tmp_path: Path) -> None:
    _block(tmp_path, "sda2")
    _block(tmp_path, "dm-0", dm="CRYPT-PLAIN-swap", slaves=("sda2",))
    _swaps(tmp_path, ("/dev/dm-0", "partition"))
    assert swap(tmp_path).good
    (tmp_path / "dev/mapper").mkdir(parents=True)
    (tmp_path / "dev/dm-0").write_text("")
    (tmp_path / "dev/mapper/swap").symlink_to("../dm-0")
    _swaps(tmp_path, ("/dev/mapper/swap", "partition"))
    assert swap(tmp_path).good


def test_a_volume_is_as_safe_as_all_that_is_under_it(tmp_path: Path) -> None:
    _block(tmp_path, "sda2")
    _block(tmp_path, "dm-0", dm="CRYPT-LUKS2-0123-root", slaves=("sda2",))
    _block(tmp_path, "dm-1", dm="LVM-abc", slaves=("dm-0",))
    _block(tmp_path, "dm-2", dm="LVM-def", slaves=("dm-0", "sda2"))
    _swaps(tmp_path, ("/dev/dm-1", "partition"))
    assert swap(tmp_path).good
    _swaps(tmp_path, ("/dev/dm-1", "partition"), ("/dev/dm-2", "partition"))
    assert not swap(tmp_path).good and "dm-1" not in swap(tmp_path).words


def test_compressed_memory_is_well_unless_it_has_a_disk_behind_it(tmp_path: Path) -> None:
    _swaps(tmp_path, ("/dev/zram0", "partition"))
    _block(tmp_path, "zram0", backing="none")
    assert swap(tmp_path).good
    _block(tmp_path, "zram0", backing="/dev/sda3")
    assert not swap(tmp_path).good


@pytest.mark.parametrize(
    ("source", "good"), [("/dev/dm-0", True), ("/dev/sda1", False), ("tank/root", False)]
)
def test_a_swap_file_is_as_safe_as_the_disk_it_lies_on(tmp_path: Path, source: str, good: bool) -> None:
    _block(tmp_path, "dm-0", dm="CRYPT-LUKS2-0123-home")
    _block(tmp_path, "sda1")
    rows = [
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
        f"21 20 254:0 / /mnt/my\\040disk rw,relatime shared:1 - ext4 {source} rw",
        "22 20 0:5 / /mnt/my rw - tmpfs tmpfs rw",
    ]
    _write(tmp_path / "proc/self/mountinfo", "\n".join(rows) + "\n")
    _swaps(tmp_path, ("/mnt/my\\040disk/swapfile", "file"))
    assert swap(tmp_path).good is good
    _swaps(tmp_path, ("/swapfile", "file"))
    assert not swap(tmp_path).good


def test_volumes_that_lie_on_each_other_in_a_ring_are_not_followed_for_ever(tmp_path: Path) -> None:
    _block(tmp_path, "dm-0", dm="LVM-a", slaves=("dm-1",))
    _block(tmp_path, "dm-1", dm="LVM-b", slaves=("dm-0",))
    _swaps(tmp_path, ("/dev/dm-0", "partition"))
    assert not swap(tmp_path).good


def test_a_clock_behind_what_is_here_is_found() -> None:
    assert clock(1000, None).good and clock(1000, 1000).good
    assert not clock(999, 1000).good and "1970-01-01T00:16:40Z" in clock(999, 1000).words
    assert not clock(-5, 1000).good


def test_the_newest_batch_the_key_sheet_and_the_log_all_tell_the_time(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    def good(now: int) -> bool:
        found = examine_opened(opened(station), now=now, root=tmp_path)
        return {one.check: one.good for one in found.findings}[Check.CLOCK]

    sheet = station.sheet.date
    assert good(sheet) and not good(sheet - 1)
    box.cut(stick, period=FIRST + 100 * DAY)
    station.take(stick)
    home = opened(station)
    assert (
        good(FIRST + 100 * DAY) is (int(time.time()) <= FIRST + 100 * DAY) or not (home.path / NAME).exists()
    )
    assert not good(FIRST + 100 * DAY - 1)
    with Book.open(home.path / NAME, home.vault.book) as book:
        change_setting(book, Actor(("analyst",)), "silence_days", "40", now=NOW + 900 * DAY)
    assert good(NOW + 900 * DAY) and not good(NOW + 900 * DAY - 1)


def test_an_old_program_is_told_and_one_from_the_future_too(tmp_path: Path) -> None:
    made = Program("1.2.3", NOW)
    assert age(NOW, made).good and age(NOW + 365 * DAY, made).good
    assert not age(NOW + 366 * DAY, made).good and "1.2.3" in age(NOW, made).words
    assert not age(NOW - 1, made).good
    assert age(NOW, installed()).good and "not known" in age(NOW, installed()).words, "a source has no date"
    _write(tmp_path / "built.txt", f"1.2.3 {time_text(NOW)}\n")
    assert installed(tmp_path / "built.txt") == made
    for text in ("", "1.2.3 yesterday\n"):
        _write(tmp_path / "built.txt", text)
        assert installed(tmp_path / "built.txt") == Program("unknown", None) == installed(tmp_path / "none")


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage(tmp_path)
    for free, good in ((LEAST, True), (LEAST - 1, False)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: real._replace(free=free))
        assert disk(tmp_path).good is good


@pytest.mark.parametrize("level", Level)
def test_the_policy_says_what_is_done(station: Station, tmp_path: Path, level: Level) -> None:
    _interfaces(tmp_path, eth0="0x1003")
    found = examine(station.home, Policy(network=level), now=NOW, root=tmp_path)
    (one,) = found.at(level)
    assert one.check is Check.NETWORK
    if level is Level.REFUSE:
        with pytest.raises(MachineRefused, match="eth0"):
            found.refuse()
    else:
        found.refuse()


def test_a_policy_is_kept_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    assert read_policy(tmp_path) == Policy() == Policy(network=Level.WARN)
    change_policy(tmp_path, {"network": Level.REFUSE})
    change_policy(tmp_path, {"swap": Level.IGNORE})
    assert read_policy(tmp_path) == Policy(network=Level.REFUSE, swap=Level.IGNORE)
    for text in ("network = 'perhaps'", "netwerk = 'warn'", "network = ", "network = 1"):
        (tmp_path / "machine.toml").write_text(text)
        with pytest.raises(Damaged, match=r"machine\.toml"):
            read_policy(tmp_path)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The root of a machine without anything to be warned of."""
    root = tmp_path / "root"
    _interfaces(root, lo="0x9")
    monkeypatch.setattr("workstation.machine.examination.ROOT", root)
    monkeypatch.setattr(
        "workstation.machine.examination.examine.__kwdefaults__", {"latest": None, "root": root}
    )
    monkeypatch.setattr("workstation.machine.opened.examine_opened.__kwdefaults__", {"root": root})
    return root


def test_check_says_what_it_found_and_refuses_by_policy(station: Station, no_network: Path) -> None:
    said = json.loads(Station(station.home, Path("/none")).run("check", "--json").stdout)
    assert set(said) == {"version", "refused", "findings"} and said["refused"] is False
    assert {one["check"]: one["good"] for one in said["findings"] if one["check"] != "disk"} == {
        "network": True,
        "swap": True,
        "clock": int(time.time()) >= NOW,
        "age": True,
    }
    assert all(set(one) == {"check", "good", "level", "words"} for one in said["findings"])
    _interfaces(no_network, eth0="0x1003")
    assert "network  warn" in station.run("check").stdout
    refused = station.run("check", "--set", "network=refuse", code=13)
    assert "network  refuse" in refused.stdout and "--set network=warn" in refused.stderr
    assert json.loads(station.run("check", "--json", code=13).stdout)["refused"] is True
    for wrong in ("network", "network=no", "disk=warn"):
        station.run("check", "--set", wrong, code=2)


@pytest.mark.parametrize("words", [("import", "STICK"), ("tips",)])
def test_what_takes_or_shows_tips_asks_first(
    station: Station, box: Box, stick: Path, no_network: Path, words: tuple[str, ...]
) -> None:
    box.cut(stick, box.text("hello"))
    command = [stick if word == "STICK" else word for word in words]
    _interfaces(no_network, eth0="0x1003")
    assert "warning: network interfaces are up: eth0" in station.run(*command).stderr
    station.run("check", "--set", "network=refuse", code=13)
    refused = station.run(*command, code=13)
    assert "eth0" in refused.stderr and refused.stdout == ""
    station.run("check", "--set", "network=ignore")
    assert "eth0" not in station.run(*command).stderr
