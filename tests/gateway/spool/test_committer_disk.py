"""Group commit and the disk: full, without a sync, with another file where the spool was."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database

from gateway.spool.committer import Committer, NotStored, Outcome, reserve_for
from gateway.spool.schema import open_spool
from tests.support.committing import SPOOL, at_work, count, entry, stored
from tests.support.failing_sync import NOT_HERE, SYNCS
from tests.support.house import ROOT
from tests.support.mounts import mounted, needs_root


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "1M"):
        yield disk


def test_below_the_reserve_nothing_is_stored_until_there_is_room(spool: Path) -> None:
    async def work(committer: Committer) -> None:
        futures = [committer.store(entry(b"%d" % number)) for number in range(3)]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [NotStored] * 3
        assert committer.held is not None
        assert "MB free" in committer.held
        await committer.run(count)
        assert committer.held is not None, "cutting goes on, and there is no room for tips yet"
        committer._reserve = 0
        await committer.run(count)
        assert committer.held is None
        assert await committer.store(entry(b"0")) is Outcome.STORED

    at_work(spool, work, reserve=2**62)
    assert stored(spool) == {b"0"}


@needs_root
def test_a_full_disk_refuses_the_group_whole_and_takes_it_when_there_is_room(small_disk: Path) -> None:
    open_spool(small_disk / SPOOL, make=True).close()

    async def work(committer: Committer) -> None:
        kept = {b"a"}
        await committer.store(entry(b"a"))
        ballast = small_disk / "ballast"
        with pytest.raises(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        refused = []
        for number in range(400):  # the WAL may still have room in what it has
            name = b"%d" % number
            try:
                await committer.store(entry(name))
                kept.add(name)
            except NotStored:
                refused.append(name)
                break
        assert refused, "400 slips of 304 octets do not fit"
        assert committer.held is not None
        assert "disk" in committer.held
        assert stored(small_disk / SPOOL) == kept
        ballast.unlink()
        assert await committer.store(entry(refused[0])) is Outcome.STORED
        assert committer.held is None
        assert stored(small_disk / SPOOL) == {*kept, refused[0]}

    at_work(small_disk / SPOOL, work)


def test_nothing_is_committed_to_a_spool_that_was_removed_or_replaced(tmp_path: Path) -> None:
    """SQLite would write on to the file without a name, each message be acknowledged, and all be gone at the end."""
    folder, away = tmp_path / "state", tmp_path / "away"
    folder.mkdir()
    spool = folder / SPOOL
    open_spool(spool, make=True).close()

    async def work(committer: Committer) -> None:
        assert await committer.store(entry(b"before")) is Outcome.STORED
        folder.rename(away)
        for replaced in (False, True):
            if replaced:
                folder.mkdir()
                open_spool(spool, make=True).close()
            with pytest.raises(NotStored):
                await committer.store(entry(b"lost"))
            with pytest.raises(NotStored):
                await committer.run(count)
            assert committer.held is not None
        assert "replaced" in committer.held
        folder.rename(tmp_path / "other")
        away.rename(folder)
        assert await committer.store(entry(b"after")) is Outcome.STORED
        assert committer.held is None

    at_work(spool, work)
    assert stored(spool) == {b"before", b"after"}


def test_the_wal_is_empty_after_truncation_and_it_is_said_when_it_is_not(spool: Path) -> None:
    wal = spool.with_name(SPOOL + "-wal")

    async def work(committer: Committer) -> None:
        await committer.store(entry(b"a"))
        assert wal.stat().st_size > 0
        assert await committer.truncate_wal()
        assert wal.stat().st_size == 0
        await committer.store(entry(b"b"))
        reader = sqlite3.connect(spool, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM slip").fetchone()
        await committer.store(entry(b"c"))
        committer._db.conn.execute("PRAGMA busy_timeout=600000")
        async with asyncio.timeout(60):
            assert not await committer.truncate_wal(), "and nothing was waited for"
        assert committer._db.conn.execute("PRAGMA busy_timeout").fetchone() == (600000,)
        reader.close()
        assert await committer.truncate_wal()

    at_work(spool, work)


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

    at_work(spool, work)


def _pragma(db: Database, *, name: str) -> object:
    return db.conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_room_is_kept_for_a_cut_of_every_line() -> None:
    assert reserve_for(lines=1, slots=256) == 66_560_000
    assert reserve_for(lines=2, slots=65536) > 2 * 65536 * (2 * 4096 + 4 * 304)
