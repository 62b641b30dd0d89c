"""The workstation's home: made once and whole, then opened. docs/workstation-reference.md, "The home"."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
from nacl.secret import SecretBox
from nacl.signing import SigningKey

from wire.hashing import blake2b_256
from wire.keysheet import LIMIT as _SHEET_MOST
from wire.keysheet import LINE_OCTETS, KeySheet, read_keysheet, write_keysheet
from wire.refusal import Refused
from workstation.batches.store import create_store
from workstation.batches.trust import TrustedBoxes
from workstation.book.connection import ROOM
from workstation.epochs.store import EpochKey, EpochStore, epoch_key
from workstation.files import PRIVATE_FOLDER, is_private, sync_folder, write_file
from workstation.keys import exchange
from workstation.keys.keyring import Keyring, Mode, Opened, new_keyring, read_keyring, unlock
from workstation.keys.people import Credential, NewUser
from workstation.keys.sheet import DEFAULT_EPOCHS, first_sheet
from workstation.keys.slots import COST, Cost
from workstation.keys.subkeys import KEY_OCTETS
from workstation.keys.vault import Vault, new_vault
from workstation.problems import Damaged, HomeExists, NoHome, NotPrivate, StorageFailed, is_full

KEYRING, SHEET, EPOCHS, BOXES, BATCHES = "keyring", "keysheet", "epochs", "boxes", "batches.db"
_KEYRING_MOST = 1 << 20
"""Octets of a keyring: two thousand users."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home."""

    path: Path
    sheet: KeySheet
    sheet_octets: bytes = field(repr=False)
    vault: Vault = field(repr=False)
    users: tuple[str, ...]
    """The names of those who opened it, for the log."""
    single: bool
    """Whether one user alone opens it; if so, every bulletin says it."""

    @property
    def boxes(self) -> TrustedBoxes:
        """The trusted boxes."""
        return TrustedBoxes(self.path / BOXES, self.vault.records)

    @property
    def batches(self) -> Path:
        """The database of sealed batches."""
        return self.path / BATCHES

    def epoch_keys(self) -> tuple[EpochKey, ...]:
        """Return the pairs of the epochs whose secrets are still there. Raises Damaged."""
        return self.epoch_store().keys()

    def epoch_store(self) -> EpochStore:
        """Return the store of epoch secrets."""
        return EpochStore(self.path / EPOCHS, self.sheet.line, self.vault.epochs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a new home is to be."""

    name: str
    """Of the line."""
    users: tuple[NewUser, ...]
    mode: Mode = Mode.SINGLE
    epochs: int = DEFAULT_EPOCHS
    cost: Cost = COST


@contextmanager
def home_in_making(path: Path, plan: Plan, master: bytes, *, now: int) -> Iterator[KeySheet]:
    """Yield the key sheet of a home of ``plan`` that comes to ``path`` when the block ends without an error.

    Raises as ``home_from``, and Refused (the line's name).
    """
    with home_from(path) as site:
        yield _build(site, plan, master, now)


@contextmanager
def home_from(path: Path) -> Iterator[Path]:
    """Yield an empty folder that comes to ``path`` as a home when the block ends without an error.

    ``path`` was not there, or is an empty folder. The home is built beside it and renamed in one step: killed
    before that, nothing is at ``path``. Raises HomeExists, StorageFailed.
    """
    path = path.absolute()
    refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _building_site(path) as site:
        yield site
        _move(site, path)


def create_home(path: Path, plan: Plan, *, now: int) -> KeySheet:
    """Return the key sheet of a new line whose home is now at ``path``. Raises as ``home_in_making``."""
    with home_in_making(path, plan, secrets.token_bytes(KEY_OCTETS), now=now) as sheet:
        pass
    return sheet


def refuse_existing(path: Path) -> None:
    """Return if a home can be made at ``path``. Raises HomeExists."""
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise HomeExists(str(path), way_out="Choose a folder that does not exist or is empty.")


def open_home(path: Path, credentials: Sequence[Credential]) -> Home:
    """Return the home at ``path``, opened by what one or more people say.

    Raises NoHome, NotPrivate, NoPassphrase, WrongPassphrase, NoSuchUser, SecondPersonNeeded, Damaged.
    """
    check_home(path)
    home = home_of(path, unlock(load_keyring(path), credentials))
    if exchange.is_begun(path):  # one that was taken away
        with alone(path):
            exchange.repair(path, home.vault.book)
    return home


def home_of(path: Path, keys: Opened) -> Home:
    """Return the home at ``path``, whose keyring is opened already. Raises Damaged."""
    sheet, octets = load_sheet(path, keys.vault)
    return Home(path, sheet, octets, keys.vault, tuple(user.name for user in keys.users), keys.ring.single)


def load_keyring(path: Path) -> Keyring:
    """Return the keyring of the home at ``path``, not opened: nothing in it is secret without a passphrase."""
    return read_keyring(_read(path / KEYRING, most=_KEYRING_MOST))


def save_keyring(path: Path, ring: Keyring) -> None:
    """Return once the home at ``path`` has the keyring ``ring``; before that it has the one it had. Raises OSError."""
    _write(path / KEYRING, ring.octets())


def save_sheet(path: Path, octets: bytes) -> None:
    """Return once the home at ``path`` has the key sheet ``octets``. Raises OSError."""
    _write(path / SHEET, octets)


def _write(path: Path, octets: bytes) -> None:
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()  # of a run that was killed
    write_file(path, octets)


def load_sheet(path: Path, vault: Vault) -> tuple[KeySheet, bytes]:
    """Return the key sheet of the home at ``path`` and its octets. Raises Damaged.

    It is signed by the authority of the vault, or by the one before, which announces that authority: then a
    succession was cut short, and the next sheet completes it.
    """
    octets = _read(path / SHEET, most=_SHEET_MOST)
    try:
        sheet = read_keysheet(octets)
    except Refused as refused:
        raise Damaged(f"keysheet: {refused}") from None
    authority = bytes(SigningKey(vault.authority).verify_key)
    if authority != sheet.authority and blake2b_256(authority) != sheet.next_authority:
        raise Damaged("the key sheet is not signed by the authority of this keyring")
    return sheet, octets


def check_home(path: Path) -> None:
    """Return if ``path`` is a home that only its owner can read; no passphrase is needed for this question.

    A change of secrets that was cut short is ended or taken away; one that goes on is waited for.
    """
    if not path.is_dir() or not (path / KEYRING).is_file():
        if (path / SHEET).is_file():
            raise Damaged(f"{KEYRING} is missing")
        raise NoHome(str(path), way_out=f"Make one: tipline-workstation --home {path} init")
    if not is_private(path.resolve()):
        raise NotPrivate(str(path), way_out=f"Ask who could read it, then: chmod 700 {path}")
    if exchange.is_begun(path):
        with alone(path):
            exchange.settle(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the home at ``path`` for one writer; a second one waits, and says so."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        click.echo("Another command works in this home; this one waits until that is done.", err=True)
        fcntl.flock(handle, fcntl.LOCK_EX)


@contextmanager
def _building_site(path: Path) -> Iterator[Path]:
    """Yield an empty private folder beside ``path``; what a killed init left there is removed first."""
    site = path.with_name(f".{path.name}.init")
    site.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    handle = os.open(site, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        site.chmod(PRIVATE_FOLDER)
        _empty(site)
        yield site
    except BlockingIOError:
        raise HomeExists(str(path), way_out="Another init is making it at this moment.") from None
    except OSError as error:
        shutil.rmtree(site, ignore_errors=True)
        what = f"{path}: {error.strerror or error}"
        raise StorageFailed(what, way_out=ROOM if is_full(error) else "") from error
    except BaseException:
        shutil.rmtree(site, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _build(site: Path, plan: Plan, master: bytes, now: int) -> KeySheet:
    vault = new_vault()
    line = secrets.token_bytes(LINE_OCTETS)
    keys = [epoch_key(number, secrets.token_bytes(KEY_OCTETS)) for number in range(1, plan.epochs + 1)]
    sheet = first_sheet(plan.name, line, keys, vault=vault, now=now)
    text = write_keysheet(sheet, SigningKey(vault.authority))
    for folder in (EPOCHS, BOXES):
        (site / folder).mkdir(mode=PRIVATE_FOLDER)
    store = EpochStore(site / EPOCHS, line, vault.epochs)
    for key in keys:
        store.add(key, secrets.token_bytes(SecretBox.NONCE_SIZE))
    create_store(site / BATCHES)
    write_file(site / SHEET, text.octets)
    ring = new_keyring(master, vault, plan.users, mode=plan.mode, cost=plan.cost)
    write_file(site / KEYRING, ring.octets())
    return sheet


def _move(site: Path, path: Path) -> None:
    try:
        site.rename(path)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise StorageFailed(
                f"{path} is a mounted medium", way_out=f"Choose a folder on it, such as {path / 'tipline'}"
            ) from error
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise HomeExists(str(path)) from error
        raise
    sync_folder(path.parent)


def _read(path: Path, *, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            octets = file.read(most + 1)
    except FileNotFoundError:
        raise Damaged(f"{path.name} is missing") from None
    if len(octets) > most:
        raise Damaged(f"{path.name} is too long to be one")
    return octets
