"""The hash is libsodium's, whoever computes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_generichash_blake2b_salt_personal

from wire.hashing import (
    HASH_OCTETS,
    blake2b_256,
    blake2b_256_each,
    fingerprint,
    hashes_in,
    same_fingerprint,
)


@given(st.binary(max_size=400), st.binary(max_size=64))
def test_the_hash_is_the_one_libsodium_computes(message: bytes, key: bytes) -> None:
    expected = crypto_generichash_blake2b_salt_personal(message, digest_size=HASH_OCTETS, key=key)
    assert blake2b_256(message, key=key) == expected


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_many_messages_have_the_hashes_that_each_has_by_itself(messages: list[bytes]) -> None:
    assert list(blake2b_256_each(iter(messages))) == [blake2b_256(message) for message in messages]


@given(st.integers(0, 2500), st.binary(max_size=31))
def test_what_stands_one_behind_the_other_is_cut_where_it_was_joined(count: int, rest: bytes) -> None:
    hashes = [at.to_bytes(HASH_OCTETS, "big") for at in range(count)]
    assert list(hashes_in(b"".join(hashes) + rest)) == [*hashes, rest][: count + bool(rest)]


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_is_known_however_it_is_said(key: bytes) -> None:
    said = fingerprint(key)
    assert len(said) == 39
    assert same_fingerprint(said.upper().replace(" ", "-"), key)
    assert not same_fingerprint(said[:-1], key)
    assert not same_fingerprint(said, bytes(32) if any(key) else b"\1" * 32)
