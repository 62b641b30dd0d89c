"""Two-person mode is cryptography: what is in the keyring, and what it takes to open it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from tests.support.workstation import ANALYST, CHEAP, OFFICER, WATCHER, Station
from workstation.home import Plan, create_home, load_keyring, open_home
from workstation.keys.keyring import Mode, Opened, new_keyring, read_keyring, unlock
from workstation.keys.people import Credential, NewUser, Organisation, checked_name
from workstation.keys.second import second_person
from workstation.keys.slots import open_slot
from workstation.keys.users import new_master, with_passphrase, with_user, without_user
from workstation.keys.vault import new_vault
from workstation.problems import (
    BadName,
    Damaged,
    NoPassphrase,
    NoSuchUser,
    NotPossible,
    SecondPersonNeeded,
    WrongPassphrase,
)

SECOND_OFFICER = NewUser("second officer", Organisation.POLICE, b"another staple")
MASTER = bytes(range(100, 132))


def said(*users: NewUser, named: bool = False) -> list[Credential]:
    return [Credential(user.passphrase, user.name if named else None) for user in users]


@pytest.fixture
def two() -> Opened:
    """Return a two-person keyring with a second officer, opened."""
    ring = new_keyring(MASTER, new_vault(), (OFFICER, WATCHER), mode=Mode.TWO, cost=CHEAP)
    return unlock(with_user(unlock(ring, said(OFFICER, WATCHER)), SECOND_OFFICER), said(OFFICER, WATCHER))


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("pair", [(OFFICER, WATCHER), (WATCHER, OFFICER), (SECOND_OFFICER, WATCHER)])
def test_one_user_of_each_organisation_opens(two: Opened, pair: Sequence[NewUser], named: bool) -> None:
    keys = unlock(two.ring, said(*pair, named=named))
    assert keys.master == MASTER
    assert [user.name for user in keys.users] == [user.name for user in pair]


@pytest.mark.parametrize("people", [(OFFICER,), (WATCHER,), (OFFICER, SECOND_OFFICER)])
def test_an_organisation_alone_does_not_open(two: Opened, people: Sequence[NewUser]) -> None:
    with pytest.raises(SecondPersonNeeded, match="nobody of"):
        unlock(two.ring, said(*people))


def test_one_person_is_not_two(two: Opened) -> None:
    with pytest.raises(SecondPersonNeeded, match="that is officer twice"):
        unlock(two.ring, said(OFFICER, OFFICER))
    with pytest.raises(NoPassphrase):
        unlock(two.ring, [])


def test_a_slot_wraps_its_organisations_share_and_nothing_of_the_other(two: Opened) -> None:
    shares = {}
    for user in (OFFICER, SECOND_OFFICER, WATCHER):
        content = open_slot(two.ring.slot(user.name), user.passphrase)
        assert content is not None
        shares[user.name] = content.share
    assert shares[OFFICER.name] == shares[SECOND_OFFICER.name] != shares[WATCHER.name]
    assert bytes(a ^ b for a, b in zip(shares[OFFICER.name], shares[WATCHER.name], strict=True)) == MASTER
    assert MASTER not in shares.values()


def test_the_shares_of_the_same_key_are_others_each_time() -> None:
    contents = [
        open_slot(ring.slot(OFFICER.name), OFFICER.passphrase)
        for ring in (
            new_keyring(MASTER, new_vault(), (OFFICER, WATCHER), mode=Mode.TWO, cost=CHEAP) for _ in range(2)
        )
    ]
    assert contents[0] and contents[1] and contents[0].share != contents[1].share


def test_no_file_of_the_home_holds_the_key_a_share_or_a_secret(tmp_path: Path) -> None:
    station = Station.make_two_person(tmp_path)
    keys = unlock(load_keyring(station.home), said(OFFICER, WATCHER))
    secrets = [keys.master, *(content.share for _, content in keys.slots), *astuple(keys.vault)]
    octets = b"".join(path.read_bytes() for path in station.home.rglob("*") if path.is_file())
    assert len(octets) > 1000
    assert not any(secret in octets or secret.hex().encode() in octets for secret in secrets)
    shown = repr(keys) + repr(keys.slots[0][1]) + repr(station.open()) + repr(said(OFFICER))
    assert not any(secret.hex() in shown or repr(secret)[2:-1] in shown for secret in secrets)
    assert OFFICER.passphrase.decode() not in shown + repr(OFFICER)


def test_the_home_knows_who_opened_it_and_how_many_it_takes(tmp_path: Path, station: Station) -> None:
    (tmp_path / "two").mkdir()
    two = Station.make_two_person(tmp_path / "two").open()
    assert (two.users, two.single) == (("officer", "watcher"), False)
    assert (station.open().users, station.open().single) == (("analyst",), True)
    assert len(set(astuple(two.vault))) == 7


def test_in_a_single_user_home_a_second_user_may_open_it_too(station: Station) -> None:
    ring = load_keyring(station.home)
    ring = with_user(unlock(ring, said(ANALYST)), WATCHER)
    assert [user.name for user in unlock(ring, said(WATCHER)).users] == ["watcher"]
    assert [user.name for user in unlock(ring, said(ANALYST, WATCHER)).users] == ["analyst", "watcher"]
    with pytest.raises(WrongPassphrase):
        unlock(ring, said(ANALYST, OFFICER))


def _edited(keys: Opened, **changes: Any) -> bytes:
    """Return the keyring as somebody with an editor leaves it: changes of the officer's slot."""
    file = json.loads(keys.ring.octets())
    file["users"][0] |= changes
    return json.dumps(file).encode()


def test_a_slot_renamed_with_an_editor_is_noticed(two: Opened) -> None:
    ring = read_keyring(_edited(two, name="Ana Ruiz"))
    with pytest.raises(Damaged, match="not put into the keyring by its users"):
        unlock(ring, said(OFFICER, WATCHER))
    ring = read_keyring(_edited(two, organisation="civil"))
    with pytest.raises(Damaged):
        unlock(ring, said(OFFICER, SECOND_OFFICER))


def test_nobody_makes_a_slot_in_anothers_name_with_an_own_passphrase(two: Opened) -> None:
    """The second officer has the share of the police, and still cannot appear as the officer."""
    forged = new_keyring(MASTER, two.vault, [NewUser("officer", Organisation.POLICE, b"mine"), WATCHER],
                         mode=Mode.TWO, cost=CHEAP)  # fmt: skip
    own = open_slot(two.ring.slot(SECOND_OFFICER.name), SECOND_OFFICER.passphrase)
    assert own is not None
    slot = two.ring.slot(SECOND_OFFICER.name)
    file = json.loads(two.ring.octets())
    file["users"][0] |= {"salt": slot.salt, "sealed": slot.sealed}
    with pytest.raises(Damaged):
        unlock(read_keyring(json.dumps(file).encode()), said(SECOND_OFFICER, WATCHER))
    file["users"][0] |= {"salt": forged.users[0].salt, "sealed": forged.users[0].sealed}
    with pytest.raises(Damaged):
        unlock(read_keyring(json.dumps(file).encode()), [Credential(b"mine"), *said(WATCHER)])


def test_a_slot_that_was_removed_does_not_come_back_with_an_editor(two: Opened) -> None:
    file = json.loads(without_user(two, SECOND_OFFICER.name).octets())
    file["users"].append(json.loads(two.ring.octets())["users"][2])
    ring = read_keyring(json.dumps(file).encode())
    with pytest.raises(Damaged):
        unlock(ring, said(SECOND_OFFICER, WATCHER))


def test_a_two_person_keyring_called_single_does_not_open(two: Opened) -> None:
    file = json.loads(two.ring.octets()) | {"mode": "single-user"}
    with pytest.raises(Damaged):
        unlock(read_keyring(json.dumps(file).encode()), said(OFFICER))


@pytest.mark.parametrize(
    "changes",
    [{"passes": 0}, {"passes": 10**9}, {"memory": 1}, {"memory": 1 << 50}, {"salt": "00"}, {"salt": "zz"},
     {"sealed": ""}, {"sealed": "zz"}, {"organisation": "mayor"}, {"more": 1}],
)  # fmt: skip
def test_a_slot_that_is_none_is_damage(two: Opened, changes: dict[str, object]) -> None:
    with pytest.raises(Damaged):
        read_keyring(_edited(two, **changes))


@pytest.mark.parametrize(
    "changes", [{"format": "tipline-keyring 1"}, {"users": []}, {"check": "z"}, {"vault": "z"}]
)
def test_a_keyring_that_is_none_is_damage(two: Opened, changes: dict[str, object]) -> None:
    with pytest.raises(Damaged):
        read_keyring(json.dumps(json.loads(two.ring.octets()) | changes).encode())


@pytest.mark.parametrize("part", ["vault", "check"])
def test_any_octet_turned_in_vault_or_check_value_is_damage(two: Opened, part: str) -> None:
    file = json.loads(two.ring.octets())
    turned = bytearray.fromhex(file[part])
    turned[len(turned) // 2] ^= 1
    file[part] = turned.hex()
    with pytest.raises(Damaged):
        unlock(read_keyring(json.dumps(file).encode()), said(OFFICER, WATCHER))


def test_a_passphrase_is_changed_by_its_user_alone(two: Opened) -> None:
    ring = with_passphrase(two.ring, *said(OFFICER, named=True), b"new one")
    assert unlock(ring, [Credential(b"new one"), *said(WATCHER)]).master == MASTER
    with pytest.raises(WrongPassphrase):
        unlock(ring, said(OFFICER, WATCHER))
    with pytest.raises(WrongPassphrase):
        with_passphrase(two.ring, Credential(b"guess", "officer"), b"mine")


def test_the_last_user_of_an_organisation_stays(two: Opened) -> None:
    with pytest.raises(NotPossible, match="last user of civil"):
        without_user(two, "watcher")
    ring = without_user(two, "OFFICER")
    assert [slot.name for slot in ring.users] == ["watcher", "second officer"]
    with pytest.raises(NoSuchUser):
        without_user(two, "nobody")
    with pytest.raises(NotPossible, match="already"):
        with_user(two, NewUser("Officer", Organisation.CIVIL, b"x"))


@pytest.mark.parametrize("name", ["Ana Ruiz", "analyst", "José Á. Núñez", "O'Brien", "用户", "a-1"])
def test_names_of_people_are_names(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " ", "a,b", "a\nb", "a\u202eb", "-", "a  b", " a", "x" * 33, "a\x1b[2J", "ﬁ", "police:a"]
)
def test_what_a_log_or_a_screen_could_misread_is_no_name(name: str) -> None:
    with pytest.raises(BadName):
        checked_name(name)


def test_the_second_person_is_another_user_of_the_home(station: Station) -> None:
    with pytest.raises(WrongPassphrase):
        second_person(station.home, None, ANALYST.passphrase, not_one_of=["analyst"])
    with pytest.raises(SecondPersonNeeded):
        second_person(station.home, "Analyst", ANALYST.passphrase, not_one_of=["analyst"])
    ring = with_user(unlock(load_keyring(station.home), said(ANALYST)), WATCHER)
    (station.home / "keyring").write_bytes(ring.octets())
    assert second_person(station.home, None, WATCHER.passphrase, not_one_of=["analyst"]) == "watcher"
    assert second_person(station.home, "watcher", WATCHER.passphrase, not_one_of=["analyst"]) == "watcher"
    with pytest.raises(NoSuchUser):
        second_person(station.home, "nobody", b"x", not_one_of=["analyst"])


def test_a_second_person_made_with_an_editor_is_noticed(station: Station, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_home(other, Plan(name="l", users=(WATCHER,), cost=CHEAP, epochs=1), now=0)
    file = json.loads((station.home / "keyring").read_bytes())
    file["users"] += json.loads((other / "keyring").read_bytes())["users"]
    (station.home / "keyring").write_text(json.dumps(file))
    with pytest.raises(Damaged):
        second_person(station.home, "watcher", WATCHER.passphrase, not_one_of=["analyst"])
    assert open_home(station.home, said(ANALYST)).users == ("analyst",)


def test_a_new_master_key_is_random() -> None:
    assert len({new_master() for _ in range(100)}) == 100
