"""Recognising what the network delivers a second time: hashes under keys that are only in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.memory.store import SharedMemory
from wire.hashing import blake2b_256

KEY_IN_USE = 24 * 3600.0
"""Seconds for which a key makes new hashes; it is known for two more of these, so at least 48 hours."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """The hashes of one message under the keys known, the newest first, and the newest key's generation."""

    hashes: tuple[bytes, ...] = field(repr=False)
    generation: int


class Redelivery:
    """The keys, held in the shared memory."""

    def __init__(self, memory: SharedMemory) -> None:
        self._memory = memory
        self._keys = memory.redelivery_keys()

    def turn(self, now: float) -> int | None:
        """Make a new key when it is time; return the lowest generation still known if that changed, else None."""
        if self._keys and now - self._keys[0][1] < KEY_IN_USE:
            return None
        self._memory.add_redelivery_key(now)
        self._keys = self._memory.redelivery_keys()
        return self._keys[-1][0]

    @property
    def generation(self) -> int:
        """Return the generation of the key in use."""
        return self._keys[0][0]

    def hashes(self, message: bytes) -> Hashes:
        """Return the hashes of ``message``: the octets that a second delivery has in common with the first."""
        return Hashes(tuple(blake2b_256(message, key=key) for _, _, key in self._keys), self._keys[0][0])
