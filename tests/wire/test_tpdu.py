"""SMS-DELIVER: reading it, and finding it in what a modem gives."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tpdus import Made, made_delivers, semi_octets, smsc_address
from wire.address import Address, origin
from wire.dcs import Coding, coding
from wire.errors import NotDeliver, TpduError
from wire.octets import Octets
from wire.slip import Origin
from wire.tpdu import Deliver, TpduType, decode_deliver, find_deliver, tpdu_type

ANY_LENGTH = st.none() | st.integers(-1, 300)
PLAIN = Made(
    0x04, 12, 0x91, semi_octets("525165432187"), 0, 0, semi_octets("62112111436500"), 4, b"\xd4\xf2\x9c\x0e"
)
SMSC = smsc_address("52551234567")


@given(st.binary(max_size=240))
def test_whatever_the_octets_only_a_tpdu_error_comes_out(octets: bytes) -> None:
    try:
        assert isinstance(decode_deliver(octets), Deliver)
    except TpduError as error:
        assert 0 <= error.offset <= len(octets)


@given(st.binary(max_size=240), ANY_LENGTH)
def test_whatever_the_pdu_only_a_tpdu_error_comes_out(octets: bytes, length: int | None) -> None:
    try:
        assert isinstance(find_deliver(octets, length), Deliver)
    except NotDeliver:
        assert tpdu_type(octets, length) in (TpduType.SUBMIT, TpduType.STATUS_REPORT)
    except TpduError:
        assert tpdu_type(octets, length) in (None, TpduType.DELIVER, TpduType.RESERVED)


@given(made_delivers())
def test_every_field_comes_back_as_it_was_made(made: Made) -> None:
    deliver = decode_deliver(made.tpdu)
    first = (
        deliver.mti
        | deliver.mms << 2
        | deliver.lp << 3
        | deliver.sri << 5
        | deliver.udhi << 6
        | deliver.rp << 7
        | made.first & 0x10
    )
    assert first == made.first
    assert deliver.oa == Address(made.length, made.toa, made.digits)
    assert (deliver.pid, deliver.dcs, deliver.scts) == (made.pid, made.dcs, made.scts)
    assert (deliver.udl, deliver.ud) == (made.udl, made.ud)


@given(made_delivers(), st.data())
def test_a_tpdu_cut_at_any_octet_is_an_error_at_that_octet_at_the_latest(
    made: Made, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(made.tpdu) - 1))
    with pytest.raises(TpduError) as caught:
        decode_deliver(made.tpdu[:cut])
    assert caught.value.offset <= cut


def test_a_plain_tpdu_cut_at_every_octet_is_an_error() -> None:
    for cut in range(len(PLAIN.tpdu)):
        for pdu in (PLAIN.tpdu[:cut], SMSC + PLAIN.tpdu[:cut]):
            with pytest.raises(TpduError):
                find_deliver(pdu, None)


@given(made_delivers(), st.binary(max_size=30))
def test_octets_behind_the_user_data_change_nothing(made: Made, trailing: bytes) -> None:
    assert decode_deliver(made.tpdu + trailing) == decode_deliver(made.tpdu)


@given(made_delivers(), st.text("0123456789", max_size=20), st.booleans(), st.integers(0, 176), ANY_LENGTH)
def test_the_same_message_is_found_however_the_modem_dresses_it(
    made: Made, smsc: str, bare: bool, padded: int, length: int | None
) -> None:
    front = b"" if bare else smsc_address(smsc)
    pdu = (front + made.tpdu).ljust(padded, b"\xff")
    assert find_deliver(pdu, length) == decode_deliver(made.tpdu)
    assert tpdu_type(pdu, length) in (TpduType.DELIVER, TpduType.RESERVED)


@given(made_delivers(), st.text("0123456789", max_size=20), st.data())
def test_a_cut_message_is_never_read_from_another_place(made: Made, smsc: str, data: st.DataObject) -> None:
    pdu = smsc_address(smsc) + made.tpdu
    cut = data.draw(st.integers(0, len(pdu) - 1))
    with pytest.raises(TpduError):
        find_deliver(pdu[:cut], len(made.tpdu))


def test_stored_entries_of_other_types_are_told_apart() -> None:
    submit = (
        bytes.fromhex("1100") + bytes((11, 0x91)) + semi_octets("52656123456") + bytes.fromhex("0000aa00")
    )
    report = bytes.fromhex("0600") + bytes((11, 0x91)) + semi_octets("52656123456") + bytes(15)
    for front in (b"", b"\0", SMSC):
        assert tpdu_type(front + submit, len(submit)) is TpduType.SUBMIT
        assert tpdu_type(front + report, len(report)) is TpduType.STATUS_REPORT
        with pytest.raises(NotDeliver):
            find_deliver(front + submit, len(submit))
        with pytest.raises(NotDeliver):
            find_deliver(front + report, len(report))


def test_a_reserved_type_is_read_as_a_message() -> None:
    assert find_deliver(SMSC + dataclasses.replace(PLAIN, first=0x07).tpdu, None).mti is TpduType.RESERVED


def test_an_empty_smsc_before_a_submit_is_not_taken_for_a_message_without_smsc() -> None:
    submit = bytes((0x11, 0x91, 11, 0x91)) + semi_octets("52656123456") + bytes.fromhex("0000aa00")
    with pytest.raises(NotDeliver):
        find_deliver(b"\0" + submit, None)


def test_a_message_without_smsc_that_also_looks_like_a_submit_behind_one_is_read() -> None:
    made = dataclasses.replace(PLAIN, first=0x00, length=13, digits=semi_octets("1189654321876"))
    pdu = made.tpdu
    assert pdu[0] == 0, "an SMSC length of zero"
    assert pdu[1] & 3 == TpduType.SUBMIT, "a SUBMIT, read one octet late"
    assert pdu[3] <= 20, "with a length for its address"
    assert pdu[4] & 0x80, "and a type"
    assert find_deliver(pdu, None) == decode_deliver(pdu)
    assert find_deliver(pdu + b"\xff" * 20, None) == decode_deliver(pdu)
    assert find_deliver(pdu, 77) == decode_deliver(pdu), "whatever the header says"


@pytest.mark.parametrize("front", [b"", b"\0", SMSC])
def test_an_address_type_without_its_first_bit_is_taken_only_if_all_else_fits(front: bytes) -> None:
    tpdu = dataclasses.replace(PLAIN, length=0, toa=0, digits=b"").tpdu
    for length in (None, len(tpdu), len(front + tpdu)):
        assert find_deliver(front + tpdu + b"\xff\xff", length) == decode_deliver(tpdu)
    with pytest.raises(TpduError):
        find_deliver(front + tpdu + b"\x01", None)
    with pytest.raises(TpduError):
        find_deliver(front + tpdu, 77)


def test_a_cursor_shows_where_it_is_and_not_what_it_holds() -> None:
    assert repr(Octets(b"secret", TpduError)) == "Octets(offset=0)"


@pytest.mark.parametrize("pdu", [b"\xff" * 176, b"\0" * 176, b"", b"\0", b"\x07"])
def test_an_unused_sim_record_and_nothing_at_all_are_errors(pdu: bytes) -> None:
    assert tpdu_type(pdu, None) is None
    with pytest.raises(TpduError):
        find_deliver(pdu, None)


@pytest.mark.parametrize(
    ("dcs", "udl"), [(0x00, 161), (0x04, 141), (0x08, 141), (0x20, 141), (0xF5, 255), (0x84, 200)]
)
def test_more_user_data_than_a_tpdu_can_have_is_an_error(dcs: int, udl: int) -> None:
    with pytest.raises(TpduError) as caught:
        decode_deliver(dataclasses.replace(PLAIN, dcs=dcs, udl=udl, ud=bytes(255)).tpdu)
    assert caught.value.field == "TP-UDL"


def test_more_than_twenty_semi_octets_of_address_are_an_error() -> None:
    with pytest.raises(TpduError) as caught:
        decode_deliver(dataclasses.replace(PLAIN, length=21, digits=bytes(11)).tpdu)
    assert (caught.value.field, caught.value.offset) == ("TP-OA length", 1)


def test_an_empty_message_and_one_with_an_impossible_date_are_read() -> None:
    assert decode_deliver(dataclasses.replace(PLAIN, udl=0, ud=b"").tpdu).ud == b""
    assert decode_deliver(dataclasses.replace(PLAIN, scts=b"\xff" * 7).tpdu).scts == b"\xff" * 7


@given(made_delivers(), st.data())
def test_neither_repr_nor_error_says_anything_of_the_content(made: Made, data: st.DataObject) -> None:
    blank = dataclasses.replace(
        made, digits=bytes(len(made.digits)), toa=0x81, scts=bytes(7), ud=bytes(len(made.ud))
    )
    assert repr(decode_deliver(made.tpdu)) == repr(decode_deliver(blank.tpdu))
    assert repr(decode_deliver(made.tpdu).oa) == "Address()"
    cut = data.draw(st.integers(0, len(made.tpdu) - 1))
    messages = []
    for tpdu in (made.tpdu, blank.tpdu):
        with pytest.raises(TpduError) as caught:
            decode_deliver(tpdu[:cut])
        messages.append((str(caught.value), repr(caught.value), caught.value.args))
    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0x00, 0x01, 0x10, 0x13, 0x40, 0x5C, 0x0C], Coding.GSM7),
        ([0x04, 0x14, 0x17, 0x44, 0xF4, 0xF7], Coding.DATA),
        ([0x08, 0x18, 0x1B, 0x48, 0xE0, 0xE8], Coding.UCS2),
        ([0x20, 0x24, 0x28, 0x3F, 0x60], Coding.COMPRESSED),
        ([0xC0, 0xC8, 0xD0, 0xD9], Coding.GSM7),
        ([0xF0, 0xF3], Coding.GSM7),
        ([0x80, 0x84, 0x98, 0xA5, 0xBF], Coding.GSM7),
    ],
)
def test_each_coding_group_is_read_as_the_standard_says(codes: list[int], expected: Coding) -> None:
    assert {coding(code) for code in codes} == {expected}


@pytest.mark.parametrize(
    ("length", "toa", "digits", "expected"),
    [
        (0, 0x91, b"", Origin.NONE),
        (0, 0xD0, b"", Origin.NONE),
        (12, 0x91, semi_octets("525512345678"), Origin.SUBSCRIBER),
        (10, 0x81, semi_octets("6561234567"), Origin.SUBSCRIBER),
        (8, 0xA1, semi_octets("61234567"), Origin.SUBSCRIBER),
        (7, 0x81, semi_octets("6123456"), Origin.NETWORK),
        (8, 0x81, semi_octets("6123456"), Origin.NETWORK),
        (5, 0x81, semi_octets("33033"), Origin.NETWORK),
        (10, 0xB1, semi_octets("6561234567"), Origin.NETWORK),
        (10, 0xE1, semi_octets("6561234567"), Origin.NETWORK),
        (11, 0xD0, bytes(6), Origin.ALPHANUMERIC),
        (4, 0xD0, bytes(2), Origin.ALPHANUMERIC),
    ],
)
def test_an_address_has_a_class(length: int, toa: int, digits: bytes, expected: Origin) -> None:
    assert origin(Address(length, toa, digits)) is expected


def test_the_fill_of_an_odd_address_makes_no_other_number() -> None:
    assert Address(5, 0x81, b"\x33\x30\xf3").canonical == Address(5, 0x81, b"\x33\x30\x03").canonical
    assert Address(5, 0x81, b"\x33\x30\xf3").canonical != Address(6, 0x81, b"\x33\x30\xf3").canonical
