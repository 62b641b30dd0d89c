"""The commands epochs, retire and certificates, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.ended_epochs import both, cut, ended_station, other_disk
from tests.support.workstation import PASSPHRASE, Box, Station
from wire.hashing import fingerprint

EPOCH_KEYS = {"epoch", "begins", "ends", "state", "due", "hindrances", "missing", "quarantined"}


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return ended_station(tmp_path)


@pytest.fixture
def box(station: Station, tmp_path: Path) -> Box:
    made = Box(station.sheet)
    station.trust(made, tmp_path)
    for epoch, lowest in ((1, 1), (2, 3)):
        cut(made, tmp_path / "stick", f"tip of {epoch}", epoch=epoch, lowest=lowest)
    station.take(tmp_path / "stick")
    return made


def _epochs(station: Station) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(station.run("epochs", "--json").stdout)["epochs"]
    return shown


def test_epochs_tells_of_each_what_became_of_it_and_what_keeps_it(station: Station, box: Box) -> None:
    shown = _epochs(station)
    assert [(one["epoch"], one["state"], one["due"]) for one in shown] == [
        (1, "past", True),
        (2, "past", True),
        (3, "past", False),
        (4, "past", False),
    ]
    assert all(set(one) == EPOCH_KEYS for one in shown)
    words = station.run("epochs").stdout
    assert "may be destroyed" in words and f"box {box.id.hex()}: its last manifest says" in words
    assert "deleted, not destroyed" in words


def test_destroy_says_deleted_and_writes_the_certificate(station: Station, box: Box, tmp_path: Path) -> None:
    said = station.run("epochs", "destroy", "--all-due").stdout
    assert said.startswith("deleted: epoch 1, 2.") and "Deleted, not destroyed" in said
    assert [one["state"] for one in _epochs(station)] == ["deleted", "deleted", "past", "past"]
    assert station.run("epochs", "destroy", "--all-due").stdout == "no epoch is due\n"
    shown = json.loads(station.run("certificates", "--json").stdout)["certificates"]
    assert [(one["serial"], one["kind"], one["how"], one["epochs"]) for one in shown] == [
        (1, "epochs", "deleted", [1, 2])
    ]


def test_on_a_medium_it_says_destroyed(station: Station, box: Box, tmp_path: Path) -> None:
    with other_disk(tmp_path) as medium:
        assert "in memory only" in station.run("epochs", "medium", medium, code=12).stderr
        assert "nowhere else" in station.run("epochs", "medium", medium, "--yes").stdout
        assert station.run("epochs", "destroy", 1).stdout.startswith("destroyed: epoch 1.")
        assert json.loads(station.run("epochs", "--json").stdout)["store"] == "medium"
        assert station.take(tmp_path / "stick")["known"] == 2
    result = station.run("epochs", "destroy", 2, code=12)
    assert "Put it in" in result.stderr
    assert len(_epochs(station)) == 4


def test_not_yet_is_an_exit_code_and_names_box_chain_and_numbers(
    station: Station, box: Box, tmp_path: Path
) -> None:
    other = Box(station.sheet, seed=9)
    station.trust(other, tmp_path)
    cut(other, tmp_path / "away", epoch=1, lowest=1)
    cut(other, tmp_path / "there", epoch=3, lowest=3)
    station.take(tmp_path / "there")
    refused = station.run("epochs", "destroy", 1, code=15).stderr
    assert f"box {other.id.hex()}, chain {other.chain.hex()}: batch 1 is missing" in refused
    (one,) = _epochs(station)[0]["missing"]
    assert (one["what"], one["chain"], one["numbers"]) == ("gap", other.chain.hex(), [[1, 1]])


def test_to_pass_over_and_to_retire_take_two_people(station: Station, box: Box, tmp_path: Path) -> None:
    other = Box(station.sheet, seed=9)
    station.trust(other, tmp_path)
    for words in (("epochs", "destroy", 1, "--override"), ("retire", other.id.hex(), "--yes")):
        assert "twice" in station.run(*words, code=18).stderr
    pair = both(station, tmp_path)
    assert (
        "passed over what was missing: analyst and officer"
        in pair.run("epochs", "destroy", 1, "--override").stdout
    )
    pair.run("retire", other.id.hex(), code=10)
    pair.run("retire", other.id.hex(), "--yes")
    assert station.run("epochs", "destroy", 2).exit_code == 0
    kinds = [one["kind"] for one in json.loads(station.run("certificates", "--json").stdout)["certificates"]]
    assert kinds == ["epochs", "box", "epochs"]
    words = station.run("certificates").stdout
    assert f"box {other.id.hex()} retired by analyst and officer" in words


def test_wrong_words_are_wrong_usage(station: Station, box: Box) -> None:
    for words in (
        ("epochs", "destroy"),
        ("epochs", "destroy", 1, "--all-due"),
        ("epochs", "destroy", "--all-due", "--override"),
        ("retire", "not hex"),
    ):
        station.run(*words, code=2)
    station.run("epochs", "destroy", 77, code=1)


def _given_out(station: Station, folder: Path) -> list[Path]:
    folder.mkdir()
    station.run("epochs", "destroy", 1)
    station.run("epochs", "destroy", 2)
    station.run("certificates", "--output", folder)
    return sorted(folder.iterdir())


def _verify(station: Station, *words: object, code: int = 0) -> str:
    result = Station(station.home, Path("/nonexistent")).run("certificates", "verify", *words, code=code)
    return result.stdout if code == 0 else result.stderr


def test_certificates_are_verified_without_a_passphrase(station: Station, box: Box, tmp_path: Path) -> None:
    first, second = _given_out(station, tmp_path / "out")
    assert _verify(station, first, second).splitlines()[-1] == "2 certificates"
    assert _verify(station, second, first, "--fingerprint", fingerprint(station.sheet.authority))


def test_a_row_with_a_hole_a_changed_one_and_another_authority_do_not_verify(
    station: Station, box: Box, tmp_path: Path
) -> None:
    first, second = _given_out(station, tmp_path / "out")
    assert "number 2, not 1" in _verify(station, second, code=17)
    assert "stands behind" in _verify(station, first, first, second, code=17)
    assert "another authority" in _verify(station, first, "--fingerprint", "00" * 16, code=17)
    first.write_bytes(first.read_bytes().replace(b"how deleted", b"how destroyed"))
    assert first.name in _verify(station, first, second, code=17)


def test_certificates_that_were_given_out_are_taken_back_after_a_restore(
    station: Station, box: Box, tmp_path: Path
) -> None:
    first, second = _given_out(station, tmp_path / "out")
    for path in (station.home / "certificates").iterdir():
        path.unlink()
    assert "number 2" in station.run("certificates", "take", second, code=17).stderr
    other = ended_station(_folder(tmp_path / "other"))
    assert "another line" in other.run("certificates", "take", first, code=17).stderr
    assert station.run("certificates", "take", first).stdout == "1 certificates taken back\n"
    assert station.run("certificates", "take", first, second).stdout == "1 certificates taken back\n"
    assert [one["state"] for one in _epochs(station)][:2] == ["deleted", "deleted"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_finish_has_nothing_to_do_where_nothing_was_cut_short(station: Station, box: Box) -> None:
    assert station.run("epochs", "finish").stdout == "nothing was cut short\n"
    assert PASSPHRASE not in station.run("epochs").output
