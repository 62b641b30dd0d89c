"""What the tables are counted from: one record a tip, without a word of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from disclosure.rules import CLASS, STATUS
from disclosure.vocabulary import statuses
from wire.hashing import blake2b_256
from wire.release import NONE

KEY_OCTETS = 8
"""Of a record key: 64 bits, so that a sum of a million of them is as even as one."""
MODULUS = 1 << 8 * KEY_OCTETS
Codes = tuple[str, ...]
Place = tuple[Codes, Codes]
"""A cell: the dimensions of its table, and its codes."""


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


def key_sum(keys: Iterable[bytes]) -> int:
    """Return the sum of these record ``keys``, modulo 2^64; as secret as they are."""
    return sum(int.from_bytes(key[:KEY_OCTETS], "big") for key in keys) % MODULUS


def cell_key(added: int, period: str, place: Place) -> int:
    """Return the cell key of a ``place`` in the tables of ``period`` whose tips' record keys ``added`` up to this.

    The same tips at the same place have the same key at every age, so that asking twice tells nothing more. At two
    places they have different ones: if they had the same, a margin that is not shown as the cell in its row would
    prove that there is somebody else in the row.
    """
    place = _SAME.get(place, place)
    dimensions, codes = (",".join(part) for part in place)
    said = blake2b_256(added.to_bytes(KEY_OCTETS, "big") + f"{period} {dimensions} {codes}".encode())
    return int.from_bytes(said[:KEY_OCTETS], "big")


def _same() -> Iterator[tuple[Place, Place]]:
    """Yield what is one count at two places, as everybody knows: the only status of a class, and the class."""
    by_class: dict[str, list[str]] = defaultdict(list)
    for code, status in statuses().items():
        by_class[status.status_class].append(code)
    for name, codes in by_class.items():
        if len(codes) == 1:
            yield ((STATUS,), (codes[0],)), ((CLASS,), (str(name),))


_SAME: Mapping[Place, Place] = dict(_same())


def code_or_none(code: str | None) -> str:
    """Return ``code``, or the word for a tip that has none."""
    return code or NONE
