"""The benchmarks run and report; how fast anything is, is no test's matter."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.__main__ import MEASURES
from bench.figures import Figure, table
from bench.machine import MEMORY_DISKS, disk_of, folder_on_disk
from bench.messages import postings, tpdus
from tests.support.house import ROOT, page
from wire.tpdu import decode_deliver

DIRECT = {
    "direct.bare",
    "direct.one",
    "direct.many",
    "direct.one.processor",
    "direct.many.processor",
    "direct.sealing",
    "direct.one.modem_processor",
    "direct.many.modem_processor",
}
WITHOUT_A_TICK = {name for name in DIRECT if name.endswith("processor")}
"""So few messages may cost less processor time than the kernel counts."""


def run(folder: Path, *words: str) -> str:
    """Return what ``python -m bench`` prints, its temporary folder in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_quick_measure_runs_the_real_parts_gives_every_figure_and_leaves_nothing(tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(run(tmp_path, "--quick", "--json", "direct"))
    figures = {figure["name"]: figure for figure in found["figures"]}
    assert set(figures) == DIRECT
    assert all(figures[name]["value"] > 0 for name in DIRECT - WITHOUT_A_TICK)
    assert {name for name in DIRECT if figures[name]["target"]} == {
        "direct.one",
        "direct.many",
        "direct.one.processor",
        "direct.many.processor",
    }
    assert figures["direct.one"]["floor"] == figures["direct.bare"]["value"]
    assert set(found["machine"]) == {"cores", "load", "disk", "system", "python", "sqlite"}
    assert not list(tmp_path.iterdir())


def test_the_table_shows_each_figure_and_the_disk(tmp_path: Path) -> None:
    shown = run(tmp_path, "--quick", "floors")
    for words in ("crypto_box_seal", "synchronous=FULL", "measured", "of target", "disk "):
        assert words in shown


def test_a_case_book_kept_on_a_shelf_is_filled_once(tmp_path: Path) -> None:
    shelf, scratch = tmp_path / "shelf", tmp_path / "scratch"
    shelf.mkdir()
    scratch.mkdir()
    first, second = (
        {
            figure["name"]
            for figure in json.loads(run(scratch, "--quick", "--json", "--shelf", str(shelf), "book"))[
                "figures"
            ]
        }
        for _ in range(2)
    )
    assert first - second == {"book.filled"}
    assert {f"book.{way}.{kind}" for way in ("served", "cold") for kind in ("page", "search", "tip")} < second
    assert [path.name for path in shelf.iterdir()] == ["made-up-1-2000"]
    assert not list(scratch.iterdir())


def test_an_unknown_measure_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 2


def test_shares_say_how_much_of_floor_and_target_is_reached_whichever_way_is_better() -> None:
    fast = Figure(name="a.fast", what="fast", value=80.0, unit="messages/s", floor=100.0, target=40.0)
    assert (fast.of_floor, fast.of_target) == (0.8, 2.0)
    cheap = replace(fast, less_is_better=True)
    assert (cheap.of_floor, cheap.of_target) == (1.25, 0.5)
    assert replace(fast, floor=None, target=None).of_floor is None
    assert replace(cheap, value=0.0).of_target is None


def test_the_table_has_no_figure_without_its_unit() -> None:
    figures = [
        Figure(name="a.one", what="first", value=1234.5, unit="messages/s", floor=2000.0, target=1000.0),
        Figure(name="b.two", what="second", value=0.0612, unit="ms", less_is_better=True, target=0.35),
    ]
    shown = io.StringIO()
    Console(file=shown, width=120).print(table(figures))
    first, second = (
        next(row for row in shown.getvalue().splitlines() if word in row) for word in ("first", "second")
    )
    assert first.split() == ["first", "1,234", "messages/s", "2,000", "0.62", "≥", "1,000", "1.23"]
    assert second.split() == ["second", "0.061", "ms", "≤", "0.35", "5.72"]


def test_no_two_messages_are_alike_so_that_none_passes_for_a_delivery_again() -> None:
    senders, whole = set(), set()
    for tpdu in islice(tpdus(), 5000):
        read = decode_deliver(tpdu)
        senders.add(read.oa.canonical)
        whole.add(read.scts + read.oa.canonical)
        assert read.udl == 100
    assert len(senders) == len(whole) == 5000
    assert len(postings(7)) == 7


def test_temporary_folders_lie_on_a_disk_and_not_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert folder_on_disk() in (tmp_path, ROOT)
    assert disk_of(tmp_path) != ("unknown", "unknown")
    memory = Path("/dev/shm")  # read only, to see what kind it is
    if memory.is_dir() and disk_of(memory)[1] in MEMORY_DISKS:
        monkeypatch.setattr("tempfile.tempdir", str(memory))
        assert folder_on_disk() == ROOT


def test_every_measure_is_in_the_documents() -> None:
    text = page("benchmarks.md")
    for name in MEASURES:
        assert f"`{name}`" in text
