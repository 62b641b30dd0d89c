"""The cut: fair, whole, chained, and nothing in the spool that dates a message finer than the period."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.clock import Period
from gateway.faults import StorageError
from gateway.sealing import fill_body
from gateway.spool.committer import NotStored
from gateway.spool.cut import DAY, slots_for
from gateway.spool.lines import accept_clock, begin_chain, line_state
from gateway.spool.schema import open_spool
from tests.support.boxes import NOW, WEEK, Intake, intake, open_batch, pdu_of
from wire.commitment import commitment, digest, next_head
from wire.hashing import NO_HASH
from wire.manifest import NO_CHAIN, ClockState
from wire.slip import Flag, encode_slip

Work = Callable[[Intake], Coroutine[Any, Any, None]]


def _run(folder: Path, work: Work, **settings: Any) -> None:
    async def run() -> None:
        async with intake(folder, **settings) as box:
            await work(box)

    asyncio.run(run())


def _texts(slips: Any) -> set[bytes]:
    return {slip.data for slip in slips}


def test_a_batch_holds_what_waited_and_its_manifest_says_so(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        for number in range(5):
            await box.take(pdu_of(f"52165600000{number:02}", b"%d" % number))
        batch = await box.cut()
        slips, manifest = open_batch(batch)
        assert _texts(slips) == {b"0", b"1", b"2", b"3", b"4"}
        assert (manifest.real, manifest.backlog, manifest.lowest_epoch) == (5, 0, 1)
        assert manifest.clock is ClockState.GOOD
        assert batch.header.slots == 8
        assert (batch.header.sequence, batch.header.previous) == (1, NO_HASH)
        assert batch.header.period == NOW
        made = [commitment(digest(slip.tip, encode_slip(slip))) for slip in slips]
        assert batch.header.commitments == next_head(NO_HASH, manifest.salt, made)
        assert not box.slips()
        quiet = await box.cut()
        assert len(quiet.body) == len(batch.body)
        assert quiet.header.previous == batch.header_hash
        assert quiet.header.period == NOW + 3600
        slips, manifest = open_batch(quiet)
        assert (slips, manifest.real) == ([], 0)
        assert quiet.header.commitments == next_head(batch.header.commitments, manifest.salt, [])

    _run(tmp_path, work)


def test_one_phone_does_not_starve_a_city(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        for number in range(40):
            await box.take(pdu_of("5216569999999", b"flood %d" % number))
        for number in range(6):
            await box.take(pdu_of(f"52165600000{number:02}", b"city %d" % number))
        slips, manifest = open_batch(await box.cut())
        assert {b"city %d" % number for number in range(6)} < _texts(slips)
        assert (manifest.real, manifest.backlog) == (7, 39)
        await box.take(pdu_of("5216569999999", b"flood again"), pdu_of("5216560000001", b"city again"))
        slips, manifest = open_batch(await box.cut())
        assert b"city again" in _texts(slips)
        assert b"flood again" not in _texts(slips)
        assert manifest.backlog == 39 + 2 - 7

    _run(tmp_path, work)


def test_among_equals_the_oldest_period_goes_first_and_all_go_in_the_end(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        sent: set[bytes] = set()
        for round_ in range(3):
            for number in range(9):
                text = b"%d.%d" % (round_, number)
                await box.take(pdu_of(f"521656{round_}000{number:03}", text))
            slips, _ = open_batch(await box.cut())
            sent |= _texts(slips)
            if round_ == 1:
                assert {b"0.%d" % number for number in range(9)} <= sent
        while box.slips():
            slips, _ = open_batch(await box.cut())
            assert slips
            sent |= _texts(slips)
        assert len(sent) == 27

    _run(tmp_path, work)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("take"), st.integers(0, 3), st.integers(1, 6)),
            st.tuples(st.just("cut"), st.sampled_from([0, WEEK, 3 * WEEK, -WEEK, 20 * WEEK]), st.just(0)),
            st.tuples(st.just("accept"), st.just(0), st.just(0)),
        ),
        min_size=3,
        max_size=25,
    )
)
def test_no_slip_of_an_epoch_below_a_manifests_lowest_comes_in_a_later_batch(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    text = 0

    async def work(box: Intake) -> None:
        nonlocal text
        for what, value, count in steps:
            if what == "take":
                for _ in range(count):
                    text += 1
                    await box.take(pdu_of(f"5216560000{value:03}", b"%d" % text))
            elif what == "cut":
                box.wall += value
                await box.cut()
            else:
                accept_clock(box.db, "police")
        while box.slips():
            await box.cut()
        _check_epochs(box)

    _run(tmp_path_factory.mktemp("epochs"), work, slots=4)


def _check_epochs(box: Intake) -> None:
    promised, used, opened = 0, 0, 0
    periods: dict[bytes, int] = {}
    for batch in box.batches():
        slips, manifest = open_batch(batch)
        assert batch.header.epoch >= used, "epochs only rise"
        assert all(slip.epoch >= promised for slip in slips)
        assert promised <= manifest.lowest_epoch <= batch.header.epoch
        assert manifest.real == len(slips)
        assert periods.get(batch.header.chain, -1) < batch.header.period, "periods rise within a chain"
        periods[batch.header.chain] = batch.header.period
        promised, used, opened = manifest.lowest_epoch, batch.header.epoch, opened + len(slips)
    assert opened == box.db.conn.execute("SELECT count(*) FROM seen").fetchone()[0]


def test_a_change_of_slots_waits_for_the_next_whole_day(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await box.cut()
        state = line_state(box.db, "police")
        last = NOW // DAY * DAY + DAY - 3600
        assert slots_for(state, 64, Period(NOW + 3600, 3600)) == 8
        assert slots_for(state, 64, Period(last, 3600)) == 8
        assert slots_for(state, 64, Period(last + 3600, 3600)) == 64
        assert slots_for(state, 4, Period(NOW + 3600, 3600)) == 8

    _run(tmp_path, work)


def test_a_cut_that_cannot_be_stored_changes_nothing(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await box.take(pdu_of())
        before = _dump(tmp_path)
        box.db.conn.execute("CREATE TEMP TABLE t (x)")
        blocker = sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)
        blocker.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF last_cut ON line BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        period = box.line.period
        assert period is not None
        with pytest.raises(NotStored):
            await box.line.cut(period)
        blocker.execute("DROP TRIGGER full")
        blocker.close()
        assert _dump(tmp_path) == before
        slips, manifest = open_batch(await box.cut())
        assert len(slips) == manifest.real == 1

    _run(tmp_path, work)


def _dump(folder: Path) -> list[str]:
    db = sqlite3.connect(folder / "spool.sqlite")
    try:
        return list(db.iterdump())
    finally:
        db.close()


def test_a_period_is_cut_once(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        period = box.line.period
        assert period is not None
        await box.line.cut(period)
        await box.take(pdu_of())
        await box.line.cut(period)
        assert len(box.batches()) == 1
        assert len(box.slips()) == 1

    _run(tmp_path, work)


def test_what_comes_while_a_batch_is_made_is_in_its_head_and_keeps_its_rank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake) -> None:
        await box.take(pdu_of(text=b"before"))
        genuine = asyncio.to_thread

        async def slow(*args: Any, **more: Any) -> Any:
            await box.take(pdu_of(text=b"meanwhile"), pdu_of(text=b"meanwhile too"))
            return await genuine(*args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "to_thread", slow)
            batch = await box.cut()
        slips, _ = open_batch(batch)
        assert _texts(slips) == {b"before"}
        (made,) = box.db.conn.execute("SELECT count(*) FROM commitment WHERE sequence = 1").fetchone()
        assert made == 3
        await box.take(pdu_of(text=b"after"))
        ranks = [rank for (rank,) in box.db.conn.execute("SELECT rank FROM slip ORDER BY rank")]
        assert ranks == [1, 2, 2], "two waited when it came; the one before them went out"

    _run(tmp_path, work)


def test_a_new_chain_begins_with_one_and_zero(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await box.cut()
        first = await box.cut()
        begin_chain(box.db, "police")
        await box.turn()
        fresh = await box.cut()
        assert fresh.header.chain != first.header.chain
        assert (fresh.header.sequence, fresh.header.previous) == (1, NO_HASH)
        _, manifest = open_batch(fresh)
        assert fresh.header.commitments == next_head(first.header.commitments, manifest.salt, [])

    _run(tmp_path, work)


def test_cuts_are_counted_over_all_chains_and_each_names_the_chain_before_its_own(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        places = []
        for new_chain in (False, False, True, True, False):
            if new_chain:
                begin_chain(box.db, "police")
                begin_chain(box.db, "police")  # a chain without a cut counts for nothing
            batch = await box.cut()
            places.append((batch.header.chain, open_batch(batch)[1]))
        first, second, third = dict.fromkeys(chain for chain, _ in places)
        assert [manifest.cut for _, manifest in places] == [1, 2, 3, 4, 5]
        assert [chain for chain, _ in places] == [first, first, second, third, third]
        assert [manifest.before for _, manifest in places] == [NO_CHAIN, NO_CHAIN, first, second, second]

    _run(tmp_path, work)


def test_a_chain_begun_by_another_process_during_a_cut_leaves_no_wrong_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(box: Intake) -> None:
        first = await box.cut()
        made = 0

        def slow(*given: Any, **named: Any) -> bytes:
            nonlocal made
            made += 1
            if made == 1:
                begin_chain(box.db, "police")
            return fill_body(*given, **named)

        monkeypatch.setattr("gateway.intake.line.fill_body", slow)
        await box.take(pdu_of("5216560000000", b"once"))
        batch = await box.cut()
        slips, manifest = open_batch(batch)
        assert made == 2
        assert batch.header.sequence == 1
        assert (manifest.cut, manifest.before) == (2, first.header.chain)
        assert _texts(slips) == {b"once"}
        assert len(box.batches()) == 2
        assert not box.slips()

    _run(tmp_path, work)


def test_an_accepted_clock_that_lies_behind_is_followed_in_a_new_chain(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        first = await box.cut()
        box.wall += 5 * WEEK
        await box.turn()
        far = await box.cut()
        box.wall -= 5 * WEEK
        await box.turn()
        behind = await box.cut()
        assert behind.header.period > far.header.period
        assert open_batch(behind)[1].clock is ClockState.BEHIND
        box.wall = NOW + 2 * 3600.0
        accept_clock(box.db, "police")
        await box.turn()
        assert line_state(box.db, "police").clock_accepted == 0
        again = await box.cut()
        assert again.header.period == NOW + 2 * 3600
        assert again.header.chain != first.header.chain
        assert again.header.epoch >= behind.header.epoch
        assert open_batch(again)[1].clock is ClockState.GOOD

    _run(tmp_path, work)


def test_nothing_of_a_sent_slip_stays_in_the_files_of_the_spool(tmp_path: Path) -> None:
    async def work(box: Intake) -> None:
        await asyncio.gather(*(box.take(pdu_of(text=b"%d" % number)) for number in range(300)))
        keys = {key for (key,) in box.db.conn.execute("SELECT key FROM slip")}
        assert len(keys) == 300
        while box.slips():
            await box.cut()
        assert await box.committer.truncate_wal()
        assert (tmp_path / "spool.sqlite-wal").stat().st_size == 0
        octets = (tmp_path / "spool.sqlite").read_bytes()
        assert not any(key in octets for key in keys)

    _run(tmp_path, work, slots=64)


def test_no_table_of_the_spool_dates_or_orders_messages(tmp_path: Path) -> None:
    """Each table of messages without rowids; the columns that these have are looked at here."""

    async def work(box: Intake) -> None:
        for number in range(12):
            await box.take(pdu_of(f"52165600000{number:02}", b"%d" % number))
        db = box.db.conn
        tables = dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall())
        assert {name for name, sql in tables.items() if "WITHOUT ROWID" not in sql} == {"line", "batch"}
        assert "sqlite_sequence" not in tables
        columns = {
            name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
            for name in ("slip", "seen", "commitment")
        }
        assert columns == {
            "slip": ["key", "line", "epoch", "rank", "period", "sealed"],
            "seen": ["hash", "generation", "change"],
            "commitment": ["commitment", "line", "chain", "sequence"],
        }
        assert {row[0] for row in db.execute("SELECT period FROM slip")} == {NOW}
        assert {row[0] for row in db.execute("SELECT generation FROM seen")} == {1}
        stored = [slip.data for slip in box.slips()]
        assert stored != sorted(stored, key=int), "in the order of random keys (equal once in 479,001,600)"
        counted = [slip for slip in box.slips() if slip.flags & Flag.COUNTED]
        assert len(counted) == 12

    _run(tmp_path, work)


def test_a_spool_of_another_version_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / os.urandom(4).hex()
    open_spool(path, make=True).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(StorageError, match="version 99"):
        open_spool(path)
    with pytest.raises(StorageError, match="no spool"):
        open_spool(tmp_path / "nothing")
    (tmp_path / "junk").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="cannot be used"):
        open_spool(tmp_path / "junk")
