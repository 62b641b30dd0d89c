"""The lock files pin everything, name nobody's registry, and agree with pyproject.toml and with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.house import ROOT, name_of

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
_PIN = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==(\S+)(.*(?:\n[ ]+--hash=sha256:[0-9a-f]{64}(?: \\)?)*)", re.MULTILINE
)


def _pins(path: Path) -> dict[str, str]:
    return {name: version for name, version, _ in _PIN.findall(path.read_text(encoding="utf-8"))}


def _versions(path: Path) -> set[tuple[str, str]]:
    """Return each pin with its version; a package may have one for each release of Python."""
    return {(name, version) for name, version, _ in _PIN.findall(path.read_text(encoding="utf-8"))}


def _wanted(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return {re.split(r"[><=\[ ]", line, maxsplit=1)[0].lower() for line in lines}


def test_there_is_a_lock_for_each_purpose() -> None:
    assert [path.stem for path in LOCKS] == ["box", "build", "dev", "outside", "portal", "workstation"]


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_every_package_is_pinned_with_its_hashes(path: Path) -> None:
    pins = _PIN.findall(path.read_text(encoding="utf-8"))
    assert pins
    assert not [name for name, _, rest in pins if "--hash=sha256:" not in rest]
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] not in " #"]
    assert len(lines) == len(pins)


@pytest.mark.parametrize("path", LOCKS, ids=name_of)
def test_no_lock_names_where_packages_come_from(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("dev", ("box", "workstation", "dev")),
        ("box", ("box",)),
        ("workstation", ("workstation",)),
        ("portal", ("portal",)),
        ("outside", ("outside",)),
    ],
)
def test_each_lock_has_what_pyproject_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    """If not: make lock."""
    assert not _wanted(*extras) - _pins(ROOT / "requirements" / f"{lock}.lock").keys()


def test_all_locks_take_the_versions_that_were_tested() -> None:
    tested = _versions(ROOT / "requirements" / "dev.lock")
    names = {name for name, _ in tested}
    for path in LOCKS:
        versions = _versions(path)
        assert {one for one in versions if one[0] in names} <= tested, path.name
        assert path.stem == "outside" or versions <= tested, path.name  # what it has more is nothing of ours


def test_the_workstation_installs_no_serial_port_and_no_network_client() -> None:
    """N5."""
    pins = _pins(ROOT / "requirements" / "workstation.lock").keys()
    assert not pins & {
        "pyserial",
        "pyserial-asyncio-fast",
        "asyncssh",
        "python-gsmmodem-new",
        "systemd-python",
    }
    assert not pins & {"requests", "httpx", "aiohttp", "urllib3"}
