"""A new generation of the store: all secrets but the destroyed ones under a new key, then the old key gone.

Killed anywhere, the next ``settle`` brings it to one of two ends. What decides is ``epochs/place``: before it names the
new generation nothing has happened and what was begun is taken away; from then on the rest is done. The certificate
is signed before the first step, and written only after the old key and the old files are gone, so that it never
tells of what did not happen.

1. ``epochs/pending``: from where to where, and the certificate.   2. The new key at its place.
3. The secrets that stay, under it.   4. ``epochs/place``: it holds from here on.
5. The old files overwritten and removed.   6. The old key likewise.   7. The certificate.   8. ``pending`` removed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec
from nacl.secret import SecretBox

from workstation.epochs.certificates import Certificates, Kept
from workstation.epochs.place import (
    KEY_OCTETS,
    Place,
    erase,
    erase_key,
    erase_marker,
    is_medium,
    read_place,
    write_key,
    write_place,
)
from workstation.epochs.store import EpochKey, EpochStore, without
from workstation.files import sync_folder, write_file
from workstation.noted import read_noted
from workstation.problems import StorageFailed

PENDING = "pending"
FORMAT = "tipline-pending 1"


class Pending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A renewal that was begun."""

    format: str = FORMAT
    old: Place
    new: Place
    certificate: str = ""
    """Octets of the certificate's file, in hexadecimal; empty where nothing is destroyed."""
    name: str = ""
    """Of that file."""
    broken: bool = False
    """Whether people said that the old medium was broken: then its key is not looked for."""


class Renewal:
    """What renews the store in ``folder``; the caller holds the home alone."""

    def __init__(self, folder: Path, certificates: Certificates, store: EpochStore) -> None:
        self._folder = folder
        self._certificates = certificates
        self._store = store

    def renew(
        self,
        new: Place,
        drop: frozenset[int] = frozenset(),
        *,
        certificate: Kept | None = None,
        lost: bool = False,
    ) -> None:
        """Return once the secrets but those of ``drop`` are under a new key at ``new`` and the old key is gone.

        ``lost``: the old key is, so nothing stays and nothing is looked for.
        Raises MediumMissing, StorageFailed, Damaged, OSError; then either nothing happened, or ``settle`` ends it.
        """
        keys = () if lost else without(self._store.keys(), drop)
        self._write(new, keys, self._store, certificate=certificate, lost=lost)
        try:
            write_place(self._folder, new)
        except OSError:
            self.settle()
            raise
        self.settle()

    def prepare(self, new: Place, *, into: EpochStore) -> None:
        """Return once all secrets are at ``new`` too, in the same folder under another key of the vault.

        Nothing has changed then: ``settle`` takes it away, unless ``new`` is made the place before. Raises as
        ``renew``.
        """
        self._write(new, self._store.keys(), into)

    def _write(
        self,
        new: Place,
        keys: Iterable[EpochKey],
        store: EpochStore,
        *,
        certificate: Kept | None = None,
        lost: bool = False,
    ) -> None:
        old = read_place(self._folder)
        name, file = self._certificates.file(certificate) if certificate else ("", b"")
        pending = Pending(old=old, new=new, certificate=file.hex(), name=name, broken=lost)
        write_file(self._folder / PENDING, msgspec.json.encode(pending) + b"\n")
        try:
            store_key = secrets.token_bytes(KEY_OCTETS)
            write_key(self._folder, new, store_key, store.auth(new))
            for key in keys:
                nonce = secrets.token_bytes(SecretBox.NONCE_SIZE)
                store.write(key, nonce, place=new, store_key=store_key)
        except (OSError, StorageFailed):
            self.settle()
            raise

    def pending(self) -> Pending | None:
        """Return the renewal that was begun and not ended. Raises Damaged."""
        return read_noted(self._folder / PENDING, Pending, form=FORMAT, name=f"epochs/{PENDING}")

    def settle(self) -> None:
        """Return once a renewal that was begun is ended, or taken back. Raises MediumMissing, OSError, Damaged."""
        pending = self.pending()
        if pending is None:
            return
        holds = read_place(self._folder).generation == pending.new.generation
        if holds:
            self._complete(pending)
        else:
            self._clear(pending.new, broken=pending.broken and pending.new.medium == pending.old.medium)
        (self._folder / PENDING).unlink()
        sync_folder(self._folder)
        left, kept = (pending.old, pending.new) if holds else (pending.new, pending.old)
        if left.medium != kept.medium and not pending.broken:
            erase_marker(left)

    def say_broken(self) -> None:
        """Return once it is noted that the medium of the old key was broken, so that ``settle`` can end."""
        pending = self.pending()
        if pending is not None:
            noted = msgspec.structs.replace(pending, broken=True)
            write_file(self._folder / PENDING, msgspec.json.encode(noted) + b"\n")

    def found_again(self, folder: Path) -> bool:
        """Return whether ``folder`` has the marker of the store's medium; then it is looked for there from now on."""
        place = read_place(self._folder)
        if not place.medium or not is_medium(folder, place.medium):
            return False
        here = str(folder.resolve())
        pending = self.pending()
        if pending is not None:
            old, new = (_moved(one, place.medium, here) for one in (pending.old, pending.new))
            moved = msgspec.structs.replace(pending, old=old, new=new)
            write_file(self._folder / PENDING, msgspec.json.encode(moved) + b"\n")
        write_place(self._folder, _moved(place, place.medium, here))
        self.settle()
        return True

    def _complete(self, pending: Pending) -> None:
        self._clear(pending.old, broken=pending.broken)
        if pending.certificate:
            self._certificates.keep(pending.name, bytes.fromhex(pending.certificate))

    def _clear(self, place: Place, *, broken: bool) -> None:
        """Return once neither files nor key of the generation of ``place`` are there, half-written ones neither."""
        for path in (*self._store.files(place.generation), *self._folder.glob(f".{place.generation:06d}-*")):
            erase(path)
        if not broken:
            erase_key(self._folder, place)


def _moved(place: Place, medium: str, folder: str) -> Place:
    return msgspec.structs.replace(place, folder=folder) if place.medium == medium else place
