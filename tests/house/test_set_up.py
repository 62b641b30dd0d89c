"""What a newcomer meets: make lists its targets, and set-up says what to type where it may not install."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.house import ROOT

SET_UP = ROOT / "requirements" / "set-up.sh"


def _bare_machine(folder: Path, *, user: int, apt: bool) -> dict[str, str]:
    """Return the environment of a machine that has the programs of a minimal Debian and no Python."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "tr", "sed", "mkdir", "tail", "cat"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    _program(programs / "id", f"echo {user}")
    if apt:
        _program(programs / "apt-get", f'echo apt-get "$@" >>{folder}/asked; echo no such mirror; exit 100')
    return {"PATH": str(programs), "PYTHON": "python3-that-is-not-there", "VENV": str(folder / "venv")}


def _program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def _set_up(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "requirements").mkdir()
    script = folder / "requirements" / "set-up.sh"
    shutil.copy(SET_UP, script)
    return subprocess.run(
        [str(script), "run"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_who_is_not_root_is_told_what_to_type_and_nothing_is_installed(tmp_path: Path) -> None:
    done = _set_up(tmp_path, _bare_machine(tmp_path, user=1000, apt=True))
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install" in done.stderr
    for package in ("python3-venv", "python3-dev", "libsystemd-dev", "pkg-config", "gcc"):
        assert package in done.stderr
    assert not (tmp_path / "asked").exists()
    assert not (tmp_path / "venv").exists()


def test_root_sees_what_apt_said_when_it_fails(tmp_path: Path) -> None:
    done = _set_up(tmp_path, _bare_machine(tmp_path, user=0, apt=True))
    assert done.returncode == 1
    assert "no such mirror" in done.stderr
    assert (tmp_path / "asked").read_text().startswith("apt-get update")


def test_where_there_is_no_apt_the_packages_are_named(tmp_path: Path) -> None:
    done = _set_up(tmp_path, _bare_machine(tmp_path, user=0, apt=False))
    assert done.returncode == 1
    assert "libsystemd-dev" in done.stderr


def test_make_alone_lists_the_targets() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not on this machine")
    plain = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(["make"], cwd=ROOT, env=plain, capture_output=True, text=True, check=True)
    lines = [line.split()[:2] for line in done.stdout.splitlines()]
    assert ["make", "run"] in lines
    assert ["make", "test"] in lines
    assert all(line[0] == "make" for line in lines)


def test_ci_runs_make_test_and_passes_its_exit_code_on(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text("test:\n\t@echo asked for the tests; false\n", encoding="utf-8")
    done = subprocess.run(
        ["sh", str(tmp_path / ".ci" / "run")],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == "asked for the tests\n"
    assert done.returncode != 0
