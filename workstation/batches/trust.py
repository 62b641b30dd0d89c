"""The boxes whose batches are taken: identity files, each under a seal that only the keyring's owner can make."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from pathlib import Path

from wire.hashing import HASH_OCTETS, blake2b_256
from wire.identity import Identity, read_identity
from wire.refusal import Refused
from workstation.files import write_file
from workstation.problems import Damaged

_SUFFIX = ".box"


class TrustedBoxes:
    """The folder ``boxes/``: ``<box id>.box`` is a keyed hash (32 octets), then the identity as it came."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key

    def add(self, octets: bytes) -> None:
        """Return once the box of the identity file ``octets`` is trusted durably. Raises Refused."""
        identity = read_identity(octets)
        path = self._folder / f"{identity.box.hex()}{_SUFFIX}"
        write_file(path, blake2b_256(octets, key=self._key) + octets)

    def keys(self) -> Mapping[bytes, bytes]:
        """Return the Ed25519 public key of each trusted box by its id. Raises Damaged."""
        paths = sorted(path for path in self._folder.iterdir() if path.suffix == _SUFFIX)
        return {identity.box: identity.key for identity in map(self._read, paths)}

    def _read(self, path: Path) -> Identity:
        octets = path.read_bytes()
        seal, octets = octets[:HASH_OCTETS], octets[HASH_OCTETS:]
        try:
            if not compare_digest(seal, blake2b_256(octets, key=self._key)):
                raise Damaged(f"boxes/{path.name} was not written by the owner of this keyring")
            identity = read_identity(octets)
        except Refused as refused:
            raise Damaged(f"boxes/{path.name}: {refused}") from None
        if path.stem != identity.box.hex():
            raise Damaged(f"boxes/{path.name} is another box")
        return identity
