"""Group commit: durable before it says so, row by row, all or nothing when the disk refuses."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from gateway.spool import committer as module
from gateway.spool.committer import Committer, Entry, NotStored, Outcome
from gateway.spool.schema import open_spool

SPOOL = "spool.sqlite"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    open_spool(tmp_path / SPOOL, make=True).close()
    return tmp_path / SPOOL


def _entry(
    name: bytes, *, earlier: tuple[bytes, ...] = (), commitment: bytes | None = None, **more: Any
) -> Entry:
    return Entry(
        line=1,
        epoch=1,
        rank=0,
        period=3600,
        month="2027-01",
        sealed=name.ljust(304, b"."),
        hash=name.ljust(32, b"h"),
        earlier=tuple(known.ljust(32, b"h") for known in earlier),
        generation=1,
        change=os.urandom(16),
        commitment=commitment,
        **more,
    )


def _with(spool: Path, work: Callable[[Committer], Coroutine[Any, Any, None]], *, reserve: int = 0) -> None:
    async def run() -> None:
        committer = Committer(spool, reserve=reserve)
        try:
            await work(committer)
        finally:
            await committer.close()

    asyncio.run(run())


def _stored(spool: Path) -> set[bytes]:
    db = sqlite3.connect(spool)
    try:
        return {row[0].rstrip(b".") for row in db.execute("SELECT sealed FROM slip")}
    finally:
        db.close()


def test_each_entry_is_readable_by_others_when_its_future_is_done(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        for number in range(20):
            name = b"slip %d" % number
            assert await committer.store(_entry(name)) is Outcome.STORED
            assert name in _stored(spool)

    _with(spool, work)


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
        futures = [committer.store(_entry(b"%d" % number)) for number in range(600)]
        gate.set_result(None)
        await asyncio.gather(*futures)

    _with(spool, work)
    assert sum(groups) == 600
    assert max(groups) == module.GROUP
    assert len(groups) == 3


async def _wait(gate: asyncio.Future[None]) -> None:
    await gate


def test_a_duplicate_is_passed_over_and_rolls_nothing_back(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        entries = [_entry(b"a"), _entry(b"b"), _entry(b"a"), _entry(b"c")]
        outcomes = await asyncio.gather(*(committer.store(entry) for entry in entries))
        assert outcomes == [Outcome.STORED, Outcome.STORED, Outcome.KNOWN, Outcome.STORED]

    _with(spool, work)
    assert _stored(spool) == {b"a", b"b", b"c"}


def test_a_redelivery_under_an_earlier_key_is_known_and_leaves_no_trace(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        await committer.store(_entry(b"old", commitment=b"1" * 32, new_conversation=True))
        again = _entry(b"new", earlier=(b"other", b"old"), commitment=b"2" * 32, new_conversation=True)
        assert await committer.store(again) is Outcome.KNOWN

    _with(spool, work)
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
            futures.append(committer.store(_entry(b"%d" % number)))
            futures.append(committer.run(_count))
        results = await asyncio.gather(*futures)
        assert results[1::2] == list(range(1, 31))

    _with(spool, work)


def _count(db: Database) -> int:
    (count,) = db.conn.execute("SELECT count(*) FROM slip").fetchone()
    return int(count)


def test_a_job_that_fails_changes_nothing_and_the_thread_goes_on(spool: Path) -> None:
    def half(db: Database) -> None:
        db.conn.execute("DELETE FROM slip")
        raise KeyError("a bug")

    async def work(committer: Committer) -> None:
        await committer.store(_entry(b"a"))
        with pytest.raises(KeyError):
            await committer.run(half)
        with pytest.raises(NotStored):
            await committer.run(lambda db: db.conn.execute("SELECT * FROM nowhere").fetchone())
        assert await committer.run(_count) == 1

    _with(spool, work)


def test_an_entry_that_cannot_be_bound_fails_its_group_and_not_the_thread(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        with pytest.raises(OverflowError):
            await committer.store(_entry(b"a", new_conversation=2**70))
        assert await committer.store(_entry(b"b")) is Outcome.STORED

    _with(spool, work)
    assert _stored(spool) == {b"b"}


def test_below_the_reserve_nothing_is_stored_until_there_is_room(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        futures = [committer.store(_entry(b"%d" % number)) for number in range(3)]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [NotStored] * 3
        assert committer.held is not None
        assert "MB free" in committer.held
        await committer.run(_count)
        assert committer.held is not None, "cutting goes on, and there is no room for tips yet"
        committer._reserve = 0
        await committer.run(_count)
        assert committer.held is None
        assert await committer.store(_entry(b"0")) is Outcome.STORED

    _with(spool, work, reserve=2**62)
    assert _stored(spool) == {b"0"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounts a small tmpfs: needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1M", "tipline", disk], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_refuses_the_group_whole_and_takes_it_when_there_is_room(small_disk: Path) -> None:
    open_spool(small_disk / SPOOL, make=True).close()

    async def work(committer: Committer) -> None:
        stored = {b"a"}
        await committer.store(_entry(b"a"))
        ballast = small_disk / "ballast"
        with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        refused = []
        for number in range(400):  # the WAL may still have room in what it has
            name = b"%d" % number
            try:
                await committer.store(_entry(name))
                stored.add(name)
            except NotStored:
                refused.append(name)
                break
        assert refused, "400 slips of 304 octets do not fit"
        assert committer.held is not None
        assert "disk" in committer.held
        assert _stored(small_disk / SPOOL) == stored
        ballast.unlink()
        assert await committer.store(_entry(refused[0])) is Outcome.STORED
        assert committer.held is None
        assert _stored(small_disk / SPOOL) == {*stored, refused[0]}

    _with(small_disk / SPOOL, work)


def test_what_comes_after_close_is_not_stored_and_does_not_hang(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        first = committer.store(_entry(b"a"))
        await committer.close()
        assert await first is Outcome.STORED
        with pytest.raises(NotStored):
            await asyncio.wait_for(committer.store(_entry(b"b")), 5)
        with pytest.raises(NotStored):
            await asyncio.wait_for(committer.run(_count), 5)

    _with(spool, work)


def test_the_wal_is_empty_after_truncation_and_it_is_said_when_it_is_not(spool: Path) -> None:
    wal = spool.with_name(SPOOL + "-wal")

    async def work(committer: Committer) -> None:
        await committer.store(_entry(b"a"))
        assert wal.stat().st_size > 0
        assert await committer.truncate_wal()
        assert wal.stat().st_size == 0
        await committer.store(_entry(b"b"))
        reader = sqlite3.connect(spool, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM slip").fetchone()
        await committer.store(_entry(b"c"))
        committer._db.conn.execute("PRAGMA busy_timeout=600000")
        async with asyncio.timeout(60):
            assert not await committer.truncate_wal(), "and nothing was waited for"
        assert committer._db.conn.execute("PRAGMA busy_timeout").fetchone() == (600000,)
        reader.close()
        assert await committer.truncate_wal()

    _with(spool, work)
