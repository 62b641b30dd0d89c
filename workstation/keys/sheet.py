"""The first key sheet of a line: weekly epochs from the day of init on."""

from __future__ import annotations

from collections.abc import Sequence

from nacl.signing import SigningKey

from wire.hashing import blake2b_256
from wire.keysheet import Epoch, KeySheet
from workstation.keys.epochs import EpochKey

DAY = 86400
EPOCH_SECONDS = 7 * DAY
DEFAULT_EPOCHS = 53
"""A year, and the week it takes to carry the next sheet."""


def first_sheet(
    name: str,
    line: bytes,
    keys: Sequence[EpochKey],
    *,
    authority: SigningKey,
    following: SigningKey,
    now: int,
) -> KeySheet:
    """Return the sheet of ``keys``, a week each, the first from 00:00 UTC of the day of ``now`` (Unix seconds)."""
    begins = now - now % DAY
    epochs = tuple(
        Epoch(key.number, begins + place * EPOCH_SECONDS, begins + (place + 1) * EPOCH_SECONDS, key.public)
        for place, key in enumerate(keys)
    )
    return KeySheet(
        line=line,
        name=name,
        serial=1,
        date=now,
        authority=bytes(authority.verify_key),
        next_authority=blake2b_256(bytes(following.verify_key)),
        epochs=epochs,
    )
