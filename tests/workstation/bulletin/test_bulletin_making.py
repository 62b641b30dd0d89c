"""A bulletin answers ledgers, proves what was opened, and is made once: from real batches to the file and back."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from disclosure.rules import RULES
from disclosure.vocabulary import vocabulary_hash
from tests.support.published import Office
from wire.bulletin import BulletinFile, bulletin_name
from wire.commitment import commitment
from wire.hashing import NO_HASH, hashes_in
from wire.period import end_of
from wire.release import Total
from workstation.book.checking import verify_log
from workstation.book.faults import LogBroken
from workstation.bulletin.issued import keep
from workstation.bulletin.making import issue, prepare
from workstation.bulletin.problems import NoBulletin, TooEarly
from workstation.epochs.destruction import retire
from workstation.home import Home
from workstation.problems import Damaged

DAY = 86400


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.make(tmp_path)


def proven(file: BulletinFile) -> dict[bytes, set[bytes]]:
    """Return the commitments that a bulletin proves to be opened, by ledger."""
    return {found.ledger: set(map(commitment, hashes_in(digests))) for found, digests in file.digests()}


def test_every_tip_that_was_opened_is_proven_by_the_digest_of_a_commitment(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12, held_back=2)
    office.take(box, now=end_of("2024-01") + DAY)
    file = office.issue("2024-01")
    (ledger,) = box.ledgers
    found = proven(file)
    assert found.keys() == {ledger.hash}
    assert len(found[ledger.hash]) == 12
    assert found[ledger.hash] < set(hashes_in(ledger.commitments))
    said = file.bulletin
    assert said.totals == (Total("2024-01", 14, 12),)
    assert (said.serial, said.previous, said.mode) == (1, NO_HASH, "single")
    assert (said.line, said.name) == (office.home.sheet.line, office.home.sheet.name)
    assert (said.rules, said.vocabulary) == (RULES, vocabulary_hash())
    assert said.issued == end_of("2024-01") + 5 * DAY
    assert said.authority != office.home.sheet.authority


def test_what_is_opened_later_is_proven_later_under_the_same_ledger(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    first_batch = next(path for path in box.stick.iterdir() if path.suffix == ".batch")
    hidden = first_batch.rename(office.folder / first_batch.name)
    office.take(box, now=end_of("2024-01") + DAY)
    first = office.issue("2024-01")
    assert first.bulletin.totals == (Total("2024-01", 12, 0),)
    assert first.bulletin.digests == 0

    hidden.rename(first_batch)
    box.month("2024-02", 15)
    office.take(box, now=end_of("2024-02") + DAY)
    second = office.issue("2024-02")
    january, february = box.ledgers
    assert {ledger: len(found) for ledger, found in proven(second).items()} == {
        january.hash: 12,
        february.hash: 15,
    }
    assert second.bulletin.totals == (Total("2024-01", 12, 12), Total("2024-02", 15, 15))
    assert second.bulletin.previous == first.hash

    box.month("2024-03", 11)
    office.take(box, now=end_of("2024-03") + DAY)
    third = office.issue("2024-03")
    assert list(proven(third)) == [box.ledgers[2].hash], "nothing is proven twice"


def test_two_boxes_are_answered_in_one_bulletin(office: Office) -> None:
    first, second = office.counter(1), office.counter(2)
    for box, count in ((first, 12), (second, 20)):
        box.month("2024-01", count)
        office.take(box, now=end_of("2024-01") + DAY)
    file = office.issue("2024-01")
    assert {found.box: found.digests for found in file.bulletin.ledgers} == {
        first.box.id: 12,
        second.box.id: 20,
    }
    assert file.bulletin.totals == (Total("2024-01", 32, 32),)


def test_a_bulletin_that_was_made_is_written_again_as_it_was(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    office.issue("2024-01")
    octets = (office.folder / "2024-01.bulletin").read_bytes()
    office.triage(Random(1), office.tips_of("2024-01"), now=end_of("2024-01") + 9 * DAY)
    office.issue("2024-01", now=end_of("2024-06"))
    assert (office.folder / "2024-01.bulletin").read_bytes() == octets
    kept = list((office.home.path / "bulletins").iterdir())
    assert [path.read_bytes() for path in kept] == [octets]
    with office.book() as book:
        logged = [
            row for (row,) in book.connection.execute("SELECT detail FROM log WHERE action = 'bulletin'")
        ]
        verify_log(book)
    assert logged == ['{"month":"2024-01","serial":1}']


def test_a_kill_between_the_file_and_the_log_leaves_one_bulletin_that_is_logged_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    draft = office.prepare("2024-01")

    def kept_and_killed(home: Home, name: str, octets: bytes) -> None:
        keep(home, name, octets)
        raise KeyboardInterrupt

    with office.book() as book, monkeypatch.context() as patch:
        patch.setattr("workstation.bulletin.making.keep", kept_and_killed)
        with pytest.raises(KeyboardInterrupt):
            issue(office.home, book, draft, office.folder / "out", now=end_of("2024-02"))
    assert not (office.folder / "out").exists()
    file = office.issue("2024-01", now=end_of("2024-02"))
    assert file.bulletin == draft.bulletin
    with office.book() as book:
        assert book.connection.execute("SELECT count(*) FROM log WHERE action = 'bulletin'").fetchone() == (
            1,
        )


def test_the_log_of_before_is_vouched_for_by_the_bulletin(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    office.triage(Random(1), office.tips_of("2024-01"), now=end_of("2024-01") + 2 * DAY)
    with office.book() as book:
        head = verify_log(book).head
    assert office.issue("2024-01").bulletin.log == head


def test_a_log_that_was_cut_off_behind_a_bulletin_stops_the_next_but_after_a_restore(office: Office) -> None:
    box = office.counter()
    for month in ("2024-01", "2024-02"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-02") + DAY)
    backup = office.home.path / "casebook.db"
    before = backup.read_bytes()
    office.triage(Random(1), office.tips_of("2024-01"), now=end_of("2024-02") + DAY)
    office.issue("2024-01", now=end_of("2024-02") + DAY)
    backup.write_bytes(before)
    with pytest.raises(LogBroken, match="has the hash"):
        office.prepare("2024-02")
    with office.book() as book:
        draft = prepare(office.home, book, "2024-02", now=end_of("2024-02") + 5 * DAY, after_restore=True)
    assert draft.bulletin.serial == 2


def test_a_month_that_is_not_over_has_no_bulletin(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") - DAY)
    with pytest.raises(TooEarly, match="2024-01 is not over"):
        office.prepare("2024-01", now=end_of("2024-01") - 1)


def test_a_missing_ledger_is_named_with_its_box(office: Office) -> None:
    box, other = office.counter(1), office.counter(2)
    box.month("2024-01", 12)
    other.month("2024-01", 12, ledger=False)
    for one in (box, other):
        office.take(one, now=end_of("2024-01") + DAY)
    with pytest.raises(TooEarly, match=f"box {other.box.id.hex()}: its ledger of 2024-01 is not here"):
        office.prepare("2024-01")
    assert TooEarly.exit_code == 15


def test_the_ledger_of_a_box_that_only_had_earlier_ones_is_missing(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    with pytest.raises(TooEarly, match="its ledger of 2024-02 is not here"):
        office.prepare("2024-02")


def test_a_ledger_between_two_is_missed_by_its_serial(office: Office) -> None:
    box = office.counter()
    for month, there in (("2024-01", True), ("2024-02", False), ("2024-03", True)):
        box.month(month, 12, ledger=there)
    office.take(box, now=end_of("2024-03") + DAY)
    with pytest.raises(TooEarly, match="between 2024-01 and 2024-03"):
        office.prepare("2024-03")
    assert office.prepare("2024-01").bulletin.totals == (Total("2024-01", 12, 12),)


def test_a_month_without_a_batch_has_no_ledger_and_is_no_gap(office: Office) -> None:
    box = office.counter()
    for month in ("2024-01", "2024-03"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-03") + DAY)
    assert office.issue("2024-01").bulletin.digests == 12
    assert office.issue("2024-02").bulletin.ledgers == ()
    assert office.issue("2024-03").bulletin.digests == 12


def test_a_retired_box_is_not_waited_for(office: Office) -> None:
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    retire(office.home, box.box.id, people=("analyst", "watcher"), now=end_of("2024-01") + 2 * DAY)
    assert office.prepare("2024-02").bulletin.ledgers != ()
    assert office.prepare("2024-02").bulletin.certificates == 1


def test_a_box_from_which_nothing_ever_came_is_told_of(office: Office) -> None:
    box, other = office.counter(1), office.counter(2)
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    assert other.box.id.hex() in office.prepare("2024-01").warnings[0]


def test_months_that_were_passed_over_are_answered_by_the_next_and_never_by_themselves(
    office: Office,
) -> None:
    box = office.counter()
    for month in ("2024-01", "2024-02", "2024-03"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-03") + DAY)
    file = office.issue("2024-03")
    assert [total.period for total in file.bulletin.totals] == ["2024-01", "2024-02", "2024-03"]
    assert office.prepare("2024-03").warnings == ()
    with pytest.raises(NoBulletin, match="none was made of 2024-02"):
        office.prepare("2024-02")


def test_where_months_are_passed_over_it_is_asked_whether_a_published_bulletin_is_missing(
    office: Office,
) -> None:
    """After a restore neither the folder nor the log knows of the newest ones."""
    box = office.counter()
    for month in ("2024-01", "2024-02", "2024-03"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-03") + DAY)
    office.issue("2024-01")
    assert office.prepare("2024-02").warnings == ()
    (warning,) = office.prepare("2024-03").warnings
    assert "the newest bulletin here is of 2024-01" in warning


def test_without_any_ledger_there_is_nothing_to_answer(office: Office) -> None:
    with pytest.raises(NoBulletin, match="there is no ledger of 2024-01 or before"):
        office.prepare("2024-01")
    assert NoBulletin.exit_code == 19


def test_a_quiet_quarter_is_one_period_and_nothing_of_its_months_is_told_before(office: Office) -> None:
    box = office.counter()
    files = []
    for month, count in (("2024-01", 4), ("2024-02", 30), ("2024-03", 5), ("2024-04", 12)):
        box.month(month, count)
        office.take(box, now=end_of(month) + DAY)
        files.append(office.issue(month))
    january, february, march, april = (file.bulletin for file in files)
    assert (january.totals, january.digests, len(january.ledgers)) == ((), 0, 1)
    assert (february.totals, february.digests) == ((), 0)
    assert march.totals == (Total("2024-Q1", 39, 39),)
    assert [found.digests for found in march.ledgers] == [4, 30, 5]
    assert april.totals == (Total("2024-04", 12, 12),)
    shown = {(one.period, one.age) for one in (*april.tables, *april.coarse)}
    assert shown == {("2024-Q1", 30)}, "the tables are of the quarter, not of its months"


def test_a_quarter_that_began_by_months_stays_so_whatever_comes_late(office: Office) -> None:
    """Another box, whose ledger of January comes late, does not turn months into a quarter, nor the reverse."""
    box, late = office.counter(1), office.counter(2)
    box.month("2024-01", 4)
    office.take(box, now=end_of("2024-01") + DAY)
    assert office.issue("2024-01").bulletin.totals == ()
    late.month("2024-01", 40)
    for one in (box, late):
        one.month("2024-02", 20)
        office.take(one, now=end_of("2024-02") + DAY)
    assert office.issue("2024-02").bulletin.totals == ()


def test_a_bulletin_that_is_gone_stops_the_next_one(office: Office) -> None:
    box = office.counter()
    for month in ("2024-01", "2024-02"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-02") + DAY)
    file = office.issue("2024-01")
    kept = office.home.path / "bulletins" / bulletin_name(file.bulletin)
    octets = kept.read_bytes()
    kept.unlink()
    with pytest.raises(Damaged, match="the bulletin of 2024-01"):
        office.prepare("2024-02")
    kept.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    with pytest.raises(Damaged, match="wrong-body"):
        office.prepare("2024-02")
    kept.write_bytes(octets)
    assert office.prepare("2024-02").bulletin.serial == 2


def test_a_home_of_two_people_says_so(tmp_path: Path) -> None:
    office = Office.make(tmp_path, two=True)
    box = office.counter()
    box.month("2024-01", 12)
    office.take(box, now=end_of("2024-01") + DAY)
    assert office.issue("2024-01").bulletin.mode == "two-person"


def test_of_two_drafts_of_one_number_only_one_is_issued(office: Office) -> None:
    box = office.counter()
    for month in ("2024-01", "2024-02"):
        box.month(month, 12)
    office.take(box, now=end_of("2024-02") + DAY)
    drafts = [office.prepare(month) for month in ("2024-01", "2024-02")]
    with office.book() as book:
        issue(office.home, book, drafts[0], office.folder / "one", now=end_of("2024-03"))
        with pytest.raises(TooEarly, match="another one was issued meanwhile"):
            issue(office.home, book, drafts[1], office.folder / "two", now=end_of("2024-03"))
    assert not (office.folder / "two").exists()
