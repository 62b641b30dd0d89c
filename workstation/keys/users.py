"""Changes of who may open a home: each gives a whole new keyring, written in one step by ``home.save_keyring``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from workstation.keys.keyring import (
    Keyring,
    Mode,
    Opened,
    new_keyring,
    open_one,
    place_in_roster,
    sealed_keyring,
)
from workstation.keys.people import Credential, NewUser, User, same_name
from workstation.keys.slots import COST, Cost, Slot, close_slot, new_content
from workstation.keys.subkeys import KEY_OCTETS
from workstation.keys.vault import Roster, Vault
from workstation.problems import NotPossible


def with_user(keys: Opened, new: NewUser) -> Keyring:
    """Return the keyring with a slot more. Raises NotPossible if the name is taken."""
    if any(same_name(slot.name, new.name) for slot in keys.ring.users):
        raise NotPossible(f"there is a user {new.name} already")
    content = new_content(keys.share(new.organisation))
    slot = close_slot(new, content, keys.cost)
    proofs = {**keys.roster.proofs, place_in_roster(slot.user): content.proof}
    return _changed(keys, Roster(proofs=proofs), [*keys.ring.users, slot])


def without_user(keys: Opened, name: str) -> Keyring:
    """Return the keyring without the slot of ``name``. Raises NoSuchUser, NotPossible (the last one)."""
    gone = keys.ring.slot(name)
    rest = [slot for slot in keys.ring.users if slot is not gone]
    if not rest or not (keys.ring.single or any(slot.organisation is gone.organisation for slot in rest)):
        whose = "" if keys.ring.single else f" of {gone.organisation}"
        raise NotPossible(
            f"{gone.name} is the last user{whose}, and nobody could open the home any more",
            way_out="Add the successor first: users add NAME",
        )
    left = place_in_roster(gone.user)
    proofs = {place: proof for place, proof in keys.roster.proofs.items() if place != left}
    return _changed(keys, Roster(proofs=proofs), rest)


def with_passphrase(ring: Keyring, credential: Credential, passphrase: bytes) -> Keyring:
    """Return the keyring in which the slot that ``credential`` opens opens with ``passphrase`` instead.

    Nobody else has to be there: the vault knows the slot by what is in it, and that stays.
    """
    old, content = open_one(ring, credential)
    slot = close_slot(NewUser(old.name, old.organisation, passphrase), content, old.cost)
    users = tuple(slot if other is old else other for other in ring.users)
    return Keyring(format=ring.format, mode=ring.mode, check=ring.check, users=users, vault=ring.vault)


def rekeyed(
    keys: Opened, passphrases: Sequence[bytes], master: bytes, *, vault: Vault | None = None
) -> Keyring:
    """Return a keyring under the new ``master`` for those who opened the old one, each with the same passphrase.

    With ``vault`` it has those secrets.
    """
    users = [
        NewUser(user.name, user.organisation, passphrase)
        for user, passphrase in zip(keys.users, passphrases, strict=True)
    ]
    return new_keyring(master, vault or keys.vault, users, mode=keys.ring.mode, cost=keys.cost)


def restored(keys: Opened, users: Sequence[NewUser], *, cost: Cost = COST) -> Keyring:
    """Return the keyring with slots of ``users`` only; in a two-person home the key is split anew."""
    return new_keyring(keys.master, keys.vault, users, mode=keys.ring.mode, cost=cost)


def with_vault(keys: Opened, vault: Vault) -> Keyring:
    """Return the keyring with other secrets in it."""
    return sealed_keyring(keys.master, vault, keys.roster, mode=keys.ring.mode, slots=keys.ring.users)


def new_master() -> bytes:
    """Return a new master key."""
    return secrets.token_bytes(KEY_OCTETS)


def staying(ring: Keyring, leaving: Sequence[str]) -> list[User]:
    """Return the users but those called ``leaving``. Raises NoSuchUser, NotPossible."""
    gone = [ring.slot(name) for name in leaving]
    rest = [slot.user for slot in ring.users if slot not in gone]
    for organisation in {slot.organisation for slot in gone}:
        if not rest or not (ring.mode is Mode.SINGLE or any(u.organisation is organisation for u in rest)):
            raise NotPossible(f"nobody of {organisation} would be left")
    return rest


def _changed(keys: Opened, roster: Roster, slots: Sequence[Slot]) -> Keyring:
    return sealed_keyring(keys.master, keys.vault, roster, mode=keys.ring.mode, slots=tuple(slots))


def credentials_of_all(
    ring: Keyring, users: Sequence[User], given: Sequence[Credential], *, ask: Callable[[str], bytes]
) -> list[Credential]:
    """Return a credential of each of ``users``, by name: those ``given``, and what ``ask`` returns for the others.

    Raises WrongPassphrase, NoSuchUser.
    """
    said: dict[str, Credential] = {}
    for credential in given:
        slot, _ = open_one(ring, credential, besides=[ring.slot(name) for name in said])
        said[slot.name] = Credential(credential.passphrase, slot.name)
    return [said.get(user.name) or Credential(ask(user.name), user.name) for user in users]
