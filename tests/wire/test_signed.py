"""Signed text: one form, one class of refusals, whatever the octets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.formats import BOX, BOX_PUBLIC
from tests.support.vectors import load
from tests.vectors.make import bulletins, common, sheets
from tests.vectors.make.common import lines_of, signed, signed_octets
from wire import authority, batch, bulletin, certificate, identity, keysheet, ledger
from wire.refusal import Refusal, Refused
from wire.signed import (
    MAX_NUMBER,
    MAX_TIME,
    SIGNATURE_LINE,
    Fields,
    SignedText,
    number_value,
    octets_value,
    split,
    time_text,
    time_value,
    verify,
    write,
)

KEY = bytes.fromhex(load("ledger/month").one("key"))


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of whole files, its writer, and a good file."""

    magic: str
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    key: SigningKey
    good: bytes

    @property
    def text_end(self) -> int:
        """Return where the signed text ends."""
        return self.good.index(b"\nsignature ") + 1 + SIGNATURE_LINE


READERS = {
    "batch": Reader(
        batch.MAGIC,
        lambda octets: batch.read_batch(octets, lambda _: KEY),
        lambda found: batch.write_batch(found.header, found.body, common.BOX)[1],
        common.BOX,
        load("batch/batch-2").body,
    ),
    "identity": Reader(
        identity.MAGIC,
        identity.read_identity,
        lambda found: identity.write_identity(common.BOX, found.made).octets,
        common.BOX,
        load("identity/box").body,
    ),
    "keysheet": Reader(
        keysheet.MAGIC,
        keysheet.read_keysheet,
        lambda found: keysheet.write_keysheet(found, sheets.AUTHORITY).octets,
        sheets.AUTHORITY,
        load("keysheet/sheet").body,
    ),
    "ledger": Reader(
        ledger.MAGIC,
        lambda octets: ledger.read_ledger(octets, KEY),
        lambda found: ledger.write_ledger(found.ledger, common.BOX).octets + found.body,
        common.BOX,
        load("ledger/receipts").body,
    ),
    "audit": Reader(
        ledger.AUDIT_MAGIC,
        lambda octets: ledger.read_audit(octets, KEY),
        lambda found: ledger.write_audit(found.audit, common.BOX).octets + found.body,
        common.BOX,
        load("audit/month").body,
    ),
    "authority": Reader(
        authority.MAGIC,
        authority.read_authority,
        lambda found: authority.write_authority(found, sheets.AUTHORITY, bulletins.BULLETIN_KEY).octets,
        bulletins.BULLETIN_KEY,
        load("authority/police").body,
    ),
    "bulletin": Reader(
        bulletin.MAGIC,
        lambda octets: bulletin.read_bulletin(octets, bulletins.PUBLIC),
        lambda found: bulletin.write_bulletin(found.bulletin, bulletins.BULLETIN_KEY).octets + found.body,
        bulletins.BULLETIN_KEY,
        load("bulletin/tables").body,
    ),
    "certificate": Reader(
        certificate.MAGIC,
        lambda octets: certificate.read_certificate(octets)[0],
        lambda found: certificate.write_certificate(found, sheets.AUTHORITY).octets,
        sheets.AUTHORITY,
        load("certificate/destroyed").body,
    ),
}
readers = pytest.mark.parametrize("reader", READERS.values(), ids=READERS)


@readers
def test_a_good_file_is_taken(reader: Reader) -> None:
    reader.read(reader.good)


@readers
def test_a_file_cut_off_anywhere_is_refused(reader: Reader) -> None:
    for length in range(len(reader.good)):
        with pytest.raises(Refused):
            reader.read(reader.good[:length])


@readers
def test_a_file_with_any_single_bit_turned_is_refused(reader: Reader) -> None:
    for at in range(reader.text_end):
        for bit in range(8):
            damaged = bytearray(reader.good)
            damaged[at] ^= 1 << bit
            with pytest.raises(Refused):
                reader.read(bytes(damaged))


@readers
@given(st.binary(min_size=1, max_size=40))
def test_octets_behind_the_end_are_refused(reader: Reader, more: bytes) -> None:
    with pytest.raises(Refused) as refused:
        reader.read(reader.good + more)
    assert refused.value.kind is Refusal.LENGTH


@readers
def test_a_file_of_another_format_is_not_this_format(reader: Reader) -> None:
    for other in READERS.values():
        if other is not reader:
            with pytest.raises(Refused) as refused:
                reader.read(other.good)
            assert refused.value.kind is Refusal.MAGIC


@readers
@given(st.binary(max_size=300))
def test_any_octets_are_refused_and_raise_nothing_else(reader: Reader, octets: bytes) -> None:
    with pytest.raises(Refused):
        reader.read(octets)


@readers
@given(st.binary(max_size=200))
def test_any_signed_octets_are_refused_and_raise_nothing_else(reader: Reader, octets: bytes) -> None:
    with pytest.raises(Refused):
        reader.read(signed_octets(reader.magic.encode() + b"\n" + octets + b"\n", reader.key))


_pieces = st.one_of(
    st.text(max_size=8),
    st.integers(-1, 2**64).map(str),
    st.integers(0, MAX_TIME).map(time_text),
    st.binary(max_size=33).map(bytes.hex),
)


@readers
@given(data=st.data())
def test_what_is_read_would_be_written_the_same(reader: Reader, data: st.DataObject) -> None:
    """Lines of a good file with a value changed, a line doubled, dropped or moved, and a good signature."""
    lines = list(lines_of(reader.good[: reader.text_end]))
    at = data.draw(st.integers(0, len(lines) - 1))
    name, value = lines.pop(at)
    parts = value.split(" ")
    parts[data.draw(st.integers(0, len(parts) - 1))] = data.draw(_pieces)
    to = data.draw(st.sampled_from([at, at, at, data.draw(st.integers(0, len(lines)))]))
    lines[to:to] = [(name, " ".join(parts))] * data.draw(st.sampled_from([1, 1, 1, 0, 2]))
    octets = signed(reader.magic, lines, reader.key) + reader.good[reader.text_end :]
    try:
        found = reader.read(octets)
    except Refused:
        return
    assert reader.write(found) == octets


@readers
@given(data=st.data())
def test_a_good_file_with_octets_changed_is_refused(reader: Reader, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(reader.good) - 1))
    until = data.draw(st.integers(at, min(at + 40, len(reader.good))))
    put = data.draw(st.binary(max_size=40))
    damaged = reader.good[:at] + put + reader.good[until:]
    if damaged != reader.good:
        with pytest.raises(Refused):
            reader.read(damaged)


@given(st.text(max_size=40))
def test_a_number_is_read_only_as_it_is_written(value: str) -> None:
    try:
        found = number_value("n", value)
    except Refused:
        return
    assert str(found) == value


@given(st.integers(0, MAX_NUMBER))
def test_every_number_up_to_the_greatest_can_be_written(number: int) -> None:
    assert number_value("n", str(number)) == number


@given(st.integers(0, MAX_TIME))
def test_every_second_has_one_way_to_be_written(seconds: int) -> None:
    assert time_value("t", time_text(seconds)) == seconds


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True))
def test_what_looks_like_a_time_is_one_or_refused(value: str) -> None:
    try:
        found = time_value("t", value)
    except Refused as refused:
        assert refused.kind is Refusal.VALUE
        return
    assert time_text(found) == value


@pytest.mark.parametrize("seconds", [-1, MAX_TIME + 1, 10**30])
def test_a_time_without_four_digits_for_its_year_is_not_written(seconds: int) -> None:
    with pytest.raises(Refused):
        time_text(seconds)


@given(st.text(max_size=10), st.integers(0, 4))
def test_octets_are_read_only_as_they_are_written(value: str, length: int) -> None:
    try:
        found = octets_value("o", value, length)
    except Refused:
        return
    assert found.hex() == value


def test_a_signature_behind_the_limit_is_not_looked_for() -> None:
    text = write("some-format 1", [("note", "x" * 100)], BOX).octets
    assert split(text, magic="some-format 1", limit=len(text))[1] == b""
    with pytest.raises(Refused):
        split(text, magic="some-format 1", limit=len(text) - 1)


def test_a_line_feed_in_a_value_is_not_written() -> None:
    with pytest.raises(Refused):
        write("some-format 1", [("note", "x\nbox 00")], BOX)


def test_a_signature_for_one_format_does_not_serve_another() -> None:
    first = write("first-format 1", [("note", "x")], BOX)
    second = b"second-format 1" + first.octets[len("first-format 1") :]
    text, _ = split(second, magic="second-format 1", limit=1000)
    with pytest.raises(Refused) as refused:
        verify(text, BOX_PUBLIC)
    assert refused.value.kind is Refusal.SIGNATURE


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), bytes(33), b"\xff" * 32])
def test_what_is_no_key_verifies_nothing(key: bytes) -> None:
    with pytest.raises(Refused):
        verify(write("some-format 1", [], BOX), key)


def test_a_field_before_verification_is_the_first_of_its_name() -> None:
    text = write("some-format 1", [("a", "1"), ("b", "2"), ("a", "3")], BOX)
    assert (text.field("a"), text.field("b"), text.field("c")) == ("1", "2", None)


def test_a_text_whose_last_line_is_not_ended_has_no_fields() -> None:
    with pytest.raises(Refused):
        Fields(SignedText("some-format 1", b"some-format 1\na 1", bytes(64)))


def test_fields_are_taken_in_order_and_to_the_end() -> None:
    fields = Fields(write("some-format 1", [("a", "1"), ("b", "2"), ("b", "3")], BOX))
    assert fields.number("a") == 1
    assert fields.all("b") == ["2", "3"]
    fields.end()
    with pytest.raises(Refused):
        fields.take("b")
