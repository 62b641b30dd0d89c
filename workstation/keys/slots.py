"""A user's slot: that user's share of the master key, wrapped by the passphrase (Argon2id, XSalsa20-Poly1305)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from unicodedata import normalize

import msgspec
from nacl import pwhash, secret
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as NaClRuntimeError

from wire.hashing import blake2b_256
from workstation.keys.people import NewUser, Organisation, User, is_name
from workstation.keys.subkeys import KEY_OCTETS
from workstation.problems import Damaged, Problem

SALT_OCTETS = pwhash.argon2id.SALTBYTES
TOKEN_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs."""

    passes: int
    memory: int
    """Octets."""


COST = Cost(passes=3, memory=64 << 20)
"""RFC 9106 §4, second choice (3 passes over 64 MiB): 0.3 s here, under 1 s on a machine of a third the speed."""
_LEAST, _MOST = Cost(passes=1, memory=8192), Cost(passes=16, memory=1 << 30)
"""A keyring that asks for other figures is damaged: nothing of ours writes such a one, and more would stop the work."""


class Slot(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One slot as it stands in the keyring's file. ``sealed`` opens with the passphrase alone."""

    name: str
    organisation: Organisation
    passes: int
    memory: int
    salt: str
    sealed: str

    @property
    def user(self) -> User:
        """Whose slot it says it is; that is true only if the vault says so too."""
        return User(self.name, self.organisation)

    @property
    def cost(self) -> Cost:
        """What a guess costs."""
        return Cost(self.passes, self.memory)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a slot."""

    share: bytes = field(repr=False)
    """The organisation's share of the master key; in a single-user home the key itself."""
    token: bytes = field(repr=False)
    """Random; the vault has its hash beside the user's name, so that nobody can make a slot in another's name."""

    @property
    def proof(self) -> bytes:
        """What the vault knows of this slot."""
        return blake2b_256(self.token)


def new_content(share: bytes) -> Content:
    """Return what a new user's slot holds."""
    return Content(share, secrets.token_bytes(TOKEN_OCTETS))


def close_slot(user: NewUser, content: Content, cost: Cost) -> Slot:
    """Return the slot that opens with the user's passphrase."""
    salt = secrets.token_bytes(SALT_OCTETS)
    box = secret.SecretBox(_key(user.passphrase, salt, cost))
    sealed = bytes(box.encrypt(content.share + content.token))
    return Slot(
        name=user.name,
        organisation=user.organisation,
        passes=cost.passes,
        memory=cost.memory,
        salt=salt.hex(),
        sealed=sealed.hex(),
    )


def open_slot(slot: Slot, passphrase: bytes) -> Content | None:
    """Return what is in the slot, None if this is not its passphrase. Raises Damaged, Problem (too little memory)."""
    box = secret.SecretBox(_key(passphrase, bytes.fromhex(slot.salt), slot.cost))
    try:
        plain = box.decrypt(bytes.fromhex(slot.sealed))
    except CryptoError:
        return None
    if len(plain) != KEY_OCTETS + TOKEN_OCTETS:
        raise Damaged("a slot of the keyring has another length")
    return Content(plain[:KEY_OCTETS], plain[KEY_OCTETS:])


def in_form(slot: Slot) -> bool:
    """Return whether the slot's figures are such as are written here."""
    try:
        salt, sealed = bytes.fromhex(slot.salt), bytes.fromhex(slot.sealed)
    except ValueError:
        return False
    sane = _LEAST.passes <= slot.passes <= _MOST.passes and _LEAST.memory <= slot.memory <= _MOST.memory
    return (
        sane
        and is_name(slot.name)
        and len(salt) == SALT_OCTETS
        and len(sealed) >= secret.SecretBox.NONCE_SIZE + secret.SecretBox.MACBYTES
    )


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    words = _composed(passphrase)
    try:
        return pwhash.argon2id.kdf(
            secret.SecretBox.KEY_SIZE, words, salt, opslimit=cost.passes, memlimit=cost.memory
        )
    except NaClRuntimeError:  # nothing else can fail in it
        raise Problem(
            f"there is too little memory: a passphrase takes {cost.memory >> 20} MiB",
            way_out="End other programs.",
        ) from None


def _composed(passphrase: bytes) -> bytes:
    """Return it in NFC: one keyboard gives a letter with its accent as one character, another one as two.

    What is no UTF-8 stays as it is. Spaces stay too, also at the end.
    """
    try:
        return normalize("NFC", passphrase.decode()).encode()
    except UnicodeDecodeError:
        return passphrase
