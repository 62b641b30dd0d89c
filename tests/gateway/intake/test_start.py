"""How intake starts: what it forgets, and a disk that is full or a spool that is damaged."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.box import load_box
from gateway.config import parse
from gateway.faults import Exit, MissingError
from gateway.intake.control import ask
from gateway.intake.kept import KeptMemory
from gateway.intake.main import _parts
from tests.support.boxes import make_state
from tests.support.house import ROOT

CONFIG = 'state_dir = "state"\n[batch]\nslots = 8\n[[line]]\nname = "police"\n[[line]]\nname = "fire"\n'
LONG = 60.0


def _write_config(folder: Path, state: Path | None = None) -> Path:
    path = folder / "tipline.toml"
    path.write_text(CONFIG.replace('"state"', f'"{state or folder / "state"}"'))
    return path


def test_a_new_memory_forgets_what_was_seen_under_keys_that_are_gone(tmp_path: Path) -> None:
    make_state(tmp_path / "state")
    other = sqlite3.connect(tmp_path / "state" / "spool.sqlite", isolation_level=None)
    other.execute("INSERT INTO seen VALUES (zeroblob(32), 57, zeroblob(16))")
    config = parse(CONFIG.encode(), base=tmp_path)

    async def start() -> None:
        parts = _parts(config, load_box(config.state_dir), KeptMemory())
        await parts.clockwork.start()
        await asyncio.wait_for(parts.committer.begun, LONG)
        assert [line.enrolled for line in parts.lines] == [True, False]
        assert [line.receiver.line for line in parts.lines] == [1, 2]
        (patience,) = parts.db.conn.execute("PRAGMA busy_timeout").fetchone()
        assert patience == 1000, "it is used in the event loop"
        await parts.committer.close()
        parts.db.close()

    asyncio.run(start())
    assert other.execute("SELECT count(*) FROM seen").fetchone() == (0,)
    assert other.execute("SELECT count(*) FROM started").fetchone() == (1,)
    other.close()


def _intake(config: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gateway", "--config", str(config), "intake"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_damaged_spool_ends_intake_with_a_sentence_and_a_way_out(tmp_path: Path) -> None:
    make_state(tmp_path / "state")
    db = sqlite3.connect(tmp_path / "state" / "spool.sqlite", isolation_level=None)
    db.execute("DROP TABLE started")
    db.close()
    process = _intake(_write_config(tmp_path))
    _, said = process.communicate(timeout=LONG)
    assert process.returncode == Exit.STORAGE, said
    assert "tipline-gateway: the spool cannot be used: no such table: started" in said
    assert "what to do: " in said
    assert "unforeseen" not in said


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounts a small tmpfs: needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=72M", "tipline", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def _live(state: Path) -> dict[str, Any]:
    try:
        return ask(state, {"op": "status"})
    except MissingError:
        return {}


def _until(process: subprocess.Popen[str], condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_start_on_a_full_disk_is_held_says_so_and_goes_on_by_itself(disk: Path, tmp_path: Path) -> None:
    state, ballast = disk / "state", disk / "ballast"
    make_state(state)
    config = _write_config(tmp_path, state)
    with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
        for _ in range(200_000_000 // 4096):
            file.write(bytes(4096))
    process = _intake(config)
    try:
        _until(process, lambda: "cannot be used" in str(_live(state).get("held")))
        os.truncate(ballast, 30_000_000)
        _until(process, lambda: "64 MB free" in str(_live(state).get("held")))
        assert set(_live(state)["lines"]) == {"police", "fire"}
        ballast.unlink()
        _until(process, lambda: _live(state) and _live(state)["held"] is None)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LONG)
    assert process.returncode == 0
    assert "nothing is received: the spool cannot be used" in said
    assert "unforeseen" not in said
