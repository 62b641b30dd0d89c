"""The vault: every lasting secret of a line, sealed as one under a key made of the master key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from workstation.keys.subkeys import KEY_OCTETS, SEAL, subkey
from workstation.problems import Damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The secrets of one line, 32 random octets each; none is made of another or of the master key."""

    authority: bytes = field(repr=False)
    """Seed of the Ed25519 key that signs the key sheets."""
    next_authority: bytes = field(repr=False)
    """Seed of the Ed25519 key that may follow it."""
    bulletin: bytes = field(repr=False)
    """Seed of the Ed25519 key that signs bulletins."""
    records: bytes = field(repr=False)
    """Key of the seals on the workstation's own records, such as the list of trusted boxes."""
    cells: bytes = field(repr=False)
    """Secret of the record keys by which published tables are perturbed."""
    book: bytes = field(repr=False)
    """Key of the case book."""
    epochs: bytes = field(repr=False)
    """Key under which each epoch's secret lies in its own file."""


def new_vault() -> Vault:
    """Return a vault of new secrets."""
    return Vault(**{one.name: secrets.token_bytes(KEY_OCTETS) for one in fields(Vault)})


class Roster(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Beside the vault, under the same seal: which users there are, so that nobody adds one with an editor."""

    proofs: Mapping[str, bytes]
    """Of each user, by organisation, a colon and the name, the hash of what only that slot holds."""


class _Sealed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    vault: Vault
    roster: Roster


def seal_vault(vault: Vault, roster: Roster, master: bytes) -> bytes:
    """Return both, sealed."""
    plain = msgspec.json.encode(_Sealed(vault=vault, roster=roster))
    return bytes(SecretBox(subkey(master, SEAL)).encrypt(plain))


def open_vault(sealed: bytes, master: bytes) -> tuple[Vault, Roster]:
    """Return both. Raises Damaged, whose detail says nothing of the content."""
    try:
        plain = SecretBox(subkey(master, SEAL)).decrypt(sealed)
        content = msgspec.json.decode(plain, type=_Sealed)
    except (CryptoError, ValueError):
        raise Damaged("the keyring's vault does not open with its own key") from None
    if any(len(getattr(content.vault, one.name)) != KEY_OCTETS for one in fields(Vault)):
        raise Damaged("a secret in the keyring's vault has another length")
    return content.vault, content.roster
