"""The user data header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import UdhError
from wire.udh import (
    CONCAT_8,
    CONCAT_16,
    PORTS_8,
    PORTS_16,
    Concat,
    Element,
    Ports,
    concatenation,
    every_port,
    header_octets,
    parse_udh,
    ports,
    scan_udh,
)

ELEMENTS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=5)


def header(*elements: tuple[int, bytes]) -> bytes:
    octets = b"".join(bytes((iei, len(data))) + data for iei, data in elements)
    return bytes((len(octets),)) + octets


@given(st.binary(max_size=160))
def test_whatever_the_octets_only_a_udh_error_comes_out(ud: bytes) -> None:
    try:
        elements = parse_udh(ud)
    except UdhError as error:
        assert 0 <= error.offset <= len(ud)
    else:
        assert header(*((element.iei, element.data) for element in elements)) == ud[: header_octets(ud)]


@given(ELEMENTS, st.binary(max_size=20))
def test_the_elements_come_back_as_they_were_made(made: list[tuple[int, bytes]], body: bytes) -> None:
    elements = parse_udh(header(*made) + body)
    assert [(element.iei, element.data) for element in elements] == made
    for element in elements:
        assert (header(*made))[element.offset] == element.iei


@given(ELEMENTS.filter(bool), st.data())
def test_a_header_cut_at_any_octet_is_an_error(made: list[tuple[int, bytes]], data: st.DataObject) -> None:
    ud = header(*made)
    with pytest.raises(UdhError):
        parse_udh(ud[: data.draw(st.integers(0, len(ud) - 1))])


@given(ELEMENTS, st.integers(1, 20))
def test_a_header_that_says_another_length_than_its_elements_is_an_error_or_other_elements(
    made: list[tuple[int, bytes]], more: int
) -> None:
    ud = header(*made)
    longer = bytes(((ud[0] + more) & 0xFF,)) + ud[1:] + b"\xff" * (more - 1)
    with pytest.raises(UdhError):
        parse_udh(longer)


def test_what_lies_whole_before_a_contradiction_is_still_seen() -> None:
    ud = header((PORTS_16, b"\x0b\x84\x23\xf0"), (0x70, b"ab"))
    elements, end = scan_udh(ud[:-1])
    assert [element.iei for element in elements] == [PORTS_16]
    assert end == 7


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([(CONCAT_8, b"\xaa\x03\x02")], Concat(0xAA, 3, 2, 8)),
        ([(CONCAT_16, b"\xaa\xbb\x03\x03")], Concat(0xAABB, 3, 3, 16)),
        ([(CONCAT_8, b"\xaa\x00\x00")], None),
        ([(CONCAT_8, b"\xaa\x00\x01")], None),
        ([(CONCAT_8, b"\xaa\x03\x00")], None),
        ([(CONCAT_16, b"\xaa\xbb\x03\x04")], None),
        ([(CONCAT_8, b"\xaa\x03")], None),
        ([(CONCAT_8, b"\xaa\x03\x02\x00")], None),
        ([(CONCAT_8, b"\xaa\x03\x02"), (CONCAT_8, b"\xbb\x05\x04")], Concat(0xBB, 5, 4, 8)),
        ([(CONCAT_8, b"\xaa\x03\x02"), (CONCAT_16, b"\xbb\xcc\x05\x04")], Concat(0xBBCC, 5, 4, 16)),
        ([(CONCAT_8, b"\xaa\x03\x02"), (CONCAT_8, b"\xbb\x05\x06")], Concat(0xAA, 3, 2, 8)),
        ([(0x24, b"\x02")], None),
        ([], None),
    ],
)
def test_the_last_possible_concatenation_counts(
    elements: list[tuple[int, bytes]], expected: Concat | None
) -> None:
    assert concatenation(parse_udh(header(*elements))) == expected


def test_the_last_ports_count_and_every_port_is_seen() -> None:
    elements = parse_udh(header((PORTS_16, b"\x0b\x84\x23\xf0"), (PORTS_8, b"\xf5\xf6"), (PORTS_16, b"\x0b")))
    assert ports(elements) == Ports(0xF5, 0xF6, 8)
    assert every_port(elements) == {2948, 9200}
    assert ports(elements[:1]) == Ports(2948, 9200, 16)
    assert ports(()) is None


def test_the_repr_of_an_element_does_not_show_its_data() -> None:
    assert repr(Element(0x22, 1, b"525512345678")) == "Element(iei=34, offset=1)"
