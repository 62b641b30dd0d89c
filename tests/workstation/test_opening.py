"""Opening is pure: octets and keys in, counts and slips out."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_box_seal

from wire.manifest import NO_CHAIN, ClockState, Manifest, encode_manifest
from wire.slip import SEALED_OCTETS, Kind, Slip, encode_slip
from workstation.batches.opening import Tally, keys_to_try, open_body, open_sealed
from workstation.epochs.store import EpochKey, epoch_key

LINE = b"the line"
GOOD, SALT = ClockState.GOOD, bytes(32)
KEYS = tuple(epoch_key(number, Random(number).randbytes(32)) for number in (1, 2, 3, 4, 5))


def _slip(kind: Kind = Kind.SMS, line: bytes = LINE, data: bytes = b"") -> bytes:
    ids: dict[str, Any] = (
        {"tip": b"t" * 16, "message": b"m" * 16} if kind in (Kind.SMS, Kind.CANARY, Kind.UNPARSED) else {}
    )
    return encode_slip(Slip(kind=kind, epoch=1, line=line, received=60, period=60, data=data, **ids))


def test_keys_are_tried_from_the_batch_s_epoch_down_and_then_up() -> None:
    assert [key.number for key in keys_to_try(KEYS, 3)] == [3, 2, 1, 4, 5]
    assert [key.number for key in keys_to_try(KEYS, 9)] == [5, 4, 3, 2, 1]
    assert [key.number for key in keys_to_try(KEYS[3:], 1)] == [4, 5]


def test_any_key_of_the_ring_opens_and_a_strange_one_does_not() -> None:
    stranger = epoch_key(1, Random(99).randbytes(32))
    sealed = [crypto_box_seal(_slip(), key.public) for key in (*KEYS, stranger)]
    assert list(open_sealed(sealed, KEYS)) == [_slip()] * 5 + [None]
    assert list(open_sealed(sealed[:1], ())) == [None]


def test_the_public_key_follows_from_the_secret() -> None:
    key = KEYS[0]
    assert isinstance(key, EpochKey)
    assert list(open_sealed([crypto_box_seal(_slip(), key.public)], [key])) == [_slip()]


def test_each_slip_is_counted_once_as_what_it_is() -> None:
    manifest = encode_manifest(
        Manifest(
            real=4, backlog=7, lowest_epoch=1, cut=1, before=NO_CHAIN, clock=GOOD, salt=SALT, software="s"
        )
    )
    plain = [
        *(_slip(kind) for kind in (Kind.SMS, Kind.SMS, Kind.CANARY, Kind.UNPARSED, Kind.COVER)),
        _slip(Kind.MANIFEST, data=manifest),
        _slip(Kind.MANIFEST, data=b"short"),
        _slip(line=b"another!"),
        b"\xff" * 256,
    ]
    sealed = [crypto_box_seal(octets, KEYS[0].public) for octets in plain] + [bytes(SEALED_OCTETS)]
    contents = open_body(b"".join(sealed), KEYS, LINE)
    assert (
        contents.tally.values()
        == Tally(tips=2, canaries=1, cover=1, unparsed=1, manifests=1, unopened=1, bad=3).values()
    )
    assert contents.tally.manifest is not None and contents.tally.manifest.backlog == 7
    assert [(found.slot, found.slip.kind) for found in contents.slips] == [
        (0, Kind.SMS),
        (1, Kind.SMS),
        (3, Kind.UNPARSED),
    ]


def test_a_manifest_of_another_line_says_nothing() -> None:
    manifest = encode_manifest(
        Manifest(
            real=0, backlog=1, lowest_epoch=1, cut=1, before=NO_CHAIN, clock=GOOD, salt=SALT, software="s"
        )
    )
    sealed = crypto_box_seal(_slip(Kind.MANIFEST, b"another!", manifest), KEYS[0].public)
    assert open_body(sealed, KEYS, LINE).tally == Tally(bad=1)


@given(st.binary(max_size=5 * SEALED_OCTETS))
def test_whatever_the_octets_nothing_is_raised(body: bytes) -> None:
    body = body[: len(body) // SEALED_OCTETS * SEALED_OCTETS]
    assert sum(open_body(body, KEYS[:1], LINE).tally.values()) == len(body) // SEALED_OCTETS


@given(st.binary(min_size=256, max_size=256))
def test_whatever_was_sealed_it_is_counted(octets: bytes) -> None:
    sealed = crypto_box_seal(octets, KEYS[0].public)
    assert sum(open_body(sealed, KEYS[:1], LINE).tally.values()) == 1


@pytest.mark.parametrize("name", ["slip", "Contents"])
def test_what_was_opened_is_not_in_a_repr(name: str) -> None:
    secret = b"SECRETSECRET"
    sealed = crypto_box_seal(_slip(data=secret), KEYS[0].public)
    contents = open_body(sealed, KEYS, LINE)
    assert "SECRET" not in repr(contents) + repr(contents.slips[0])
