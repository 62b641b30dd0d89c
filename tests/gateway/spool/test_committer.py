"""Group commit: durable before it says so, row by row, in order; the disk has its own file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from gateway.intake.kept import forget_seen
from gateway.spool import committer as module
from gateway.spool.committer import Committer, Entry, NotStored, Outcome
from tests.support.committing import at_work, count, entry, stored


def test_each_entry_is_readable_by_others_when_its_future_is_done(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        for number in range(20):
            name = b"slip %d" % number
            assert await committer.store(entry(name)) is Outcome.STORED
            assert name in stored(spool)

    at_work(spool, work)


def test_entries_that_wait_share_one_commit(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    genuine = module._insert

    def counting(connection: sqlite3.Connection, entries: list[Entry]) -> list[Outcome]:
        groups.append(len(entries))
        return genuine(connection, entries)

    monkeypatch.setattr(module, "_insert", counting)

    async def work(committer: Committer) -> None:
        gate = asyncio.get_running_loop().create_future()
        committer.run(lambda db: asyncio.run_coroutine_threadsafe(_wait(gate), gate.get_loop()).result(10))
        futures = [committer.store(entry(b"%d" % number)) for number in range(600)]
        gate.set_result(None)
        await asyncio.gather(*futures)

    at_work(spool, work)
    assert sum(groups) == 600
    assert max(groups) == module.GROUP
    assert len(groups) == 3


async def _wait(gate: asyncio.Future[None]) -> None:
    await gate


def test_a_duplicate_is_passed_over_and_rolls_nothing_back(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        entries = [entry(b"a"), entry(b"b"), entry(b"a"), entry(b"c")]
        outcomes = await asyncio.gather(*(committer.store(entry) for entry in entries))
        assert outcomes == [Outcome.STORED, Outcome.STORED, Outcome.KNOWN, Outcome.STORED]

    at_work(spool, work)
    assert stored(spool) == {b"a", b"b", b"c"}


def test_a_redelivery_under_an_earlier_key_is_known_and_leaves_no_trace(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        await committer.store(entry(b"old", commitment=b"1" * 32, new_conversation=True))
        again = entry(b"new", earlier=(b"other", b"old"), commitment=b"2" * 32, new_conversation=True)
        assert await committer.store(again) is Outcome.KNOWN

    at_work(spool, work)
    db = sqlite3.connect(spool)
    assert db.execute("SELECT count(*) FROM slip").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM seen").fetchone() == (1,)
    assert db.execute("SELECT commitment FROM commitment").fetchall() == [(b"1" * 32,)]
    assert db.execute("SELECT conversations FROM meter").fetchall() == [(1,)]
    db.close()


def test_what_is_queued_first_is_committed_first(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        futures: list[asyncio.Future[Any]] = []
        for number in range(30):
            futures.append(committer.store(entry(b"%d" % number)))
            futures.append(committer.run(count))
        results = await asyncio.gather(*futures)
        assert results[1::2] == list(range(1, 31))

    at_work(spool, work)


def test_a_job_that_fails_changes_nothing_and_the_thread_goes_on(spool: Path) -> None:
    def half(db: Database) -> None:
        db.conn.execute("DELETE FROM slip")
        raise KeyError("a bug")

    async def work(committer: Committer) -> None:
        await committer.store(entry(b"a"))
        with pytest.raises(KeyError):
            await committer.run(half)
        with pytest.raises(NotStored):
            await committer.run(lambda db: db.conn.execute("SELECT * FROM nowhere").fetchone())
        assert await committer.run(count) == 1

    at_work(spool, work)


def test_an_entry_that_cannot_be_bound_fails_its_group_and_not_the_thread(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        with pytest.raises(OverflowError):
            await committer.store(entry(b"a", new_conversation=2**70))
        assert await committer.store(entry(b"b")) is Outcome.STORED

    at_work(spool, work)
    assert stored(spool) == {b"b"}


def test_what_comes_after_close_is_not_stored_and_does_not_hang(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        first = committer.store(entry(b"a"))
        await committer.close()
        assert await first is Outcome.STORED
        with pytest.raises(NotStored):
            await asyncio.wait_for(committer.store(entry(b"b")), 5)
        with pytest.raises(NotStored):
            await asyncio.wait_for(committer.run(count), 5)

    at_work(spool, work)


def test_nothing_is_stored_before_what_comes_first_could_be_done(spool: Path) -> None:
    other = sqlite3.connect(spool, isolation_level=None)
    other.execute("INSERT INTO seen VALUES (zeroblob(32), 57, zeroblob(16))")
    other.execute("CREATE TRIGGER t BEFORE DELETE ON seen BEGIN SELECT RAISE(ABORT, 'no room'); END")

    async def run() -> None:
        committer = Committer(spool, reserve=0, first=forget_seen)
        with pytest.raises(NotStored, match="no room"):
            await committer.store(entry(b"a"))
        assert await committer.run(count) == 0, "jobs are done all the same"
        assert committer.held is not None
        assert not committer.begun.done()
        other.execute("DROP TRIGGER t")
        assert await committer.store(entry(b"a")) is Outcome.STORED
        await committer.begun
        assert committer.held is None
        assert await committer.store(entry(b"b")) is Outcome.STORED
        await committer.close()

    asyncio.run(run())
    assert other.execute("SELECT generation, count(*) FROM seen").fetchone() == (1, 2), "it is done once"
    assert other.execute("SELECT count(*) FROM started").fetchone() == (1,)
    other.close()


def test_what_only_reads_holds_up_no_commit_and_cannot_write(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        reading, go_on = threading.Event(), threading.Event()

        def slow(db: Database) -> int:
            db.conn.execute("BEGIN")
            before = count(db)
            reading.set()
            assert go_on.wait(30)
            return before

        read = asyncio.create_task(committer.read(slow))
        await asyncio.to_thread(reading.wait, 30)
        assert await committer.store(entry(b"a")) is Outcome.STORED
        go_on.set()
        assert await read == 0
        assert await committer.read(count) == 1
        with pytest.raises(NotStored, match="readonly"):
            await committer.read(lambda db: db.conn.execute("DELETE FROM slip"))

    at_work(spool, work)
