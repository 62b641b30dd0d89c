"""Identities and fingerprints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.formats import BOX, BOX_PUBLIC, octets, times
from wire.hashing import fingerprint, same_fingerprint
from wire.identity import Identity, box_id, read_identity, write_identity


@given(times)
def test_an_identity_that_is_written_is_read(made: int) -> None:
    text = write_identity(BOX, made)
    assert read_identity(text.octets) == Identity(box_id(BOX_PUBLIC), BOX_PUBLIC, made)


@given(octets(32))
def test_a_box_id_is_the_first_half_of_the_fingerprint(key: bytes) -> None:
    assert fingerprint(key).replace(" ", "").startswith(box_id(key).hex())


@given(octets(32), st.sampled_from(["", " ", "-", ":", "  ", "\n"]))
def test_a_fingerprint_is_recognised_however_it_is_written(key: bytes, between: str) -> None:
    said = fingerprint(key).replace(" ", between)
    assert same_fingerprint(said, key)
    assert same_fingerprint(f" {said.upper()}\n", key)


@given(octets(32), octets(32), st.text(max_size=40))
def test_another_fingerprint_is_not_recognised(key: bytes, other: bytes, said: str) -> None:
    assert same_fingerprint(fingerprint(other), key) == (other == key)
    assert not same_fingerprint(fingerprint(key)[:-1], key)
    assert not same_fingerprint(said, key)
