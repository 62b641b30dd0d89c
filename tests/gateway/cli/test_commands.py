"""The operator's commands from outside: what they print, what they refuse, what they end with."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from nacl.signing import SigningKey

from gateway.box import load_box
from gateway.cli import main
from gateway.faults import Exit
from gateway.state import INTAKE_LOCK, Lock
from tests.support.boxes import AUTHORITY, NOW, make_sheet
from wire.hashing import blake2b_256, fingerprint
from wire.identity import read_identity

_PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" + "I" + "A" * 43
OTHER = SigningKey(blake2b_256(b"another authority"))


@dataclass
class Box:
    """A configuration in a folder, and its commands."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def run(self, *words: str | Path, expect: Exit | int = Exit.OK) -> str:
        done = self.result(*words)
        assert done.exit_code == expect, done.output
        return done.output

    def result(self, *words: str | Path) -> Result:
        done = CliRunner().invoke(main, ["--config", str(self.folder / "tipline.toml"), *map(str, words)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done

    def sheet(self, **more: Any) -> Path:
        _, octets = make_sheet(**more)
        (self.folder / "sheet").write_bytes(octets)
        return self.folder / "sheet"

    def enroll(self, sheet: Path, *words: str, expect: Exit = Exit.OK) -> str:
        return self.run("enroll", "police", sheet, *words, expect=expect)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    (tmp_path / "tipline.toml").write_text('state_dir = "state"\n[[line]]\nname = "police"\n')
    return Box(tmp_path)


@pytest.fixture
def made(box: Box) -> Box:
    box.run("init")
    return box


def _every_command() -> list[str]:
    return sorted(main.commands)


@pytest.mark.parametrize("command", _every_command())
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--help"])
    assert done.exit_code == 0
    assert "Example" in done.output
    assert (
        f"tipline-gateway {command}" in done.output
        or f"tipline.toml {command}" in done.output
        or (f"tipline-gateway --config /etc/tipline/tipline.toml {command}" in done.output)
    )
    assert isinstance(main.commands[command], click.Command)


def test_help_of_the_program_names_all_exit_codes() -> None:
    done = CliRunner().invoke(main, ["--help"])
    assert all(f"{int(code)} " in done.output for code in Exit)


@pytest.mark.parametrize("command", [c for c in _every_command() if c not in ("ports", "prepare")])
def test_without_a_configuration_each_command_says_so(tmp_path: Path, command: str) -> None:
    words = {
        "enroll": ["police", "x"],
        "identity": ["--output", "x"],
        "ledger": ["police", "2027-01", "--output", "x"],
        "resend": ["stick", "1..2"],
        "canary": ["police"],
        "prove": ["/dev/x"],
        "accept-clock": ["police"],
        "restored": ["police"],
    }.get(command, [])
    done = Box(tmp_path).result(command, *words)
    assert done.exit_code == Exit.CONFIG
    assert "what to do: " in done.output


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["check"],
        ["intake"],
        ["run"],
        ["enroll", "police", "sheet"],
        ["ledger", "police", "2027-01", "--output", "x"],
        ["accept-clock", "police"],
        ["restored", "police"],
        ["identity", "--output", "x"],
    ],
)
def test_before_init_each_command_says_what_to_do_first(box: Box, words: list[str]) -> None:
    done = box.result(*words)
    assert done.exit_code in (Exit.MISSING, Exit.FOUND)
    assert "tipline-gateway init" in done.output
    assert "what to do: " in done.output


def test_init_makes_a_private_folder_and_an_identity_that_can_be_read(box: Box) -> None:
    said = box.run("init")
    assert box.state.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in box.state.iterdir() if path.is_file()} == {
        path.name: 0o600 for path in box.state.iterdir()
    }
    box.run("identity", "--output", box.folder / "box.identity")
    identity = read_identity((box.folder / "box.identity").read_bytes())
    assert identity.box.hex() in said
    assert fingerprint(identity.key) in said


def test_init_twice_is_refused_and_changes_nothing(made: Box) -> None:
    before = (made.state / "box.key").read_bytes()
    assert "already" in made.run("init", expect=Exit.STORAGE)
    assert (made.state / "box.key").read_bytes() == before


def test_init_that_was_broken_off_can_be_begun_again(made: Box) -> None:
    (made.state / "box.key").unlink()
    made.run("init")
    made.run("status", expect=Exit.FOUND)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777, 0o711])
def test_a_state_folder_that_others_can_enter_is_refused(made: Box, mode: int) -> None:
    made.state.chmod(mode)
    identity = ["identity", "--output", made.folder / "identity"]
    for words in (
        *(["status"], ["intake"], ["run"], identity),
        *(["enroll", "police", "x"], ["accept-clock", "police"]),
    ):
        assert "others can read" in made.run(*words, expect=Exit.STORAGE)
    assert "others can read" in made.run("check", expect=Exit.FOUND)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user: needs root")
def test_a_state_folder_of_another_user_is_refused(made: Box) -> None:
    os.chown(made.state, 65534, 65534)
    assert "another user" in made.run("status", expect=Exit.STORAGE)


@pytest.mark.parametrize("damage", [b"", b"x" * 32, b"x" * 400])
def test_a_damaged_identity_is_refused_in_words(made: Box, damage: bytes) -> None:
    (made.state / "box.key").write_bytes(damage)
    assert "damaged" in made.run("identity", "--output", made.folder / "x", expect=Exit.STORAGE)
    assert not (made.folder / "x").exists()


def test_a_damaged_spool_is_refused_in_words(made: Box) -> None:
    (made.state / "spool.sqlite").write_bytes(b"x" * 9000)
    assert "spool" in made.run("status", expect=Exit.STORAGE)
    (made.state / "spool.sqlite").unlink()
    for suffix in ("-wal", "-shm"):
        (made.state / f"spool.sqlite{suffix}").unlink(missing_ok=True)
    assert "spool" in made.run("enroll", "police", made.sheet(), "--yes", expect=Exit.STORAGE)


def test_nobody_is_enrolled_without_a_word_for_the_fingerprint(made: Box) -> None:
    said = made.enroll(made.sheet(), expect=Exit.TRUST)
    assert fingerprint(bytes(AUTHORITY.verify_key)) in said
    assert "--fingerprint" in said
    assert "not enrolled" in made.run("status", expect=Exit.FOUND)


def test_the_right_fingerprint_enrolls_however_it_is_written(made: Box) -> None:
    right = fingerprint(bytes(AUTHORITY.verify_key))
    wrong = fingerprint(bytes(OTHER.verify_key))
    made.enroll(made.sheet(), "--fingerprint", wrong, expect=Exit.TRUST)
    made.enroll(made.sheet(), "--fingerprint", right.upper().replace(" ", "-"))
    assert "already" in made.enroll(made.sheet())


def test_an_enrolled_authority_needs_no_second_word_and_another_gets_none(made: Box) -> None:
    made.enroll(made.sheet(), "--yes")
    made.enroll(made.sheet(serial=2, epochs=60))
    for more in ("--yes", f"--fingerprint={fingerprint(bytes(OTHER.verify_key))}"):
        said = made.enroll(made.sheet(serial=3, authority=OTHER), more, expect=Exit.TRUST)
        assert "authority" in said


def test_the_announced_authority_follows_after_its_fingerprint_was_compared(made: Box) -> None:
    made.enroll(made.sheet(announced=OTHER), "--yes")
    following = made.sheet(serial=2, authority=OTHER)
    made.enroll(following, expect=Exit.TRUST)
    made.enroll(following, "--fingerprint", fingerprint(bytes(OTHER.verify_key)))


def test_sheets_that_may_not_follow_are_refused(made: Box) -> None:
    made.enroll(made.sheet(serial=5), "--yes")
    assert "serial" in made.enroll(made.sheet(serial=4), expect=Exit.TRUST)
    assert "serial" in made.enroll(made.sheet(serial=5, epochs=60), expect=Exit.TRUST)
    assert "line" in made.enroll(made.sheet(serial=6, line=b"another!"), expect=Exit.TRUST)
    assert "called" in made.enroll(made.sheet(serial=6, name="misconduct"), expect=Exit.TRUST)


def test_an_epoch_in_use_may_not_change_even_where_the_clock_says_it_has_not_begun(made: Box) -> None:
    begins = 4_000_000_000
    made.enroll(made.sheet(begins=begins), "--yes")
    db = sqlite3.connect(made.state / "spool.sqlite")
    db.execute("UPDATE line SET highest_epoch = 2")
    db.commit()
    db.close()
    assert "epoch 1 has begun" in made.enroll(made.sheet(serial=2, begins=begins + 60), expect=Exit.TRUST)


@pytest.mark.parametrize("place", [0, 40, 200, 500, -3])
def test_a_tampered_sheet_is_refused(made: Box, place: int) -> None:
    octets = bytearray(made.sheet().read_bytes())
    octets[place] ^= 1
    (made.folder / "bad").write_bytes(octets)
    assert "refused" in made.enroll(made.folder / "bad", "--yes", expect=Exit.TRUST)
    (made.folder / "bad").write_bytes(bytes(octets[:place]))
    made.enroll(made.folder / "bad", "--yes", expect=Exit.TRUST)


def test_a_sheet_without_an_end_is_refused_by_its_length(made: Box) -> None:
    assert "refused" in made.enroll(Path("/dev/zero"), "--yes", expect=Exit.TRUST)


def test_a_sheet_that_is_not_there_and_a_line_that_is_not_configured_are_named(made: Box) -> None:
    assert "nowhere" in made.enroll(made.folder / "nowhere", "--yes", expect=Exit.MISSING)
    for words in (
        ["enroll", "fire", made.sheet(), "--yes"],
        ["accept-clock", "fire"],
        ["canary", "fire"],
        ["restored", "fire"],
        ["ledger", "fire", "2027-01", "--output", "x"],
    ):
        assert 'no line "fire"' in made.run(*words, expect=Exit.MISSING)


def test_status_without_intake_says_so_and_shows_the_line(made: Box) -> None:
    made.enroll(made.sheet(), "--yes")
    found = json.loads(made.run("status", "--json", expect=Exit.FOUND))
    assert found["intake"] == {"running": False, "held": None, "problem": None}
    assert found["box"] == load_box(made.state).identity.box.hex()
    (line,) = found["lines"]
    assert line["enrolled"]
    assert (line["waiting"], line["oldest_seconds"], line["last_batch"]) == (0, None, None)
    assert any("intake is not running" in problem["what"] for problem in found["problems"])
    assert "intake" in made.run("status", expect=Exit.FOUND)


def test_check_names_what_stands_in_the_way_and_the_way_out(made: Box) -> None:
    found = json.loads(made.run("check", "--json", expect=Exit.FOUND))["findings"]
    assert all(one["what"] and one["way_out"] for one in found)
    whats = " ".join(one["what"] for one in found)
    for expected in ("no key sheet", "has no modem", "no destination", "canaries are off"):
        assert expected in whats
    assert "what to do" in made.run("check", expect=Exit.FOUND)


def test_check_sees_what_would_keep_the_forwarder_from_a_server(made: Box) -> None:
    key = made.folder / "key"
    key.write_text("")
    server = "ssh-ed25519 AAAA"
    text = (made.folder / "tipline.toml").read_text()
    for mode, host_key, expected in (
        (0o600, server, "host_key is neither"),
        (0o644, _PUBLIC_KEY, "others can read or change"),
        (0o600, _PUBLIC_KEY, None),
    ):
        key.chmod(mode)
        (made.folder / "tipline.toml").write_text(
            f'{text}[[destination]]\nname = "hq"\ntype = "sftp"\nhost = "h"\nuser = "u"\npath = "p"\n'
            f'key_file = "{key}"\nhost_key = "{host_key}"\n'
        )
        said = made.run("check", expect=Exit.FOUND)
        assert ("destination hq" in said) is (expected is not None)
        assert expected is None or expected in said


@pytest.mark.parametrize("month", ["2027-13", "2027", "27-01", "2027-1", "x"])
def test_a_month_that_is_none_is_wrong_use(made: Box, month: str) -> None:
    made.run("ledger", "police", month, "--output", made.folder / "x", expect=Exit.USAGE)


def test_a_ledger_that_is_not_there_leaves_no_file(made: Box) -> None:
    made.enroll(made.sheet(), "--yes")
    for audit in ([], ["--audit"]):
        said = made.run(
            "ledger", "police", "2027-01", "--output", made.folder / "x", *audit, expect=Exit.MISSING
        )
        assert "closed months: none" in said
    assert not (made.folder / "x").exists()


def test_an_output_that_cannot_be_written_is_an_error_in_words(made: Box) -> None:
    assert "nowhere" in made.run("identity", "--output", made.folder / "nowhere" / "x", expect=Exit.STORAGE)


def test_a_second_intake_is_told_that_one_runs(made: Box) -> None:
    lock = Lock(made.state / INTAKE_LOCK, "intake")
    try:
        assert "running already" in made.run("intake", expect=Exit.BUSY)
    finally:
        lock.release()


def test_now_is_in_the_first_epoch_of_the_tests_sheet() -> None:
    sheet, _ = make_sheet()
    assert sheet.epochs[0].begins <= NOW < sheet.epochs[0].ends
