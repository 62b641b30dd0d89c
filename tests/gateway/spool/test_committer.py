"""Group commit: durable before it says so, row by row, all or nothing when the disk refuses."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from gateway.intake.kept import forget_seen
from gateway.spool import committer as module
from gateway.spool.committer import Committer, Entry, NotStored, Outcome, reserve_for
from gateway.spool.schema import open_spool
from tests.support.failing_sync import NOT_HERE, SYNCS
from tests.support.house import ROOT

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


def test_nothing_is_committed_to_a_spool_that_was_removed_or_replaced(tmp_path: Path) -> None:
    """SQLite would write on to the file without a name, each message be acknowledged, and all be gone at the end."""
    folder, away = tmp_path / "state", tmp_path / "away"
    folder.mkdir()
    spool = folder / SPOOL
    open_spool(spool, make=True).close()

    async def work(committer: Committer) -> None:
        assert await committer.store(_entry(b"before")) is Outcome.STORED
        folder.rename(away)
        for replaced in (False, True):
            if replaced:
                folder.mkdir()
                open_spool(spool, make=True).close()
            with pytest.raises(NotStored):
                await committer.store(_entry(b"lost"))
            with pytest.raises(NotStored):
                await committer.run(_count)
            assert committer.held is not None
        assert "replaced" in committer.held
        folder.rename(tmp_path / "other")
        away.rename(folder)
        assert await committer.store(_entry(b"after")) is Outcome.STORED
        assert committer.held is None

    _with(spool, work)
    assert _stored(spool) == {b"before", b"after"}


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


_COMMIT_WITHOUT_SYNC = """
import asyncio, os, sys
from pathlib import Path
from gateway.spool.committer import Committer, Entry, NotStored
from tests.support.failing_sync import fail_syncs

async def run():
    fail_syncs()
    committer = Committer(Path(sys.argv[1]), reserve=0)
    entry = Entry(line=1, epoch=1, rank=0, period=0, month="2027-01", sealed=bytes(304), hash=bytes(32), earlier=(),
                  generation=1, change=bytes(16), commitment=None)
    try:
        await committer.store(entry)
    except NotStored as error:
        print("refused:", error, flush=True)
    else:
        print("stored", flush=True)
    os._exit(0)

asyncio.run(run())
"""


@pytest.mark.skipif(SYNCS is None, reason="the numbers of the system calls are not known here")
def test_nothing_is_stored_where_the_disk_does_not_sync(spool: Path) -> None:
    """So each commit syncs: with synchronous=NORMAL, or OFF, it would not notice."""
    sqlite3.connect(spool).execute("SELECT 1")  # the WAL is there
    command = [sys.executable, "-c", _COMMIT_WITHOUT_SYNC, str(spool)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if NOT_HERE in done.stderr:
        pytest.skip("seccomp is not allowed here")
    assert done.stdout.startswith("refused: the spool fails: disk I/O error"), done.stdout + done.stderr


def test_the_connection_that_commits_syncs_at_each_and_leaves_nothing_in_free_pages(spool: Path) -> None:
    names = ("journal_mode", "synchronous", "secure_delete", "temp_store")

    async def work(committer: Committer) -> None:
        found = [await committer.run(partial(_pragma, name=name)) for name in names]
        assert found == ["wal", 2, 1, 2]

    _with(spool, work)


def _pragma(db: Database, *, name: str) -> object:
    return db.conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_nothing_is_stored_before_what_comes_first_could_be_done(spool: Path) -> None:
    other = sqlite3.connect(spool, isolation_level=None)
    other.execute("INSERT INTO seen VALUES (zeroblob(32), 57, zeroblob(16))")
    other.execute("CREATE TRIGGER t BEFORE DELETE ON seen BEGIN SELECT RAISE(ABORT, 'no room'); END")

    async def run() -> None:
        committer = Committer(spool, reserve=0, first=forget_seen)
        with pytest.raises(NotStored, match="no room"):
            await committer.store(_entry(b"a"))
        assert await committer.run(_count) == 0, "jobs are done all the same"
        assert committer.held is not None
        assert not committer.begun.done()
        other.execute("DROP TRIGGER t")
        assert await committer.store(_entry(b"a")) is Outcome.STORED
        await committer.begun
        assert committer.held is None
        assert await committer.store(_entry(b"b")) is Outcome.STORED
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
            before = _count(db)
            reading.set()
            assert go_on.wait(30)
            return before

        read = asyncio.create_task(committer.read(slow))
        await asyncio.to_thread(reading.wait, 30)
        assert await committer.store(_entry(b"a")) is Outcome.STORED
        go_on.set()
        assert await read == 0
        assert await committer.read(_count) == 1
        with pytest.raises(NotStored, match="readonly"):
            await committer.read(lambda db: db.conn.execute("DELETE FROM slip"))

    _with(spool, work)


def test_room_is_kept_for_a_cut_of_every_line() -> None:
    assert reserve_for(lines=1, slots=256) == 66_560_000
    assert reserve_for(lines=2, slots=65536) > 2 * 65536 * (2 * 4096 + 4 * 304)
