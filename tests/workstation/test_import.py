"""What import takes, refuses and says."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.bindings import crypto_box_seal

from tests.support.workstation import FIRST, Box, Station
from wire.batch import write_batch
from wire.identity import write_identity
from wire.manifest import ClockState
from wire.signed import time_text
from wire.slip import Kind, encode_slip


def test_a_batch_is_taken_counted_and_its_text_can_be_read(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text("hello"), box.part(kind=Kind.CANARY, flags=0, data=b"n"))
    report = station.take(stick)
    assert report["imported"] == 1
    assert report["refused"] == report["quarantined"] == report["gaps"] == report["warnings"] == []
    assert report["slips"] == {
        "tips": 1, "canaries": 1, "cover": 5, "unparsed": 0, "manifests": 1, "unopened": 0, "bad": 0,
    }  # fmt: skip
    assert [tip["text"] for tip in station.tips()] == ["hello"]


def test_importing_again_changes_nothing(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick, box.text("once"))
    station.take(stick)
    before = station.tips()
    report = station.take(stick, stick)
    assert (report["imported"], report["known"]) == (0, 2)
    assert station.tips() == before


def test_the_same_batch_twice_in_one_run_is_taken_once(station: Station, box: Box, stick: Path) -> None:
    path = box.cut(stick, box.text("once"))
    (stick / "copy.batch").write_bytes(path.read_bytes())
    report = station.take(stick)
    assert (report["imported"], report["known"]) == (1, 1)


def _bad_signature(box: Box, path: Path) -> None:
    octets = bytearray(path.read_bytes())
    at = octets.index(b"\nsignature ") + 20
    octets[at] = ord("0") if octets[at] != ord("0") else ord("1")
    path.write_bytes(octets)


def _unknown_box(box: Box, path: Path) -> None:
    path.unlink()
    Box(box.sheet, seed=99).cut(path.parent)


def _unknown_line(box: Box, path: Path) -> None:
    path.unlink()
    box.fork().cut(path.parent, line=b"other!!!", sequence=1, previous=bytes(32))


def _not_canonical(box: Box, path: Path) -> None:
    body = box.full_body([])
    text, whole = write_batch(box.header(body), body, box.key)
    signed = text.signed.replace(b"epoch 0000000001\n", b"epoch 1\n")
    signature = box.key.sign(signed).signature
    path.write_bytes(signed + b"signature " + signature.hex().encode() + b"\n" + whole[len(text.octets) :])


def _too_short(box: Box, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _too_long(box: Box, path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _wrong_body(box: Box, path: Path) -> None:
    octets = path.read_bytes()
    path.write_bytes(octets[:-1] + bytes((octets[-1] ^ 1,)))


def _another_format(box: Box, path: Path) -> None:
    path.write_bytes(b"GIF89a")


def _another_version(box: Box, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"tipline-batch 1\n", b"tipline-batch 2\n"))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_bad_signature, "bad-signature"),
        (_unknown_box, "unknown-box"),
        (_unknown_line, "unknown-line"),
        (_not_canonical, "not-canonical"),
        (_too_short, "wrong-length"),
        (_too_long, "wrong-length"),
        (_wrong_body, "wrong-body"),
        (_another_format, "not-this-format"),
        (_another_version, "unknown-version"),
    ],
)
def test_a_file_is_refused_whole_and_left_alone(
    station: Station, box: Box, stick: Path, spoil: Callable[[Box, Path], None], kind: str
) -> None:
    good = box.fork().cut(stick.parent / "good", box.text("good"))
    spoil(box, box.fork().cut(stick, box.text("spoilt")))
    (path,) = stick.iterdir()
    octets = path.read_bytes()
    report = station.take(stick, code=3)
    assert [(r["file"], r["kind"]) for r in report["refused"]] == [(str(path), kind)]
    assert report["imported"] == 0
    assert station.tips() == []
    assert path.read_bytes() == octets
    assert kind in station.run("import", stick, code=3).output
    assert station.take(good)["imported"] == 1, "what was refused left nothing behind that is in the way"


def test_an_unknown_line_is_named_before_the_length(station: Station, box: Box, stick: Path) -> None:
    path = box.cut(stick, line=b"other!!!")
    path.write_bytes(path.read_bytes()[:-5])
    assert [r["kind"] for r in station.take(stick, code=3)["refused"]] == ["unknown-line"]


def test_a_batch_of_a_box_is_taken_once_the_box_is_trusted(
    station: Station, tmp_path: Path, stick: Path
) -> None:
    box = Box(station.sheet, seed=5)
    box.cut(stick, box.text("waited"))
    station.take(stick, code=3)
    station.trust(box, tmp_path)
    assert station.take(stick)["imported"] == 1


def test_what_lies_beside_the_batches_is_left(station: Station, box: Box, stick: Path) -> None:
    box.cut(stick)
    (stick / ".tipline-destination").write_text("marker")
    (stick / ".half.batch").write_bytes(b"tipline-batch 1\n")
    (stick / "box.identity").write_bytes(write_identity(box.key, 1).octets)
    (stick / "m.ledger").write_bytes(b"tipline-ledger 1\n")
    (stick / "m.audit").write_bytes(b"tipline-audit 1\n")
    (stick / "holiday.jpg").write_bytes(b"\xff\xd8")
    (stick / "empty").mkdir()
    (stick / "link.batch").symlink_to("/etc/passwd")
    os.mkfifo(stick / "fifo.txt")
    report = station.take(stick, code=3)
    left = {os.path.basename(one["file"]): one["reason"] for one in report["left"]}
    assert left == {
        "box.identity": "not a batch but an identity",
        "m.audit": "not a batch but an audit file",
        "holiday.jpg": "not a batch",
    }
    assert [(os.path.basename(r["file"]), r["kind"]) for r in report["refused"]] == [
        ("m.ledger", "not-canonical"),
    ]
    assert {os.path.basename(one["file"]): one["what"] for one in report["stray"]} == {
        ".half.batch": "a hidden file, not opened",
        "fifo.txt": "a pipe, not opened",
        "holiday.jpg": "not a file of a tip line",
        "link.batch": "a link, not followed",
    }
    assert report["imported"] == 1


def test_a_folder_that_is_linked_to_is_not_walked(
    station: Station, box: Box, stick: Path, tmp_path: Path
) -> None:
    box.cut(tmp_path / "elsewhere")
    (stick / "out").symlink_to(tmp_path / "elsewhere")
    assert station.take(stick)["imported"] == 0


def test_a_file_that_is_not_there_is_reported(station: Station, tmp_path: Path) -> None:
    report = station.take(tmp_path / "nothing", code=3)
    assert [r["kind"] for r in report["refused"]] == ["unreadable"]


def test_a_damaged_copy_of_a_known_batch_is_refused(station: Station, box: Box, stick: Path) -> None:
    path = box.cut(stick)
    station.take(path)
    _wrong_body(box, path)
    assert [r["kind"] for r in station.take(path, code=3)["refused"]] == ["wrong-body"]


def test_slips_of_earlier_and_later_epochs_open(station: Station, box: Box, stick: Path) -> None:
    slips = [box.text("early", epoch=1), box.text("now", epoch=2), box.text("late", epoch=3)]
    box.cut(stick, *slips, epoch=2)
    assert station.take(stick)["slips"]["tips"] == 3
    assert {tip["text"] for tip in station.tips()} == {"early", "now", "late"}


def test_what_no_key_opens_is_counted_and_opens_when_the_key_is_back(
    station: Station, box: Box, stick: Path
) -> None:
    box.cut(stick, box.text("sealed", epoch=2))
    (secret,) = (station.home / "epochs").glob("*0000000002.epoch")
    aside = secret.rename(station.home / "aside")
    report = station.take(stick)
    assert report["slips"]["unopened"] == 1
    assert any("none of the keys" in warning for warning in report["warnings"])
    assert station.tips() == []
    aside.rename(secret)
    assert [tip["text"] for tip in station.tips()] == ["sealed"]


def test_slips_out_of_form_are_counted_as_bad(station: Station, box: Box, stick: Path) -> None:
    octets = bytearray(encode_slip(box.text("x")))
    octets[1] = 200
    (key,) = [epoch.key for epoch in box.sheet.epochs if epoch.number == 1]
    strange = replace(box.text("other line"), line=b"other!!!")
    sealed = [
        crypto_box_seal(bytes(octets), key),
        box.seal(strange),
        box.seal(box.manifest(2)),
        box.seal(box.cover()),
    ]
    box.cut(stick, body=b"".join(sealed))
    report = station.take(stick)
    assert report["slips"]["bad"] == 2
    assert report["imported"] == 1
    assert station.tips() == []


def test_a_batch_without_its_manifest_is_taken_with_a_warning(
    station: Station, box: Box, stick: Path
) -> None:
    box.cut(stick, body=box.seal(box.text("kept")) + box.seal(box.cover()))
    report = station.take(stick)
    assert ["manifest" in warning for warning in report["warnings"]] == [True]
    assert report["chains"][0]["backlog"] is None
    assert len(station.tips()) == 1


def test_what_the_manifest_says_is_shown(station: Station, box: Box, stick: Path) -> None:
    body = box.full_body([box.text("one")], backlog=17, clock=ClockState.JUMPED)
    box.cut(stick, body=body)
    report = station.take(stick)
    (chain,) = report["chains"]
    assert (chain["backlog"], chain["clock"], chain["period"]) == (17, "jumped", time_text(FIRST))
    assert any("clock" in warning for warning in report["warnings"])


def test_a_manifest_that_counts_other_than_what_is_there_is_reported(
    station: Station, box: Box, stick: Path
) -> None:
    box.cut(stick, body=b"".join(map(box.seal, (box.manifest(3), box.text("one"), box.cover()))))
    assert any("counts 3" in warning for warning in station.take(stick)["warnings"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_cannot_be_read_is_refused_and_named(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "stick" / "sub"
    folder.mkdir(parents=True)
    (folder / "a.batch").write_bytes(b"x")
    folder.chmod(mode)
    for parent in (tmp_path, *list(tmp_path.parents)[:3]):
        parent.chmod(0o755)
    program = (
        "import os, sys; from pathlib import Path; from workstation.batches.walk import find_files, read_file\n"
        "from workstation.batches import importing, report\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "found = find_files([Path(sys.argv[1])]); made = report.Report()\n"
        "print(importing.octets_of(found), [importing._read(one, made) for one in found])\n"
        "print(*((r.kind, r.file, r.reason) for r in made.refused))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "stick")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "0 [None]" in done.stdout
    assert "unreadable" in done.stdout
    assert str(folder) in done.stdout
    assert "Permission denied" in done.stdout


def test_a_folder_with_faults_is_told_with_exit_code_3_and_the_rest_is_taken(
    station: Station, box: Box, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.cut(stick, box.text("here"))
    bad = stick / "bad"
    bad.mkdir()
    scan = os.scandir

    def faulty(path: str | Path) -> object:
        if str(path) == str(bad):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", faulty)
    report = station.take(stick, code=3)
    assert report["imported"] == 1
    reason = f"the folder cannot be listed: {os.strerror(errno.EIO)}"
    assert report["refused"] == [{"file": str(bad), "kind": "unreadable", "reason": reason}]
