"""Intermediate results: read in each form modems have, and None for what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at import replies
from hw.at.pdu import decode, first_octet
from hw.at.replies import Fill, StoredHeader


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"1,1,,29", StoredHeader(1, 1, 29)),
        (b"0,1,29", StoredHeader(0, 1, 29)),
        (b'12,0,"",29', StoredHeader(12, 0, 29)),
        (b'12,0,"Ana, ""la"" 7",29', StoredHeader(12, 0, 29)),
        (b"", StoredHeader(None, None, None)),
        (b"x,y,z", StoredHeader(None, None, None)),
        (b"-1,1,,29", StoredHeader(None, 1, 29)),
    ],
)
def test_a_list_header_is_read_with_any_alpha_field(header: bytes, expected: StoredHeader) -> None:
    assert replies.cmgl_header(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"1,,29", StoredHeader(None, 1, 29)),
        (b"0,,0", StoredHeader(None, 0, 0)),
        (b'1,"5, rue",29', StoredHeader(None, 1, 29)),
    ],
)
def test_a_read_header_is_read_with_any_alpha_field(header: bytes, expected: StoredHeader) -> None:
    assert replies.cmgr_header(header) == expected


@pytest.mark.parametrize(
    ("line", "fill"),
    [(b"3,25,3,25,3,25", Fill(3, 25)), (b'"SM",3,25,"SM",3,25', Fill(3, 25)), (b"", None), (b'"SM"', None)],
)
def test_the_fill_of_a_memory_is_read_from_both_forms(line: bytes, fill: Fill | None) -> None:
    assert replies.cpms_fill((line,)) == fill


@pytest.mark.parametrize(
    ("line", "dbm"),
    [(b"0,99", -113), (b"31,0", -51), (b"99,99", None), (b"116,99", -100), (b"x", None), (b"50", None)],
)
def test_the_signal_is_in_dbm_or_not_known(line: bytes, dbm: int | None) -> None:
    assert replies.csq_dbm((line,)) == dbm


@pytest.mark.parametrize(
    ("lines", "stat"), [((b"0,6",), 6), ((b'2,1,"00C3","1"',), 1), ((b"5",), 5), ((), None)]
)
def test_registration_is_read_with_and_without_the_setting(
    lines: tuple[bytes, ...], stat: int | None
) -> None:
    assert replies.creg_stat(lines) == stat


@pytest.mark.parametrize(
    "line",
    [
        b"8952020000000000016",
        b'"8952020000000000016F"',
        b"+ICCID: 8952020000000000016f",
        b"8952020000000000016F",
    ],
)
def test_an_iccid_is_normalised(line: bytes) -> None:
    assert replies.iccid(line) == "8952020000000000016"


@pytest.mark.parametrize("line", [b"", b"OK", b"12345", b"+CME", b"89520200000000000167777"])
def test_what_is_no_iccid_is_none(line: bytes) -> None:
    assert replies.iccid(line) is None


def test_an_iccid_is_read_from_its_file_with_nibbles_swapped() -> None:
    assert replies.iccid_from_file(bytes.fromhex("982520000000000010F6")) == "8952020000000000016"


@pytest.mark.parametrize(
    ("line", "data"),
    [
        (b'144,0,"01FF"', b"\x01\xff"),
        (b"144,0,01FF", b"\x01\xff"),
        (b"144,0", b""),
        (b'106,130,""', None),
        (b"", None),
    ],
)
def test_the_response_of_crsm_counts_only_with_success(line: bytes, data: bytes | None) -> None:
    assert replies.crsm_data((line,)) == data


DELIVER = bytes.fromhex("040C9125510000001000006230418121808005C8329BFD06")
SMSC = bytes.fromhex("07914201091414F0")


@pytest.mark.parametrize(
    ("pdu", "length", "first"),
    [
        (SMSC + DELIVER, len(DELIVER), 0x04),
        (SMSC + DELIVER, len(SMSC + DELIVER), 0x04),
        (SMSC + DELIVER + b"\xff" * 100, len(DELIVER), 0x04),
        (b"\0" + DELIVER, len(DELIVER), 0x04),
        (DELIVER, len(DELIVER), None),
        (b"\0" + DELIVER[1:], len(DELIVER), None),  # more messages to send, and no SMSC in front
        (b"", 0, None),
        (b"\x07", 1, None),
    ],
)
def test_the_first_octet_is_found_or_said_to_be_doubtful(pdu: bytes, length: int, first: int | None) -> None:
    assert first_octet(pdu, length) == first


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"EC25EFAR06A09M4G", "EC25EFAR06A09M4G"),
        (b"Revision:1418B05SIM800L24", "1418B05SIM800L24"),
        (b'"Sierra Wireless, Incorporated"', "Sierra Wireless Incorporated"),
        (b"07912143658709F1040B912156162143F50000621121810000000441E19008", None),
        (b"A123456789ABCDEF0123", None),
        (b"5216561234567", None),
        (b"Mataron a Juan en la calle 5, y en la 7", None),
        (b"\xa1Vi algo!", None),
        (b"", None),
    ],
)
def test_an_identification_is_short_and_plain_and_no_pdu(line: bytes, said: str | None) -> None:
    assert replies.words((line,)) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"490154203237518", "490154203237518"),
        (b'"49015420323751801"', "49015420323751801"),
        (b"IMEI: 49015420323751", "49015420323751"),
        (b"4901542032375", None),
        (b"490154203237518012", None),
        (b"07912143658709F1", None),
        (b"+5216561234567 49015420323751", None),
    ],
)
def test_an_imei_is_14_to_17_digits_and_nothing_else(line: bytes, said: str | None) -> None:
    assert replies.imei((line,)) == said


READERS = (
    replies.cmgl_header,
    replies.cmgr_header,
    replies.iccid,
    replies.memory_and_index,
    replies.last_number,
    decode,
)
LINE_READERS = (
    replies.cpms_fill,
    replies.csq_dbm,
    replies.creg_stat,
    replies.crsm_data,
    replies.cmgs_reference,
    replies.words,
    replies.imei,
    replies.register,
)


@given(octets=st.binary(max_size=300))
def test_no_octets_make_a_reader_raise(octets: bytes) -> None:
    for reader in READERS:
        reader(octets)
    for lines in ((), (octets,), (octets, octets)):
        for line_reader in LINE_READERS:
            line_reader(lines)
    first_octet(octets, len(octets))
