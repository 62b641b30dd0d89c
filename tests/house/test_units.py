"""What config/ installs: units that are confined as they say, users, folders, udev rules."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from hw import replug
from tests.support.house import ROOT

CONFIG = ROOT / "config"
INTAKE = CONFIG / "systemd" / "tipline-intake.service"
FORWARDER = CONFIG / "systemd" / "tipline-forwarder.service"
UNITS = [INTAKE, FORWARDER]
REPLUG = CONFIG / "systemd" / "tipline-replug.service"
ON_REQUEST = CONFIG / "systemd" / "tipline-replug.path"


def _directives(unit: Path) -> list[tuple[str, str]]:
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [
        (key, value)
        for key, equals, value in (line.partition("=") for line in lines)
        if equals and key[0] != "#"
    ]


def _values(unit: Path, key: str) -> list[str]:
    return [value for name, value in _directives(unit) if name == key]


def _program(name: str) -> str:
    """Return where a program of Debian's package systemd is; skip where the package is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not on this machine (Debian package systemd)")
    return path


def _with_a_program_that_exists(folder: Path) -> list[Path]:
    """Copy the units to ``folder``, the program in them replaced by one of this machine; return the copies."""
    copies = []
    for unit in (*UNITS, REPLUG, ON_REQUEST):
        text = unit.read_text(encoding="utf-8")
        program = "python" if unit is REPLUG else "tipline-gateway"
        assert f"ExecStart=/opt/tipline/bin/{program} " in text or unit is ON_REQUEST
        copy = folder / unit.name
        copy.write_text(text.replace(f"/opt/tipline/bin/{program}", "/bin/true"), encoding="utf-8")
        copies.append(copy)
    return copies


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    program = _program("systemd-analyze")
    units = [str(unit) for unit in _with_a_program_that_exists(tmp_path)]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if "tipline" in line]
    assert (done.returncode, about_ours) == (0, [])


@pytest.mark.parametrize(
    ("unit", "tenths"), [(INTAKE, 8), (FORWARDER, 15), (REPLUG, 20)], ids=lambda at: getattr(at, "stem", at)
)
def test_the_units_are_as_closed_as_we_say(unit: Path, tenths: int, tmp_path: Path) -> None:
    """``systemd-analyze security``: 0 is closed, 10 is open. What is left over is named in docs/install.md."""
    program = _program("systemd-analyze")
    copies = {copy.name: copy for copy in _with_a_program_that_exists(tmp_path)}
    command = [
        program,
        "security",
        "--offline=true",
        f"--threshold={tenths}",
        "--no-pager",
        str(copies[unit.name]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_intake_has_no_network_and_no_devices_but_modems() -> None:
    assert _values(INTAKE, "RestrictAddressFamilies") == ["AF_UNIX"]
    assert _values(INTAKE, "PrivateNetwork") == ["yes"]
    assert _values(INTAKE, "IPAddressDeny") == ["any"]
    assert _values(INTAKE, "DevicePolicy") == ["closed"]
    assert _values(INTAKE, "DeviceAllow") == ["char-ttyUSB rw", "char-ttyACM rw"]


def test_intake_keeps_plaintext_out_of_swap_and_core_files() -> None:
    assert _values(INTAKE, "LimitCORE") == ["0"]
    assert _values(INTAKE, "MemorySwapMax") == ["0"]
    assert _values(INTAKE, "LimitMEMLOCK") == ["infinity"]


def test_sixty_four_modems_may_hang_at_once() -> None:
    (tasks,) = _values(INTAKE, "TasksMax")
    assert int(tasks) >= 256


def test_the_memory_of_senders_is_kept_over_a_crash_and_the_loop_is_watched() -> None:
    assert _values(INTAKE, "FileDescriptorStoreMax") == ["1"]
    assert _values(INTAKE, "Restart") == ["always"]
    for unit in UNITS:
        assert _values(unit, "Type") == ["notify"]
        assert _values(unit, "WatchdogSec")


def test_the_forwarder_sees_no_device_and_nothing_private_of_intake() -> None:
    assert _values(FORWARDER, "DevicePolicy") == ["closed"]
    assert _values(FORWARDER, "PrivateDevices") == ["yes"]
    assert not _values(FORWARDER, "DeviceAllow")
    assert _values(FORWARDER, "InaccessiblePaths") == ["-/var/lib/tipline"]
    assert _values(FORWARDER, "ReadOnlyPaths") == ["/var/spool/tipline"]
    assert "/var/spool/tipline" not in " ".join(_values(FORWARDER, "ReadWritePaths"))


def test_the_helper_that_plugs_modems_in_again_has_one_right_and_hears_intake_alone() -> None:
    """It runs as root; what it does with a request is in tests/hw/test_replug.py."""
    folder = f"/run/{_values(INTAKE, 'RuntimeDirectory')[0]}"
    assert _values(INTAKE, "RuntimeDirectoryMode") == ["0700"]
    assert _values(ON_REQUEST, "DirectoryNotEmpty") == [folder]
    assert _values(REPLUG, "ExecStart") == [f"/opt/tipline/bin/python -I -m {replug.__name__} {folder}"]
    assert _values(REPLUG, "CapabilityBoundingSet") == ["CAP_DAC_OVERRIDE"]
    assert _values(REPLUG, "RestrictAddressFamilies") == ["none"]
    assert _values(REPLUG, "ReadWritePaths") == [f"-{folder}"]
    assert not _values(REPLUG, "User")
    assert ON_REQUEST.stem == REPLUG.stem


def test_the_two_processes_are_two_users_that_share_a_group() -> None:
    assert _values(INTAKE, "User") == ["tipline-intake"]
    assert _values(FORWARDER, "User") == ["tipline-forward"]
    assert _values(INTAKE, "Group") == _values(FORWARDER, "Group") == ["tipline"]
    assert not _values(FORWARDER, "SupplementaryGroups")


def test_every_group_of_directives_tells_its_reason() -> None:
    """Each block of [Service] that confines begins with a comment."""
    for unit in (*UNITS, REPLUG):
        service = unit.read_text(encoding="utf-8").partition("[Service]\n")[2].partition("\n[Install]")[0]
        blocks = [block.strip() for block in service.split("\n\n")[1:]]
        bare = [block for block in blocks if not block.startswith("#") and not block.startswith("Timeout")]
        assert not bare


def test_the_folders_of_the_units_are_those_of_the_example() -> None:
    example = tomllib.loads((CONFIG / "example.toml").read_text(encoding="utf-8"))
    assert example["state_dir"] == f"/var/lib/{_values(INTAKE, 'StateDirectory')[0]}"
    assert example["forward_dir"] == f"/var/lib/{_values(FORWARDER, 'StateDirectory')[0]}"
    assert [example["outbox_dir"]] == _values(INTAKE, "ReadWritePaths")


def test_users_and_folders_are_made_with_their_rights(tmp_path: Path) -> None:
    """systemd-sysusers and systemd-tmpfiles on an empty tree."""
    if os.geteuid() != 0:
        pytest.skip("giving folders to users needs root")
    for name in ("sysusers", "tmpfiles"):
        program = _program(f"systemd-{name}")
        arguments = ["--create"] if name == "tmpfiles" else []
        (tmp_path / "etc").mkdir(exist_ok=True)
        command = [program, f"--root={tmp_path}", *arguments, str(CONFIG / f"{name}.d" / "tipline.conf")]
        subprocess.run(command, capture_output=True, text=True, check=True)
    users = _ids(tmp_path / "etc/passwd", 2)
    groups = _ids(tmp_path / "etc/group", 2)
    assert _rights(tmp_path / "var/lib/tipline", users, groups) == ("tipline-intake", "tipline", 0o700)
    assert _rights(tmp_path / "var/spool/tipline", users, groups) == ("tipline-intake", "tipline", 0o2750)
    assert _rights(tmp_path / "var/lib/tipline-forward", users, groups) == (
        "tipline-forward",
        "tipline",
        0o2750,
    )
    assert _rights(tmp_path / "etc/tipline", users | {0: "root"}, groups) == ("root", "tipline", 0o750)
    dialout = next(
        line for line in (tmp_path / "etc/group").read_text().splitlines() if line.startswith("dialout:")
    )
    assert dialout.split(":")[3] == "tipline-intake"


def _ids(path: Path, column: int) -> dict[int, str]:
    rows = [line.split(":") for line in path.read_text(encoding="utf-8").splitlines()]
    return {int(row[column]): row[0] for row in rows}


def _rights(path: Path, users: dict[int, str], groups: dict[int, str]) -> tuple[str | None, str | None, int]:
    found = path.stat()
    return users.get(found.st_uid), groups.get(found.st_gid), stat.S_IMODE(found.st_mode)


def test_modemmanager_is_told_to_leave_every_maker_alone_that_a_profile_names() -> None:
    rules = (CONFIG / "udev" / "70-tipline.rules").read_text(encoding="utf-8")
    ignored = set(
        re.findall(
            r'ATTRS\{idVendor\}=="([0-9a-f]{4})", ENV\{ID_MM_DEVICE_IGNORE\}="1", '
            r'ENV\{ID_MM_PORT_IGNORE\}="1"',
            rules,
        )
    )
    named = set()
    for path in (ROOT / "hw" / "profiles").glob("*.toml"):
        for profile in tomllib.loads(path.read_text(encoding="utf-8"))["profile"]:
            named |= {usb["vendor"] for usb in profile.get("usb", ())}
    assert {"2c7c", "1e0e", "1199", "1bc7", "19d2", "1e2d", "12d1"} <= named | ignored
    assert named <= ignored


def test_config_has_no_python() -> None:
    assert not list(CONFIG.rglob("*.py"))
