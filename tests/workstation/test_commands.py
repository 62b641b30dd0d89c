"""init, keysheet, trust, passphrases, exit codes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import astuple
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.workstation import ANALYST, CHEAP, NOW, PASSPHRASE, Box, Station
from wire.hashing import blake2b_256, fingerprint
from wire.identity import write_identity
from wire.keysheet import read_keysheet
from wire.signed import time_text
from workstation.cli import cli
from workstation.home import Plan, create_home, open_home
from workstation.keys.people import Credential
from workstation.keys.sheet import EPOCH_SECONDS
from workstation.keys.slots import COST, Cost
from workstation.problems import Problem


def _init(tmp_path: Path, *words: str) -> tuple[int, str]:
    file = tmp_path / "pass"
    file.write_text("first line\nsecond line\n")
    file.chmod(0o600)
    words = ("--home", str(tmp_path / "new"), "--passphrase-file", str(file), "init", *words)
    result = CliRunner().invoke(cli, words)
    return result.exit_code, result.output


def test_init_makes_a_private_home_and_says_what_to_compare(tmp_path: Path) -> None:
    code, output = _init(tmp_path, "--line", "Línea 1", "--epochs", "2")
    sheet = read_keysheet((tmp_path / "new" / "keysheet").read_bytes())
    assert code == 0
    assert sheet.line.hex() in output and fingerprint(sheet.authority) in output and "Línea 1" in output
    assert len(sheet.epochs) == 2
    for folder, _, files in os.walk(tmp_path / "new"):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        assert {stat.S_IMODE(Path(folder, name).stat().st_mode) for name in files} <= {0o600}
    home = open_home(tmp_path / "new", [Credential(b"first line")])
    assert [key.public for key in home.epoch_keys()] == [epoch.key for epoch in sheet.epochs]


def test_the_epochs_are_weeks_from_the_midnight_of_init_on(station: Station) -> None:
    epochs = station.sheet.epochs
    assert time_text(epochs[0].begins) == time_text(NOW)[:10] + "T00:00:00Z"
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert {epoch.ends - epoch.begins for epoch in epochs} == {EPOCH_SECONDS}
    assert station.sheet.next_authority != blake2b_256(station.sheet.authority)


def test_a_home_is_never_overwritten(station: Station) -> None:
    before = (station.home / "keyring").read_bytes()
    assert "never overwritten" in station.run("init", code=6).output
    assert (station.home / "keyring").read_bytes() == before


def test_a_folder_with_something_in_it_is_not_taken_for_a_home(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "letter").write_text("mine")
    assert _init(tmp_path)[0] == 6
    assert (tmp_path / "new" / "letter").read_text() == "mine"


def test_an_empty_folder_becomes_a_home(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert _init(tmp_path, "--epochs", "1")[0] == 0


def test_a_line_without_a_name_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _init(tmp_path, "--line", " ")[0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["pass"]


@pytest.mark.parametrize("files", [0, 1, 4, 8])
def test_a_killed_init_leaves_nothing_that_looks_like_a_home(tmp_path: Path, files: int) -> None:
    program = (
        "import pathlib, sys\nfrom tests.support.workstation import ANALYST, CHEAP\n"
        "from workstation.home import Plan, create_home\n"
        "plan = Plan(name='l', users=(ANALYST,), epochs=400, cost=CHEAP)\n"
        "create_home(pathlib.Path(sys.argv[1]), plan, now=0)"
    )
    home = tmp_path / "new"
    with subprocess.Popen([sys.executable, "-c", program, str(home)]) as process:
        while process.poll() is None and len(list(tmp_path.rglob("*.epoch"))) < files:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
    if process.returncode == 0:
        pytest.skip("it was done before it could be killed")
    assert not home.exists()
    create_home(home, Plan(name="l", users=(ANALYST,), epochs=1, cost=CHEAP), now=0)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_same_sheet_is_the_same_octets(station: Station, tmp_path: Path) -> None:
    outputs = [station.run("keysheet", "--output", tmp_path / name).output for name in "ab"]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_keysheet((tmp_path / "a").read_bytes()).serial == 1
    assert fingerprint(station.sheet.authority) in outputs[0]


def test_a_key_sheet_of_another_authority_in_the_home_is_noticed(station: Station, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Station.make(tmp_path / "other")
    (station.home / "keysheet").write_bytes((other.home / "keysheet").read_bytes())
    assert (
        "not signed by the authority" in station.run("keysheet", "--output", tmp_path / "k", code=11).output
    )
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize("words", [("--yes",), ("--fingerprint",)])
def test_a_box_is_trusted_once_confirmed(station: Station, tmp_path: Path, words: tuple[str, ...]) -> None:
    box = Box(station.sheet)
    said = fingerprint(bytes(box.key.verify_key))
    path = tmp_path / "box"
    path.write_bytes(write_identity(box.key, NOW).octets)
    words = (*words, said.upper().replace(" ", "-")) if words == ("--fingerprint",) else words
    output = station.run("trust", path, *words).output
    assert box.id.hex() in output and said in output
    assert station.take(box.cut(tmp_path / "stick"))["imported"] == 1


@pytest.mark.parametrize("words", [(), ("--fingerprint", "0000 1111"), ("--yes", "--fingerprint", "0")])
def test_a_box_is_not_trusted_unconfirmed(station: Station, tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "box"
    path.write_bytes(write_identity(Box(station.sheet).key, NOW).octets)
    assert station.run("trust", path, *words, code=10).output.count("fingerprint") >= 1
    assert list((station.home / "boxes").iterdir()) == []


def test_a_file_that_is_no_identity_is_not_trusted(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(write_identity(Box(station.sheet).key, NOW).octets.replace(b"made", b"mode"))
    station.run("trust", path, "--yes", code=3)
    station.run("trust", tmp_path / "nothing", "--yes", code=12)


def test_a_box_that_was_put_into_the_folder_by_hand_is_not_trusted(station: Station, box: Box) -> None:
    other = Box(station.sheet, seed=9)
    forged = station.home / "boxes" / f"{other.id.hex()}.box"
    forged.write_bytes(bytes(32) + write_identity(other.key, NOW).octets)
    assert "boxes/" in station.run("import", station.home, code=11).output


def test_a_wrong_passphrase_is_a_clear_word(station: Station) -> None:
    station.passphrase_file.write_text("wrong\n")
    result = station.run("tips", code=7)
    assert "passphrase is wrong" in result.stderr and "Traceback" not in result.output
    assert "wrong\n" not in result.stderr.replace("is wrong", "")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nmore lines\n"])
def test_the_passphrase_is_the_first_line_without_its_end(station: Station, ending: str) -> None:
    station.passphrase_file.write_bytes((PASSPHRASE + ending).encode())
    assert station.tips() == []


def test_an_empty_passphrase_is_refused(station: Station) -> None:
    station.passphrase_file.write_text("\nsecond\n")
    station.run("tips", code=8)


def test_a_passphrase_file_that_others_may_read_is_used_with_a_warning(station: Station) -> None:
    station.passphrase_file.chmod(0o644)
    result = station.run("tips", "--json")
    assert "others may read" in result.stderr and result.stdout == ""


def test_without_a_terminal_and_a_file_the_way_out_is_named(station: Station) -> None:
    result = CliRunner().invoke(cli, ["--home", str(station.home), "tips"])
    assert (result.exit_code, "--passphrase-file" in result.stderr) == (8, True)


def test_a_folder_that_is_no_home_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--home", str(tmp_path), "tips"])
    assert (result.exit_code, "init" in result.stderr) == (5, True)


def test_a_home_that_others_may_read_is_refused(station: Station) -> None:
    station.home.chmod(0o750)
    assert "chmod 700" in station.run("tips", code=9).stderr


def test_the_home_has_to_be_named() -> None:
    assert CliRunner().invoke(cli, ["tips"]).exit_code == 2


@pytest.mark.parametrize("spoil", [b"", b"{}", b"not json", b'{"format":"tipline-keyring 2"}'])
def test_a_damaged_keyring_is_a_clear_word(station: Station, spoil: bytes) -> None:
    (station.home / "keyring").write_bytes(spoil)
    station.run("tips", code=11)


def test_a_damaged_database_is_a_clear_word(station: Station) -> None:
    (station.home / "batches.db").write_bytes(b"nonsense" * 1000)
    station.run("tips", code=11)
    (station.home / "batches.db").unlink()
    station.run("tips", code=11)


def test_an_epoch_secret_of_another_home_is_noticed(station: Station, tmp_path: Path) -> None:
    files = sorted((station.home / "epochs").iterdir())
    files[0].write_bytes(files[1].read_bytes())
    station.run("tips", code=11)


@pytest.mark.parametrize("command", ["init", "keysheet", "trust", "import", "tips"])
def test_each_command_has_help_with_an_example_and_exit_codes(command: str) -> None:
    output = CliRunner().invoke(cli, [command, "--help"]).output
    assert "Example:" in output and "Exit codes:" in output


def test_the_exit_codes_of_the_help_are_those_of_the_problems() -> None:
    output = " ".join(CliRunner().invoke(cli, ["--help"]).output.split())
    for problem in (Problem, *Problem.__subclasses__()):
        assert f" {problem.exit_code} " in output


def test_a_guess_costs_what_is_documented() -> None:
    assert Cost(passes=3, memory=64 << 20) == COST


def test_secrets_are_not_in_a_repr(station: Station) -> None:
    home = station.open()
    shown = repr(home) + repr(home.epoch_keys())
    secrets = [*astuple(home.vault), *(key.secret for key in home.epoch_keys())]
    assert not any(secret.hex() in shown or repr(secret)[2:-1] in shown for secret in secrets)
