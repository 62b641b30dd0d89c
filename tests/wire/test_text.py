"""The text of a message from its parts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.septets import encode_septets, fill_bits, pack_septets
from wire.text import DATA, GAP, DecodedText, Mark, TextPart, decode_text, mask_digits

UCS2 = 0x08
ANY_PART = st.none() | st.builds(
    TextPart,
    dcs=st.integers(0, 255),
    udl=st.integers(0, 255),
    udhi=st.booleans(),
    ud=st.binary(max_size=160),
)
HEADER = bytes.fromhex("050003aa0201")


def part7(text: str, *, locking: int = 0, single: int = 0, dcs: int = 0, named: bool = True) -> TextPart:
    """Return a part in septets, its header naming the tables."""
    elements = b""
    if named and locking:
        elements += bytes((0x25, 1, locking))
    if named and single:
        elements += bytes((0x24, 1, single))
    septets = encode_septets(text, locking=locking, single=single)
    return septet_part(septets, bytes((len(elements),)) + elements if elements else b"", dcs)


def septet_part(septets: bytes, header: bytes = b"", dcs: int = 0) -> TextPart:
    fill = fill_bits(len(header))
    udl = (len(header) * 8 + fill) // 7 + len(septets)
    return TextPart(dcs, udl, bool(header), header + pack_septets(septets, fill=fill))


def part16(octets: bytes, header: bytes = b"", dcs: int = UCS2) -> TextPart:
    return TextPart(dcs, len(header + octets), bool(header), header + octets)


@given(st.lists(ANY_PART, max_size=6))
def test_whatever_the_parts_it_never_raises(parts: list[TextPart | None]) -> None:
    decoded = decode_text(parts)
    assert isinstance(decoded, DecodedText)
    assert decoded.text is None or decoded.text.encode() is not None, "no lone surrogate in a text"
    assert (Mark.GAP in decoded.marks) == (None in parts)


@given(st.text(max_size=70), st.lists(st.integers(0, 140), max_size=3))
def test_a_16_bit_text_is_the_same_wherever_it_was_cut(text: str, cuts: list[int]) -> None:
    octets = text.encode("utf-16-be", "replace")
    borders = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    parts = [part16(octets[start:end], HEADER) for start, end in itertools.pairwise(borders)]
    assert decode_text(parts) == DecodedText(octets.decode("utf-16-be"), frozenset())


def test_a_surrogate_pair_split_over_two_parts_is_one_character() -> None:
    octets = "ab🙂c".encode("utf-16-be")
    parts = [part16(octets[:6], HEADER), part16(octets[6:], HEADER)]
    assert decode_text(parts) == DecodedText("ab🙂c", frozenset())
    assert decode_text([parts[0], None]).text == "ab\ufffd" + GAP.format(part=2, total=2)


def test_a_lone_surrogate_is_marked() -> None:
    decoded = decode_text([part16(b"\0a\xd8\x3d\0b")])
    assert decoded == DecodedText("a\ufffdb", frozenset({Mark.LONE_SURROGATE}))


def test_an_odd_octet_is_marked_and_not_shown() -> None:
    assert decode_text([part16(b"\0a\0")]) == DecodedText("a", frozenset({Mark.ODD_LENGTH}))


@pytest.mark.parametrize("locking", [0, 1, *range(3, 14)])
@pytest.mark.parametrize("single", range(14))
def test_a_part_is_read_with_the_tables_its_own_header_names(locking: int, single: int) -> None:
    text = "1 {2} [3] €"
    parts = [part7(text, locking=locking, single=single), part7("Plain ñ")]
    assert decode_text(parts) == DecodedText(text + "Plain ñ", frozenset())


@pytest.mark.parametrize(("element", "table"), [(0x24, 14), (0x24, 255), (0x25, 2), (0x25, 14)])
def test_an_unknown_table_is_the_default_one_with_a_mark(element: int, table: int) -> None:
    decoded = decode_text([septet_part(encode_septets("qué {"), bytes((3, element, 1, table)))])
    assert decoded == DecodedText("qué {", frozenset({Mark.UNKNOWN_TABLE}))


def test_the_last_of_two_tables_counts() -> None:
    header = bytes((6, 0x24, 1, 1, 0x24, 1, 2))
    assert decode_text([septet_part(b"\x1ba", header)]).text == "á"


def test_a_code_without_character_is_marked() -> None:
    decoded = decode_text([septet_part(b"\x11", bytes((3, 0x25, 1, 12)))])
    assert decoded == DecodedText("\ufffd", frozenset({Mark.UNKNOWN_CHARACTER}))


def test_an_escape_cut_from_its_other_half_is_joined() -> None:
    parts = [septet_part(b"a\x1b", HEADER), septet_part(b"\x65b", HEADER)]
    assert decode_text(parts).text == "a€b"
    assert decode_text([parts[0], None, parts[1]]).text == "a " + GAP.format(part=2, total=3) + "eb"
    double = [septet_part(b"a\x1b\x1b", HEADER), septet_part(b"\x65b", HEADER)]
    assert decode_text(double).text == "a eb"


def test_a_missing_part_leaves_its_mark_at_its_place() -> None:
    decoded = decode_text([part7("uno "), None, part7(" tres")])
    assert decoded == DecodedText("uno […2/3…] tres", frozenset({Mark.GAP}))


def test_nothing_but_missing_parts_is_no_text() -> None:
    assert decode_text([None, None]) == DecodedText(None, frozenset({Mark.GAP}))
    assert decode_text([]) == DecodedText(None, frozenset())


@pytest.mark.parametrize(
    ("dcs", "mark"), [(0x04, Mark.DATA), (0xF5, Mark.DATA), (0x20, Mark.COMPRESSED), (0x28, Mark.COMPRESSED)]
)
def test_data_and_compressed_text_are_no_text(dcs: int, mark: Mark) -> None:
    part = TextPart(dcs, 3, False, b"abc")
    assert decode_text([part]) == DecodedText(None, frozenset({mark}))
    assert decode_text([part7("a"), part]).text == "a" + DATA.format(part=2, total=2)


@pytest.mark.parametrize("dcs", [0x00, 0x10, 0x13, 0x40, 0x80, 0x94, 0xBF, 0xC0, 0xD8, 0xF0, 0xF2])
def test_these_codings_are_read_in_septets(dcs: int) -> None:
    assert decode_text([part7("¿Qué?", dcs=dcs)]) == DecodedText("¿Qué?", frozenset())


@pytest.mark.parametrize("dcs", [0x08, 0x18, 0x1B, 0x48, 0xE0, 0xEA])
def test_these_codings_are_read_in_16_bits(dcs: int) -> None:
    assert decode_text([part16("¿Qué?".encode("utf-16-be"), dcs=dcs)]) == DecodedText("¿Qué?", frozenset())


def test_a_header_of_contradictions_is_marked_and_skipped() -> None:
    part = septet_part(encode_septets("hola"), b"\x04\x24\x09\x02\x00")
    assert decode_text([part]) == DecodedText("hola", frozenset({Mark.BAD_HEADER}))


def test_less_than_tp_udl_says_is_marked() -> None:
    assert decode_text([TextPart(0, 10, False, pack_septets(b"abc"))]).marks == {Mark.TRUNCATED}
    assert decode_text([TextPart(UCS2, 10, False, b"\0a")]) == DecodedText("a", frozenset({Mark.TRUNCATED}))


def test_octets_behind_tp_udl_are_not_shown() -> None:
    assert decode_text([TextPart(UCS2, 2, False, b"\0a\0b")]) == DecodedText("a", frozenset())
    assert decode_text([TextPart(0, 1, False, pack_septets(b"ab"))]) == DecodedText("a", frozenset())


def test_the_at_sign_at_the_end_is_kept_and_fill_is_not_one() -> None:
    assert decode_text([part7("1234567@")]).text == "1234567@"
    assert decode_text([part7("1234567")]).text == "1234567"


def test_the_repr_shows_no_text() -> None:
    assert "hola" not in repr(decode_text([part7("hola")]))
    assert "ud" not in repr(part7("hola")).replace("udl", "").replace("udhi", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("llamada de 6561234567.", "llamada de ••••••••••."),
        ("+52 (656) 123-45-67", "+•• (•••) •••-••-••"),
        ("656.123.4567", "•••.•••.••••"),
        ("656\u00a0123\u20114567", "•••\u00a0•••\u2011••••"),
        ("656\u200b123\u200b4567", "•••\u200b•••\u200b••••"),
        ("٦٥٦١٢٣٤", "•••••••"),
        ("6５6१2३4", "•••••••"),
        ("123456", "123456"),
        ("marca 066 o 911", "marca 066 o 911"),
        ("12 veces 34 calles 567", "12 veces 34 calles 567"),
        ("", ""),
    ],
)
def test_runs_of_seven_and_more_digits_are_masked(text: str, masked: str) -> None:
    assert mask_digits(text) == masked


@given(st.text())
def test_masking_changes_digits_only_and_leaves_no_run(text: str) -> None:
    masked = mask_digits(text)
    assert len(masked) == len(text)
    assert all(after == before or before.isdecimal() for before, after in zip(text, masked, strict=True))
    assert mask_digits(masked) == masked


@given(
    st.text("0123456789", min_size=7, max_size=15),
    st.sampled_from(["", " ", "-", ".", ") ", " - ", "\u2013"]),
)
def test_no_digit_of_a_number_is_left_however_it_is_written(number: str, separator: str) -> None:
    assert not any(
        character.isdecimal() for character in mask_digits("de " + separator.join(number) + " hoy")
    )
