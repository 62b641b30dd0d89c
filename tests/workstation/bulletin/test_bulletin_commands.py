"""The commands bulletin and identity, as their user types them."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from disclosure.rules import tables_at
from tests.support.held import ALONE, WRITES, book_held, not_long, told
from tests.support.published import ANALYST, Office
from wire.authority import read_authority
from wire.bulletin import read_bulletin
from wire.hashing import fingerprint
from wire.period import end_of, next_month
from workstation.book.actions import set_status
from workstation.book.connection import NAME
from workstation.bulletin.issued import read_issued
from workstation.cli import cli
from workstation.cli.bulletin import bulletin as bulletin_command

DAY = 86400


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with two months, of which the first has tables in the bulletin of the third."""
    made, month = Office.make(tmp_path), "2024-01"
    made.box = made.counter()
    for count in (60, 40, 30):
        made.box.month(month, count)
        made.take(made.box, now=end_of(month) + DAY)
        made.triage(Random(count), made.tips_of(month), now=end_of(month) + 2 * DAY)
        month = next_month(month)
    return made


def test_a_bulletin_is_written_for_a_reader_who_has_the_identity_of_the_authority(office: Office) -> None:
    path, identity = office.folder / "january.bulletin", office.folder / "authority.identity"
    said = office.station.run("bulletin", "2024-01", "--output", path).stdout
    assert "received 60, opened 60" in said
    assert "written:" in said
    office.station.run("identity", "--output", identity)
    authority = read_authority(identity.read_bytes())
    file = read_bulletin(path.read_bytes(), authority.bulletin)
    assert (file.bulletin.line, file.bulletin.name) == (authority.line, authority.name)
    assert authority.authority == office.home.sheet.authority
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_identity_is_the_same_each_time_and_shows_both_fingerprints(office: Office) -> None:
    path = office.folder / "authority.identity"
    said = office.station.run("identity", "--output", path).stdout
    octets = path.read_bytes()
    found = json.loads(office.station.run("identity", "--output", path, "--json").stdout)
    assert path.read_bytes() == octets
    authority = read_authority(octets)
    assert found["authority"] == fingerprint(authority.authority) in said
    assert found["bulletin"] == fingerprint(authority.bulletin) in said


def test_a_preview_writes_nothing_and_shows_what_a_reader_will_see(office: Office) -> None:
    before = sorted(path for path in office.folder.rglob("*") if path.is_file())
    office.station.run("bulletin", "2024-01", "--output", office.folder / "1")
    office.station.run("bulletin", "2024-02", "--output", office.folder / "2")
    there = sorted(path for path in office.folder.rglob("*") if path.is_file())
    assert there != before
    words = office.station.run("bulletin", "2024-03", "--preview").stdout
    found = json.loads(office.station.run("bulletin", "2024-03", "--preview", "--json").stdout)
    assert sorted(path for path in office.folder.rglob("*") if path.is_file()) == there
    assert "Bulletin of 2024-03, number 3" in words
    assert "one user opens the case book" in words
    assert "Tips of 2024-01, 30 days after its end" in words
    assert (found["month"], found["serial"], found["again"]) == ("2024-03", 3, False)
    assert [(cohort["period"], cohort["age"]) for cohort in found["cohorts"]] == [
        ("2024-01", 30),
        ("2024-02", 30),
    ]
    for cohort in found["cohorts"]:
        assert set(cohort["tables"]) == {",".join(table) for table in tables_at(cohort["left_out"])}
    office.station.run("bulletin", "2024-03", "--output", office.folder / "3")
    again = json.loads(office.station.run("bulletin", "2024-03", "--preview", "--json").stdout)
    assert again == found | {"again": True, "issued": again["issued"]}


def test_the_preview_tells_what_changed_since_the_age_before(office: Office) -> None:
    """In April all that was under investigation in January is acted on; January is 90 days old then."""
    office.issue("2024-03")
    with office.book() as book:
        query = "SELECT id FROM tips WHERE status = 'investigating' AND received < ?"
        tips = [tip for (tip,) in book.connection.execute(query, (end_of("2024-01"),))]
        now = end_of("2024-03") + 10 * DAY
        set_status(book, ANALYST, tips, "action_taken.seizure", now=now)
    assert len(tips) > 10
    office.box.month("2024-04", 12)
    office.take(office.box, now=end_of("2024-04") + DAY)
    found = json.loads(office.station.run("bulletin", "2024-04", "--preview", "--json").stdout)
    (january,) = [
        cohort for cohort in found["cohorts"] if (cohort["period"], cohort["age"]) == ("2024-01", 90)
    ]
    changed = {
        one["cell"]: (one["before"], one["now"]) for one in january["changed"] if one["table"] == "class"
    }
    assert changed["acted"][0] < changed["acted"][1]
    words = office.station.run("bulletin", "2024-04", "--preview").stdout
    assert "changed since the age before: acted on {}, now {};".format(*changed["acted"]) in words


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("2024-13", "--preview"), 2, "not a month"),
        (("2024-01",), 2, "either --output FILE or --preview"),
        (("2024-01", "--preview", "--output", "x"), 2, "either --output FILE or --preview"),
        (("9999-11", "--preview"), 15, "9999-11 is not over"),
        (("2024-05", "--preview"), 15, "its ledger of 2024-05 is not here"),
        (("2023-12", "--preview"), 19, "there is no ledger of 2023-12"),
    ],
)
def test_what_cannot_be_made_is_told_with_its_code(
    office: Office, words: tuple[str, ...], code: int, said: str
) -> None:
    result = office.station.run("bulletin", *words, code=code)
    assert said in result.stderr
    assert not result.stdout
    assert not (office.home.path / "bulletins").exists()


def test_a_bulletin_is_not_written_into_the_home(office: Office) -> None:
    inside = office.home.path / "x.bulletin"
    assert "is in the home" in office.station.run("bulletin", "2024-01", "--output", inside, code=2).stderr
    assert not inside.exists()


def test_a_medium_that_cannot_be_written_keeps_the_bulletin_for_the_next_try(office: Office) -> None:
    gone = office.folder / "no such stick" / "x.bulletin"
    office.station.run("bulletin", "2024-01", "--output", gone, code=12)
    office.station.run("bulletin", "2024-01", "--output", office.folder / "x.bulletin")
    (kept,) = (office.home.path / "bulletins").iterdir()
    assert kept.read_bytes() == (office.folder / "x.bulletin").read_bytes()


def test_the_help_of_the_program_lists_both() -> None:
    assert {"bulletin", "identity"} <= cli.commands.keys()
    assert "Example:" in str(bulletin_command.help)


def test_while_the_book_is_held_no_bulletin_is_issued(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station, first, second = office.station, tmp_path / "first", tmp_path / "second"
    station.run("bulletin", "2024-01", "--output", first)
    not_long(monkeypatch)
    for lock, *pragmas in ((WRITES,), (ALONE, "locking_mode = EXCLUSIVE")):
        with book_held(station, lock, *pragmas):
            told(station, ("bulletin", "2024-02", "--output", second), NAME)
            station.run("published", first, "--last", "2024-01")  # it does not need the book
    assert not second.exists()
    assert len(read_issued(office.home).files) == 1
    station.run("bulletin", "2024-02", "--output", second)
