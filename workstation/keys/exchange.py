"""New secrets in the vault for book, epoch store and own records: one switch for all of them, the keyring.

Everything is made ready beside what is there, then the keyring is replaced, then what was made ready takes its place.
``rekeying`` in the home says what that is. Killed anywhere, ``settle`` ends it or takes it away, and needs no
passphrase for it: what decides is whether the keyring is the one that ``rekeying`` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from wire.hashing import HASH_OCTETS, blake2b_256
from workstation.book.connection import NAME, Book, told
from workstation.epochs.place import Place, erase, write_place
from workstation.files import sync_folder, take_place, write_file
from workstation.noted import read_noted
from workstation.problems import Damaged

JOURNAL = "rekeying"
FORMAT = "tipline-rekeying 1"
SEALED = ("boxes/*.box", "certificates/*.kept")
"""Files of the home that begin with a hash under the vault's key of records."""
NEW, OLD = ".casebook.db.new", ".casebook.db.old"
_EPOCHS, _KEYRING = "epochs", "keyring"
_BESIDE = ("-wal", "-shm", "-journal")


class Rekeying(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A change of secrets that was begun."""

    format: str = FORMAT
    check: str = ""
    """Of the keyring from which on it holds; empty while it is made ready."""
    files: Mapping[str, str] = {}
    """By its path in the home, each file under a new seal, in hexadecimal."""
    place: Place | None = None
    """Of the epoch store's new generation."""


class _Check(msgspec.Struct, frozen=True):
    check: str


def begin(home: Path) -> None:
    """Return once whoever opens the home from now on waits for ``alone``, and then settles."""
    for left in home.glob(f".{JOURNAL}.*"):
        left.unlink()  # of a run that was killed
    write_journal(home, Rekeying())


def write_journal(home: Path, journal: Rekeying) -> None:
    """Return once ``journal`` is durable."""
    write_file(home / JOURNAL, msgspec.json.encode(journal) + b"\n")


def is_begun(home: Path) -> bool:
    """Return whether a change of secrets was begun and not ended, or its end not yet told."""
    return (home / JOURNAL).exists()


def resealed(home: Path, key: bytes) -> Mapping[str, str]:
    """Return the files of own records, which were verified before, under the new ``key``."""
    found = {}
    for path in _sealed(home):
        octets = path.read_bytes()[HASH_OCTETS:]
        found[path.relative_to(home).as_posix()] = (blake2b_256(octets, key=key) + octets).hex()
    return found


def settle(home: Path) -> None:
    """Return once a change that was begun is ended or taken away; the caller holds the home alone.

    Of one that was taken away the journal stays until ``taken_away``. Raises Damaged, OSError.
    """
    journal = _read(home)
    if journal is None:
        return
    if not journal.check or journal.check != _check_of(home):
        _remove_new(home)
        return
    for name, octets in journal.files.items():
        write_file(home / name, bytes.fromhex(octets))
    if journal.place is not None:
        write_place(home / _EPOCHS, journal.place)
    _replace_book(home)
    taken_away(home)


def repair(home: Path, key: bytes) -> None:
    """Return once a change that was taken away has left nothing behind; ``key`` is that of the book.

    The caller holds the home alone.
    """
    if not is_begun(home):
        return
    if (home / NAME).exists():
        with told(NAME), Book.open(home / NAME, key) as book:
            book.connection.execute("PRAGMA journal_mode = WAL")
    taken_away(home)


def taken_away(home: Path) -> None:
    """Return once nothing tells of a change any more."""
    (home / JOURNAL).unlink(missing_ok=True)
    sync_folder(home)


def _sealed(home: Path) -> Iterator[Path]:
    for pattern in SEALED:
        yield from sorted(home.glob(pattern))


def _replace_book(home: Path) -> None:
    """Return once the new book is in the old one's place, and the old one overwritten.

    A journal of the old book must never be found beside the new one.
    """
    book, new, old = home / NAME, home / NEW, home / OLD
    if new.exists():
        for suffix in _BESIDE:
            book.with_name(book.name + suffix).unlink(missing_ok=True)
        take_place(new, book, old=old)
    erase(old)


def _remove_new(home: Path) -> None:
    for suffix in ("", *_BESIDE):
        (home / f"{NEW}{suffix}").unlink(missing_ok=True)


def _read(home: Path) -> Rekeying | None:
    return read_noted(home / JOURNAL, Rekeying, form=FORMAT)


def _check_of(home: Path) -> str:
    try:
        return msgspec.json.decode((home / _KEYRING).read_bytes(), type=_Check).check
    except (msgspec.DecodeError, ValueError):
        raise Damaged("the keyring is not in the form of one") from None
