"""Rekey with --secrets: new keys of book, epoch store and own records, in one switch; what must not change stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from tests.support.ended_epochs import THEN, ended_station, opened, station_with_tips
from tests.support.killing import killed_at
from tests.support.new_secrets import REKEY, STEPS, change, names, whole
from tests.support.software_tpm import software_tpm
from tests.support.workstation import ANALYST, Station
from workstation.bars import Advance
from workstation.book.connection import NAME, Book
from workstation.epochs import tpm
from workstation.epochs.certificates import NotVerified
from workstation.epochs.destruction import destroy, move_to_tpm, renewal_of, settle
from workstation.epochs.review import certificates_of
from workstation.home import open_home
from workstation.keys import exchange
from workstation.keys.new_secrets import CHANGED
from workstation.keys.people import Credential
from workstation.problems import Damaged


@pytest.fixture
def station(tmp_path: Path) -> Station:
    """A workstation with tips in its book, a trusted box, and a certificate."""
    made = station_with_tips(tmp_path)
    destroy(opened(made), [1], now=THEN)
    return made


def _texts(station: Station) -> list[object]:
    return sorted(str(tip["text"]) for tip in station.tips())


def test_what_lies_under_a_key_of_the_vault_lies_under_a_new_one_and_the_rest_stays(
    station: Station, tmp_path: Path
) -> None:
    before, texts = opened(station), _texts(station)
    shutil.copytree(station.home, tmp_path / "copy")
    said = station.run(*REKEY).stdout
    assert "under new keys" in said
    after = opened(station)
    old, new = asdict(before.vault), asdict(after.vault)
    assert {name for name in old if old[name] != new[name]} == set(CHANGED)
    whole(after)
    assert _texts(station) == texts
    assert station.take(tmp_path / "stick")["known"] == 3
    with pytest.raises(Damaged), Book.open(station.home / NAME, before.vault.book):
        pass
    for path in (station.home / "epochs").glob("*.epoch"):
        with pytest.raises(CryptoError):
            SecretBox(before.vault.epochs).decrypt(path.read_bytes())
    with pytest.raises(Damaged):
        before.boxes.keys()
    with pytest.raises(NotVerified):
        certificates_of(before).row()
    whole(open_home(tmp_path / "copy", [Credential(ANALYST.passphrase)]))


def test_nothing_is_left_beside_what_there_was(station: Station) -> None:
    before = names(station.home)
    station.run(*REKEY)
    opened(station).epoch_keys()
    after = names(station.home)
    still = [name for name in after if not name.startswith("epochs/")]
    assert still == [name for name in before if not name.startswith("epochs/")]
    assert len([name for name in after if name.endswith(".epoch")]) == 3
    assert len([name for name in after if name.endswith(".epochkey")]) == 1


def test_the_old_book_is_overwritten_where_it_lay(station: Station, tmp_path: Path) -> None:
    link = tmp_path / "second name of the same file"
    octets = (station.home / NAME).read_bytes()
    link.hardlink_to(station.home / NAME)
    station.run(*REKEY)
    now = link.read_bytes()
    assert len(now) == len(octets)
    assert not any(octets[at : at + 64] in now for at in range(0, len(octets), 4096))


def test_where_somebody_has_the_book_open_nothing_is_changed(station: Station) -> None:
    home = opened(station)
    with Book.open(home.path / NAME, home.vault.book) as book:
        book.connection.execute("SELECT count(*) FROM tips").fetchone()
        assert "has the case book open" in station.run(*REKEY, code=1).stderr
    assert asdict(opened(station).vault) == asdict(home.vault)
    whole(opened(station))
    assert len(json.loads(station.run("users", "--json").stdout)["users"]) == 2


def test_without_room_for_a_second_book_nothing_is_begun(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = opened(station)
    usage = shutil.disk_usage(home.path)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "1 MB are free" in station.run(*REKEY, code=12).stderr
    assert asdict(opened(station).vault) == asdict(home.vault)
    whole(opened(station))


def test_a_disk_that_fills_up_meanwhile_leaves_everything_as_it_was(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, before = opened(station), names(station.home)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("workstation.keys.new_secrets.save_keyring", full)
        assert "No space left" in station.run(*REKEY, code=12).stderr
    assert asdict(opened(station).vault) == asdict(home.vault)
    whole(opened(station))
    assert names(station.home) == before


def test_without_a_case_book_the_rest_is_changed(tmp_path: Path) -> None:
    made = ended_station(tmp_path)
    before = opened(made).epoch_keys()
    made.run(*REKEY)
    assert opened(made).epoch_keys() == before and not (made.home / NAME).exists()


def test_killed_at_any_step_the_home_opens_with_all_old_or_all_new_secrets(
    station: Station, tmp_path: Path
) -> None:
    before = opened(station)
    shutil.copytree(station.home, tmp_path / "kept")
    step, ends, killed = 0, set(), True
    while killed:
        step += 1
        shutil.rmtree(station.home)
        shutil.copytree(tmp_path / "kept", station.home)
        killed = killed_at(step, lambda: change(before), STEPS)
        home = opened(station)
        old, new = asdict(before.vault), asdict(home.vault)
        changed = {name for name in old if old[name] != new[name]}
        assert changed in (set(), set(CHANGED)), step
        whole(home)
        settle(home)
        whole(opened(station))
        left = [name for name in names(station.home) if name.startswith(".casebook")]
        assert not left and not exchange.is_begun(station.home), (step, left)
        assert renewal_of(home).pending() is None
        assert len(list((station.home / "epochs").glob("*.epoch"))) == 3
        ends.add(bool(changed))
    assert ends == {False, True} and step > 40


@contextmanager
def _killing(_: int) -> Iterator[Advance]:
    yield lambda: os.kill(os.getpid(), signal.SIGKILL)


def test_killed_while_the_book_is_copied_the_old_one_is_there(station: Station, tmp_path: Path) -> None:
    before = opened(station)
    pid = os.fork()
    if pid == 0:
        change(before, _killing)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and exchange.is_begun(station.home)
    assert "analyst" in station.run("users").stdout, "no passphrase is needed to take it away"
    whole(opened(station))
    assert not [name for name in names(station.home) if name.startswith(".")]
    assert not exchange.is_begun(station.home)


def test_a_backup_of_before_still_opens_with_what_it_brings(station: Station, tmp_path: Path) -> None:
    station.run("backup", "--output", tmp_path / "old")
    texts = _texts(station)
    station.run(*REKEY)
    station.run("backup", "--output", tmp_path / "new")
    for name in ("old", "new"):
        again = Station(tmp_path / f"from {name}", station.passphrase_file)
        again.run("restore-backup", tmp_path / name)
        assert _texts(again) == texts


def test_the_key_in_a_tpm_goes_too(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with software_tpm(monkeypatch):
        home = opened(station)
        old = move_to_tpm(home, programs=True)
        station.run(*REKEY)
        after = opened(station)
        whole(after)
        new = after.epoch_store().place
        assert tpm.indices() == {tpm.index_of(new.medium), tpm.index_of(new.id)} and new.id != old.id
        with pytest.raises(tpm.TpmFailed):
            home.epoch_keys()
