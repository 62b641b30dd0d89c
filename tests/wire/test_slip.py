"""The slip and the manifest: what is written is read, and everything else is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.formats import manifests, slips
from wire.manifest import MANIFEST_OCTETS, NO_CHAIN, ClockState, Manifest, decode_manifest, encode_manifest
from wire.refusal import Refusal, Refused
from wire.slip import DATA_OCTETS, SLIP_OCTETS, Flag, Kind, Origin, Slip, decode_slip, encode_slip

LINE = bytes(range(8))
COVER = Slip(kind=Kind.COVER, epoch=1, line=LINE, received=0, period=1)
SMS = replace(COVER, kind=Kind.SMS, tip=b"\7" * 16, flags=Flag.COUNTED, data=b"words", udl=5)
MANIFEST = Manifest(
    real=0,
    backlog=0,
    lowest_epoch=1,
    cut=1,
    before=NO_CHAIN,
    clock=ClockState.GOOD,
    salt=bytes(32),
    software="tipline 1",
)


@given(slips)
def test_a_slip_that_is_written_is_read(slip: Slip) -> None:
    octets = encode_slip(slip)
    assert len(octets) == SLIP_OCTETS
    assert decode_slip(octets) == slip


@given(st.binary(max_size=300))
def test_any_octets_are_a_slip_or_refused(octets: bytes) -> None:
    try:
        slip = decode_slip(octets)
    except Refused:
        return
    assert encode_slip(slip) == octets


@given(slips, st.integers(0, SLIP_OCTETS - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_slip_is_another_slip_or_refused(slip: Slip, at: int, put: bytes) -> None:
    octets = encode_slip(slip)
    damaged = (octets[:at] + put + octets[at + len(put) :])[:SLIP_OCTETS]
    try:
        found = decode_slip(damaged)
    except Refused:
        return
    assert encode_slip(found) == damaged


@pytest.mark.parametrize("slip", [COVER, SMS])
def test_a_slip_of_another_length_is_refused(slip: Slip) -> None:
    octets = encode_slip(slip)
    for length in range(SLIP_OCTETS):
        with pytest.raises(Refused) as refused:
            decode_slip(octets[:length])
        assert refused.value.kind is Refusal.LENGTH
    with pytest.raises(Refused):
        decode_slip(octets + b"\0")


def test_a_cover_slip_with_any_bit_set_that_it_does_not_have_is_refused() -> None:
    octets = encode_slip(COVER)
    free = {*range(4, 16), *range(64, 76)}  # epoch, line, received, period
    for at in set(range(SLIP_OCTETS)) - free:
        for bit in range(8):
            damaged = bytearray(octets)
            damaged[at] ^= 1 << bit
            with pytest.raises(Refused):
                decode_slip(bytes(damaged))


@pytest.mark.parametrize(
    "slip",
    [
        replace(COVER, line=LINE[:7]),
        replace(COVER, line=LINE + b"\0"),
        replace(COVER, epoch=0),
        replace(COVER, epoch=2**32),
        replace(COVER, epoch=-1),
        replace(COVER, period=0),
        replace(COVER, received=-1),
        replace(COVER, received=2**64),
        replace(COVER, data=b"x"),
        replace(COVER, tip=b"\1" * 16),
        replace(COVER, origin=Origin.NETWORK),
        replace(SMS, tip=bytes(16)),
        replace(SMS, tip=b"\1" * 15),
        replace(SMS, message=b"\1" * 17),
        replace(SMS, conversation=b""),
        replace(SMS, data=bytes(DATA_OCTETS + 1)),
        replace(SMS, pid=256),
        replace(SMS, udl=-1),
        replace(SMS, kind=Kind.CANARY),
        replace(SMS, kind=Kind.UNPARSED),
    ],
)
def test_what_a_reader_would_refuse_is_not_written(slip: Slip) -> None:
    with pytest.raises(Refused):
        encode_slip(slip)


@given(slips)
def test_the_repr_of_a_slip_shows_no_content(slip: Slip) -> None:
    shown = repr(slip)
    for field in ("data=", "tip=", "message=", "conversation="):
        assert field not in shown


def test_the_repr_of_a_manifest_shows_no_salt() -> None:
    assert "salt" not in repr(MANIFEST)


@given(manifests)
def test_a_manifest_that_is_written_is_read(manifest: Manifest) -> None:
    assert decode_manifest(encode_manifest(manifest)) == manifest


def test_the_first_cut_of_all_has_no_chain_before_it() -> None:
    with pytest.raises(Refused) as refused:
        encode_manifest(replace(MANIFEST, before=b"\1" * 16))
    assert (refused.value.kind, refused.value.field) == (Refusal.VALUE, "before")
    assert decode_manifest(encode_manifest(replace(MANIFEST, cut=2))).before == NO_CHAIN


@given(st.one_of(st.binary(max_size=100), st.binary(min_size=MANIFEST_OCTETS, max_size=MANIFEST_OCTETS)))
def test_any_octets_are_a_manifest_or_refused(octets: bytes) -> None:
    try:
        manifest = decode_manifest(octets)
    except Refused:
        return
    assert encode_manifest(manifest) == octets


@given(st.text(max_size=40))
def test_any_name_of_software_can_be_written(software: str) -> None:
    found = decode_manifest(encode_manifest(replace(MANIFEST, software=software))).software
    assert len(found) <= 32
    assert found == "".join(c if " " <= c <= "~" else "?" for c in software)[:32]


@pytest.mark.parametrize(
    "manifest",
    [
        replace(MANIFEST, real=-1),
        replace(MANIFEST, backlog=2**32),
        replace(MANIFEST, lowest_epoch=0),
        replace(MANIFEST, salt=bytes(31)),
    ],
)
def test_a_manifest_that_a_reader_would_refuse_is_not_written(manifest: Manifest) -> None:
    with pytest.raises(Refused):
        encode_manifest(manifest)
