"""``run``: real processes, ended in every way. No modem: its port is one that is not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.faults import MissingError
from gateway.intake.control import ask
from tests.support.boxes import make_sheet

LONG = 60.0
"""Seconds a test waits for what must come; it comes in one or two."""


@dataclass
class Keeper:
    """``tipline-gateway run`` in a folder."""

    folder: Path
    process: subprocess.Popen[bytes]

    def child(self, word: str) -> int | None:
        for pid in _children(self.process.pid):
            if word in _command_line(pid):
                return pid
        return None

    def live(self) -> dict[str, object] | None:
        try:
            return ask(self.folder / "state", {"op": "status"}, timeout=5)
        except MissingError:
            return None

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + LONG
        while not condition():
            assert time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.02)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def _memory(pid: int) -> int | None:
    """The inode of the memfd that a process holds."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "tipline-memory" in str(descriptor.readlink()):
                return descriptor.stat().st_ino
        except OSError:
            continue
    return None


def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    config = tmp_path / "tipline.toml"
    config.write_text(
        'state_dir = "state"\n[batch]\nperiod = "2s"\n[[line]]\nname = "police"\n'
        '[[line.modem]]\nport = "/nowhere/ttyUSB0"\n'
    )
    (tmp_path / "sheet").write_bytes(make_sheet(begins=int(time.time()) - 60)[1])
    for words in (["init"], ["enroll", "police", str(tmp_path / "sheet"), "--yes"]):
        assert CliRunner().invoke(main, ["--config", str(config), *words]).exit_code == 0
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "--config", config, "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    made = Keeper(tmp_path, process)
    left: list[int] = []
    try:
        made.until(made.live)
        left = _children(process.pid)
        yield made
    finally:
        left += _children(process.pid)
        process.kill()
        process.wait()
        for pid in left:
            if f"{config}" in _command_line(pid):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_both_cleanly_when_told_to(keeper: Keeper, number: signal.Signals) -> None:
    keeper.until(lambda: len(_children(keeper.process.pid)) == 2)
    children = _children(keeper.process.pid)
    keeper.process.send_signal(number)
    assert keeper.process.wait(LONG) == 0, (keeper.folder / "log").read_text()
    assert all(_gone(pid) for pid in children)
    assert "intake has ended" in (keeper.folder / "log").read_text()
    assert "Traceback" not in (keeper.folder / "log").read_text()


def test_a_killed_intake_comes_back_with_the_same_memory(keeper: Keeper) -> None:
    first = keeper.child("intake")
    assert first is not None
    memory = _memory(first)
    assert memory is not None
    for _ in range(2):
        killed = keeper.child("intake")
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        keeper.until(lambda killed=killed: keeper.child("intake") not in (None, killed))
        keeper.until(keeper.live)
        again = keeper.child("intake")
        assert again is not None
        assert _memory(again) == memory
    assert "signal 9" in (keeper.folder / "log").read_text()


def test_a_killed_forwarder_comes_back_and_intake_is_not_disturbed(keeper: Keeper) -> None:
    keeper.until(lambda: keeper.child("forward"))
    intake, forwarder = keeper.child("intake"), keeper.child("forward")
    assert forwarder is not None
    os.kill(forwarder, signal.SIGKILL)
    keeper.until(lambda: keeper.child("forward") not in (None, forwarder))
    assert keeper.child("intake") == intake


def test_the_forwarder_is_not_given_the_memory(keeper: Keeper) -> None:
    keeper.until(lambda: keeper.child("forward"))
    forwarder = keeper.child("forward")
    assert forwarder is not None
    assert _memory(forwarder) is None


def test_both_end_when_the_keeper_is_killed(keeper: Keeper) -> None:
    keeper.until(lambda: len(_children(keeper.process.pid)) == 2)
    children = _children(keeper.process.pid)
    keeper.process.kill()
    keeper.process.wait()
    keeper.until(lambda: all(_gone(pid) for pid in children))


def test_batches_are_cut_and_a_second_run_is_refused_what_the_first_holds(keeper: Keeper) -> None:
    keeper.until(lambda: list((keeper.folder / "state-outbox" / "police").glob("*.batch")))
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--config", keeper.folder / "tipline.toml", "intake"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG,
    )
    assert done.returncode == 7
    assert "running already" in done.stderr
    live = keeper.live()
    assert live is not None
    assert live["problem"] is None


def test_a_second_run_gives_up_when_it_is_refused_for_longer_than_an_ended_one_takes(keeper: Keeper) -> None:
    code = "import gateway.keeper as k, gateway.cli as c, sys; k._PATIENCE = 1.0; sys.exit(c.main())"
    words = ["--config", str(keeper.folder / "tipline.toml"), "run"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=LONG
    )
    assert done.returncode == 7
    assert "another process is the" in done.stderr
    assert keeper.live() is not None
