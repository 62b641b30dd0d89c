"""Keys made of the master key: libsodium's crypto_kdf (BLAKE2b with the number as salt, the context as person)."""

from __future__ import annotations

from hashlib import blake2b

KEY_OCTETS = 32
CONTEXT_OCTETS = 8
SEAL, CHECK = 1, 2
_CONTEXT = b"tipline2"


def subkey(master: bytes, number: int, *, context: bytes = _CONTEXT, length: int = KEY_OCTETS) -> bytes:
    """Return key ``number`` of ``master`` (32 octets), 16 to 64 octets; ``context`` has 8.

    The same octets as crypto_kdf_derive_from_key, which PyNaCl does not offer.
    """
    if len(master) != KEY_OCTETS or len(context) != CONTEXT_OCTETS:
        raise ValueError("not 32 octets of key and 8 of context")
    salt = number.to_bytes(8, "little") + bytes(8)
    return blake2b(digest_size=length, key=master, salt=salt, person=context + bytes(8)).digest()


def check_value(master: bytes) -> bytes:
    """Return the 16 octets by which a restored key is told from another; they say nothing else about it."""
    return subkey(master, CHECK, length=16)
