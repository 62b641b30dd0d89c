"""Commitments: how the box fixes the count before anybody sees a tip. docs/formats.md."""

from __future__ import annotations

from collections.abc import Iterable

from wire.hashing import blake2b_256


def digest(tip: bytes, slip: bytes) -> bytes:
    """Return the digest of a counted slip: to publish it proves that the slip was opened."""
    return blake2b_256(slip, key=tip)


def commitment(of_digest: bytes) -> bytes:
    """Return the commitment to a digest: this is what stands in a ledger."""
    return blake2b_256(of_digest)


def next_head(previous: bytes, salt: bytes, commitments: Iterable[bytes]) -> bytes:
    """Return the commitments head after a cut: 32 octets over the head before, the salt, the sorted commitments."""
    return blake2b_256(previous + salt + b"".join(sorted(commitments)))
