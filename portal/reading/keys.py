"""Whose signatures count: boxes and authorities by their identity files, pinned by fingerprints once compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from portal.files import read_regular
from portal.reading.finding import Found, refusing
from wire import authority, identity
from wire.authority import Authority, read_authority
from wire.hashing import blake2b_256, fingerprint
from wire.identity import Identity, read_identity
from wire.refusal import Refusal

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Pins:
    """Fingerprints of keys that were compared, or that an earlier release was made with.

    None: nothing was pinned yet, and every key that is given is believed, and shown to be compared.
    """

    boxes: frozenset[str] | None = None
    authorities: frozenset[str] | None = None
    """Of keys of key sheets, or of bulletin keys."""

    def with_named(self, boxes: Iterable[str], authorities: Iterable[str]) -> Pins:
        """Return pins that hold those named in site.toml as well; where none are named, nothing is pinned by it."""
        return Pins(_joined(self.boxes, boxes), _joined(self.authorities, authorities))

    def with_accepted(self, accepted: Iterable[str]) -> Pins:
        """Return pins that hold ``accepted`` as well."""
        more = frozenset(map(plain, accepted))
        return Pins(
            None if self.boxes is None else self.boxes | more,
            None if self.authorities is None else self.authorities | more,
        )


def _joined(pinned: frozenset[str] | None, named: Iterable[str]) -> frozenset[str] | None:
    more = frozenset(map(plain, named))
    return (pinned or frozenset()) | more if more else pinned


def plain(said: str) -> str:
    """Return a fingerprint as it is compared: however it was written, in lower case and without anything between."""
    return "".join(c for c in said.lower() if c not in " -:\t\n")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """An identity file that was taken."""

    path: Path
    octets: bytes = field(repr=False)
    said: Identity | Authority

    @property
    def file_hash(self) -> str:
        """Return the hash of the file."""
        return blake2b_256(self.octets).hex()

    @property
    def name(self) -> str:
        """Return a file name that no other key has."""
        if isinstance(self.said, Identity):
            return f"{self.said.box.hex()}.identity"
        return f"{self.said.line.hex()}-{plain(fingerprint(self.said.bulletin))}.authority"

    @property
    def signer(self) -> str:
        """Return the fingerprint of the key that signed it."""
        return fingerprint(self.said.key if isinstance(self.said, Identity) else self.said.bulletin)


@dataclass(slots=True)
class Keys:
    """The boxes and authorities whose files are believed."""

    files: list[KeyFile] = field(default_factory=list)
    boxes: dict[bytes, bytes] = field(default_factory=dict)
    """Public keys by box id."""
    authorities: dict[bytes, list[Authority]] = field(default_factory=dict)
    """By line; several where one followed another and both were pinned."""


def take_keys(found: Found, pins: Pins) -> Keys:
    """Return the keys in the identity files that were ``found``; what is not taken is refused there."""
    keys = Keys()
    for path in found.files["identity"]:
        one = _read(found, path, read_identity, most=identity.LIMIT)
        if one is not None and one.said.box not in keys.boxes:
            if pins.boxes is not None and plain(fingerprint(one.said.key)) not in pins.boxes:
                found.refuse(path, Refusal.UNKNOWN_BOX.value, "this key was not pinned before: see --accept")
                continue
            keys.boxes[one.said.box] = one.said.key
            keys.files.append(KeyFile(path, one.octets, one.said))
    _take_authorities(keys, found, pins)
    return keys


def _take_authorities(keys: Keys, found: Found, pins: Pins) -> None:
    given: dict[bytes, dict[bytes, KeyFile]] = {}
    for path in found.files["authority"]:
        one = _read(found, path, read_authority, most=authority.LIMIT)
        if one is None:
            continue
        both = {plain(fingerprint(one.said.authority)), plain(fingerprint(one.said.bulletin))}
        if pins.authorities is not None and not both & pins.authorities:
            found.refuse(
                path, Refusal.UNKNOWN_AUTHORITY.value, "this key was not pinned before: see --accept"
            )
            continue
        given.setdefault(one.said.line, {}).setdefault(one.said.bulletin, KeyFile(path, one.octets, one.said))
    for line, files in sorted(given.items()):
        if len(files) > 1 and pins.authorities is None:
            for one_file in files.values():
                found.refuse(
                    one_file.path,
                    Refusal.CONTRADICTION.value,
                    "two keys say that this line is theirs: pin one",
                )
            continue
        keys.files += files.values()
        keys.authorities[line] = [one.said for one in files.values() if isinstance(one.said, Authority)]


@dataclass(frozen=True, slots=True)
class _Said(Generic[_Read]):
    octets: bytes = field(repr=False)
    said: _Read


def _read(found: Found, path: Path, read: Callable[[bytes], _Read], *, most: int) -> _Said[_Read] | None:
    """Return what the file says, with its octets; None where it is refused."""
    with refusing(path, found.refused):
        octets = read_regular(path, most=most)
        return _Said(octets, read(octets))
    return None
