"""A kill or a full disk in the middle of an import harms nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.workstation import Box, Station

BATCHES, SLOTS = 60, 150
SMALL_GROUPS = "import workstation.batches.importing as i; i.GROUP_OCTETS = 200_000"
"""Four batches a transaction: a kill falls between them, too."""

Laden = tuple[Path, Path, list[dict[str, Any]]]
"""A workstation's folder, a stick, and the tips on it."""


@pytest.fixture(scope="module")
def laden(tmp_path_factory: pytest.TempPathFactory) -> Laden:
    """Return a workstation's folder, a stick with enough for several processes, and the tips on it."""
    folder = tmp_path_factory.mktemp("laden")
    station = Station.make(folder)
    box = Box(station.sheet, slots=SLOTS)
    station.trust(box, folder)
    for number in range(BATCHES):
        tip = box.seal(box.text(f"tip {number}"))
        body = tip + box.seal(box.manifest(SLOTS - 1)) + tip * (SLOTS - 2)
        box.cut(folder / "stick", body=body)
    other = _copy(folder, tmp_path_factory.mktemp("whole"))
    assert other.take(folder / "stick")["imported"] == BATCHES
    return folder, folder / "stick", other.tips()


def _copy(source: Path, to: Path) -> Station:
    subprocess.run(["cp", "-a", str(source / "home"), str(source / "passphrase"), str(to)], check=True)
    return Station(to / "home", to / "passphrase")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.floats(0, 0.8))
def test_after_a_kill_an_import_goes_on_where_it_was(
    laden: Laden, tmp_path_factory: pytest.TempPathFactory, seconds: float
) -> None:
    source, stick, wanted = laden
    station = _copy(source, tmp_path_factory.mktemp("killed"))
    with station.start("import", stick, prelude=SMALL_GROUPS, start_new_session=True) as process:
        while process.poll() is None and not (station.home / "batches.db-wal").exists():
            time.sleep(0.001)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    report = station.take(stick)
    assert report["imported"] + report["known"] == BATCHES
    assert report["gaps"] == report["refused"] == report["quarantined"] == []
    assert station.tips() == wanted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_a_clear_word_and_nothing_is_half_taken(
    laden: Laden, small_disk: Path, tmp_path: Path
) -> None:
    source, stick, wanted = laden
    station = _copy(source, small_disk)
    result = station.run("import", stick, code=12)
    assert "Make room" in result.stderr and "Traceback" not in result.output
    assert station.tips() == []
    first = sorted(stick.iterdir())[0]
    assert station.take(first)["imported"] == 1, "what fits is taken"
    assert station.tips() == wanted[:1]
    roomy = _copy(small_disk, tmp_path)
    report = roomy.take(stick)
    assert (report["imported"], report["known"]) == (BATCHES - 1, 1)
    assert roomy.tips() == wanted


def test_an_init_on_a_full_disk_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(1_000_000))
    file = tmp_path / "pass"
    file.write_text("x")
    file.chmod(0o600)
    station = Station(small_disk / "home", file)
    station.run("init", code=12)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_two_imports_at_once_take_each_batch_once(laden: Laden, tmp_path: Path) -> None:
    source, stick, wanted = laden
    station = _copy(source, tmp_path)
    with station.start("import", stick, "--json") as one, station.start("import", stick, "--json") as two:
        outputs = [one.communicate()[0], two.communicate()[0]]
    assert (one.returncode, two.returncode) == (0, 0)
    assert sorted(f'"imported": {n},' in output for output in outputs for n in (BATCHES,)) == [False, True]
    assert station.tips() == wanted


def test_an_interrupted_import_leaves_no_process_behind(laden: Laden, tmp_path: Path) -> None:
    source, stick, _ = laden
    station = _copy(source, tmp_path)
    with station.start("import", stick, start_new_session=True) as process:
        time.sleep(0.5)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while _session_alive(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _session_alive(process.pid)


def _session_alive(session: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.killpg({session}, 0)"], capture_output=True, check=False
    )
    return done.returncode == 0
