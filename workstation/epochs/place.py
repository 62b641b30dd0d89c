"""Where the key over the epoch secrets lies: in the home, or in a file on a medium of its own.

``epochs/place`` says it. Each generation of the store has a new key; the file of the one before is overwritten and
removed when nothing needs it any more. On flash an overwritten block may live on behind the controller: whoever
needs to be sure takes a new medium for the new key (``epochs destroy --medium``) and breaks the old one.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from wire.endings import Store
from workstation.files import sync_folder, write_file
from workstation.problems import Damaged, StorageFailed

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
_LIMIT = 1 << 16
"""Octets of either file that are looked at; ours have a few hundred."""


class MediumMissing(StorageFailed):
    """The key of the epoch store is not there."""


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

    def key_file(self, home: Path) -> Path:
        """Return the path of the key's file; ``home`` is the folder ``epochs`` of the home."""
        return Path(self.folder or home) / f"{self.id}{KEY_SUFFIX}"

    def store_key(self, home: Path) -> bytes:
        """Return the store key, no octets for generation 0. Raises MediumMissing, Damaged."""
        if not self.id:
            return b""
        self.check_there()
        return self._read(self.key_file(home))

    def check_there(self) -> None:
        """Return if the medium, where there has to be one, is there. Raises MediumMissing."""
        if self.folder and not is_medium(Path(self.folder), self.medium):
            raise MediumMissing(
                f"the medium of {self.folder}",
                way_out="Put it in. If it is mounted elsewhere now: epochs medium DIR",
            )

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
    try:
        place = msgspec.json.decode((home / PLACE).read_bytes(), type=Place)
    except FileNotFoundError:
        return Place()
    except (msgspec.DecodeError, ValueError):
        raise Damaged(f"epochs/{PLACE} is not in its form") from None
    if place.format != FORMAT:
        raise Damaged(f"epochs/{PLACE} is of another version")
    return place


def write_place(home: Path, place: Place) -> None:
    """Return once the store in the folder ``home`` is that of ``place``, durably."""
    write_file(home / PLACE, msgspec.json.encode(place) + b"\n")


def next_place(current: Place) -> Place:
    """Return the place of the next generation, where the key lies now."""
    return msgspec.structs.replace(
        current, generation=current.generation + 1, id=secrets.token_hex(ID_OCTETS)
    )


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


def write_key(home: Path, place: Place, key: bytes) -> None:
    """Return once the store key of ``place`` is durable there."""
    file = _KeyFile(format=KEY_FORMAT, id=place.id, key=key.hex())
    write_file(place.key_file(home), msgspec.json.encode(file) + b"\n")


def erase_key(home: Path, place: Place) -> None:
    """Return once the key's file of ``place`` is overwritten and gone. Raises MediumMissing, OSError."""
    if not place.id:
        return
    place.check_there()
    path = place.key_file(home)
    for found in (path, *path.parent.glob(f".{path.name}.*")):  # of a writer that was killed
        erase(found)


def erase(path: Path) -> None:
    """Return once the file at ``path``, if there is one, is overwritten where it lies, synced and removed."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with os.fdopen(handle, "wb", closefd=True) as file:
        length = os.fstat(handle).st_size
        file.write(secrets.token_bytes(length))
        file.flush()
        os.fsync(handle)
    path.unlink()
    sync_folder(path.parent)
