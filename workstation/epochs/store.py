"""The store of epoch secrets: one small file each, none of them in a backup.

``epochs/<generation>-<number>.epoch`` holds line id, number and X25519 secret (XSalsa20-Poly1305). The key is made of
the vault's key for epochs and of the store key of that generation, which lies where ``epochs/place`` says: to have
the files, or a copy of them, is worth nothing once that key is gone. Generation 0, made by ``init``, has no store key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nacl.bindings import crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from wire.hashing import blake2b_256
from wire.keysheet import LINE_OCTETS
from workstation.epochs.place import Place, read_place
from workstation.files import write_file
from workstation.problems import Damaged

SECRET_OCTETS = 32
_SUFFIX = ".epoch"
_AUTH = b"tipline-tpm 1"
Keys = Callable[[Place], bytes]
"""What fetches the store key of a generation from its place."""


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
    """The folder of one line's epoch secrets; ``key`` is the vault's."""

    def __init__(self, folder: Path, line: bytes, key: bytes) -> None:
        self._folder = folder
        self._line = line
        self._key = key

    @property
    def place(self) -> Place:
        """Where the store key lies now. Raises Damaged."""
        return read_place(self._folder)

    def add(self, epoch: EpochKey, nonce: bytes) -> None:
        """Return once the secret is durable; ``nonce`` has 24 random octets. Raises MediumMissing, Damaged."""
        place = self.place
        self.write(epoch, nonce, place=place, store_key=self._store_key(place))

    def auth(self, place: Place) -> bytes:
        """Return what the TPM asks of who reads the store key of ``place``: only who opened the home can say it."""
        return blake2b_256(_AUTH + bytes.fromhex(place.id), key=self._key) if place.tpm else b""

    def write(self, epoch: EpochKey, nonce: bytes, *, place: Place, store_key: bytes) -> None:
        """Return once the secret is durable in the generation of ``place``."""
        plain = self._line + epoch.number.to_bytes(4, "big") + epoch.secret
        sealed = self._box(store_key).encrypt(plain, nonce)
        write_file(self._path(place.generation, epoch.number), bytes(sealed))

    def keys(self) -> tuple[EpochKey, ...]:
        """Return the pairs that are there, by number. Raises MediumMissing; Damaged for a file that is not ours."""
        while True:
            place = self.place
            try:
                return self._all(place)
            except FileNotFoundError as error:
                if self.place == place:  # else a destruction came between: read again
                    raise Damaged(f"epochs/{Path(error.filename).name} is missing") from None

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the epochs whose secrets are there; no key is needed for that. Raises Damaged."""
        return tuple(int(path.stem.partition("-")[2]) for path in self.files(self.place.generation))

    def files(self, generation: int) -> list[Path]:
        """Return the files of ``generation``, by number."""
        if not self._folder.is_dir():
            return []
        return sorted(self._folder.glob(f"{generation:06d}-*{_SUFFIX}"))

    def _all(self, place: Place) -> tuple[EpochKey, ...]:
        paths = self.files(place.generation)
        if not paths:
            return ()
        box = self._box(self._store_key(place))
        return tuple(self._read(path, box) for path in paths)

    def _store_key(self, place: Place) -> bytes:
        return place.store_key(self._folder, self.auth(place))

    def _path(self, generation: int, number: int) -> Path:
        return self._folder / f"{generation:06d}-{number:010d}{_SUFFIX}"

    def _box(self, store_key: bytes) -> SecretBox:
        return SecretBox(blake2b_256(store_key, key=self._key) if store_key else self._key)

    def _read(self, path: Path, box: SecretBox) -> EpochKey:
        try:
            plain = box.decrypt(path.read_bytes())
            named = int(path.stem.partition("-")[2])
        except (CryptoError, ValueError):
            raise Damaged(f"epochs/{path.name} does not open") from None
        line, number, secret = plain[:LINE_OCTETS], plain[LINE_OCTETS:-SECRET_OCTETS], plain[-SECRET_OCTETS:]
        if line != self._line or int.from_bytes(number, "big") != named:
            raise Damaged(f"epochs/{path.name} belongs elsewhere")
        return epoch_key(named, secret)


def without(keys: Iterable[EpochKey], numbers: frozenset[int]) -> tuple[EpochKey, ...]:
    """Return ``keys`` but those of the epochs ``numbers``."""
    return tuple(key for key in keys if key.number not in numbers)
