"""The box's identity: the public half of its signing key, signed by itself. docs/formats.md."""

from __future__ import annotations

from dataclasses import dataclass

from nacl.signing import SigningKey

from wire.hashing import blake2b_256
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, split, time_text, verify, write

MAGIC = "tipline-identity 1"
LIMIT = 512
BOX_OCTETS = 8
IDENTITY_FILE = "box.identity"
"""The name of an identity in the outbox, by which the forwarder knows the box's own batches at a destination."""


def box_id(public_key: bytes) -> bytes:
    """Return the 8 octets by which a box is called: the start of the hash of its Ed25519 key."""
    return blake2b_256(public_key)[:BOX_OCTETS]


@dataclass(frozen=True, slots=True)
class Identity:
    """A box: its id, its Ed25519 public key, when the key was made (Unix seconds)."""

    box: bytes
    key: bytes
    made: int


def write_identity(key: SigningKey, made: int) -> SignedText:
    """Return the identity of the box that holds ``key``."""
    public = bytes(key.verify_key)
    fields = [("box", box_id(public).hex()), ("key", public.hex()), ("made", time_text(made))]
    return write(MAGIC, fields, key)


def read_identity(octets: bytes) -> Identity:
    """Return the identity in ``octets``, the whole file. Raises Refused."""
    text, rest = split(octets, magic=MAGIC, limit=LIMIT)
    fields = Fields(text)
    identity = Identity(fields.octets("box", BOX_OCTETS), fields.octets("key", 32), fields.time("made"))
    fields.end()
    if rest:
        raise Refused(Refusal.LENGTH, "file", "octets behind the signature")
    if identity.box != box_id(identity.key):
        raise Refused(Refusal.VALUE, "box", "it is not the id of this key")
    verify(text, identity.key)
    return identity
