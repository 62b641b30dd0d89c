"""Destroying epochs: what stays, what goes, what is said; and killed at any step the next start ends it whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from tests.support.ended_epochs import THEN, cut, opened, other_disk, station_with_tips
from tests.support.killing import killed_at
from tests.support.workstation import Box, Station
from wire.endings import EpochsEnded, How
from wire.hashing import blake2b_256
from workstation.epochs import place as places
from workstation.epochs.certificates import NotVerified
from workstation.epochs.destruction import NotYet, destroy, destroy_due, move, renewal_of, retire, settle
from workstation.epochs.review import certificates_of, review
from workstation.epochs.store import epoch_key
from workstation.epochs.tpm import MediumMissing
from workstation.home import Home
from workstation.problems import Damaged, NotPossible, SecondPersonNeeded, StorageFailed

TWO = ("ana", "luis")


@pytest.fixture
def station(tmp_path: Path) -> Station:
    """A workstation whose four epochs have ended; its one box says that epoch 3 is its lowest."""
    return station_with_tips(tmp_path)


@pytest.fixture
def home(station: Station) -> Home:
    return opened(station)


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Path]:
    with other_disk(tmp_path) as folder:
        yield folder


def _numbers(home: Home) -> list[int]:
    return [key.number for key in home.epoch_keys()]


def _states(home: Home) -> list[str]:
    found = review(home, now=THEN)
    return [found.state(epoch).value for epoch in found.epochs()]


def test_what_is_due_goes_and_the_rest_still_opens(home: Home) -> None:
    secrets = {key.number: key.secret for key in home.epoch_keys()}
    done = destroy_due(home, now=THEN)
    assert done is not None and [epoch.number for epoch in done.epochs] == [1, 2]
    assert {key.number: key.secret for key in home.epoch_keys()} == {n: secrets[n] for n in (3, 4)}
    assert _states(home) == ["deleted", "deleted", "past", "past"]
    assert destroy_due(home, now=THEN) is None


def test_where_the_key_lies_beside_them_it_says_deleted_and_never_destroyed(home: Home) -> None:
    done = destroy(home, [1], now=THEN)
    assert (done.how, done.store.value) == (How.DELETED, "home")
    (kept,) = certificates_of(home).row().kept
    assert b"how deleted\n" in kept.octets and b"destroyed" not in kept.octets


def test_with_the_key_on_a_medium_an_old_copy_of_the_home_opens_nothing(
    home: Home, medium: Path, tmp_path: Path
) -> None:
    move(home, medium)
    shutil.copytree(home.path / "epochs", tmp_path / "copy")
    done = destroy(home, [1], now=THEN)
    assert (done.how, done.store.value) == (How.DESTROYED, "medium")
    shutil.rmtree(home.path / "epochs")
    shutil.copytree(tmp_path / "copy", home.path / "epochs")
    with pytest.raises(Damaged, match="the key of the epoch store"):
        home.epoch_keys()
    for path in (home.path / "epochs").glob("*.epoch"):
        for key in _keys_on(medium):
            with pytest.raises(CryptoError):
                SecretBox(blake2b_256(key, key=home.vault.epochs)).decrypt(path.read_bytes())


def _keys_on(medium: Path) -> list[bytes]:
    return [bytes.fromhex(json.loads(path.read_text())["key"]) for path in medium.glob("*.epochkey")]


def test_the_old_key_is_overwritten_where_it_lay_before_it_is_removed(
    home: Home, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(home, medium)
    (before,) = medium.glob("*.epochkey")
    octets, link = before.read_bytes(), medium / "second name of the same file"
    link.hardlink_to(before)
    destroy(home, [1], now=THEN)
    (after,) = medium.glob("*.epochkey")
    assert after != before
    assert len(link.read_bytes()) == len(octets)
    assert not any(octets[at : at + 16] in link.read_bytes() for at in range(len(octets) - 16))


def test_a_new_medium_takes_the_new_key_and_the_old_one_has_none_any_more(
    home: Home, medium: Path, tmp_path: Path
) -> None:
    with other_disk(tmp_path) as second:
        move(home, medium)
        destroy(home, [1], now=THEN, medium=second)
        assert not list(medium.glob("*.epochkey")) and len(list(second.glob("*.epochkey"))) == 1
        assert _numbers(home) == [2, 3, 4]


def test_without_its_medium_nothing_opens_and_it_says_so(home: Home, medium: Path, tmp_path: Path) -> None:
    move(home, medium)
    away = medium.rename(medium.with_name(f"{medium.name}.away"))
    try:
        medium.mkdir()  # an empty folder is where it would be mounted
        for act in (home.epoch_keys, lambda: destroy(home, [1], now=THEN)):
            with pytest.raises(MediumMissing, match="the medium of"):
                act()
        assert _states(home) == ["past"] * 4, "what is asked without a key is answered all the same"
        medium.rmdir()
        assert move(home, away).folder == str(away.resolve())
        assert _numbers(home) == [1, 2, 3, 4]
    finally:
        shutil.rmtree(away, ignore_errors=True)


def test_a_folder_of_the_same_file_system_is_no_medium(home: Home, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for folder in (tmp_path / "folder", tmp_path / "nothing"):
        with pytest.raises(StorageFailed):
            move(home, folder)
    assert _numbers(home) == [1, 2, 3, 4]


def test_new_epochs_are_added_under_the_key_of_the_medium(home: Home, medium: Path) -> None:
    move(home, medium)
    home.epoch_store().add(epoch_key(5, bytes(range(32))), bytes(24))
    assert _numbers(home) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("epoch", "reason"),
    [(3, "its last manifest says that epoch 3 is in use"), (4, "the last of the key sheet")],
)
def test_an_epoch_that_may_still_be_needed_stays(home: Home, epoch: int, reason: str) -> None:
    with pytest.raises(NotYet, match=reason):
        destroy(home, [epoch], now=THEN)
    assert _numbers(home) == [1, 2, 3, 4] and not certificates_of(home).row().kept


def test_the_last_of_a_sheet_and_what_has_not_ended_go_for_nobody(home: Home) -> None:
    with pytest.raises(NotYet, match="last of the key sheet"):
        destroy(home, [4], now=THEN, people=TWO)
    with pytest.raises(NotYet, match="its time has not ended"):
        destroy(home, [1], now=home.sheet.epochs[0].begins + 1, people=TWO)


def test_what_is_not_in_the_case_book_keeps_its_epoch(station: Station, home: Home, tmp_path: Path) -> None:
    (home.path / "casebook.db").unlink()
    with pytest.raises(NotYet, match="3 batches are not in the case book"):
        destroy(home, [1], now=THEN, people=TWO)


def test_a_box_of_which_nothing_came_keeps_every_epoch_until_two_people_retire_it(
    station: Station, tmp_path: Path
) -> None:
    other = Box(station.sheet, seed=5)
    station.trust(other, tmp_path)
    home = opened(station)
    with pytest.raises(NotYet, match=f"box {other.id.hex()}: no batch of it was ever imported"):
        destroy(home, [1], now=THEN)
    for people in ((), ("ana",), ("ana", "ana")):
        with pytest.raises(SecondPersonNeeded):
            retire(home, other.id, people, now=THEN)
    retire(home, other.id, TWO, now=THEN)
    done = destroy(home, [1], now=THEN)
    assert done.retired == (other.id,) and done.by == () and len(done.boxes) == 1
    with pytest.raises(NotPossible, match="retired already"):
        retire(home, other.id, TWO, now=THEN)


def test_two_people_pass_over_a_gap_and_the_certificate_says_who_and_what(
    station: Station, tmp_path: Path
) -> None:
    box = Box(station.sheet, seed=5)
    station.trust(box, tmp_path)
    first = cut(box, tmp_path / "away", epoch=1, lowest=1)
    cut(box, tmp_path / "two", epoch=2, lowest=2)
    station.take(tmp_path / "two")
    home = opened(station)
    with pytest.raises(NotYet, match=f"chain {box.chain.hex()}: batch 1 is missing"):
        destroy(home, [1], now=THEN)
    with pytest.raises(SecondPersonNeeded):
        destroy(home, [1], now=THEN, people=("ana",))
    done = destroy(home, [1], now=THEN, people=TWO)
    assert [(one.box, one.what.value) for one in done.passed] == [(box.id, "gap")]
    assert done.by == TWO and box.id not in {at.box for at in done.boxes}
    assert first.exists()


def test_nobody_is_named_where_nothing_was_passed_over(home: Home) -> None:
    assert destroy(home, [1], now=THEN, people=TWO).by == ()


def test_certificates_are_numbered_and_name_each_other(home: Home) -> None:
    destroy(home, [1], now=THEN)
    destroy(home, [2], now=THEN)
    row = certificates_of(home).row()
    assert [one.certificate.serial for one in row.kept] == [1, 2]
    assert row.kept[1].certificate.previous == row.kept[0].hash


def test_a_certificate_that_was_changed_taken_away_or_put_there_is_noticed(home: Home) -> None:
    destroy(home, [1], now=THEN)
    destroy(home, [2], now=THEN)
    first, second = sorted((home.path / "certificates").iterdir())
    octets = first.read_bytes()
    first.write_bytes(octets[:40] + bytes([octets[40] ^ 1]) + octets[41:])
    with pytest.raises(NotVerified, match="not written by the owner"):
        review(home, now=THEN)
    first.unlink()
    with pytest.raises(NotVerified, match="number 2"):
        review(home, now=THEN)
    first.write_bytes(second.read_bytes())
    with pytest.raises(NotVerified):
        review(home, now=THEN)


STEPS = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (os, "open"))
"""Each changes the disk."""


@pytest.mark.parametrize("on_medium", [False, True], ids=["in the home", "on a medium"])
def test_killed_at_any_step_certificate_and_destruction_agree_after_the_next_start(
    home: Home, medium: Path, on_medium: bool, tmp_path: Path
) -> None:
    if on_medium:
        move(home, medium)
    kept = [tmp_path / "kept home", tmp_path / "kept medium"]
    places_ = [home.path, medium]
    for source, copy in zip(places_, kept, strict=True):
        shutil.copytree(source, copy)
    before, step, ends = {key.number: key.secret for key in home.epoch_keys()}, 0, set()
    while True:
        step += 1
        for place, copy in zip(places_, kept, strict=True):
            shutil.rmtree(place)
            shutil.copytree(copy, place)
        killed = killed_at(step, lambda: destroy(home, [1], now=THEN), STEPS, after=True)
        opens = {key.number: key.secret for key in home.epoch_keys()}
        assert opens.items() <= before.items() and {2, 3, 4} <= opens.keys(), step
        settle(home)
        ends.add(_agrees(home, medium, before))
        if not killed:
            break
    assert ends == {False, True} and step > 40


def _agrees(home: Home, medium: Path, before: dict[int, bytes]) -> bool:
    """Return whether epoch 1 is destroyed, after everything that has to agree was compared."""
    now = {key.number: key.secret for key in home.epoch_keys()}
    ended = certificates_of(home).row().ended()
    assert now == {n: secret for n, secret in before.items() if n not in ended}
    assert renewal_of(home).pending() is None
    assert len(list((home.path / "epochs").glob("*.epoch"))) == len(now)
    keys = [*medium.glob("*.epochkey"), *(home.path / "epochs").glob("*.epochkey")]
    place = home.epoch_store().place
    assert keys == ([place.key_file(home.path / "epochs")] if place.id else [])
    left = [path.name for folder in (home.path / "epochs", medium) for path in folder.glob(".*key*")]
    assert not left, "a half-written key would be one"
    return 1 in ended


def test_a_full_medium_leaves_everything_as_it_was(
    home: Home, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(home, medium)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workstation.epochs.renewal.write_key", full)
    with pytest.raises(OSError, match="No space"):
        destroy(home, [1], now=THEN)
    assert _numbers(home) == [1, 2, 3, 4] and not certificates_of(home).row().kept
    assert renewal_of(home).pending() is None


def test_an_old_medium_that_was_pulled_out_is_waited_for_or_said_to_be_broken(
    home: Home, medium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(home, medium)
    with other_disk(tmp_path) as second:
        real = places.erase_key

        def pulled(*arguments: Any) -> None:
            for path in medium.iterdir():
                path.unlink()
            real(*arguments)

        monkeypatch.setattr("workstation.epochs.renewal.erase_key", pulled)
        with pytest.raises(MediumMissing):
            destroy(home, [1], now=THEN, medium=second)
        assert _numbers(home) == [2, 3, 4] and not certificates_of(home).row().kept
        with pytest.raises(MediumMissing):
            settle(home)
        renewal_of(home).say_broken()
        settle(home)
        assert list(certificates_of(home).row().ended()) == [1]


def test_what_is_done_is_in_the_certificate(home: Home) -> None:
    done = destroy(home, [2, 1], now=THEN)
    (kept,) = certificates_of(home).row().kept
    assert isinstance(kept.certificate.matter, EpochsEnded)
    assert kept.certificate.matter == done and kept.certificate.date == THEN
    (at,) = done.boxes
    assert (at.sequence, at.cut, at.lowest_epoch) == (3, 3, 3)
