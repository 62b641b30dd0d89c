"""The one door to hashing: BLAKE2b, 256 bits, as libsodium's crypto_generichash. RFC 7693.

Computed by the standard library, which keeps the GIL for short messages: docs/decisions/0015.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

HASH_OCTETS = 32
NO_HASH = bytes(HASH_OCTETS)
"""Stands where there is nothing before: the first batch of a chain, the first ledger of a line."""


def blake2b_256(message: bytes, *, key: bytes = b"") -> bytes:
    """Return the 32 octets of BLAKE2b-256 of ``message``, keyed when ``key`` (at most 64 octets) is given."""
    return blake2b(message, digest_size=HASH_OCTETS, key=key).digest()


def blake2b_256_of(pieces: Iterable[bytes]) -> bytes:
    """Return the hash of all ``pieces`` put together, none of them held for longer than its turn."""
    state = blake2b(digest_size=HASH_OCTETS)
    for piece in pieces:
        state.update(piece)
    return state.digest()


def hashes_in(octets: bytes) -> Iterator[bytes]:
    """Yield the hashes that stand one behind the other in ``octets``."""
    for at in range(0, len(octets), HASH_OCTETS):
        yield octets[at : at + HASH_OCTETS]


def fingerprint(public_key: bytes) -> str:
    """Return the first 128 bits of the hash of ``public_key`` as eight groups of four hexadecimal digits.

    Short enough to be read aloud, long enough that no second key with the same one can be made.
    """
    digits = blake2b_256(public_key)[:16].hex()
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))


def same_fingerprint(said: str, public_key: bytes) -> bool:
    """Return whether ``said``, in any case and with any spaces or dashes, is the fingerprint of the key."""
    plain = "".join(c for c in said.lower() if c not in " -:\t\n")
    return plain == fingerprint(public_key).replace(" ", "")
