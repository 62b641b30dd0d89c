"""The hash is libsodium's, whoever computes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_generichash_blake2b_salt_personal

from wire.hashing import HASH_OCTETS, blake2b_256, fingerprint, same_fingerprint


@given(st.binary(max_size=400), st.binary(max_size=64))
def test_the_hash_is_the_one_libsodium_computes(message: bytes, key: bytes) -> None:
    expected = crypto_generichash_blake2b_salt_personal(message, digest_size=HASH_OCTETS, key=key)
    assert blake2b_256(message, key=key) == expected


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_is_known_however_it_is_said(key: bytes) -> None:
    said = fingerprint(key)
    assert len(said) == 39
    assert same_fingerprint(said.upper().replace(" ", "-"), key)
    assert not same_fingerprint(said[:-1], key)
    assert not same_fingerprint(said, bytes(32) if any(key) else b"\1" * 32)
