"""Messages that were damaged on the line: let come again, and taken as they are only when they stay so."""

from __future__ import annotations

import os
from collections import OrderedDict
from hashlib import blake2b

ALIKE = 3
"""The same octets so often are no noise: so the modem holds the message, or the network sends it."""
REMEMBERED = 64
"""Hashes kept, 16 octets each; line noise makes others each time."""


class Spoilt:
    """How often each damaged message was seen, by a hash under a key of this process; no octet of it is kept."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def stays(self, pdu: bytes) -> bool:
        """Note a message that is not whole; return whether it came so ALIKE times, and must be taken as it is."""
        name = blake2b(pdu, digest_size=16, key=self._key).digest()
        self._seen[name] = count = self._seen.pop(name, 0) + 1
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return count >= ALIKE
