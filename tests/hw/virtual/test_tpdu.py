"""The network's encoder, read by other people's decoders."""

from __future__ import annotations

import io
import logging
from datetime import datetime, timedelta, timezone
from typing import Any

import gammu
import pytest
from gsmmodem.pdu import encodeSmsSubmitPdu
from hypothesis import given, settings
from hypothesis import strategies as st
from smspdudecoder.fields import SMSDeliver

from hw.virtual.alphabet import DEFAULT, EXTENSION, SINGLE_SHIFT, SPANISH, pack, septets_of, text_of, unpack
from hw.virtual.compose import Style, compose, compose_data
from hw.virtual.routing import kind_of
from hw.virtual.tpdu import (
    Body,
    SubmitError,
    address,
    deliver,
    digits_of,
    read_submit,
    semi_octets,
    time_stamp,
)
from tests.support.virtual_modem import SENDER, WHEN

GSM = sorted(set(DEFAULT) - {"\x1b"} | set(EXTENSION))
BASIC = sorted(set(DEFAULT) - {"\x1b", "\r", "\n", "\f"})
"""No extension and no line ends: what both decoders give back unchanged."""


def tpdu(text: str, style: Style | None = None, part: int = 0, sender: str = SENDER) -> bytes:
    return deliver(address(sender), compose(text, style or Style())[part], time_stamp(WHEN))


def by_gammu(octets: bytes) -> dict[str, Any]:
    logging.getLogger("gammu").setLevel(logging.CRITICAL)
    decoded: dict[str, Any] = gammu.DecodePDU(b"\x00" + octets)
    return decoded


def by_smspdudecoder(octets: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = SMSDeliver.decode(io.StringIO("00" + octets.hex().upper()))
    return decoded


@settings(max_examples=60)
@given(st.text(alphabet=BASIC, min_size=1, max_size=160))
def test_seven_bit_text_is_read_by_both(text: str) -> None:
    octets = tpdu(text)
    assert by_gammu(octets)["Text"] == text
    found = by_smspdudecoder(octets)
    assert found["user_data"]["data"] == text
    assert str(found["sender"]["number"]).lstrip("+") == SENDER.lstrip("+")


@settings(max_examples=60)
@given(st.text(alphabet="añ日本語áßÑ 你", min_size=1, max_size=70))
def test_ucs2_text_is_read_by_both(text: str) -> None:
    octets = tpdu(text, Style(dcs=8))
    assert by_gammu(octets)["Text"] == text
    assert by_smspdudecoder(octets)["user_data"]["data"] == text


def test_parts_are_joined_again_and_each_is_full() -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(400))
    parts = [by_gammu(tpdu(text, Style(reference=77), part)) for part in range(3)]
    assert "".join(str(part["Text"]) for part in parts) == text
    udh = [part["UDH"] for part in parts]
    assert [(u["ID8bit"], u["AllParts"], u["PartNumber"]) for u in udh] == [
        (77, 3, 1),
        (77, 3, 2),
        (77, 3, 3),
    ]
    assert [len(body.data) for body in compose(text, Style(reference=77))[:2]] == [140, 140]


def test_a_wide_reference_and_ports_have_their_elements() -> None:
    part = by_gammu(tpdu("x" * 200, Style(reference=0x1234)))
    assert part["UDH"]["ID16bit"] == 0x1234
    assert compose("hola", Style(ports=(2948, 9200)))[0].data[:7].hex() == "0605040b8423f0"
    assert compose("x" * 200, Style(wide_reference=True))[1].data[:7].hex() == "06080400000202"


def test_spanish_accents_take_the_single_shift_table() -> None:
    body = compose("más", Style())[0]
    assert body.data[:4].hex() == "03240102"
    assert unpack(body.data, body.udl)[5:] == [ord("m"), 0x1B, 0x61, ord("s")]


def test_what_no_table_has_goes_as_ucs2_and_emoji_are_never_cut() -> None:
    bodies = compose("🚨" * 40, Style())
    assert {body.dcs for body in bodies} == {8}
    assert "".join(body.data[6:].decode("utf-16-be") for body in bodies) == "🚨" * 40


def test_an_escape_pair_is_never_cut() -> None:
    bodies = compose("a" + "€" * 100, Style())
    assert [text_of(unpack(body.data, body.udl)[7:]) for body in bodies] == ["a" + "€" * 76, "€" * 24]


@given(st.lists(st.integers(0, 127), max_size=160), st.integers(0, 6))
def test_packing_and_unpacking_meet(septets: list[int], fill: int) -> None:
    assert unpack(pack(septets, fill), len(septets), fill) == septets


@given(st.text(alphabet=GSM, max_size=50))
def test_the_alphabet_meets_itself(text: str) -> None:
    units = septets_of(text)
    assert units is not None
    assert text_of([septet for unit in units for septet in unit]) == text


def test_single_shift_tables_hold_no_character_of_the_default_alphabet_but_what_the_standard_repeats() -> (
    None
):
    for table in SINGLE_SHIFT.values():
        assert len(set(table.values())) == len(table)
        assert set(EXTENSION.items()) <= set(table.items())
    assert SINGLE_SHIFT[SPANISH]["ú"] == 0x75


@given(st.binary(max_size=400))
def test_data_goes_through_unchanged(data: bytes) -> None:
    bodies = compose_data(data, Style())
    skip = 6 if len(bodies) > 1 else 0
    assert b"".join(body.data[skip:] for body in bodies) == data
    assert all(len(body.data) <= 140 and body.dcs == 4 for body in bodies)


@given(st.text(alphabet="0123456789*#abc", max_size=20))
def test_semi_octets_meet(digits: str) -> None:
    assert digits_of(semi_octets(digits)) == digits


def test_addresses_of_numbers_names_and_nobody() -> None:
    assert address("+5216561").hex() == "0791256165f1"
    assert address("12345").hex() == "05812143f5"
    assert address("Telcel").hex()[:4] == "0bd0"
    assert address("").hex() == "0081"
    assert by_gammu(tpdu("x", sender="Telcel"))["Number"] == "Telcel"


@pytest.mark.parametrize(("hours", "last"), [(0, "00"), (-6, "4a"), (5.5, "22")])
def test_a_time_stamp_has_its_zone(hours: float, last: str) -> None:
    moment = datetime(2031, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=hours)))
    assert time_stamp(moment).hex() == "135060708090" + last


@pytest.mark.parametrize("sender", [SENDER, "12345", "Telcel", ""])
def test_routing_finds_pid_and_dcs_behind_any_address(sender: str) -> None:
    octets = deliver(address(sender), Body(b"", dcs=0xF1, pid=0x41), time_stamp(WHEN))
    assert (kind_of(octets).pid, kind_of(octets).dcs) == (0x41, 0xF1)


@given(st.binary(max_size=60))
def test_a_submit_is_read_or_refused_with_one_error(octets: bytes) -> None:
    try:
        submit = read_submit(octets)
    except SubmitError:
        return
    assert octets[0] & 3 == 1
    assert len(submit.body.data) < len(octets)


def test_a_submit_of_python_gsmmodem_is_read() -> None:
    [pdu] = encodeSmsSubmitPdu(SENDER, "hola")
    submit = read_submit(bytes(pdu.data)[bytes(pdu.data)[0] + 1 :])
    assert submit.destination == SENDER
    assert text_of(unpack(submit.body.data, submit.body.udl)) == "hola"
