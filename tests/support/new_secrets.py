"""A change of the vault's secrets within this process, and what has to be whole before and after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.workstation import ANALYST
from workstation.bars import Advance, Bar
from workstation.book.connection import NAME, Book
from workstation.epochs.destruction import settle
from workstation.epochs.review import certificates_of
from workstation.home import Home, alone, load_keyring
from workstation.keys.keyring import unlock
from workstation.keys.new_secrets import change_secrets, check_ready, with_new_secrets
from workstation.keys.people import Credential
from workstation.keys.users import new_master, rekeyed

REKEY = ("rekey", "--secrets", "--yes", "--leave-out", "officer")
STEPS = ((Path, "replace"), (Path, "unlink"), (os, "link"), (os, "fsync"))
"""What changes the disk on the way."""


@contextmanager
def no_bar(_: int) -> Iterator[Advance]:
    yield lambda: None


def change(home: Home, bar: Bar = no_bar) -> None:
    """Do what ``rekey --secrets`` does for the analyst's home, after everybody was asked."""
    with alone(home.path):
        check_ready(home)
        keys = unlock(load_keyring(home.path), [Credential(ANALYST.passphrase)])
        vault = with_new_secrets(keys.vault)
        ring = rekeyed(keys, [ANALYST.passphrase], new_master(), vault=vault)
        change_secrets(home, vault, ring, bar)
    settle(home)


def whole(home: Home) -> None:
    """Assert that everything under a key of the vault opens."""
    assert [key.number for key in home.epoch_keys()] == [2, 3, 4]
    assert len(certificates_of(home).row().kept) == 1
    book_whole(home)


def book_whole(home: Home) -> None:
    """Assert that book and trusted boxes open; the medium of the epochs' key is not needed for that."""
    assert len(home.boxes.keys()) == 1
    with Book.open(home.path / NAME, home.vault.book) as book:
        assert book.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert book.connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
        assert book.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert book.connection.execute("SELECT count(*) FROM tips").fetchone() == (3,)


def names(home: Path) -> list[str]:
    """Return the paths of all that is in ``home``."""
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*"))
