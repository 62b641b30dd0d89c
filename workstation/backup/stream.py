"""A file encrypted in chunks: libsodium's secretstream (XChaCha20-Poly1305).

No chunk can be changed, moved, left out or put in, and a file that was cut off lacks the final one. What stands in
clear before the stream is bound to it as additional data of the first chunk.
"""

from __future__ import annotations

from typing import BinaryIO

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as TAG_OCTETS,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_OCTETS,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull as init_pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push as init_push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_pull as pull,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_push as push,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_state as State,  # noqa: N812 - a class of theirs
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MORE,
)
from nacl.exceptions import CryptoError

from workstation.bars import Advance
from workstation.problems import NotTaken

CHUNK = 1 << 20
"""Octets in a chunk: what is held in memory at once, and what one step of the progress bar is."""


class Sealing:
    """What encrypts all that is written to it into ``file``; ``end`` has to be called."""

    def __init__(self, file: BinaryIO, key: bytes, clear: bytes, advance: Advance) -> None:
        self._file = file
        self._state = State()
        self._held = bytearray()
        self._clear: bytes | None = clear
        self._advance = advance
        file.write(init_push(self._state, key))

    def write(self, octets: bytes) -> int:
        """Take ``octets``."""
        self._held += octets
        while len(self._held) > CHUNK:
            self._push(bytes(self._held[:CHUNK]), MORE)
            del self._held[:CHUNK]
        return len(octets)

    def end(self) -> None:
        """Write what is held, as the final chunk."""
        self._push(bytes(self._held), FINAL)

    def _push(self, plain: bytes, tag: int) -> None:
        self._file.write(push(self._state, plain, self._clear, tag))
        self._clear = None
        self._advance()


class Opening:
    """What reads the encrypted ``file`` in clear, chunk by chunk. Raises NotTaken."""

    def __init__(self, file: BinaryIO, key: bytes, clear: bytes, advance: Advance) -> None:
        self._file = file
        self._state = State()
        self._held = b""
        self._clear: bytes | None = clear
        self._ended = False
        self._advance = advance
        header = file.read(HEADER_OCTETS)
        if len(header) != HEADER_OCTETS:
            raise NotTaken("it is cut off")
        init_pull(self._state, header, key)

    def read(self, length: int) -> bytes:
        """Return the next ``length`` octets, fewer at the end only."""
        parts = [self._held]
        there = len(self._held)
        while there < length and not self._ended:
            parts.append(self._pull())
            there += len(parts[-1])
        whole = b"".join(parts)
        self._held = whole[length:]
        return whole[:length]

    def end(self) -> None:
        """Return if all was read and nothing stands behind it."""
        while not self._ended:
            self._pull()
        if self._file.read(1):
            raise NotTaken("octets stand behind its end")

    def _pull(self) -> bytes:
        sealed = self._file.read(CHUNK + TAG_OCTETS)
        if len(sealed) < TAG_OCTETS:
            raise NotTaken("it is cut off")
        try:
            plain, tag = pull(self._state, sealed, self._clear)
        except (CryptoError, ValueError, RuntimeError):
            raise NotTaken("it was changed, or cut off") from None
        self._clear = None
        self._ended = tag == FINAL
        self._advance()
        return plain
