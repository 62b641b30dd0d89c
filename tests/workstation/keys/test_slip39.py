"""The shares are those of SLIP-0039, the subkeys those of libsodium."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import MnemonicError, combine_mnemonics

from workstation.keys.keyring import Mode
from workstation.keys.shares import Group, groups_for, join_shares, make_shares
from workstation.keys.subkeys import check_value, subkey
from workstation.keys.words import checked_share
from workstation.problems import NotThisKey

VECTORS: list[tuple[str, list[str], str]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "slip39" / "vectors.json").read_text(encoding="utf-8")
)
MASTER = bytes(range(32))


def test_there_are_all_vectors_of_the_standard() -> None:
    assert len(VECTORS) == 45
    assert sum(bool(secret) for _, _, secret in VECTORS) == 15


@pytest.mark.parametrize(("what", "mnemonics", "secret"), VECTORS, ids=[what for what, _, _ in VECTORS])
def test_the_package_does_what_the_standard_says(what: str, mnemonics: list[str], secret: str) -> None:
    if not secret:
        with pytest.raises(MnemonicError):
            combine_mnemonics(mnemonics, b"TREZOR")
    else:
        assert combine_mnemonics(mnemonics, b"TREZOR").hex() == secret


@pytest.mark.parametrize(
    ("what", "mnemonics"),
    [pytest.param(what, given, id=what) for what, given, secret in VECTORS if not secret],
)
def test_what_the_standard_refuses_is_refused_here_in_our_own_words(what: str, mnemonics: list[str]) -> None:
    with pytest.raises(NotThisKey) as error:
        join_shares(mnemonics)
    said = f"{error.value} {error.value.way_out}"
    assert not any(" ".join(mnemonic.split()[:3]) in said for mnemonic in mnemonics)


@pytest.mark.parametrize(
    ("what", "mnemonics"),
    [pytest.param(what, given, id=what) for what, given, _ in VECTORS if len(given[0].split()) == 33],
)
def test_our_reader_of_words_takes_a_share_if_its_checksum_is_good(what: str, mnemonics: list[str]) -> None:
    for mnemonic in mnemonics:
        if "invalid checksum" in what:
            with pytest.raises(NotThisKey):
                checked_share(mnemonic.split())
        else:
            assert checked_share([word[:4].upper() for word in mnemonic.split()]) == mnemonic


def _words(groups: Sequence[Group], wanted: Sequence[tuple[int, int]]) -> list[str]:
    """Return the words of the shares ``wanted``: group and number, both from 0."""
    shares = make_shares(MASTER, groups)
    place = {(groups.index(share.group), share.number - 1): " ".join(share.words) for share in shares}
    return [place[one] for one in wanted]


@given(st.data())
def test_any_k_of_n_give_the_key_and_fewer_do_not(data: st.DataObject) -> None:
    custodians = data.draw(st.integers(2, 8))
    threshold = data.draw(st.integers(2, custodians))
    chosen = data.draw(st.permutations(range(custodians)))
    groups = (Group(None, custodians, threshold),)
    words = _words(groups, [(0, number) for number in chosen])
    assert join_shares(words[:threshold]) == MASTER
    assert join_shares(words) == MASTER
    with pytest.raises(NotThisKey, match=f"{threshold} shares are needed"):
        join_shares(words[: threshold - 1])


def test_no_organisation_restores_alone_with_all_of_its_shares() -> None:
    groups = groups_for(Mode.TWO, (3, 2), (2, 2))
    police = [(0, number) for number in range(3)]
    civil = [(1, number) for number in range(2)]
    with pytest.raises(NotThisKey, match="no share of civil"):
        join_shares(_words(groups, police))
    with pytest.raises(NotThisKey, match="no share of police"):
        join_shares(_words(groups, civil))
    with pytest.raises(NotThisKey, match="2 shares of civil are needed, these are 1"):
        join_shares(_words(groups, [*police, civil[0]]))
    assert join_shares(_words(groups, [police[0], police[2], *civil])) == MASTER


def test_shares_of_two_sets_are_not_mixed() -> None:
    groups = (Group(None, 3, 2),)
    (one,), (other,) = _words(groups, [(0, 0)]), _words(groups, [(0, 1)])
    with pytest.raises(NotThisKey, match="different sets"):
        join_shares([one, other])


@pytest.mark.parametrize(
    ("custodians", "threshold", "why"),
    [(0, 1, "1 to 16"), (17, 2, "1 to 16"), (3, 4, "1 to 3"), (3, 0, "1 to 3"), (3, 1, "one custodian only")],
)
def test_figures_that_cannot_be_are_told(custodians: int, threshold: int, why: str) -> None:
    assert why in Group(None, custodians, threshold).why_not()
    assert Group(None, 1, 1).why_not() == Group(None, 16, 16).why_not() == ""


@pytest.mark.parametrize(
    ("number", "length", "expected"),
    [  # libsodium, test/default/kdf.exp: master key 00 01 … 1f, context "KDF test"
        (16, 16, "a529216624ef9161e4cf117272aafff2"),
        (17, 17, "068bd6940b80c6cc2530a68c31d9f4e323"),
        (32, 32, "154b291f11196737f8b7f491e4ca11764e0227d34f94295408a869f007aa8618"),
    ],
)
def test_subkeys_are_those_of_libsodium(number: int, length: int, expected: str) -> None:
    assert subkey(MASTER, number, context=b"KDF test", length=length).hex() == expected


def test_a_check_value_is_the_same_for_the_same_key_only() -> None:
    assert check_value(MASTER) == check_value(bytes(MASTER)) != check_value(MASTER[::-1])
    assert check_value(MASTER) not in MASTER
