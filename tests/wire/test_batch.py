"""The batch: written and read, the key asked for by the box id, the body held to the header."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.formats import BOX, BOX_PUBLIC, Made, batches
from wire.batch import (
    MAX_OCTETS,
    BatchHeader,
    check_body,
    cut_body,
    file_name,
    read_batch,
    read_header,
    write_batch,
)
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id
from wire.refusal import Refusal, Refused
from wire.slip import SEALED_OCTETS


def _key_of(_: bytes) -> bytes:
    return BOX_PUBLIC


@given(batches())
def test_a_batch_that_is_written_is_read(made: Made) -> None:
    text, octets = write_batch(made.header, made.body, BOX)
    batch = read_batch(octets, _key_of)
    assert (batch.header, batch.body, batch.header_hash) == (made.header, made.body, text.hash)
    assert len(octets) <= MAX_OCTETS


@given(batches())
def test_the_sealed_slips_together_are_the_body(made: Made) -> None:
    batch = read_batch(write_batch(made.header, made.body, BOX)[1], _key_of)
    slips = cut_body(batch.body)
    assert {len(slip) for slip in slips} == {SEALED_OCTETS}
    assert b"".join(slips) == made.body


@given(batches())
def test_a_header_can_be_read_without_its_body(made: Made) -> None:
    text, octets = write_batch(made.header, made.body, BOX)
    header, again, rest = read_header(octets, _key_of)
    assert (header, again.hash, rest) == (made.header, text.hash, made.body)
    assert read_header(text.octets, _key_of)[0] == made.header


@given(batches())
def test_the_key_is_asked_for_by_the_box_id(made: Made) -> None:
    asked = []

    def nobody(box: bytes) -> None:
        asked.append(box)

    with pytest.raises(Refused) as refused:
        read_batch(write_batch(made.header, made.body, BOX)[1], nobody)
    assert refused.value.kind is Refusal.UNKNOWN_BOX
    assert asked == [made.header.box]


@given(batches(), st.data())
def test_a_body_with_any_bit_turned_is_the_wrong_body(made: Made, data: st.DataObject) -> None:
    body = bytearray(made.body)
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Refused) as refused:
        check_body(made.header, bytes(body))
    assert refused.value.kind is Refusal.BODY


@given(batches())
def test_what_a_reader_would_refuse_is_not_written(made: Made) -> None:
    header, body = made.header, made.body
    wrong = [
        replace(header, sequence=0),
        replace(header, sequence=10**10),
        replace(header, previous=NO_HASH if header.sequence > 1 else b"\1" * 32),
        replace(header, epoch=0),
        replace(header, slots=header.slots + 1),
        replace(header, period=-1),
        replace(header, line=b""),
        replace(header, body=bytes(32)),
    ]
    for other in wrong:
        with pytest.raises(Refused):
            write_batch(other, body, BOX)


def test_names_sort_as_the_batches_do() -> None:
    header = read_header(write_batch(*_small(), BOX)[1], _key_of)[0]
    names = [file_name(replace(header, sequence=n)) for n in (1, 2, 10, 99, 10**9, 10**10 - 1)]
    assert names == sorted(names)
    assert len({len(name) for name in names}) == 1


def test_the_repr_of_a_batch_does_not_show_the_body() -> None:
    header, body = _small()
    assert "ZZ" not in repr(read_batch(write_batch(header, body, BOX)[1], _key_of))


def _small() -> tuple[BatchHeader, bytes]:
    body = b"Z" * 2 * SEALED_OCTETS
    header = BatchHeader(
        box=box_id(BOX_PUBLIC),
        chain=bytes(16),
        line=bytes(8),
        sequence=1,
        previous=NO_HASH,
        epoch=1,
        slots=2,
        period=0,
        commitments=bytes(32),
        body=blake2b_256(body),
    )
    return header, body
