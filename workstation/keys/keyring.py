"""The keyring: the secrets of a line's authority, wrapped by a passphrase (Argon2id, then XSalsa20-Poly1305)."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from nacl import pwhash, secret
from nacl.exceptions import CryptoError

from workstation.problems import Damaged, WrongPassphrase

FORMAT = "tipline-keyring 1"
KEY_OCTETS = 32
SALT_OCTETS = pwhash.argon2id.SALTBYTES


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs."""

    passes: int
    memory: int
    """Octets."""


COST = Cost(passes=3, memory=64 << 20)
"""RFC 9106 §4, second choice (3 passes over 64 MiB): 0.3 s here, under 1 s on a machine of a third the speed."""
_MOST = Cost(passes=64, memory=4 << 30)
"""A keyring that asks for more is damaged: nothing of ours writes such a one."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets of one line, 32 octets each."""

    authority: bytes = field(repr=False)
    """Seed of the Ed25519 key that signs the key sheets."""
    next_authority: bytes = field(repr=False)
    """Seed of the Ed25519 key that may follow it."""
    epochs: bytes = field(repr=False)
    """Key under which each epoch's secret lies in its own file."""
    records: bytes = field(repr=False)
    """Key of the seals on the workstation's own records, such as the list of trusted boxes."""


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    format: str
    passes: int
    memory: int
    salt: str
    sealed: str


def wrap(keyring: Keyring, passphrase: bytes, *, cost: Cost, salt: bytes, nonce: bytes) -> bytes:
    """Return the file that holds ``keyring``; ``salt`` has 16, ``nonce`` 24 octets, both random and used once."""
    box = secret.SecretBox(_key(passphrase, salt, cost))
    plain = keyring.authority + keyring.next_authority + keyring.epochs + keyring.records
    sealed = box.encrypt(plain, nonce)
    file = _File(
        format=FORMAT, passes=cost.passes, memory=cost.memory, salt=salt.hex(), sealed=bytes(sealed).hex()
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def unwrap(octets: bytes, passphrase: bytes) -> Keyring:
    """Return the keyring in the file's ``octets``. Raises WrongPassphrase, or Damaged if the form is not ours."""
    file, salt, sealed = _read(octets)
    box = secret.SecretBox(_key(passphrase, salt, Cost(file.passes, file.memory)))
    try:
        plain = box.decrypt(sealed)
    except CryptoError:
        raise WrongPassphrase from None
    if len(plain) != 4 * KEY_OCTETS:
        raise Damaged("the keyring has another length")
    return Keyring(*(plain[at : at + KEY_OCTETS] for at in range(0, len(plain), KEY_OCTETS)))


def _read(octets: bytes) -> tuple[_File, bytes, bytes]:
    try:
        file = msgspec.json.decode(octets, type=_File)
        salt, sealed = bytes.fromhex(file.salt), bytes.fromhex(file.sealed)
    except (msgspec.DecodeError, ValueError):
        raise Damaged("the keyring is not in the form of one") from None
    sane = 1 <= file.passes <= _MOST.passes and 8192 <= file.memory <= _MOST.memory
    least = secret.SecretBox.NONCE_SIZE + secret.SecretBox.MACBYTES
    if file.format != FORMAT or not sane or len(salt) != SALT_OCTETS or len(sealed) < least:
        raise Damaged("the keyring is of another version, or damaged")
    return file, salt, sealed


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    return pwhash.argon2id.kdf(
        secret.SecretBox.KEY_SIZE, passphrase, salt, opslimit=cost.passes, memlimit=cost.memory
    )
