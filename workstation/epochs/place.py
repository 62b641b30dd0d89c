"""Where the key over the epoch secrets lies: in the home, in a file on a medium of its own, or in the machine's TPM.

``epochs/place`` says it. Each generation of the store has a new key; the one before is removed when nothing needs it
any more: a file is overwritten first, an index of the TPM undefined. On flash an overwritten block may live on behind
the controller: whoever needs to be sure takes a new medium for the new key (``epochs destroy --medium``) and breaks
the old one.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from wire.endings import Store
from workstation.epochs import tpm
from workstation.epochs.tpm import MediumMissing
from workstation.files import sync_folder, write_file
from workstation.noted import read_noted
from workstation.problems import Damaged

FORMAT = "tipline-place 1"
KEY_FORMAT = "tipline-epochkey 1"
KEY_OCTETS = 32
ID_OCTETS = 8
PLACE = "place"
KEY_SUFFIX = ".epochkey"
MARKER_SUFFIX = ".epochmedium"
MARKER = (
    b"Here lies the key over the epoch secrets of a tip line. Keep this medium apart from the workstation.\n"
)
_PIECE = 1 << 20
"""Octets that are overwritten at once."""
_LIMIT = 1 << 16
"""Octets of either file that are looked at; ours have a few hundred."""


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    format: str
    id: str
    key: str


class Place(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One generation of the store and where its key lies."""

    format: str = FORMAT
    generation: int = 0
    store: Store = Store.HOME
    folder: str = ""
    """Of the key's file; empty in the home."""
    medium: str = ""
    """Name of the medium's marker: an empty folder where it is mounted, or another stick, is not this medium."""
    id: str = ""
    """Name of the key's file, 8 octets in hexadecimal; empty for generation 0, which has none."""
    tpm: bool = False
    """Whether the key lies in the TPM, at an index made of ``id``, with a marker at one made of ``medium``.

    ``store`` is then TPM, or HOME where the TPM said that it is a program: its memory is a file on some disk.
    """

    def key_file(self, home: Path) -> Path:
        """Return the path of the key's file; ``home`` is the folder ``epochs`` of the home."""
        return Path(self.folder or home) / f"{self.id}{KEY_SUFFIX}"

    def where(self, home: Path) -> str:
        """Return in words where the key lies."""
        return f"the TPM, index {tpm.index_of(self.id):#x}" if self.tpm else str(self.key_file(home))

    def store_key(self, home: Path, auth: bytes = b"") -> bytes:
        """Return the store key, no octets for generation 0; a TPM is asked with ``auth``.

        Raises MediumMissing, Damaged, StorageFailed (the TPM does not answer).
        """
        if not self.id:
            return b""
        self.check_there()
        return self._read_tpm(auth) if self.tpm else self._read(self.key_file(home))

    def check_there(self) -> None:
        """Return if the medium or TPM, where there has to be one, is there. Raises MediumMissing, StorageFailed."""
        if self.tpm and tpm.read(tpm.index_of(self.medium)) != bytes.fromhex(self.medium):
            raise MediumMissing(
                "this machine's TPM does not have it",
                way_out="It is another machine's, or was cleared. If it is gone for good: epochs renew --key-lost",
            )
        if self.folder and not is_medium(Path(self.folder), self.medium):
            raise MediumMissing(
                f"the medium of {self.folder}",
                way_out="Put it in. If it is mounted elsewhere now: epochs medium DIR. "
                "If it is gone for good: epochs renew --key-lost",
            )

    def _read_tpm(self, auth: bytes) -> bytes:
        key = tpm.read(tpm.index_of(self.id), auth=auth)
        if key is None or len(key) != KEY_OCTETS:
            raise Damaged(
                f"index {tpm.index_of(self.id):#x} of the TPM does not have the key of the epoch store"
            )
        return key

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                found = msgspec.json.decode(file.read(_LIMIT), type=_KeyFile)
            key = bytes.fromhex(found.key)
        except FileNotFoundError:
            raise Damaged(f"{path} is missing, the key of the epoch store") from None
        except (msgspec.DecodeError, ValueError):
            raise Damaged(f"{path} is not in the form of an epoch key") from None
        if (found.format, found.id, len(key)) != (KEY_FORMAT, self.id, KEY_OCTETS):
            raise Damaged(f"{path} is another key")
        return key


def read_place(home: Path) -> Place:
    """Return where the key of the store in the folder ``home`` lies. Raises Damaged."""
    return read_noted(home / PLACE, Place, form=FORMAT, name=f"epochs/{PLACE}") or Place()


def write_place(home: Path, place: Place) -> None:
    """Return once the store in the folder ``home`` is that of ``place``, durably."""
    write_file(home / PLACE, msgspec.json.encode(place) + b"\n")


def next_place(current: Place) -> Place:
    """Return the place of the next generation, where the key lies now."""
    return msgspec.structs.replace(
        current,
        generation=current.generation + 1,
        id=_free_id() if current.tpm else secrets.token_hex(ID_OCTETS),
    )


def in_tpm(current: Place, *, program: bool) -> Place:
    """Return the place of the next generation in the TPM, which gets a marker; ``program``: it is one of software."""
    medium = current.medium if current.tpm else _free_id()
    if not current.tpm:
        tpm.write(tpm.index_of(medium), bytes.fromhex(medium))
    store = Store.HOME if program else Store.TPM
    return Place(generation=current.generation + 1, store=store, medium=medium, id=_free_id(), tpm=True)


def _free_id() -> str:
    """Return a new name whose index in the TPM nobody uses: what a killed run leaves there is then ours to remove."""
    used = tpm.indices()
    while True:
        name = secrets.token_hex(ID_OCTETS)
        if tpm.index_of(name) not in used:
            return name


def on_medium(current: Place, folder: Path) -> Place:
    """Return the place of the next generation on the medium at ``folder``, which gets a marker."""
    place = Place(
        generation=current.generation + 1,
        store=Store.MEDIUM,
        folder=str(folder.resolve()),
        medium=secrets.token_hex(ID_OCTETS),
        id=secrets.token_hex(ID_OCTETS),
    )
    write_file(Path(place.folder) / f"{place.medium}{MARKER_SUFFIX}", MARKER)
    return place


def is_medium(folder: Path, medium: str) -> bool:
    """Return whether the medium with this marker is at ``folder``."""
    return (folder / f"{medium}{MARKER_SUFFIX}").is_file()


def write_key(home: Path, place: Place, key: bytes, auth: bytes = b"") -> None:
    """Return once the store key of ``place`` is durable there; in a TPM only who has ``auth`` reads it."""
    if place.tpm:
        tpm.write(tpm.index_of(place.id), key, auth=auth)
        return
    file = _KeyFile(format=KEY_FORMAT, id=place.id, key=key.hex())
    write_file(place.key_file(home), msgspec.json.encode(file) + b"\n")


def erase_key(home: Path, place: Place) -> None:
    """Return once the key of ``place`` is gone, a file overwritten. Raises MediumMissing, StorageFailed, OSError."""
    if not place.id:
        return
    place.check_there()
    if place.tpm:
        tpm.remove(tpm.index_of(place.id))
        return
    path = place.key_file(home)
    for found in (path, *path.parent.glob(f".{path.name}.*")):  # of a writer that was killed
        erase(found)


def erase_marker(place: Place) -> None:
    """Return once a TPM that the store has left does not have the marker of ``place`` any more."""
    if place.tpm:
        tpm.remove(tpm.index_of(place.medium))


def erase(path: Path) -> None:
    """Return once the file at ``path``, if there is one, is overwritten where it lies, synced and removed."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with os.fdopen(handle, "wb", closefd=True) as file:
        left = os.fstat(handle).st_size
        while left > 0:
            left -= file.write(secrets.token_bytes(min(left, _PIECE)))
        file.flush()
        os.fsync(handle)
    path.unlink()
    sync_folder(path.parent)
