"""The key over the epoch secrets in a TPM: a real one in software, by Debian's tpm2-tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ended_epochs import THEN, opened, other_disk, station_with_tips
from tests.support.killing import killed_at
from tests.support.software_tpm import SoftwareTpm, software_tpm
from tests.support.workstation import Station
from wire.endings import How
from workstation.epochs import renewal, tpm
from workstation.epochs.destruction import destroy, move, move_to_tpm, renewal_of, settle
from workstation.epochs.replacing import give_up_lost_key, replace_lost
from workstation.epochs.review import certificates_of, review
from workstation.epochs.tpm import MediumMissing, NoTools, TpmFailed
from workstation.home import Home
from workstation.problems import Damaged, NotPossible


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftwareTpm]:
    with software_tpm(monkeypatch) as running:
        yield running


@pytest.fixture
def station(tmp_path: Path) -> Station:
    """A workstation whose four epochs have ended, of which two may go."""
    return station_with_tips(tmp_path)


@pytest.fixture
def home(station: Station) -> Home:
    return opened(station)


@pytest.fixture
def says_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that a TPM in software cannot say of itself."""
    monkeypatch.setattr(tpm, "is_program", lambda: False)


def _secrets(home: Home) -> dict[int, bytes]:
    return {key.number: key.secret for key in home.epoch_keys()}


def _keys_in(home: Home) -> list[int]:
    """Return the indices in use but for the marker."""
    place = home.epoch_store().place
    return sorted(tpm.indices() - ({tpm.index_of(place.medium)} if place.tpm else set()))


def test_what_was_written_is_read_by_its_authorisation_alone_and_gone_once_removed(chip: SoftwareTpm) -> None:
    index, auth = tpm.index_of("0012345600000000"), bytes(range(32))
    tpm.write(index, b"k" * 32, auth=auth)
    assert tpm.indices() == {index} and tpm.read(index, auth=auth) == b"k" * 32
    for wrong in (bytes(32), b""):
        with pytest.raises(TpmFailed, match=r"tpm2_nvread: .*auth"):
            tpm.read(index, auth=wrong)
    asked = subprocess.run(
        ["tpm2_nvread", hex(index), "-C", "o"], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert asked.returncode and b"k" * 32 not in asked.stdout, "the owner may remove it, not read it"
    with pytest.raises(TpmFailed, match="already defined"):
        tpm.write(index, b"x" * 32)
    tpm.remove(index)
    tpm.remove(index)
    assert tpm.indices() == frozenset() and tpm.read(index, auth=auth) is None


def test_wrong_authorisations_lock_nobody_out(chip: SoftwareTpm) -> None:
    tpm.write(tpm.FIRST, b"k" * 32, auth=bytes(range(32)))
    for guess in range(1, 40):  # a TPM locks after 32 at the most
        with pytest.raises(TpmFailed):
            tpm.read(tpm.FIRST, auth=bytes([guess]) * 32)
    assert tpm.read(tpm.FIRST, auth=bytes(range(32))) == b"k" * 32


def test_no_secret_stands_on_a_command_line_or_in_the_environment(
    chip: SoftwareTpm, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    keys: list[bytes] = []
    real = tpm._done

    def seen(command: Any, handles: Any) -> Any:
        lines.append("\0".join(command))
        keys.extend(os.pread(handle, 1 << 10, 0) for handle in handles)
        return real(command, handles)

    monkeypatch.setattr(tpm, "_done", seen)
    move_to_tpm(home, programs=True)
    secret = [key.removeprefix(b"hex:") for key in keys if len(key) >= 32]
    assert len(secret) >= 3, "the authorisation twice, the key"
    everything = "\0".join((*lines, *os.environ.values())).encode()
    for key in secret:
        for form in (key, key.hex().encode()):
            assert form not in everything
    in_home = b"\0".join(path.read_bytes() for path in (home.path / "epochs").iterdir())
    assert not [key for key in secret if key in in_home or key.hex().encode() in in_home]


def test_nothing_is_traced_into_a_file_whatever_the_environment_asks(
    chip: SoftwareTpm, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """tpm2-tss would write what it sends, the key and its authorisation among it, and keep the file."""
    log = tmp_path / "log"
    monkeypatch.setenv("TSS2_LOG", "all+TRACE")
    monkeypatch.setenv("TSS2_LOGFILE", str(log))
    subprocess.run(["tpm2_getcap", "handles-nv-index"], capture_output=True, check=True)
    assert log.stat().st_size, "else it would trace nothing, and this test say nothing"
    log.unlink()
    place = move_to_tpm(home, programs=True)
    assert _keys_in(home) == [tpm.index_of(place.id)]
    assert not log.exists()


def test_with_the_key_in_a_tpm_an_old_copy_of_the_home_opens_nothing(
    chip: SoftwareTpm, home: Home, says_chip: None, tmp_path: Path
) -> None:
    before = _secrets(home)
    place = move_to_tpm(home)
    assert place.store.value == "tpm" and _keys_in(home) == [tpm.index_of(place.id)]
    assert not list((home.path / "epochs").glob("*.epochkey"))
    assert _secrets(home) == before
    shutil.copytree(home.path / "epochs", tmp_path / "copy")
    done = destroy(home, [1], now=THEN)
    assert (done.how, done.store.value) == (How.DESTROYED, "tpm")
    assert _secrets(home) == {n: before[n] for n in (2, 3, 4)}
    assert len(_keys_in(home)) == 1 and tpm.index_of(place.id) not in tpm.indices()
    shutil.rmtree(home.path / "epochs")
    shutil.copytree(tmp_path / "copy", home.path / "epochs")
    with pytest.raises(Damaged, match="does not have the key of the epoch store"):
        home.epoch_keys()


def test_a_tpm_that_is_a_program_is_refused_and_if_meant_so_what_goes_is_called_deleted(
    chip: SoftwareTpm, home: Home
) -> None:
    with pytest.raises(TpmFailed, match="does not say that it is a chip"):
        move_to_tpm(home)
    assert home.epoch_store().place.generation == 0 and not tpm.indices()
    move_to_tpm(home, programs=True)
    done = destroy(home, [1], now=THEN)
    assert (done.how, done.store.value) == (How.DELETED, "home")
    (kept,) = certificates_of(home).row().kept
    assert b"destroyed" not in kept.octets


def test_from_the_tpm_to_a_medium_and_back_nothing_stays_behind(
    chip: SoftwareTpm, home: Home, tmp_path: Path
) -> None:
    before = _secrets(home)
    with other_disk(tmp_path) as medium:
        move_to_tpm(home, programs=True)
        move(home, medium)
        assert not tpm.indices() and _secrets(home) == before
        move_to_tpm(home, programs=True)
        assert not list(medium.glob("*.epochkey")) and _secrets(home) == before
    move_to_tpm(home, programs=True)
    assert len(tpm.indices()) == 2, "the key and its marker"


def test_without_its_tpm_nothing_opens_and_it_says_so(chip: SoftwareTpm, home: Home, tmp_path: Path) -> None:
    before = _secrets(home)
    move_to_tpm(home, programs=True)
    shutil.copytree(chip.state, tmp_path / "kept")
    chip.stop()
    for act in (home.epoch_keys, lambda: destroy(home, [1], now=THEN)):
        with pytest.raises(MediumMissing, match="cannot be used"):
            act()
    shutil.rmtree(chip.state)
    chip.start()  # the TPM of another machine, or one that was cleared
    for act in (home.epoch_keys, lambda: destroy(home, [1], now=THEN)):
        with pytest.raises(MediumMissing, match="this machine's TPM does not have it"):
            act()
    assert not certificates_of(home).row().kept and len(review(home, now=THEN).there) == 4
    chip.back_to(tmp_path / "kept")
    assert _secrets(home) == before


def test_a_destruction_is_never_certified_by_another_tpm(
    chip: SoftwareTpm, home: Home, says_chip: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old key may lie in the TPM that was taken away: nobody here can know."""
    move_to_tpm(home)
    with monkeypatch.context() as patch, pytest.raises(_Stop):
        patch.setattr(renewal, "erase_key", _stop)
        destroy(home, [1], now=THEN)
    shutil.copytree(chip.state, tmp_path / "kept")
    chip.stop()
    shutil.rmtree(chip.state)
    chip.start()
    with pytest.raises(MediumMissing):
        settle(home)
    assert not certificates_of(home).row().kept
    chip.back_to(tmp_path / "kept")
    settle(home)
    assert list(certificates_of(home).row().ended()) == [1] and len(_keys_in(home)) == 1


class _Stop(BaseException):
    """Stands for a kill in a process that has to go on."""


def _stop(*_: object) -> None:
    raise _Stop


def test_a_key_that_is_lost_is_given_up_only_when_it_is_lost(chip: SoftwareTpm, home: Home) -> None:
    move_to_tpm(home, programs=True)
    with pytest.raises(NotPossible, match="not lost"):
        give_up_lost_key(home)
    chip.stop()
    shutil.rmtree(chip.state)
    chip.start()
    give_up_lost_key(home)
    assert home.epoch_keys() == () and home.epoch_store().place.store.value == "home"
    _, numbers = replace_lost(home, now=home.sheet.epochs[1].begins)
    assert numbers == (3, 4) and list(_secrets(home)) == [3, 4]


def test_without_tpm2_tools_the_package_is_named(
    chip: SoftwareTpm, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    move_to_tpm(home, programs=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoTools) as refused:
        move_to_tpm(home, programs=True)
    assert "tpm2-tools" in refused.value.way_out and refused.value.exit_code == 12
    with pytest.raises(NoTools):
        give_up_lost_key(home)


def test_a_tpm_whose_owner_has_a_password_leaves_everything_as_it_was(chip: SoftwareTpm, home: Home) -> None:
    before = _secrets(home)
    subprocess.run(["tpm2_changeauth", "-c", "o", "somebody"], check=True, stdin=subprocess.DEVNULL)
    with pytest.raises(TpmFailed) as refused:
        move_to_tpm(home, programs=True)
    assert "tpm2_changeauth" in refused.value.way_out
    assert _secrets(home) == before and renewal_of(home).pending() is None


STEPS = ((Path, "replace"), (Path, "unlink"), (tpm, "_done"))


def _changes(done: object, *_: object) -> bool:
    """Return whether a call of one of ``STEPS`` changes anything: two of the TPM's commands only read."""
    return not (isinstance(done, list) and done[0] in ("tpm2_getcap", "tpm2_nvread"))


def test_killed_at_any_step_either_key_opens_and_the_certificate_agrees(
    chip: SoftwareTpm, home: Home, says_chip: None, tmp_path: Path
) -> None:
    move_to_tpm(home)
    kept = tmp_path / "kept home", tmp_path / "kept chip"
    shutil.copytree(home.path, kept[0])
    chip.stop()
    shutil.copytree(chip.state, kept[1])
    before: dict[int, bytes] = {}
    step, ends, killed = 0, set(), True
    while killed:
        step += 1
        shutil.rmtree(home.path)
        shutil.copytree(kept[0], home.path)
        chip.back_to(kept[1])
        before = before or _secrets(home)
        killed = killed_at(step, lambda: destroy(home, [1], now=THEN), STEPS, counts=_changes)
        opens = _secrets(home)
        assert opens.items() <= before.items() and {2, 3, 4} <= opens.keys(), step
        settle(home)
        ended = certificates_of(home).row().ended()
        assert _secrets(home) == {n: secret for n, secret in before.items() if n not in ended}
        assert len(_keys_in(home)) == 1 and renewal_of(home).pending() is None
        ends.add(1 in ended)
    assert ends == {False, True} and step > 12


def test_the_commands_as_somebody_types_them(
    chip: SoftwareTpm, station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "does not say that it is a chip" in station.run("epochs", "tpm", code=12).stderr
    said = station.run("epochs", "tpm", "--yes").stdout
    assert "lies in the TPM, index 0x1" in said and "deleted, not destroyed" in said
    assert json.loads(station.run("epochs", "--json").stdout)["store"] == "home"
    monkeypatch.setattr(tpm, "is_program", lambda: False)
    assert "and nowhere else" in station.run("epochs", "tpm").stdout
    assert json.loads(station.run("epochs", "--json").stdout)["store"] == "tpm"
    assert station.run("epochs", "destroy", 1).stdout.startswith("destroyed: epoch 1.")
    assert station.take(tmp_path / "stick")["known"] == 3
    assert "in the TPM" in station.run("epochs").stdout
    assert "not lost" in station.run("epochs", "renew", "--key-lost", "--yes", code=1).stderr
    chip.stop()
    assert "cannot be used" in station.run("epochs", "destroy", 2, code=12).stderr
    station.run("epochs", "renew", "--key-lost", code=10)
    assert "given up" in station.run("epochs", "renew", "--key-lost", "--yes").stdout
