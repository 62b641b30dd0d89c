"""The store of epoch secrets: one small file each, so that a single one can be destroyed and none is in a backup.

``epochs/<number>.epoch`` holds line id, number and X25519 secret under the keyring's key for epochs
(XSalsa20-Poly1305). Without the keyring the folder is worth nothing, without the folder the keyring opens no tip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nacl.bindings import crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from wire.keysheet import LINE_OCTETS
from workstation.files import write_file
from workstation.problems import Damaged

SECRET_OCTETS = 32
_SUFFIX = ".epoch"


@dataclass(frozen=True, slots=True)
class EpochKey:
    """The X25519 pair of one epoch."""

    number: int
    public: bytes
    secret: bytes = field(repr=False)


def epoch_key(number: int, secret: bytes) -> EpochKey:
    """Return the pair to ``secret``, 32 octets."""
    return EpochKey(number, crypto_scalarmult_base(secret), secret)


class EpochStore:
    """The folder of one line's epoch secrets."""

    def __init__(self, folder: Path, line: bytes, key: bytes) -> None:
        self._folder = folder
        self._line = line
        self._box = SecretBox(key)

    def add(self, epoch: EpochKey, nonce: bytes) -> None:
        """Return once the secret is durable; ``nonce`` has 24 random octets."""
        plain = self._line + epoch.number.to_bytes(4, "big") + epoch.secret
        path = self._folder / f"{epoch.number:010d}{_SUFFIX}"
        write_file(path, bytes(self._box.encrypt(plain, nonce)))

    def keys(self) -> tuple[EpochKey, ...]:
        """Return the pairs that are there, by number. Raises Damaged for a file that is not one of ours."""
        paths = sorted(path for path in self._folder.iterdir() if path.suffix == _SUFFIX)
        return tuple(self._read(path) for path in paths)

    def _read(self, path: Path) -> EpochKey:
        try:
            plain = self._box.decrypt(path.read_bytes())
        except (CryptoError, ValueError):
            raise Damaged(f"epochs/{path.name} does not open") from None
        line, number, secret = plain[:LINE_OCTETS], plain[LINE_OCTETS:-SECRET_OCTETS], plain[-SECRET_OCTETS:]
        if line != self._line or int.from_bytes(number, "big") != int(path.stem):
            raise Damaged(f"epochs/{path.name} belongs elsewhere")
        return epoch_key(int(path.stem), secret)
