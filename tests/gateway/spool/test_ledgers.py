"""The box's own count: closed once, never reopened, and an auditor with the headers finds it whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.faults import MissingError, StorageError
from gateway.intake.outbox import Outbox
from gateway.spool import ledgers
from gateway.spool.ledgers import stored_audit, stored_ledger
from gateway.spool.lines import accept_clock, begin_chain, count_minute, line_state
from tests.support.boxes import NOW, Intake, intake, open_batch, pdu_of
from tests.vectors.make.common import flipped
from wire.audit import check_audit
from wire.hashing import NO_HASH
from wire.ledger import Ledger, LedgerFile, read_audit, read_ledger
from wire.manifest import ClockState

Work = Callable[[Intake], Coroutine[Any, Any, None]]
DECEMBER, JANUARY, FEBRUARY, MARCH = 1_796_083_200, 1_798_761_600, 1_801_440_000, 1_803_859_200
"""First seconds of the months: 2026-12, 2027-01, -02, -03."""


def _run(folder: Path, work: Work) -> None:
    async def run() -> None:
        async with intake(folder, wall=JANUARY) as box:
            await work(box)

    asyncio.run(run())


async def _at(box: Intake, wall: int, *senders: str) -> None:
    """Take a message of each sender in the period of ``wall``, and cut it; sign what that closed."""
    box.wall = float(wall)
    accept_clock(box.db, "police")  # weeks have passed, and the box is told that this is so
    await box.turn()
    for number, sender in enumerate(senders):
        await box.take(pdu_of(sender, b"%d %d" % (wall, number)))
    await box.cut()
    await box.line.sign_ledgers()


def _file(box: Intake, month: str) -> LedgerFile:
    return read_ledger(b"".join(stored_ledger(box.db, "police", month)), box.box.identity.key)


def _ledger(box: Intake, month: str) -> tuple[Ledger, bytes]:
    found = _file(box, month)
    return found.ledger, found.hash


def _audit(box: Intake, month: str, *, previous: str | None = None, later: str | None = None) -> None:
    octets = b"".join(stored_audit(box.db, "police", month, box.box))
    headers = [(batch.header, batch.header_hash) for batch in box.batches()]
    check_audit(
        _file(box, month),
        read_audit(octets, box.box.identity.key),
        headers,
        previous=_ledger(box, previous) if previous else None,
        later=[_ledger(box, later)[0]] if later else [],
    )


def test_the_first_cut_of_a_later_month_closes_the_one_before(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001", "52165600002", "52165600001")
        await _at(box, FEBRUARY - 3600, "52165600003")
        with pytest.raises(MissingError, match="still open"):
            stored_ledger(box.db, "police", "2027-01")
        await _at(box, FEBRUARY, "52165600004")
        ledger, _ = _ledger(box, "2027-01")
        assert (ledger.serial, ledger.previous, ledger.count, ledger.conversations) == (1, NO_HASH, 4, 3)
        (only,) = ledger.ranges
        assert (only.first, only.last) == (1, 2)
        assert ledger.header == box.batches()[1].header_hash
        _audit(box, "2027-01")
        await _at(box, MARCH)
        second, _ = _ledger(box, "2027-02")
        assert (second.serial, second.previous, second.count) == (2, _ledger(box, "2027-01")[1], 1)
        _audit(box, "2027-02", previous="2027-01")
        with pytest.raises(MissingError, match="closed months: 2027-01, 2027-02"):
            stored_ledger(box.db, "police", "2026-12")

    _run(tmp_path, work)


def test_a_backlog_counts_in_the_month_of_the_cut_that_committed_to_it(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, FEBRUARY - 3600, *(f"5216560{number:04}" for number in range(20)))
        await _at(box, FEBRUARY)
        assert _ledger(box, "2027-01")[0].count == 20
        _audit(box, "2027-01")
        await _at(box, MARCH)
        assert _ledger(box, "2027-02")[0].count == 0
        _audit(box, "2027-02", previous="2027-01")

    _run(tmp_path, work)


def test_a_month_without_any_batch_has_no_ledger_and_breaks_nothing(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001")
        await _at(box, MARCH, "52165600001")
        assert _ledger(box, "2027-01")[0].count == 1
        with pytest.raises(MissingError):
            stored_ledger(box.db, "police", "2027-02")

    _run(tmp_path, work)


def test_a_new_chain_in_mid_month_stands_in_the_ledger_behind_the_first(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001")
        await _at(box, JANUARY + 3600, "52165600002")
        begin_chain(box.db, "police")
        await _at(box, JANUARY + 7200, "52165600003")
        await _at(box, FEBRUARY)
        ledger, _ = _ledger(box, "2027-01")
        assert [(r.first, r.last) for r in ledger.ranges] == [(1, 2), (1, 1)]
        assert ledger.ranges[1].chain == box.batches()[2].header.chain
        assert ledger.header == box.batches()[2].header_hash
        _audit(box, "2027-01")

    _run(tmp_path, work)


def test_a_month_is_never_reopened_by_a_clock_set_back(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001")
        await _at(box, FEBRUARY, "52165600002")
        closed = _file(box, "2027-01")
        await _at(box, JANUARY + 7200, "52165600003")
        assert box.batches()[-1].header.period == JANUARY + 7200
        await _at(box, FEBRUARY + 7200, "52165600004")
        await _at(box, MARCH)
        assert _file(box, "2027-01") == closed
        ledger, _ = _ledger(box, "2027-02")
        assert ledger.count == 3
        assert len(ledger.ranges) == 2
        _audit(box, "2027-02", previous="2027-01")
        _audit(box, "2027-01", later="2027-02")

    _run(tmp_path, work)


def test_canaries_and_minutes_stand_in_the_ledger(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY)
        for _ in range(7):
            count_minute(box.db, line=box.line.state.id, month="2027-01")
        await _at(box, FEBRUARY)
        ledger, _ = _ledger(box, "2027-01")
        assert (ledger.minutes, ledger.canaries_sent, ledger.canaries_received) == (7, 0, 0)

    _run(tmp_path, work)


def test_messages_are_stored_while_a_ledger_is_made_and_stand_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page is held back until messages were stored, a batch was cut, and the WAL was emptied."""
    monkeypatch.setattr(ledgers, "PAGE", 2)
    read, go_on = threading.Event(), threading.Event()
    genuine = ledgers.blake2b_256_of

    def held(pieces: Iterable[bytes]) -> bytes:
        def pages() -> Iterator[bytes]:
            for piece in pieces:
                yield piece
                read.set()
                assert go_on.wait(30)

        return genuine(pages())

    async def work(box: Intake) -> None:
        await _at(box, JANUARY, *(f"5216560{number:04}" for number in range(5)))
        box.wall = float(FEBRUARY)
        accept_clock(box.db, "police")
        await box.turn()
        await box.cut()
        monkeypatch.setattr(ledgers, "blake2b_256_of", held)
        signing = asyncio.create_task(box.line.sign_ledgers())
        await asyncio.to_thread(read.wait, 30)
        for number in range(5):
            await box.take(pdu_of(f"5216561{number:04}", b"meanwhile"))
        await box.cut()
        assert await box.committer.truncate_wal(), "no transaction is open between two pages"
        assert not signing.done()
        with pytest.raises(MissingError, match="not signed yet"):
            stored_ledger(box.db, "police", "2027-01")
        go_on.set()
        await signing
        assert _ledger(box, "2027-01")[0].count == 5
        _audit(box, "2027-01")
        await _at(box, MARCH)
        assert _ledger(box, "2027-02")[0].count == 5
        _audit(box, "2027-02", previous="2027-01")

    _run(tmp_path, work)


def test_a_ledger_is_read_in_pages_and_nothing_is_sorted_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "PAGE", 3)

    async def work(box: Intake) -> None:
        await _at(box, JANUARY, *(f"5216560{number:04}" for number in range(10)))
        await _at(box, FEBRUARY, "52165600099")
        said: list[str] = []
        box.db.conn.set_trace_callback(said.append)
        pieces = list(stored_ledger(box.db, "police", "2027-01"))
        box.db.conn.set_trace_callback(None)
        assert [len(piece) // 32 for piece in pieces[1:]] == [3, 3, 3, 1]
        made = {row[0] for row in box.db.conn.execute("SELECT commitment FROM commitment")}
        listed = b"".join(pieces[1:])
        assert {listed[at : at + 32] for at in range(0, 320, 32)} < made
        (query, *_) = [words for words in said if "commitment > " in words]
        plan = [row[-1] for row in box.db.conn.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not [step for step in plan if "TEMP" in step or "SCAN" in step]

    _run(tmp_path, work)


def test_what_the_ledger_says_is_fixed_when_the_month_is_closed(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001")
        box.wall = float(FEBRUARY)
        accept_clock(box.db, "police")
        await box.turn()
        await box.cut()
        count_minute(box.db, line=box.line.state.id, month="2027-01")
        await box.line.sign_ledgers()
        ledger, _ = _ledger(box, "2027-01")
        assert (ledger.minutes, ledger.conversations) == (0, 1)

    _run(tmp_path, work)


def test_months_closed_while_nothing_could_be_signed_are_signed_in_their_order(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        for wall in (JANUARY, FEBRUARY, MARCH):
            box.wall = float(wall)
            accept_clock(box.db, "police")
            await box.turn()
            await box.take(pdu_of("52165600001", b"%d" % wall))
            await box.cut()
        await box.line.sign_ledgers()
        await box.line.sign_ledgers()
        assert _ledger(box, "2027-02")[0].previous == _ledger(box, "2027-01")[1]
        _audit(box, "2027-02", previous="2027-01")

    _run(tmp_path, work)


HOUR, DAY_OF = 3600, 86400


@pytest.mark.parametrize(
    ("jump", "accepted"),
    [(400, False), (60, False), (-60, False), (-60, True)],
    ids=["a year", "two months", "back", "back, accepted in error"],
)
def test_an_hour_of_a_wrong_clock_moves_no_month(tmp_path: Path, jump: int, accepted: bool) -> None:
    async def work(box: Intake) -> None:
        await _hour(box, JANUARY)
        if accepted:
            accept_clock(box.db, "police")
        await _hour(box, JANUARY + HOUR + jump * DAY_OF)
        assert line_state(box.db, "police").open_month == "2027-01"
        if accepted:
            accept_clock(box.db, "police")
        for day in range(1, 33):
            await _hour(box, JANUARY + day * DAY_OF)
        assert line_state(box.db, "police").open_month == "2027-02"
        await box.line.sign_ledgers()
        assert [row[0] for row in box.db.conn.execute("SELECT month FROM ledger")] == ["2027-01"]
        ledger, _ = _ledger(box, "2027-01")
        assert ledger.count == sum(r.last - r.first + 1 for r in ledger.ranges), "a message for each cut"
        _audit(box, "2027-01")

    _run(tmp_path, work)


async def _hour(box: Intake, wall: int) -> None:
    box.wall = float(wall)
    await box.turn()
    await box.take(pdu_of("52165600001", b"%d" % wall))
    await box.cut()


def test_a_box_that_was_off_for_three_weeks_sends_batches_of_rising_periods_until_its_clock_is_accepted(
    tmp_path: Path,
) -> None:
    async def work(box: Intake) -> None:
        await _hour(box, NOW)
        back = NOW + 21 * DAY_OF
        for hour in range(3):
            await _hour(box, back + hour * HOUR)
        accept_clock(box.db, "police")
        await _hour(box, back + 3 * HOUR)
        await _hour(box, back + 4 * HOUR)
        batches = box.batches()
        counted_on = [NOW + hour * HOUR for hour in range(4)]
        assert [batch.header.period for batch in batches] == [*counted_on, back + 3 * HOUR, back + 4 * HOUR]
        assert len({batch.header.chain for batch in batches}) == 1
        states = [open_batch(batch)[1].clock for batch in batches]
        assert states == [ClockState.GOOD, *[ClockState.JUMPED] * 3, ClockState.GOOD, ClockState.GOOD]
        assert [len(open_batch(batch)[0]) for batch in batches] == [1] * 6
        assert [batch.header.epoch for batch in batches] == [1, 1, 1, 1, 4, 4]

    _run(tmp_path, work)


def test_an_accepted_clock_is_accepted_once_also_where_the_turn_is_begun_again(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _hour(box, JANUARY)
        accept_clock(box.db, "police")
        box.wall = float(JANUARY + 60 * DAY_OF)
        await box.turn()
        await box.turn()
        assert (await box.cut()).header.period == JANUARY + 60 * DAY_OF
        accept_clock(box.db, "police")
        box.wall = float(JANUARY + 3 * HOUR)
        await box.turn()
        chain = line_state(box.db, "police").chain
        await box.turn()
        assert line_state(box.db, "police").chain == chain
        assert (await box.cut()).header.period == JANUARY + 3 * HOUR

    _run(tmp_path, work)


def test_the_file_of_a_ledger_lies_in_the_outbox_whole_and_comes_back_when_it_is_lost(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await _at(box, JANUARY, "52165600001", "52165600002")
        await _at(box, FEBRUARY)
        outbox = Outbox(tmp_path / "outbox", box.committer)
        await outbox.file()
        (path,) = (tmp_path / "outbox" / "police").glob("*.ledger")
        octets = b"".join(stored_ledger(box.db, "police", "2027-01"))
        assert path.read_bytes() == octets
        assert path.stat().st_mode & 0o777 == 0o640
        assert path.parent.stat().st_mode & 0o777 == 0o750
        assert path.parent.parent.stat().st_mode & 0o777 == 0o750
        path.unlink()
        await outbox.refile()
        assert path.read_bytes() == octets
        for other in (octets[:-1], octets + b"x", b"", flipped(octets, -1)):
            path.write_bytes(other)
            box.db.conn.execute("UPDATE ledger SET filed = 0")
            with pytest.raises(StorageError, match="other octets"):
                await outbox.file()

    _run(tmp_path, work)
