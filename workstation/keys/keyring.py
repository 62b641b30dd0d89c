"""The keyring: a file that holds the slots of the users and, sealed under the master key, the vault.

The master key is nowhere in it. In a single-user home each slot wraps the key; in a two-person home a slot wraps its
organisation's share, and the key is the exclusive or of the two shares, so that neither alone says anything about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest

import msgspec

from workstation.keys.people import Credential, NewUser, Organisation, User, folded, same_name
from workstation.keys.slots import COST, Content, Cost, Slot, close_slot, in_form, new_content, open_slot
from workstation.keys.subkeys import KEY_OCTETS, check_value
from workstation.keys.vault import Roster, Vault, open_vault, seal_vault
from workstation.problems import Damaged, NoPassphrase, NoSuchUser, SecondPersonNeeded, WrongPassphrase

FORMAT = "tipline-keyring 2"


class Mode(StrEnum):
    """How many people it takes to open a home."""

    SINGLE = "single-user"
    TWO = "two-person"


class Keyring(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The file, not opened: what anybody who has it can read."""

    format: str
    mode: Mode
    check: str
    users: tuple[Slot, ...]
    vault: str

    @property
    def single(self) -> bool:
        """Whether one user alone opens it."""
        return self.mode is Mode.SINGLE

    @property
    def people(self) -> int:
        """How many it takes to open it."""
        return 1 if self.single else 2

    def slot(self, name: str) -> Slot:
        """Return the slot of the user called ``name``. Raises NoSuchUser."""
        for slot in self.users:
            if same_name(slot.name, name):
                return slot
        raise NoSuchUser(name, way_out="See: tipline-workstation --home DIR users")

    def octets(self) -> bytes:
        """Return the file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened keyring: for what changes users and keys, and for nothing else. It lives as short as can be."""

    ring: Keyring
    master: bytes = field(repr=False)
    vault: Vault = field(repr=False)
    roster: Roster = field(repr=False)
    slots: tuple[tuple[Slot, Content], ...] = field(repr=False)
    """The slots that were opened, by the order of the credentials."""

    @property
    def users(self) -> tuple[User, ...]:
        """Who opened it."""
        return tuple(slot.user for slot, _ in self.slots)

    @property
    def cost(self) -> Cost:
        """The cost of a slot that was opened, which nobody can have lowered with an editor."""
        return max(
            (slot.cost for slot, _ in self.slots), key=lambda cost: (cost.memory, cost.passes), default=COST
        )

    def share(self, organisation: Organisation) -> bytes:
        """Return what a slot of ``organisation`` wraps."""
        if self.ring.single:
            return self.master
        own, share = next((slot.organisation, content.share) for slot, content in self.slots)
        return share if own is organisation else _xor(share, self.master)


def new_keyring(master: bytes, vault: Vault, users: Sequence[NewUser], *, mode: Mode, cost: Cost) -> Keyring:
    """Return a keyring of ``users``; in two-person mode there has to be one of each organisation."""
    shares = new_shares(master, mode)
    contents = [new_content(shares[user.organisation]) for user in users]
    slots = tuple(close_slot(user, content, cost) for user, content in zip(users, contents, strict=True))
    return keyring(master, vault, zip(slots, contents, strict=True), mode=mode)


def new_shares(master: bytes, mode: Mode) -> Mapping[Organisation, bytes]:
    """Return what the slots of each organisation wrap: a new split of ``master``, or the key itself."""
    if mode is Mode.SINGLE:
        return dict.fromkeys(Organisation, master)
    police = secrets.token_bytes(KEY_OCTETS)
    return {Organisation.POLICE: police, Organisation.CIVIL: _xor(police, master)}


def keyring(master: bytes, vault: Vault, slots: Iterable[tuple[Slot, Content]], *, mode: Mode) -> Keyring:
    """Return the keyring that has ``slots``."""
    pairs = tuple(slots)
    roster = Roster(proofs={place_in_roster(slot.user): content.proof for slot, content in pairs})
    return sealed_keyring(master, vault, roster, mode=mode, slots=tuple(slot for slot, _ in pairs))


def sealed_keyring(
    master: bytes, vault: Vault, roster: Roster, *, mode: Mode, slots: tuple[Slot, ...]
) -> Keyring:
    """Return the keyring that has ``slots``, of which ``roster`` tells."""
    sealed = seal_vault(vault, roster, master).hex()
    return Keyring(format=FORMAT, mode=mode, check=check_value(master).hex(), users=slots, vault=sealed)


def read_keyring(octets: bytes) -> Keyring:
    """Return the keyring in the file's ``octets``. Raises Damaged if the form is not ours."""
    try:
        ring = msgspec.json.decode(octets, type=Keyring)
        bytes.fromhex(ring.check), bytes.fromhex(ring.vault)
    except (msgspec.DecodeError, ValueError):
        raise Damaged("the keyring is not in the form of one") from None
    if ring.format != FORMAT or not ring.users or not all(map(in_form, ring.users)):
        raise Damaged("the keyring is of another version, or damaged")
    if len({folded(slot.name) for slot in ring.users}) < len(ring.users):
        raise Damaged("two slots of the keyring have one name")
    return ring


def unlock(ring: Keyring, credentials: Sequence[Credential]) -> Opened:
    """Return what ``credentials`` open; each is another user's.

    Raises NoPassphrase, WrongPassphrase, NoSuchUser, SecondPersonNeeded (one person twice, or nobody of an
    organisation), Damaged.
    """
    if not credentials:
        raise NoPassphrase
    pairs: list[tuple[Slot, Content]] = []
    for credential in credentials:
        pairs.append(_open_another(ring, credential, [slot for slot, _ in pairs]))
    master = _master(ring, {slot.organisation: content.share for slot, content in pairs})
    if not is_key_of(ring, master):
        raise Damaged("the slots of the keyring do not belong together")
    return opened(ring, master, pairs)


def opened(ring: Keyring, master: bytes, pairs: Iterable[tuple[Slot, Content]] = ()) -> Opened:
    """Return the keyring opened with ``master``, by the slots ``pairs``. Raises Damaged."""
    vault, roster = open_vault(bytes.fromhex(ring.vault), master)
    result = Opened(ring, master, vault, roster, tuple(pairs))
    for slot, content in result.slots:
        if not compare_digest(roster.proofs.get(place_in_roster(slot.user), b""), content.proof):
            raise Damaged(f"the slot of {slot.name} was not put into the keyring by its users")
    return result


def is_key_of(ring: Keyring, master: bytes) -> bool:
    """Return whether ``master`` is the master key of the keyring."""
    return compare_digest(check_value(master), bytes.fromhex(ring.check))


def open_one(ring: Keyring, credential: Credential, *, besides: Sequence[Slot] = ()) -> tuple[Slot, Content]:
    """Return the slot, none of those ``besides``, that ``credential`` opens. Raises WrongPassphrase, NoSuchUser."""
    tried = [ring.slot(credential.name)] if credential.name is not None else _missing_first(ring, besides)
    for slot in tried:
        if slot not in besides and (content := open_slot(slot, credential.passphrase)):
            return slot, content
    raise WrongPassphrase(credential.name or "")


def _open_another(ring: Keyring, credential: Credential, there: Sequence[Slot]) -> tuple[Slot, Content]:
    """Return as ``open_one``. Raises SecondPersonNeeded if it is the passphrase of one who is ``there`` already."""
    try:
        return open_one(ring, credential, besides=there)
    except WrongPassphrase:
        for slot in there:
            named = credential.name is None or same_name(credential.name, slot.name)
            if named and open_slot(slot, credential.passphrase):
                raise SecondPersonNeeded(
                    f"that is {slot.name} twice", way_out="Each passphrase has to be another user's."
                ) from None
        raise


def missing(ring: Keyring, users: Iterable[User]) -> tuple[Organisation, ...]:
    """Return of which organisations a user is still needed to open the home, when ``users`` are there."""
    there = {user.organisation for user in users}
    if ring.single:
        return () if there else (ring.users[0].organisation,)
    return tuple(one for one in Organisation if one not in there)


def _missing_first(ring: Keyring, besides: Sequence[Slot]) -> list[Slot]:
    wanted = missing(ring, (slot.user for slot in besides))
    return sorted(ring.users, key=lambda slot: slot.organisation not in wanted)


def _master(ring: Keyring, shares: Mapping[Organisation, bytes]) -> bytes:
    if ring.single:
        return next(iter(shares.values()))
    for organisation in Organisation:
        if organisation not in shares:
            raise SecondPersonNeeded(
                f"nobody of {organisation} is here",
                way_out="This home opens with two passphrases: of one user of police and one of civil.",
            )
    return _xor(shares[Organisation.POLICE], shares[Organisation.CIVIL])


def place_in_roster(user: User) -> str:
    """Return under which name the vault knows a user."""
    return f"{user.organisation}:{user.name}"


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
