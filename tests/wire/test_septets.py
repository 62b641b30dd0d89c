"""Septets, packed and unpacked, and the tables of TS 23.038."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.alphabets import LOCKING, NONE, SINGLE
from wire.errors import SeptetError
from wire.septets import (
    ESCAPE,
    UNKNOWN,
    decode_septets,
    encode_septets,
    fill_bits,
    pack_septets,
    unpack_septets,
)

SEPTETS = st.lists(st.integers(0, 127), max_size=160).map(bytes)
FILL = st.integers(0, 6)


@given(SEPTETS, FILL)
def test_packing_and_unpacking_meet(septets: bytes, fill: int) -> None:
    packed = pack_septets(septets, fill=fill)
    assert len(packed) == (len(septets) * 7 + fill + 7) // 8
    assert unpack_septets(packed, len(septets), fill=fill) == septets


@given(st.lists(st.integers(0, 127), min_size=200, max_size=1200).map(bytes), FILL)
def test_more_septets_than_a_message_has_are_unpacked_too(septets: bytes, fill: int) -> None:
    assert unpack_septets(pack_septets(septets, fill=fill), len(septets), fill=fill) == septets


@given(SEPTETS, FILL)
def test_packing_is_what_the_standard_draws_bit_by_bit(septets: bytes, fill: int) -> None:
    bits = "0" * fill + "".join(f"{septet:07b}"[::-1] for septet in septets)
    packed = bytes(int(bits[place : place + 8][::-1], 2) for place in range(0, len(bits), 8))
    assert pack_septets(septets, fill=fill) == packed


@given(st.binary(max_size=150), st.integers(-3, 200), FILL)
def test_only_septets_that_are_there_are_unpacked(octets: bytes, count: int, fill: int) -> None:
    septets = unpack_septets(octets, count, fill=fill)
    assert len(septets) == max(min(count, (len(octets) * 8 - fill) // 7), 0)
    assert all(septet < 128 for septet in septets)


def test_seven_bits_left_over_are_no_character() -> None:
    packed = pack_septets(b"1234567")
    assert len(packed) == 7
    assert unpack_septets(packed, 7) == b"1234567"
    assert unpack_septets(packed, 8) == b"1234567\0"


def test_the_example_everyone_knows() -> None:
    assert pack_septets(b"hellohello").hex() == "e8329bfd4697d9ec37"


@pytest.mark.parametrize(("octets", "bits"), [(0, 0), (6, 1), (7, 0), (8, 6), (4, 3), (12, 2)])
def test_the_first_septet_behind_a_header_begins_at_a_multiple_of_seven_bits(octets: int, bits: int) -> None:
    assert fill_bits(octets) == bits
    assert (octets * 8 + bits) % 7 == 0


@pytest.mark.parametrize("locking", sorted(LOCKING))
@pytest.mark.parametrize("single", sorted(SINGLE))
def test_every_character_of_every_pair_of_tables_comes_back(locking: int, single: int) -> None:
    text = "".join(LOCKING[locking] + SINGLE[single]).replace(NONE, "")
    septets = encode_septets(text, locking=locking, single=single)
    assert decode_septets(septets, locking=locking, single=single) == text


@given(SEPTETS, st.sampled_from(sorted(LOCKING)), st.sampled_from(sorted(SINGLE)))
def test_any_septets_are_some_text_without_an_escape_in_it(septets: bytes, locking: int, single: int) -> None:
    text = decode_septets(septets, locking=locking, single=single)
    assert chr(ESCAPE) not in text
    assert NONE not in text
    assert len(text) <= len(septets)


def test_a_code_behind_the_escape_that_the_table_does_not_have_is_the_character_itself() -> None:
    assert decode_septets(b"\x1bA\x1b\x65", single=0) == "A€"
    assert decode_septets(b"\x1b\x05", locking=3) == "é"
    assert decode_septets(b"\x1b\x05", locking=3, single=3) == "ê"
    assert decode_septets(b"\x1b\x0d") == "\r"


def test_a_second_escape_and_a_last_one_are_a_space() -> None:
    assert decode_septets(b"a\x1b\x1bb") == "a b"
    assert decode_septets(b"a\x1b\x1b\x1b\x65") == "a €"
    assert decode_septets(b"a\x1b") == "a "
    assert decode_septets(b"\x1b\x1b\x1b\x1b") == "  "


def test_a_code_without_a_character_is_shown_as_unknown() -> None:
    assert decode_septets(b"\x11", locking=12) == UNKNOWN
    assert decode_septets(b"\x1b\x60", locking=8, single=8) == "\u0d57"


def test_what_the_tables_cannot_say_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(SeptetError) as caught:
        encode_septets("abcá")
    assert caught.value.offset == 3
    assert "á" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "locking", "single", "septets"),
    [
        ("Ojalá", 0, 2, b"Ojal\x1ba"),
        ("ção", 0, 3, b"\x1b\x09\x1b\x7bo"),
        ("ção", 3, 3, b"\x09\x7bo"),
        ("ğış", 1, 0, b"\x0c\x07\x1d"),
        ("ğış", 0, 1, b"\x1b\x67\x1b\x69\x1b\x73"),
        ("অ", 4, 0, b"\x03"),
        ("અ", 5, 0, b"\x03"),
        ("अ", 6, 0, b"\x03"),
        ("ಅ", 7, 0, b"\x03"),
        ("അ", 8, 0, b"\x03"),
        ("ଅ", 9, 0, b"\x03"),
        ("ਅ", 10, 0, b"\x03"),
        ("அ", 11, 0, b"\x03"),
        ("అ", 12, 0, b"\x03"),
        ("ا", 13, 0, b"\x00"),
        ("।", 6, 6, b"\x1b\x19"),
    ],
)
def test_each_language_has_its_own_table(text: str, locking: int, single: int, septets: bytes) -> None:
    assert encode_septets(text, locking=locking, single=single) == septets
    assert decode_septets(septets, locking=locking, single=single) == text


def test_the_tables_are_all_there_and_of_one_size() -> None:
    assert sorted(LOCKING) == [0, 1, *range(3, 14)]
    assert sorted(SINGLE) == list(range(14))
    assert {len(table) for table in (*LOCKING.values(), *SINGLE.values())} == {128}
    assert {table[ESCAPE] for table in (*LOCKING.values(), *SINGLE.values())} == {NONE}
    assert {table[0x0A] for table in LOCKING.values()} == {"\n"}
    assert {table[0x65] for table in SINGLE.values()} == {"€"}
