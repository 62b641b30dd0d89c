"""What is installed carries the rooms of its role, whole, and no others (N4, N5)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.support.house import ROOT

ROLES = {"box": ("wire", "hw", "gateway"), "workstation": ("wire", "disclosure", "workstation")}
PROGRAMS = {"box": {"tipline-gateway", "tipline-modem"}, "workstation": {"tipline-workstation"}}


@cache
def _wheel(role: str, folder: Path) -> Path:
    """Return the wheel of ``role``, built in ``folder`` without network."""
    environment = os.environ | {"PYTHON": sys.executable, "OUT": str(folder), "TMPDIR": str(folder)}
    subprocess.run(
        ["sh", str(ROOT / "requirements" / "bundle.sh"), role, "--own"],
        env=environment,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    (wheel,) = (folder / role).glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize("role", ROLES)
def test_a_bundle_has_its_rooms_whole_and_nothing_else(role: str, folder: Path) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for room in ROLES[role]
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(there) > 20
    assert _names(_wheel(role, folder)) == there


def test_the_box_has_no_file_of_the_workstation(folder: Path) -> None:
    """N4."""
    with zipfile.ZipFile(_wheel("box", folder)) as archive:
        names = archive.namelist()
        assert not [name for name in names if "workstation" in name]
        sources = [name for name in names if name.endswith(".py")]
        assert not [name for name in sources if b"crypto_box_seal_open" in archive.read(name)]


@pytest.mark.parametrize("role", ROLES)
def test_a_bundle_has_its_programs_and_the_licence(role: str, folder: Path) -> None:
    with zipfile.ZipFile(_wheel(role, folder)) as archive:
        (entries,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        lines = archive.read(entries).decode().splitlines()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert {line.partition(" = ")[0] for line in lines if " = " in line} == PROGRAMS[role]


def test_the_same_source_gives_the_same_wheel(folder: Path, tmp_path: Path) -> None:
    first, second = _wheel("workstation", folder), _wheel("workstation", tmp_path)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
