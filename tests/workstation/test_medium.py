"""What a medium brings beside batches is named, and nothing of it is opened, followed or changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.workstation import Box, Station
from workstation.batches import walk
from workstation.batches.walk import find_files, read_file


def _strays(report: dict[str, Any]) -> dict[str, str]:
    found: list[dict[str, str]] = report["stray"]
    return {os.path.basename(one["file"]): one["what"] for one in found}


def test_a_medium_with_what_a_tip_line_carries_is_not_reported(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    (stick / "deep").mkdir()
    box.cut(stick / "deep", box.text("hello"))
    (stick / ".tipline-destination").write_text(
        "tipline-destination 1\nid 5f0c8e4bd1a94f7fb2c3a7e06d1b9244\n"
    )
    station.run("keysheet", "--output", stick / "police.keysheet")
    (stick / "box.identity").write_bytes((tmp_path / f"{box.id.hex()}.identity").read_bytes())
    report = station.take(stick)
    assert report["stray"] == [] and report["imported"] == 1
    assert "STRAY" not in station.run("import", stick).stdout


@pytest.mark.parametrize(
    ("name", "octets", "what"),
    [
        ("autorun.inf", b"[autorun]\nopen=x.exe\n", "made to start something by itself"),
        ("AutoRun.INF", b"", "made to start something by itself"),
        ("x.exe", b"MZ\x90", "a program, or what starts or holds one"),
        ("innocent", b"\x7fELF\x02", "a program, or what starts or holds one"),
        ("innocent.txt", b"#!/bin/sh\nrm -rf /\n", "a program, or what starts or holds one"),
        ("readme.lnk", b"L\0\0\0", "a program, or what starts or holds one"),
        ("letter.docx", b"PK\x03\x04", "a program, or what starts or holds one"),
        ("holiday.jpg", b"\xff\xd8", "not a file of a tip line"),
        ("empty", b"", "not a file of a tip line"),
        ("0123456789abcdef.epochkey", b'{"key": "00"}', "not a file of a tip line"),
        (".hidden", b"tipline-batch 1\n", "a hidden file, not opened"),
        (".tipline-destination", b"x" * 4096, "a hidden file, not opened"),
    ],
)
def test_what_does_not_belong_is_named(
    station: Station, box: Box, stick: Path, name: str, octets: bytes, what: str
) -> None:
    box.cut(stick, box.text("hello"))
    (stick / name).write_bytes(octets)
    report = station.take(stick)
    assert _strays(report) == {name: what}
    assert report["imported"] == 1 and report["refused"] == []
    said = station.run("import", stick).stdout
    assert f"STRAY {stick / name}: {what}" in said and "Ask where it has been" in said
    assert f"left {stick / name}" not in said


def test_hidden_folders_and_links_are_named_and_not_looked_into(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    (stick / ".Trash-1000").mkdir()
    box.cut(stick / ".Trash-1000")
    box.cut(tmp_path / "elsewhere")
    (stick / "folder").symlink_to(tmp_path / "elsewhere")
    (stick / "file.batch").symlink_to(next((tmp_path / "elsewhere").iterdir()))
    (stick / "dangling").symlink_to(tmp_path / "nothing")
    report = station.take(stick)
    assert _strays(report) == {
        ".Trash-1000": "a hidden folder, not looked into",
        "folder": "a link, not followed",
        "file.batch": "a link, not followed",
        "dangling": "a link, not followed",
    }
    assert report["imported"] == 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of what the walk opens."""
    names: list[str] = []
    real = os.open

    def watched(path: str, flags: int) -> int:
        names.append(os.path.basename(path))
        assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return real(path, flags)

    monkeypatch.setattr(walk.os, "open", watched)
    yield names


def test_nothing_but_regular_files_is_ever_opened(stick: Path, opened: list[str]) -> None:
    os.mkfifo(stick / "pipe.batch")
    if os.geteuid() == 0:
        os.mknod(stick / "zero.batch", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    (stick / "regular.batch").write_bytes(b"x")
    for found in find_files([stick]):
        if found.stray is None:
            read_file(found.path)
    assert opened == ["regular.batch"]
    for path in (stick / "pipe.batch", stick / "zero.batch", Path("/dev/zero")):
        with pytest.raises(OSError, match=r"regular file|No such file"):
            read_file(path)
    assert opened == ["regular.batch"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_on_the_medium_and_one_named_are_told(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text("hello"))
    os.mknod(stick / "zero.batch", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    assert _strays(station.take(stick)) == {"zero.batch": "a device, not opened"}
    assert [one["reason"] for one in station.take("/dev/zero", code=3)["refused"]] == ["not a regular file"]


def test_a_name_cannot_act_on_the_terminal(station: Station, box: Box, stick: Path) -> None:
    name = "\x1b]0;owned\x07\u202egpj.exe"
    (stick / name).write_bytes(b"x")
    (stick / os.fsdecode(b"not utf-8 \xff.txt")).write_bytes(b"x")
    result = station.run("import", stick)
    assert "\x1b" not in result.stdout and "\u202e" not in result.stdout and "<U+001B>" in result.stdout
    assert len(_strays(station.take(stick))) == 2


def test_of_a_medium_full_of_pictures_the_first_are_named_and_the_rest_counted(
    station: Station, box: Box, stick: Path
) -> None:
    for number in range(50):
        (stick / f"{number:02}.jpg").write_bytes(b"\xff\xd8")
    said = station.run("import", stick).stdout
    assert said.count("STRAY") == 21 and "STRAY and 30 more" in said
    assert len(_strays(station.take(stick))) == 50


def test_nothing_on_the_medium_is_changed(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text("hello"))
    (stick / "autorun.inf").write_bytes(b"x")
    (stick / ".hidden").write_bytes(b"x")
    before = {
        path: (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns) for path in [stick, *stick.rglob("*")]
    }
    station.take(stick)
    assert before == {
        path: (path.lstat().st_mtime_ns, path.lstat().st_ctime_ns) for path in [stick, *stick.rglob("*")]
    }
