"""Nothing that could name a sender is left, and what a person wrote is."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tpdus import Made, made_delivers, numbers, semi_octets, smsc_address
from wire.dcs import octets_of_septets
from wire.errors import UdhError
from wire.septets import fill_bits, pack_septets, unpack_septets
from wire.strip import (
    MULTIMEDIA_PORTS,
    is_valid_scts,
    redelivery_key,
    strip_unparsed,
    strip_user_data,
)
from wire.text import Mark, TextPart, decode_text
from wire.tpdu import Deliver, decode_deliver
from wire.udh import ELEMENT_OCTETS, Concat, concatenation, header_octets, parse_udh

NOON = semi_octets("26112112000042")
PLAIN = Made(0x04, 12, 0x91, semi_octets("525165432187"), 0, 0, NOON, 4, b"\xd4\xf2\x9c\x0e")
SCTS_FIRST, SCTS_LAST = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31")
SENDERS = numbers(6, 18).map("52".__add__)
WITHOUT_DIGITS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz ñáé¿?!"), max_size=60)


def every_form(number: str) -> list[bytes]:
    """Return the octets of ``number`` in every encoding it could leak in, packed septets at each bit."""
    text = number.encode()
    packed = [pack_septets(text, fill=fill)[1:-1] for fill in range(8)]
    return [text, number.encode("utf-16-be"), number.encode("utf-16-le"), semi_octets(number), *packed]


def with_header(elements: list[tuple[int, bytes]], body: bytes, dcs: int = 4) -> Deliver:
    """Return a message whose TP-UD has a header; the body is 8-bit, or one septet an octet under DCS 0."""
    octets = b"".join(bytes((iei, len(data))) + data for iei, data in elements)
    header = bytes((len(octets),)) + octets
    if dcs:
        made = dataclasses.replace(PLAIN, first=0x44, dcs=dcs, udl=len(header + body), ud=header + body)
    else:
        fill = fill_bits(len(header))
        udl = (len(header) * 8 + fill) // 7 + len(body)
        ud = header + pack_septets(body, fill=fill)
        made = dataclasses.replace(PLAIN, first=0x44, dcs=dcs, udl=udl, ud=ud)
    return decode_deliver(made.tpdu)


@given(made_delivers())
def test_it_never_raises_and_keeps_the_length(made: Made) -> None:
    deliver = decode_deliver(made.tpdu)
    stripped = strip_user_data(deliver)
    if not stripped.multimedia:
        assert (stripped.udl, len(stripped.ud)) == (deliver.udl, len(deliver.ud))
    if not deliver.udhi:
        assert stripped.ud == deliver.ud
    redelivery_key(deliver)


@given(made_delivers())
def test_only_the_header_changes(made: Made) -> None:
    deliver = decode_deliver(made.tpdu)
    stripped = strip_user_data(deliver)
    if deliver.udhi and not stripped.multimedia:
        start = header_octets(deliver.ud)
        assert stripped.ud[start:] == deliver.ud[start:]


@given(made_delivers())
def test_of_any_header_only_what_is_on_the_list_is_left(made: Made) -> None:
    deliver = dataclasses.replace(decode_deliver(made.tpdu), udhi=True)
    stripped = strip_user_data(deliver)
    start = header_octets(deliver.ud)
    try:
        elements = parse_udh(deliver.ud)
    except UdhError:
        assert not any(stripped.ud[1:start])
        return
    for before, after in zip(elements, parse_udh(stripped.ud), strict=True):
        listed = ELEMENT_OCTETS.get(before.iei) == len(before.data)
        assert after == (before if listed else dataclasses.replace(before, data=bytes(len(before.data))))
    assert stripped.concat == concatenation(elements)


@given(SENDERS, st.integers(0, 255).filter(lambda iei: iei not in ELEMENT_OCTETS), WITHOUT_DIGITS, st.data())
def test_a_number_in_an_element_that_is_not_listed_is_gone(
    number: str, iei: int, text: str, data: st.DataObject
) -> None:
    needles = every_form(number)
    hidden = data.draw(st.sampled_from(needles))
    deliver = with_header([(0x00, b"\x01\x02\x01"), (iei, hidden)], text.encode("latin-1"))
    stripped = strip_user_data(deliver)
    assert not any(needle in stripped.ud for needle in needles)
    assert stripped.ud.endswith(text.encode("latin-1"))
    assert stripped.concat == Concat(1, 2, 1, 8)


@given(SENDERS, st.sampled_from(sorted(ELEMENT_OCTETS)), st.data())
def test_a_number_in_a_listed_element_of_another_length_is_gone(
    number: str, iei: int, data: st.DataObject
) -> None:
    needles = every_form(number)
    hidden = data.draw(st.sampled_from(needles).filter(lambda form: len(form) != ELEMENT_OCTETS[iei]))
    stripped = strip_user_data(with_header([(iei, hidden)], b"text"))
    assert not any(needle in stripped.ud for needle in needles)


@given(SENDERS, WITHOUT_DIGITS, st.integers(1, 60))
def test_a_number_in_a_header_whose_lengths_contradict_each_other_is_gone(
    number: str, text: str, wrong: int
) -> None:
    needles = every_form(number)
    octets = bytes((0x22, len(number) + wrong)) + number.encode()
    ud = bytes((len(octets),)) + octets + text.encode("latin-1")
    made = dataclasses.replace(PLAIN, first=0x44, dcs=4, udl=len(ud), ud=ud)
    stripped = strip_user_data(decode_deliver(made.tpdu))
    assert not any(needle in stripped.ud for needle in needles)
    assert stripped.ud[0] == len(octets)
    assert stripped.ud[1 + len(octets) :] == text.encode("latin-1")


@given(SENDERS, st.sampled_from(sorted(MULTIMEDIA_PORTS)), st.booleans(), st.sampled_from([4, 0, 8, 0x24]))
def test_the_body_of_a_multimedia_notification_is_gone_and_its_header_stays(
    number: str, port: int, destination: bool, dcs: int
) -> None:
    pair = (port, 4000) if destination else (4000, port)
    named = b"".join(each.to_bytes(2, "big") for each in pair)
    deliver = with_header([(0x05, named), (0x00, b"\x01\x02\x01")], number.encode(), dcs)
    stripped = strip_user_data(deliver)
    assert stripped.multimedia
    assert not any(needle in stripped.ud for needle in every_form(number))
    assert parse_udh(stripped.ud) == parse_udh(deliver.ud)
    assert stripped.concat == Concat(1, 2, 1, 8)
    assert len(stripped.ud) == (octets_of_septets(stripped.udl) if dcs == 0 else stripped.udl)
    assert dcs or stripped.udl * 7 >= header_octets(stripped.ud) * 8, "the septets hold all of the header"


@pytest.mark.parametrize("later", [(0x05, b"\x0f\xa0\x0f\xa0"), (0x04, b"\xf5\xf5"), (0x70, b"x")])
def test_a_later_element_does_not_hide_a_multimedia_port(later: tuple[int, bytes]) -> None:
    assert strip_user_data(with_header([(0x05, b"\x0b\x84\x23\xf0"), later], b"525512345678")).multimedia


def test_a_multimedia_port_before_a_contradiction_counts() -> None:
    ud = b"\x08\x05\x04\x0b\x84\x23\xf0\x00\x05" + b"525512345678"
    made = dataclasses.replace(PLAIN, first=0x44, dcs=4, udl=len(ud), ud=ud)
    stripped = strip_user_data(decode_deliver(made.tpdu))
    assert (stripped.multimedia, stripped.ud) == (True, b"\x08" + bytes(8))


@given(st.text(st.sampled_from("abcxyz @"), max_size=120), st.integers(0, 12))
def test_seven_bit_text_behind_a_stripped_header_reads_as_before(text: str, filler: int) -> None:
    septets = text.replace("@", "\0").encode()
    deliver = with_header([(0x70, b"\x55" * filler)], septets, dcs=0)
    stripped = strip_user_data(deliver)
    decoded = decode_text([TextPart(deliver.dcs, stripped.udl, True, stripped.ud)])
    assert (decoded.text, decoded.marks) == (text, frozenset())


def test_the_longest_text_behind_a_header_of_contradictions_still_begins_at_its_septet() -> None:
    header = b"\x05\x00\x7f\xaa\x02\x01"
    ud = header + pack_septets(b"x" * 153, fill=fill_bits(6))
    deliver = decode_deliver(dataclasses.replace(PLAIN, first=0x44, udl=160, ud=ud).tpdu)
    stripped = strip_user_data(deliver)
    assert unpack_septets(stripped.ud[6:], 153, fill=fill_bits(6)) == b"x" * 153
    decoded = decode_text([TextPart(0, stripped.udl, True, stripped.ud)])
    assert (decoded.text, decoded.marks) == ("x" * 153, frozenset({Mark.BAD_HEADER}))


@given(st.binary(max_size=240))
def test_of_an_unparsed_pdu_at_the_most_164_octets_from_36_on_are_left(pdu: bytes) -> None:
    rest = strip_unparsed(pdu)
    assert len(rest) <= 164
    assert pdu[36:].startswith(rest)


def test_all_of_an_unparsed_pdu_behind_octet_36_is_left() -> None:
    assert strip_unparsed(bytes(range(100))) == bytes(range(36, 100))
    assert strip_unparsed(bytes(232)) == bytes(164)
    assert strip_unparsed(bytes(36)) == strip_unparsed(b"") == b""


@given(numbers(1, 20), numbers(0, 20), numbers(14, 14), st.binary(max_size=140), st.integers(0, 255))
def test_of_an_unparsed_pdu_no_sender_no_smsc_and_no_date_are_left(
    sender: str, smsc: str, when: str, ud: bytes, udl: int
) -> None:
    made = dataclasses.replace(
        PLAIN, length=len(sender), digits=semi_octets(sender), scts=semi_octets(when), udl=udl, ud=b""
    )
    front = smsc_address(smsc) + made.tpdu
    assert len(front) <= 36
    rest = strip_unparsed(front + ud)
    assert rest == ud[36 - len(front) :][:164]


@pytest.mark.parametrize("pair", [b"\x0b\x84\x23\xf0", b"\x0f\xa0\x0b\x84", b"\x23\xf3\x00\x00"])
def test_an_unparsed_multimedia_notification_ends_before_its_ports(pair: bytes) -> None:
    pdu = bytes(40) + b"\x06\x05\x04" + pair + b"525512345678/TYPE=PLMN"
    assert strip_unparsed(pdu) == bytes(4) + b"\x06"


@given(made_delivers(), st.text("0123456789", max_size=20))
def test_what_may_differ_in_a_redelivery_is_not_in_its_key(made: Made, smsc: str) -> None:
    made = dataclasses.replace(made, scts=NOON)
    again = dataclasses.replace(made, first=made.first ^ 0x24)
    key = redelivery_key(decode_deliver(made.tpdu))
    assert key is not None
    assert key == redelivery_key(decode_deliver(again.tpdu + b"\xff" * 9))


@pytest.mark.parametrize(
    "change",
    [
        {"toa": 0xA1},
        {"length": 11},
        {"digits": semi_octets("525165432188")},
        {"pid": 1},
        {"dcs": 1},
        {"scts": semi_octets("26112112000142")},
        {"udl": 3, "ud": b"\xd4\xf2\x9c"},
        {"ud": b"\xd4\xf2\x9c\x0f"},
    ],
)
def test_what_makes_another_message_is_in_the_key(change: dict[str, Any]) -> None:
    other = dataclasses.replace(PLAIN, **change)
    assert redelivery_key(decode_deliver(other.tpdu)) != redelivery_key(decode_deliver(PLAIN.tpdu))


@given(
    st.datetimes(min_value=SCTS_FIRST, max_value=SCTS_LAST),
    st.integers(0, 79),
    st.booleans(),
)
def test_every_date_is_a_valid_one(when: datetime, zone: int, west: bool) -> None:
    digits = f"{when:%y%m%d%H%M%S}{zone:02}"
    scts = bytearray(semi_octets(digits))
    scts[6] |= 0x08 if west else 0
    assert is_valid_scts(bytes(scts))


@pytest.mark.parametrize(
    "digits",
    [
        "00000000000000",
        "26001000000000",
        "26131000000000",
        "26110000000000",
        "26113100000000",
        "26022900000000",
        "26112124000000",
        "26112112600000",
        "26112112006000",
        "2611211200000F",
        "FF112112000000",
        "2611A112000000",
        "FFFFFFFFFFFFFF",
    ],
)
def test_by_an_impossible_date_nothing_is_recognised(digits: str) -> None:
    made = dataclasses.replace(PLAIN, scts=semi_octets(digits))
    assert not is_valid_scts(made.scts)
    assert redelivery_key(decode_deliver(made.tpdu)) is None


def test_a_stripped_message_does_not_show_in_its_repr() -> None:
    assert "ud=" not in repr(strip_user_data(decode_deliver(PLAIN.tpdu)))
