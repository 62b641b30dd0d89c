"""Slips for the committer, and what of them lies in the spool."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from gateway.spool.committer import Committer, Entry

SPOOL = "spool.sqlite"


def entry(
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


def at_work(spool: Path, work: Callable[[Committer], Coroutine[Any, Any, None]], *, reserve: int = 0) -> None:
    async def run() -> None:
        committer = Committer(spool, reserve=reserve)
        try:
            await work(committer)
        finally:
            await committer.close()

    asyncio.run(run())


def stored(spool: Path) -> set[bytes]:
    db = sqlite3.connect(spool)
    try:
        return {row[0].rstrip(b".") for row in db.execute("SELECT sealed FROM slip")}
    finally:
        db.close()


def count(db: Database) -> int:
    (count,) = db.conn.execute("SELECT count(*) FROM slip").fetchone()
    return int(count)
