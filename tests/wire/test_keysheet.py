"""Key sheets: written and read, and which may follow which."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_box_seal, crypto_scalarmult_base
from nacl.exceptions import CryptoError

from tests.support.formats import AUTHORITY, keysheets, octets
from wire.keysheet import Epoch, KeySheet, accept, read_keysheet, write_keysheet
from wire.refusal import Refusal, Refused


@given(keysheets())
def test_a_sheet_that_is_written_is_read(sheet: KeySheet) -> None:
    assert read_keysheet(write_keysheet(sheet, AUTHORITY).octets) == sheet


@given(keysheets(), st.text(max_size=70))
def test_a_name_is_shown_as_it_is_or_refused(sheet: KeySheet, name: str) -> None:
    try:
        write_keysheet(replace(sheet, name=name), AUTHORITY)
    except Refused as refused:
        assert refused.field == "name"
        return
    assert name == normalize("NFC", name) == " ".join(name.split())
    assert not set(name) & set("\x00\x1b\x7f\x85\x9b\xa0\xad\u200b\u200e\u202e\u2028\u2066\ufeff\U000e0001")


def test_a_name_with_a_lone_surrogate_is_refused() -> None:
    sheet = KeySheet(
        line=bytes(8),
        name="x\ud800",
        serial=1,
        date=0,
        authority=bytes(AUTHORITY.verify_key),
        next_authority=bytes(32),
        epochs=(),
    )
    with pytest.raises(Refused):
        write_keysheet(sheet, AUTHORITY)


@given(keysheets(), octets(32))
def test_to_a_key_that_is_taken_a_slip_can_be_sealed(sheet: KeySheet, key: bytes) -> None:
    offered = replace(sheet, epochs=(replace(sheet.epochs[0], key=key),))
    try:
        write_keysheet(offered, AUTHORITY)
    except Refused as refused:
        assert refused.kind is Refusal.VALUE
        return
    assert len(crypto_box_seal(b"slip", key)) == 52


@pytest.mark.parametrize("number", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_to_a_point_of_small_order_nothing_can_be_sealed(number: int) -> None:
    """The ground of the rule: libsodium fails where the box would have to seal."""
    with pytest.raises(CryptoError):
        crypto_box_seal(b"slip", number.to_bytes(32, "little"))


def test_a_key_written_a_second_way_seals_as_the_first_and_is_refused() -> None:
    sheet = _sheet()
    (epoch,) = sheet.epochs
    second = epoch.key[:-1] + bytes([epoch.key[-1] | 0x80])
    assert len(crypto_box_seal(b"slip", second)) == 52
    with pytest.raises(Refused):
        write_keysheet(replace(sheet, epochs=(replace(epoch, key=second),)), AUTHORITY)


@given(keysheets(), st.integers(0, 2**40), st.integers(0, 2**32 - 1))
def test_a_sheet_may_always_follow_itself(sheet: KeySheet, now: int, used: int) -> None:
    accept(sheet, sheet, now=now, used=used)
    accept(None, sheet, now=now)


@given(keysheets(), keysheets(), st.integers(0, 2**38))
def test_whatever_is_offered_is_accepted_or_refused(current: KeySheet, offered: KeySheet, now: int) -> None:
    try:
        accept(current, replace(offered, line=current.line), now=now)
    except Refused:
        return
    kept = {epoch.number: epoch for epoch in offered.epochs}
    assert all(kept[e.number] == e for e in current.epochs if e.begins <= now)
    assert offered.serial > current.serial or offered == replace(current, line=offered.line)


def _sheet() -> KeySheet:
    return KeySheet(
        line=bytes(8),
        name="police",
        serial=1,
        date=0,
        authority=bytes(AUTHORITY.verify_key),
        next_authority=bytes(32),
        epochs=(Epoch(1, 0, 1, crypto_scalarmult_base(b"\x42" * 32)),),
    )
