"""Changing the secrets of the vault that something lies under: the case book, the epoch store, own records.

The others stay: the authority's seeds have a succession of their own, readers know the bulletin key, and published
tables are disturbed by ``cells``, so that with another one the difference of two bulletins would tell counts.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from workstation.bars import Bar
from workstation.book.connection import NAME, Book, keyed, told
from workstation.epochs.destruction import renewal_of
from workstation.epochs.place import next_place
from workstation.epochs.review import certificates_of
from workstation.epochs.store import EpochStore
from workstation.files import PRIVATE_FILE, sync_folder, write_file
from workstation.home import EPOCHS, Home, save_keyring
from workstation.keys import exchange
from workstation.keys.keyring import Keyring
from workstation.keys.subkeys import KEY_OCTETS
from workstation.keys.vault import Vault
from workstation.problems import NotPossible, StorageFailed

CHANGED = ("book", "epochs", "records")
_PAGES = 1024
"""Of 4096 octets, for one step."""
_BUSY_MS = 2000
"""How long somebody else may still be in the book."""
_SPARE = 64 << 20
"""Octets that stay free beside the second book."""


def with_new_secrets(vault: Vault) -> Vault:
    """Return ``vault`` with new keys of book, epoch store and own records."""
    return replace(vault, **{name: secrets.token_bytes(KEY_OCTETS) for name in CHANGED})


def check_ready(home: Home) -> None:
    """Return if the change can be made: the secrets of epochs open, there is room for a second book, and nobody else
    has the book open.

    The caller holds the home alone. Raises MediumMissing, StorageFailed, NotPossible, Damaged.
    """
    renewal_of(home).settle()
    home.epoch_keys()
    _verify_records(home)
    book = home.path / NAME
    if not book.exists():
        return
    needed, free = book.stat().st_size + _SPARE, shutil.disk_usage(home.path).free
    if free < needed:
        raise StorageFailed(
            f"a second case book takes {needed >> 20} MB for a while, and {free >> 20} MB are free",
            way_out="Make room on the disk of the home, then do it again. Nothing was changed.",
        )
    exchange.begin(home.path)
    try:
        with _held(home):
            pass
    finally:
        exchange.repair(home.path, home.vault.book)


def change_secrets(home: Home, vault: Vault, ring: Keyring, bar: Bar) -> None:
    """Return once ``home``, which the caller holds alone, has the secrets of ``vault`` and the keyring ``ring``.

    ``vault`` is that of the home with new secrets, and sealed in ``ring``. Killed at any moment, the home opens as it
    did before or as it does then. The old key of the epoch store goes with its next ``settle``.
    Raises StorageFailed, NotPossible (the book is in use), MediumMissing, Damaged.
    """
    renewal = renewal_of(home)
    renewal.settle()
    _verify_records(home)
    exchange.begin(home.path)
    try:
        with _held(home) as book:
            if book is not None:
                _copy(book, home.path / exchange.NEW, vault.book, bar)
            place = next_place(home.epoch_store().place)
            renewal.prepare(place, into=EpochStore(home.path / EPOCHS, home.sheet.line, vault.epochs))
            files = exchange.resealed(home.path, vault.records)
            journal = exchange.Rekeying(check=ring.check, files=files, place=place)
            exchange.write_journal(home.path, journal)
            save_keyring(home.path, ring)
            exchange.settle(home.path)
    except BaseException:
        _take_away(home)
        raise


def _verify_records(home: Home) -> None:
    """Return if boxes and certificates verify: under another seal nothing tells any more who wrote them."""
    home.boxes.keys()
    certificates_of(home).row()


def _take_away(home: Home) -> None:
    """Return once it is as before, if the keyring was not replaced yet."""
    exchange.settle(home.path)
    if exchange.is_begun(home.path):
        exchange.repair(home.path, home.vault.book)
        renewal_of(home).settle()


@contextmanager
def _held(home: Home) -> Iterator[Any]:
    """Yield the connection to a book that nobody else has open or can read; None where there is no book.

    Until ``exchange.repair`` it has no write-ahead log: that must not lie beside another book. Raises NotPossible.
    """
    if not (home.path / NAME).exists():
        yield None
        return
    with Book.open(home.path / NAME, home.vault.book) as book:
        connection = book.connection
        try:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except dbapi2.OperationalError:
            raise NotPossible(
                "somebody has the case book open",
                way_out="Close the screen and what else uses it; then again.",
            ) from None
        yield connection


def _copy(book: Any, target: Path, key: bytes, bar: Bar) -> None:
    """Return once ``target`` is a copy of ``book``, page by page, under ``key``, and durable."""
    write_file(target, b"", mode=PRIVATE_FILE)
    with told(NAME), closing(keyed(target, key)) as new:
        new.execute("PRAGMA synchronous = FULL")
        new.execute("PRAGMA temp_store = MEMORY")
        (pages,) = book.execute("PRAGMA page_count").fetchone()
        with bar(pages // _PAGES + 1) as advance:
            book.backup(new, pages=_PAGES, progress=lambda *_: advance())
        new.execute("PRAGMA journal_mode = WAL")
    sync_folder(target.parent)
