"""What a courier, a second box or a stranger's stick can bring to the workstation."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.foreign_modem import ForeignModem, Manners, foreign_modems
from tests.support.outside import Outside, pdu_of
from tests.support.town import Failed, Town, until

REFUSED, QUARANTINED, NO_HOME, WRONG_PASSPHRASE = 3, 4, 5, 7

FOREIGN = {"not-this-format", "unknown-version", "not-canonical", "bad-signature", "unreadable"}
"""Why a file that no box wrote may be refused."""


@pytest.fixture
def played(tmp_path: Path) -> Iterator[tuple[Outside, ForeignModem]]:
    """A box that runs with a modem of another hand."""
    with foreign_modems(tmp_path, Manners()) as (modem,):
        box = Outside(tmp_path, period="1s", slots=4)
        try:
            box.set_up()
            box.start("run")
            yield box, modem
        finally:
            box.stop()


def _send(box: Town, modem: ForeignModem, *texts: str) -> None:
    """Have texts sent, each in a batch of its own."""
    for number, text in enumerate(texts):
        modem.offer(pdu_of(f"521656123{number:04}", text, second=number))
        until(lambda: modem.empty, "it is stored", box.log)
        box.wait_forwarded()


def _import(box: Town, *paths: Path, expect: int = 0, line: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        box.workstation("import", *map(str, paths), "--json", expect=expect, line=line)
    )
    return found


def _texts(box: Town, line: str | None = None) -> list[str]:
    return [json.loads(row)["text"] for row in box.workstation("tips", "--json", line=line).splitlines()]


def test_tips_on_nothing_is_nothing(tmp_path: Path) -> None:
    box = Town(tmp_path)
    box.set_up()
    assert box.workstation("tips", "--json") == ""
    assert box.workstation("import", str(box.stick)) != ""
    assert box.workstation("tips", "--json") == ""


def test_a_batch_left_out_is_a_gap_and_its_tip_comes_when_it_comes(
    played: tuple[Outside, ForeignModem], tmp_path: Path
) -> None:
    box, modem = played
    _send(box, modem, "uno", "dos", "tres")
    box.stop()
    partial = tmp_path / "partial"
    shutil.copytree(box.stick, partial)
    batches = sorted(partial.glob("*.batch"))
    missing = {int(path.stem.rpartition("-")[2]) for path in batches[1:-1]}
    for path in batches[1:-1]:
        path.unlink()
    found = _import(box, partial)
    assert [gap["missing"] for gap in found["gaps"]] == [[[min(missing), max(missing)]]]
    before = _texts(box)
    assert _import(box, partial)["known"] == 2
    whole = _import(box, box.stick)
    assert whole["gaps"] == [] and whole["imported"] == len(missing) and not whole["quarantined"]
    assert sorted(_texts(box)) == ["dos", "tres", "uno"] and set(before) <= {"uno", "dos", "tres"}


@pytest.mark.slow
def test_two_machines_with_one_key_contradict_each_other_and_the_first_stays(
    played: tuple[Outside, ForeignModem], tmp_path: Path
) -> None:
    box, modem = played
    other = Outside(tmp_path / "other", period="1s", slots=4)
    other.folder.mkdir()
    box.stop()
    shutil.copytree(box.state, other.state, ignore=shutil.ignore_patterns("*.sock"))
    for made, text in ((box, "de la caja"), (other, "de la copia")):
        made.stick.mkdir(exist_ok=True)
        made.config.write_text(box.config.read_text().replace(f"{box.folder}/st", f"{made.folder}/st"))
        made.gateway("prepare", str(made.stick))
        made.start("run")
        _send(made, modem, text)
        until(lambda made=made: len(made.batches()) > len(box.batches()) or made is box, "more", made.log)
        made.stop()
    first = _import(box, box.stick)
    assert first["imported"] and not first["quarantined"]
    second = _import(box, other.stick, expect=QUARANTINED)
    assert second["quarantined"]
    assert all(row["reason"] for row in second["quarantined"])
    read = _texts(box)
    assert read.count("de la caja") == 1
    kept_apart = {row["sequence"] for row in second["quarantined"]}
    assert kept_apart and "de la copia" not in read
    _import(box, box.stick, other.stick)
    assert _texts(box) == read


def test_a_stick_full_of_other_things_is_read_for_what_is_on_it(
    played: tuple[Outside, ForeignModem], tmp_path: Path
) -> None:
    box, modem = played
    _send(box, modem, "entre basura")
    box.stop()
    stick = box.stick
    genuine = (
        box.batches()
    )  # now: what is put beside them has names like theirs, one of them a link to /dev/zero
    (stick / "DCIM" / "deep" / "er").mkdir(parents=True)
    (stick / "DCIM" / "photo.jpg").write_bytes(os.urandom(20_000))
    (stick / "empty.batch").touch()
    (stick / "junk.batch").write_bytes(os.urandom(5_000))
    (stick / "words.batch").write_text("tipline-batch 1\n" + "x" * 10_000)
    os.mkfifo(stick / "pipe.batch")
    (stick / "loop").symlink_to(stick)
    (stick / "away.batch").symlink_to("/dev/zero")
    (stick / "name\x1b[2J\nwith\udcff.batch").write_bytes(b"tipline-batch 1\n\x1b[31m")
    shutil.move(genuine[-1], stick / "DCIM" / "deep" / "er" / "renamed.batch")
    shutil.copy(genuine[0], stick / "DCIM" / "copy.batch")
    before = {path: path.lstat().st_mtime_ns for path in stick.rglob("*")}
    found = _import(box, stick, expect=REFUSED)
    assert {row["kind"] for row in found["refused"]} <= FOREIGN
    assert found["gaps"] == []
    assert _texts(box) == ["entre basura"]
    assert before == {path: path.lstat().st_mtime_ns for path in stick.rglob("*")}
    words = box.workstation("import", str(stick), expect=REFUSED)
    assert "\x1b" not in words


@pytest.mark.slow
def test_two_boxes_of_one_line_are_read_together_once_both_are_trusted(tmp_path: Path) -> None:
    with foreign_modems(tmp_path, Manners(), Manners()) as modems:
        first = Outside(tmp_path, period="1s", slots=4)
        first.set_up()
        second = Outside(tmp_path / "second", period="1s", slots=4)
        second.folder.mkdir()
        second.stick.mkdir()
        second.write_config()
        second.config.write_text(
            second.config.read_text().replace(f"{second.folder}/modem0", f"{first.folder}/modem1")
        )
        second.gateway("init")
        second.gateway("identity", "--output", str(second.folder / "box.identity"))
        second.gateway("prepare", str(second.stick))
        second.gateway("enroll", "police", str(first.folder / "police.keysheet"), "--yes")
        try:
            for box, modem, text in zip((first, second), modems, ("norte", "sur"), strict=True):
                box.start("run")
                _send(box, modem, text)
        finally:
            first.stop()
            second.stop()
        _import(first, first.stick)
        found = _import(first, second.stick, expect=REFUSED)
        assert {row["kind"] for row in found["refused"]} == {"unknown-box"} and found["imported"] == 0
        first.workstation("trust", str(second.folder / "box.identity"), "--yes")
        _import(first, first.stick, second.stick)
        assert sorted(_texts(first)) == ["norte", "sur"]


def test_a_wrong_passphrase_and_a_missing_home_open_nothing(
    played: tuple[Outside, ForeignModem], tmp_path: Path
) -> None:
    box, modem = played
    _send(box, modem, "para quien sabe la clave")
    box.stop()
    _import(box, box.stick)
    good = (tmp_path / "police.pass").read_text()
    (tmp_path / "police.pass").write_text(good[:-1])
    for words in (
        ("tips", "--json"),
        ("import", str(box.stick)),
        ("keysheet", "--output", str(tmp_path / "k")),
    ):
        assert box.workstation(*words, expect=WRONG_PASSPHRASE) == ""
    assert not (tmp_path / "k").exists()
    (tmp_path / "police.pass").write_text(good)
    assert _texts(box) == ["para quien sabe la clave"]
    (tmp_path / "nobody.pass").write_text(good)
    with pytest.raises(Failed, match=f"ended with {NO_HOME}"):
        box.workstation("tips", line="nobody")


def test_a_key_sheet_written_again_is_the_same_and_enrolling_it_again_changes_nothing(
    played: tuple[Outside, ForeignModem], tmp_path: Path
) -> None:
    box, modem = played
    again = tmp_path / "again.keysheet"
    box.workstation("keysheet", "--output", str(again))
    assert again.read_bytes() == (tmp_path / "police.keysheet").read_bytes()
    assert "already" in box.gateway("enroll", "police", str(again), "--yes")
    _send(box, modem, "con la misma hoja")
    box.stop()
    assert _import(box, box.stick)["gaps"] == []
    assert _texts(box) == ["con la misma hoja"]
