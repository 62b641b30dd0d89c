"""A home from a backup makes no bulletin before somebody says which was published last: no serial is signed twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.published import Office
from tests.support.workstation import Station
from wire.bulletin import read_bulletin
from wire.period import end_of
from workstation.backup import marker
from workstation.bulletin.issued import read_issued
from workstation.bulletin.making import issue
from workstation.bulletin.problems import TooEarly

DAY = 86400
MONTHS = ("2024-01", "2024-02", "2024-03")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with ledgers of three months, that issued the first bulletin, made a backup, then issued the second."""
    made = Office.make(tmp_path)
    made.box = made.counter()
    for month in MONTHS:
        made.box.month(month, 12)
    made.take(made.box, now=end_of(MONTHS[-1]) + DAY)
    _write(made.station, MONTHS[0], tmp_path / "first")
    made.station.run("backup", "--output", tmp_path / "backup")
    _write(made.station, MONTHS[1], tmp_path / "second")
    return made


def _write(station: Station, month: str, path: Path, *more: str, code: int = 0) -> str:
    result = station.run("bulletin", month, "--output", path, *more, code=code)
    return result.stderr if code else result.stdout


@pytest.fixture
def back(office: Office, tmp_path: Path) -> Station:
    made = Station(tmp_path / "again", office.station.passphrase_file)
    assert "published FILE" in made.run("restore-backup", tmp_path / "backup").stdout
    return made


def test_no_bulletin_is_made_until_the_last_one_is_named(back: Station, tmp_path: Path) -> None:
    for words in (("--preview",), ("--output", str(tmp_path / "out"))):
        said = back.run("bulletin", MONTHS[1], *words, code=15).stderr
        assert "came back from a backup of 20" in said and "published FILE… --last YYYY-MM" in said
    assert not (tmp_path / "out").exists()
    again = _write(back, MONTHS[0], tmp_path / "again first")
    assert "issued before" in again, "what was issued before is written again as it was"
    assert (tmp_path / "again first").read_bytes() == (tmp_path / "first").read_bytes()


def test_with_what_was_published_since_the_next_one_counts_on(back: Station, tmp_path: Path) -> None:
    said = back.run("published", tmp_path / "first", tmp_path / "second", "--last", MONTHS[1]).stdout
    assert said.startswith("1 bulletin taken back; the newest here: 2024-02")
    _write(back, MONTHS[2], tmp_path / "third", "--after-restore")
    assert len(read_issued(back.open()).files) == 3
    numbers = {read_issued(back.open()).files[at].bulletin.serial for at in range(3)}
    assert numbers == {1, 2, 3}
    assert _write(back, MONTHS[1], tmp_path / "again second")
    assert (tmp_path / "again second").read_bytes() == (tmp_path / "second").read_bytes()


def test_who_names_another_one_than_the_newest_here_is_refused(back: Station, tmp_path: Path) -> None:
    said = back.run("published", "--last", MONTHS[1], code=10).stderr
    assert "the newest bulletin here is of 2024-01, not of 2024-02" in said and "published FILE" in said
    back.run("published", "--last", "none", code=10)
    back.run("published", "--last", "soon", code=2)
    _write(back, MONTHS[1], tmp_path / "out", code=15)


def test_where_nothing_was_published_since_that_is_enough(back: Station, tmp_path: Path) -> None:
    assert "Then say which was the last" in back.run("published").stdout
    _write(back, MONTHS[1], tmp_path / "out", code=15)
    assert "counts on from there" in back.run("published", "--last", MONTHS[0]).stdout
    _write(back, MONTHS[1], tmp_path / "out", "--after-restore")
    back.run("published", "--last", MONTHS[1])


def test_a_file_that_is_none_of_the_line_or_does_not_follow_is_refused(
    back: Station, office: Office, tmp_path: Path
) -> None:
    octets = (tmp_path / "second").read_bytes()
    (tmp_path / "changed").write_bytes(octets.replace(b"2024-02", b"2024-04", 1))
    back.run("published", tmp_path / "changed", "--last", MONTHS[1], code=3)
    _write(office.station, MONTHS[2], tmp_path / "third")
    said = back.run("published", tmp_path / "third", "--last", MONTHS[2], code=3).stderr
    assert "number 2 is missing before number 3" in said
    other = tmp_path / "other line"
    other.mkdir()
    stranger = Station.make(other)
    assert "expected key" in stranger.run("published", tmp_path / "first", code=3).stderr
    assert len(read_issued(back.open()).files) == 1


def test_another_bulletin_of_the_same_number_is_refused(
    office: Office, back: Station, tmp_path: Path
) -> None:
    """As two machines would have made them, had nobody been asked."""
    marker.settled(back.home)
    _write(back, MONTHS[2], tmp_path / "other second", "--after-restore")
    serials = [
        json.loads(station.run("bulletin", month, "--preview", "--json").stdout)["serial"]
        for station, month in ((office.station, MONTHS[1]), (back, MONTHS[2]))
    ]
    assert serials == [2, 2]
    said = back.run("published", tmp_path / "second", code=3).stderr
    assert "not the bulletin of number 2 that is here" in said


def test_a_draft_of_before_is_not_signed_either(office: Office) -> None:
    draft = office.prepare(MONTHS[2])
    marker.mark_restored(office.home.path, "2024-04-01T00:00:00Z")
    with office.book() as book, pytest.raises(TooEarly, match="came back from a backup"):
        issue(office.home, book, draft, office.folder / "out", now=end_of(MONTHS[2]) + DAY)
    assert not (office.folder / "out").exists()


def test_a_first_bulletin_after_a_restore_is_possible_once_none_is_said(tmp_path: Path) -> None:
    office = Office.make(tmp_path)
    office.box = office.counter()
    office.box.month(MONTHS[0], 12)
    office.take(office.box, now=end_of(MONTHS[0]) + DAY)
    office.station.run("backup", "--output", tmp_path / "backup")
    back = Station(tmp_path / "again", office.station.passphrase_file)
    back.run("restore-backup", tmp_path / "backup")
    _write(back, MONTHS[0], tmp_path / "out", code=15)
    back.run("published", "--last", "none")
    _write(back, MONTHS[0], tmp_path / "out")
    key = read_issued(back.open()).files[0].bulletin.authority
    assert read_bulletin((tmp_path / "out").read_bytes(), key).bulletin.serial == 1
