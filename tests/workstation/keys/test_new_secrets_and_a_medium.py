"""Rekey with --secrets where the key over the epoch secrets lies on a medium: in, out, another one, pulled, killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.ended_epochs import THEN, opened, other_disk, station_with_tips
from tests.support.killing import killed_at
from tests.support.new_secrets import REKEY, STEPS, book_whole, change, names, whole
from tests.support.workstation import Station
from workstation.epochs.destruction import destroy, move, renewal_of, settle
from workstation.epochs.tpm import MediumMissing
from workstation.home import Home
from workstation.keys import exchange, new_secrets
from workstation.keys.new_secrets import CHANGED


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Path]:
    with other_disk(tmp_path) as folder:
        yield folder


@pytest.fixture
def station(tmp_path: Path, medium: Path) -> Station:
    """A workstation with tips in its book, a trusted box and a certificate; the key of its epochs is on a medium."""
    made = station_with_tips(tmp_path)
    destroy(opened(made), [1], now=THEN)
    move(opened(made), medium)
    return made


def _changed(before: Home, after: Home) -> set[str]:
    old, new = asdict(before.vault), asdict(after.vault)
    return {name for name in old if old[name] != new[name]}


def _unchanged(station: Station, before: Home, medium: Path, on_medium: list[str]) -> None:
    """Assert that nothing was changed, and nothing is left of what was begun."""
    assert not _changed(before, opened(station)) and not exchange.is_begun(station.home)
    assert names(medium) == on_medium
    assert renewal_of(before).pending() is None
    whole(opened(station))


def test_the_medium_has_a_new_key_and_the_old_one_was_overwritten_where_it_lay(
    station: Station, medium: Path
) -> None:
    before = opened(station)
    (old,) = medium.glob("*.epochkey")
    octets, link = old.read_bytes(), medium / "second name of the same file"
    link.hardlink_to(old)
    station.run(*REKEY)
    after = opened(station)
    assert _changed(before, after) == set(CHANGED)
    whole(after)
    (new,) = medium.glob("*.epochkey")
    assert new != old and len(list(medium.glob("*.epochmedium"))) == 1
    assert len(link.read_bytes()) == len(octets)
    assert not any(octets[at : at + 16] in link.read_bytes() for at in range(len(octets) - 16))
    assert after.epoch_store().place.medium == before.epoch_store().place.medium


def test_an_old_copy_of_the_home_opens_no_secret_of_an_epoch_with_the_medium_of_today(
    station: Station, tmp_path: Path
) -> None:
    shutil.copytree(station.home, tmp_path / "copy")
    station.run(*REKEY)
    copy = Station(tmp_path / "copy", station.passphrase_file)
    assert "the key of the epoch store" in copy.run("rekey", *REKEY[1:], code=11).stderr


def test_killed_at_any_step_it_is_all_old_or_all_new_and_reading_needs_no_medium(
    station: Station, medium: Path, tmp_path: Path
) -> None:
    before = opened(station)
    shutil.copytree(station.home, tmp_path / "kept")
    shutil.copytree(medium, tmp_path / "kept medium")
    away = medium.with_name(f"{medium.name}.away")
    step, ends, killed = 0, set(), True
    while killed:
        step += 1
        for kept, there in ((tmp_path / "kept", station.home), (tmp_path / "kept medium", medium)):
            shutil.rmtree(there)
            shutil.copytree(kept, there)
        killed = killed_at(step, lambda: change(before), STEPS)
        medium.rename(away)
        home = opened(station)
        book_whole(home)  # whoever is at the machine then reads on, before anybody finds the medium
        away.rename(medium)
        assert _changed(before, home) in (set(), set(CHANGED)), step
        settle(home)
        whole(opened(station))
        assert not exchange.is_begun(station.home) and renewal_of(home).pending() is None
        assert [path.suffix for path in sorted(medium.iterdir())] in (
            [".epochkey", ".epochmedium"],
            [".epochmedium", ".epochkey"],
        ), (step, names(medium))
        ends.add(bool(_changed(before, home)))
    assert ends == {False, True} and step > 40


def test_without_the_medium_nothing_is_changed_and_nobody_is_asked_for_a_sheet(
    station: Station, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = opened(station), names(medium)
    away = medium.rename(medium.with_name(f"{medium.name}.away"))
    monkeypatch.setattr(new_secrets, "change_secrets", _never)
    try:
        said = station.run(*REKEY, code=12).stderr
        assert f"the medium of {medium}" in said and "Put it in" in said
        medium.mkdir()  # an empty folder is where it would be mounted
        assert f"the medium of {medium}" in station.run(*REKEY, code=12).stderr
        assert not any(medium.iterdir()), "a key written there would lie on the disk of the machine"
        medium.rmdir()
    finally:
        away.rename(medium)
    _unchanged(station, before, medium, there)


def _never(*_: object) -> None:
    raise AssertionError("it came too far")


def test_another_stick_at_its_place_is_not_taken_for_it(
    station: Station, medium: Path, tmp_path: Path
) -> None:
    before, there = opened(station), names(medium)
    away = medium.rename(medium.with_name(f"{medium.name}.away"))
    try:
        medium.mkdir()
        (medium / f"{'0' * 16}.epochmedium").write_text("of another home")
        assert f"the medium of {medium}" in station.run(*REKEY, code=12).stderr
        assert len(names(medium)) == 1
        shutil.rmtree(medium)
    finally:
        away.rename(medium)
    _unchanged(station, before, medium, there)


def test_a_copy_of_the_medium_without_the_key_of_today_changes_nothing(
    station: Station, medium: Path
) -> None:
    before = opened(station)
    (key,) = medium.glob("*.epochkey")
    octets = key.read_bytes()
    key.unlink()
    assert f"{key} is missing" in station.run(*REKEY, code=11).stderr
    key.write_bytes(octets)
    _unchanged(station, before, medium, names(medium))


def test_pulled_while_it_is_made_ready_everything_is_as_it_was_once_it_is_in_again(
    station: Station, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = opened(station), names(medium)
    away = medium.with_name(f"{medium.name}.away")

    def pulled(*_: object) -> None:
        medium.rename(away)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("workstation.epochs.renewal.write_key", pulled)
        assert "error: " in station.run(*REKEY, code=12).stderr
    assert not _changed(before, opened(station)) and not exchange.is_begun(station.home)
    book_whole(opened(station))
    away.rename(medium)
    settle(opened(station))
    _unchanged(station, before, medium, there)


def test_pulled_after_the_switch_the_next_command_with_the_medium_removes_the_old_key(
    station: Station, medium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened(station)
    away = medium.with_name(f"{medium.name}.away")

    def pulled(home: Path) -> None:
        settled(home)
        medium.rename(away)

    settled = exchange.settle
    with monkeypatch.context() as patch:
        patch.setattr(exchange, "settle", pulled)
        result = station.run(*REKEY, code=12)
    assert "The key is changed" in result.stdout and "the medium of" in result.stderr
    assert _changed(before, opened(station)) == set(CHANGED)
    book_whole(opened(station))
    with pytest.raises(MediumMissing):
        opened(station).epoch_keys()
    away.rename(medium)
    assert len(list(medium.glob("*.epochkey"))) == 2
    station.run("epochs")
    assert len(list(medium.glob("*.epochkey"))) == 1
    whole(opened(station))
