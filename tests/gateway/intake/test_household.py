"""Which SIM belongs where, and which PIN may be tried."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlite_utils import Database

from gateway.config import Config, parse
from gateway.faults import ConfigError
from gateway.intake.household import House, place_of, port_name, same_iccid
from gateway.intake.line import Line
from gateway.spool.schema import open_spool
from hw.contract import ModemStatus, Phase, SimIdentity

ONE, TWO = "8952020000000000017", "8952020000000000025"
BOTH = f"""
state_dir = "state"
[[line]]
name = "police"
[[line.modem]]
port = "auto"
sim = "{ONE}"
pin_file = "pin"
[[line]]
name = "misconduct"
[[line.modem]]
port = "auto"
sim = "{TWO}"
"""
ALONE = """
state_dir = "state"
[[line]]
name = "police"
[[line.modem]]
port = "/dev/a"
[[line.modem]]
port = "/dev/b"
sim = "{}"
"""


def _config(folder: Path, text: str) -> Config:
    (folder / "pin").write_text("1234\n")
    return parse(text.encode(), base=folder)


@pytest.mark.parametrize(
    ("configured", "read", "same"),
    [
        (ONE, ONE, True),
        (ONE, ONE[:-1], True),
        (ONE[:-1], ONE, True),
        (ONE, TWO, False),
        (ONE, ONE[:-2], False),
        (ONE + "0", ONE, True),
        (ONE, "", False),
    ],
)
def test_a_card_is_known_with_or_without_its_check_digit(configured: str, read: str, same: bool) -> None:
    assert same_iccid(configured, read) is same


def test_swapped_sims_take_their_lines_with_them_and_an_unknown_one_has_none(tmp_path: Path) -> None:
    config = _config(tmp_path, BOTH)
    assert [port_name(config, line.modem[0]) for line in config.line] == ["auto", "auto 2"]
    for port in ("auto", "auto 2"):
        for iccid, name in ((ONE, "police"), (TWO, "misconduct")):
            place = place_of(config, port, SimIdentity(iccid))
            assert place is not None
            assert place.line.name == name
        assert place_of(config, port, SimIdentity(None)) is None
        assert place_of(config, port, SimIdentity("8952020000000000999")) is None


def test_with_one_line_a_port_without_a_configured_sim_takes_any(tmp_path: Path) -> None:
    config = _config(tmp_path, ALONE.format(ONE))
    assert place_of(config, "/dev/a", SimIdentity(None)) is not None
    assert place_of(config, "/dev/a", SimIdentity(TWO)) is not None
    assert place_of(config, "/dev/b", SimIdentity(TWO)) is None
    assert place_of(config, "/dev/b", SimIdentity(None)) is None
    assert place_of(config, "/dev/c", SimIdentity(ONE)) is not None


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_spool(tmp_path / "spool.sqlite", make=True)


def _house(config: Config, db: Database) -> House:
    return House(config, [], db, on_change=lambda _: None)


def test_a_pin_is_tried_once_for_each_state_of_its_file_also_after_a_restart(
    tmp_path: Path, db: Database
) -> None:
    config, sim = _config(tmp_path, BOTH), SimIdentity(ONE)
    assert _house(config, db).pin("auto", sim) == "1234"
    assert sqlite3.connect(tmp_path / "spool.sqlite").execute(
        "SELECT count(*) FROM pin_attempt"
    ).fetchone() == (1,)
    assert _house(config, db).pin("auto", sim) is None
    assert _house(config, db).pin("auto", SimIdentity(TWO)) is None, "it has no PIN file"
    (tmp_path / "pin").write_text("98765")
    house = _house(config, db)
    assert house.pin("auto", sim) == "98765"
    house.pin_accepted("auto", sim)
    assert house.pin("auto", sim) == "98765"
    (tmp_path / "pin").unlink()
    assert house.pin("auto", sim) is None


def test_a_pin_file_that_is_no_text_is_no_pin_and_ends_nothing(tmp_path: Path, db: Database) -> None:
    config = _config(tmp_path, BOTH)
    (tmp_path / "pin").write_bytes("1234\r\n".encode("utf-16"))  # as some editors save it
    pin = _house(config, db).pin("auto", SimIdentity(ONE))
    assert pin is not None
    assert not pin.isdigit()


def test_a_pin_whose_attempt_cannot_be_noted_is_not_tried(tmp_path: Path, db: Database) -> None:
    config = _config(tmp_path, BOTH)
    db.conn.execute("PRAGMA query_only=ON")
    assert _house(config, db).pin("auto", SimIdentity(ONE)) is None


def test_neither_pin_nor_iccid_stands_in_the_log(
    tmp_path: Path, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    house = _house(_config(tmp_path, BOTH), db)
    house.pin("auto", SimIdentity(ONE))
    for phase in Phase:
        house.changed(ModemStatus("auto", phase=phase, iccid=ONE, problem=f"it is {phase.value}"))
    assert len(caplog.records) >= len(Phase)
    assert "1234" not in caplog.text
    assert ONE not in caplog.text


@pytest.mark.parametrize(
    ("key", "clears"), [("", False), ('foreign = "leave"', False), ('foreign = "clear"', True)]
)
def test_entries_that_are_no_messages_are_cleared_only_where_the_configuration_says_so(
    tmp_path: Path, db: Database, key: str, clears: bool
) -> None:
    config = _config(tmp_path, ALONE.format(ONE) + key)
    line = SimpleNamespace(config=config.line[0], enrolled=True, receiver=object())
    house = House(config, [cast(Line, line)], db, on_change=lambda _: None)
    assignment = house.assign("/dev/b", SimIdentity(ONE))
    assert assignment is not None
    assert assignment.clear_foreign is clears
    other = house.assign("/dev/a", SimIdentity(TWO))
    assert other is not None
    assert not other.clear_foreign


def test_another_policy_for_such_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line\[0\]\.modem\[1\]\.foreign"):
        _config(tmp_path, ALONE.format(ONE) + 'foreign = "seal"')


def test_a_proof_is_of_a_model_and_revision(tmp_path: Path, db: Database) -> None:
    house = _house(_config(tmp_path, BOTH), db)
    house.changed(ModemStatus("auto", model="EC25", revision="R1"))
    assert not house._proven("auto")
    house.note_proof("auto")
    again = _house(_config(tmp_path, BOTH), cast(Database, db))
    for revision, proven in (("R1", True), ("R2", False), (None, False)):
        again.changed(ModemStatus("auto", model="EC25", revision=revision))
        assert again._proven("auto") is proven


def test_a_proof_that_cannot_be_read_is_none(
    tmp_path: Path, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    house = _house(_config(tmp_path, BOTH), db)
    house.changed(ModemStatus("auto", model="EC25", revision="R1"))
    house.note_proof("auto")
    db.conn.execute("DROP TABLE direct_proof")
    assert not house._proven("auto")
    assert "not proven" in caplog.text
