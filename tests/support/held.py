"""A database that another program holds, and how it is told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.workstation import Station
from workstation.book.connection import NAME
from workstation.problems import WAITING

HOLDER = """
import sys
from {module} import connect
path, lock, *pragmas = sys.argv[1:]
held = connect(path, isolation_level=None)
for pragma in pragmas:
    held.execute("PRAGMA " + pragma)
held.execute(lock)
held.execute("SELECT count(*) FROM sqlite_schema").fetchone()
print("held", flush=True)
sys.stdin.read()
"""
WRITES = "BEGIN IMMEDIATE"
ALONE = "BEGIN EXCLUSIVE"


def not_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands of this process wait for a database for a twentieth of a second."""
    monkeypatch.setattr("workstation.book.connection.WAIT_SECONDS", 0.05)
    connect = sqlite3.connect

    def soon(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return connect(*arguments, **{**named, "timeout": 0.05})

    monkeypatch.setattr(sqlite3, "connect", soon)


@contextmanager
def held(path: Path, lock: str, *pragmas: str, module: str = "sqlite3") -> Iterator[None]:
    """Let a process of its own hold the database at ``path``."""
    words = [sys.executable, "-c", HOLDER.format(module=module), path, lock, *pragmas]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "held\n"
            yield
        finally:
            holder.communicate()


@contextmanager
def book_held(station: Station, lock: str, *pragmas: str) -> Iterator[None]:
    key = station.open().vault.book.hex()
    with held(station.home / NAME, lock, f"key = \"x'{key}'\"", *pragmas, module="sqlcipher3.dbapi2"):
        yield


def told(station: Station, words: Sequence[object], name: str) -> None:
    result = station.run(*words, code=12)
    assert f"{name}: somebody else is writing to it" in result.stderr and WAITING in result.stderr
    assert "room" not in result.stderr
