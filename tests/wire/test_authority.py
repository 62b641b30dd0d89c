"""The identity of an authority: two keys, of which each vouches for the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.formats import octets, times
from tests.vectors.make.authorities import AUTHORITY_FILE
from tests.vectors.make.bulletins import BULLETIN_KEY
from tests.vectors.make.sheets import AUTHORITY
from wire.authority import LIMIT, Authority, read_authority, write_authority
from wire.refusal import Refusal, Refused

names = st.text(st.characters(categories=("Ll", "Lu"), max_codepoint=0x7E), min_size=1, max_size=64)


@given(octets(8), names, times)
def test_what_is_written_is_read(line: bytes, name: str, made: int) -> None:
    authority = replace(AUTHORITY_FILE, line=line, name=name, made=made)
    text = write_authority(authority, AUTHORITY, BULLETIN_KEY)
    assert read_authority(text.octets) == authority
    assert len(text.octets) <= LIMIT


@given(octets(32), octets(32))
def test_nobody_else_can_sign_for_either_key(first: bytes, second: bytes) -> None:
    for key, bulletin_key in ((SigningKey(first), BULLETIN_KEY), (AUTHORITY, SigningKey(second))):
        with pytest.raises(Refused) as refused:
            write_authority(AUTHORITY_FILE, key, bulletin_key)
        assert refused.value.kind is Refusal.SIGNATURE


def test_an_endorsement_is_of_this_file_and_of_no_other() -> None:
    """That of another line, or name, or date, does not serve: the text around it is signed anew all the same."""
    own = write_authority(AUTHORITY_FILE, AUTHORITY, BULLETIN_KEY).octets
    for other in _others():
        octets_ = write_authority(other, AUTHORITY, BULLETIN_KEY).octets
        assert _endorsement(octets_) != _endorsement(own)


def _others() -> list[Authority]:
    return [
        replace(AUTHORITY_FILE, line=bytes(8)),
        replace(AUTHORITY_FILE, name="another"),
        replace(AUTHORITY_FILE, made=0),
    ]


def _endorsement(text: bytes) -> bytes:
    return next(line for line in text.splitlines() if line.startswith(b"endorsement "))
