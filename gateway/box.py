"""The box's identity key: made once by ``init``, kept in the state folder, used to sign batches and ledgers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from gateway.durable import write_durably
from gateway.faults import MissingError, StorageError
from gateway.state import BOX_KEY
from wire.hashing import blake2b_256
from wire.identity import Identity, read_identity, write_identity
from wire.refusal import Refused

_SEED_OCTETS = 32


@dataclass(frozen=True, slots=True, repr=False)
class Box:
    """The box with its signing key."""

    key: SigningKey
    identity: Identity
    identity_text: bytes

    def __repr__(self) -> str:
        return f"Box({self.identity.box.hex()})"

    def derived_key(self, purpose: str) -> bytes:
        """Return a 32-octet secret for ``purpose`` that is the same after each restart."""
        return blake2b_256(purpose.encode(), key=bytes(self.key))


def make_box(state_dir: Path) -> Box:
    """Return a new box whose key is on disk. Raises StorageError where there is one already."""
    path = state_dir / BOX_KEY
    if path.exists():
        raise StorageError(
            f"there is a box identity in {state_dir} already",
            "keep it: a new identity has to be trusted anew by every workstation",
        )
    key = SigningKey(os.urandom(_SEED_OCTETS))
    text = write_identity(key, int(time.time()))
    write_durably(path, bytes(key) + text.octets)
    return Box(key, read_identity(text.octets), text.octets)


def load_box(state_dir: Path) -> Box:
    """Return the box of this state folder. Raises MissingError, StorageError."""
    try:
        octets = (state_dir / BOX_KEY).read_bytes()
    except FileNotFoundError as error:
        raise MissingError(
            f"there is no box identity in {state_dir}", "run `tipline-gateway init` first"
        ) from error
    except OSError as error:
        raise StorageError(
            f"the box identity cannot be read: {error.strerror}", "run this as its owner"
        ) from error
    seed, text = octets[:_SEED_OCTETS], octets[_SEED_OCTETS:]
    try:
        key, identity = SigningKey(seed), read_identity(text)
    except (Refused, ValueError) as error:
        raise StorageError(
            "the box identity on disk is damaged", "restore the state folder from its backup"
        ) from error
    if bytes(key.verify_key) != identity.key:
        raise StorageError("the box identity on disk is damaged", "restore the state folder from its backup")
    return Box(key, identity, text)
