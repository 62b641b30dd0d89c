"""What the tables are counted from: one record a tip, without a word of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wire.hashing import blake2b_256
from wire.release import NONE

KEY_OCTETS = 8
"""Of a record key: 64 bits, so that a sum of a million of them is as even as one."""
MODULUS = 1 << 8 * KEY_OCTETS


@dataclass(frozen=True, slots=True)
class Record:
    """A counted tip as it stood at the age of its table.

    Days are whole days after the start of the period in which it came; None: not by that age.
    """

    key: bytes = field(repr=False)
    """Record key: the same at every age, known to nobody outside."""
    category: str
    district: str
    status: str
    status_class: str
    days_to_first_action: int | None
    days_to_close: int | None


def record_key(secret: bytes, digest: bytes) -> bytes:
    """Return the record key of the tip with ``digest``: a keyed hash, the ``secret`` never leaves the workstation.

    Without the secret the key cannot be had from the digest, which is public.
    """
    return blake2b_256(digest, key=secret)[:KEY_OCTETS]


def cell_key(keys: Iterable[bytes]) -> int:
    """Return the cell key of the records with these ``keys``: their sum, 64 bits.

    The same tips have the same cell key in every table and bulletin, so that asking twice tells nothing more.
    """
    return sum(int.from_bytes(key[:KEY_OCTETS], "big") for key in keys) % MODULUS


def code_or_none(code: str | None) -> str:
    """Return ``code``, or the word for a tip that has none."""
    return code or NONE
