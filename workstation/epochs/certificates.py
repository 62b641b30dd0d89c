"""The folder of certificates: what was destroyed here, numbered and signed; also which boxes are retired.

``certificates/<line>-<serial>.kept`` is a keyed hash (32 octets), then the certificate: a file put there by hand
retires no box, and certificates of an authority that was succeeded stay good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

from nacl.signing import SigningKey

from wire.certificate import (
    LIMIT,
    SUFFIX,
    Certificate,
    check_row,
    file_name,
    read_certificate,
    write_certificate,
)
from wire.endings import BoxRetired, EndedEpoch, EpochsEnded, How, Matter
from wire.hashing import HASH_OCTETS, NO_HASH, blake2b_256
from wire.refusal import Refused
from workstation.files import PRIVATE_FOLDER, PUBLIC_FILE, write_file
from workstation.problems import Problem

CERTIFICATES = "certificates"
"""Name of the folder in the home."""
_KEPT = ".kept"


class NotVerified(Problem):
    """It does not verify."""

    exit_code = 17


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate, its hash and its octets."""

    certificate: Certificate
    hash: bytes
    octets: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """All certificates of a line, in their order."""

    kept: tuple[Kept, ...] = ()

    @property
    def retired(self) -> frozenset[bytes]:
        """The boxes that are retired."""
        return frozenset(m.box for m in self._matters() if isinstance(m, BoxRetired))

    def ended(self) -> dict[int, tuple[EndedEpoch, How]]:
        """Return the epochs whose secrets ended, by number."""
        return {
            epoch.number: (epoch, matter.how)
            for matter in self._matters()
            if isinstance(matter, EpochsEnded)
            for epoch in matter.epochs
        }

    def following(self, matter: Matter, key: SigningKey, *, line: bytes, now: int) -> Kept:
        """Return the next certificate, about ``matter``, signed by the authority's ``key``."""
        certificate = Certificate(
            line=line,
            authority=bytes(key.verify_key),
            serial=len(self.kept) + 1,
            previous=self.kept[-1].hash if self.kept else NO_HASH,
            date=now,
            matter=matter,
        )
        text = write_certificate(certificate, key)
        return Kept(certificate, text.hash, text.octets)

    def _matters(self) -> Iterable[Matter]:
        return (kept.certificate.matter for kept in self.kept)


class Certificates:
    """The folder ``certificates/`` of a home; ``key`` is that of its records."""

    def __init__(self, folder: Path, line: bytes, key: bytes) -> None:
        self.folder = folder
        self._line = line
        self._key = key

    def row(self) -> Row:
        """Return all certificates that are here. Raises NotVerified."""
        if not self.folder.is_dir():
            return Row()
        kept = tuple(map(self._read, sorted(self.folder.glob(f"*{_KEPT}"))))
        verify_row(kept, line=self._line)
        if kept and kept[0].certificate.serial != 1:
            raise NotVerified(f"the first certificate here is number {kept[0].certificate.serial}")
        return Row(kept)

    def file(self, kept: Kept) -> tuple[str, bytes]:
        """Return name and octets of the file that keeps a certificate."""
        name = file_name(kept.certificate).removesuffix(SUFFIX) + _KEPT
        return name, blake2b_256(kept.octets, key=self._key) + kept.octets

    def keep(self, name: str, octets: bytes) -> None:
        """Return once the file is durable."""
        self.folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        write_file(self.folder / name, octets)

    def take_back(self, given: Sequence[Kept], *, authority: bytes) -> int:
        """Return how many of the certificates ``given``, which were given out before, were not here and are now.

        With those that are here they make one row, whose last is by ``authority``. Raises NotVerified.
        """
        here = {one.hash for one in self.row().kept}
        new = {one.hash: one for one in given if one.hash not in here}
        row = sorted((*self.row().kept, *new.values()), key=lambda one: one.certificate.serial)
        verify_row(row, line=self._line, authorities=(authority,))
        if row and row[0].certificate.serial != 1:
            raise NotVerified(f"the first one is number {row[0].certificate.serial}")
        for one in row:
            if one.hash in new:
                self.keep(*self.file(one))
        return len(new)

    def _read(self, path: Path) -> Kept:
        octets = path.read_bytes()
        seal, octets = octets[:HASH_OCTETS], octets[HASH_OCTETS:]
        if not compare_digest(seal, blake2b_256(octets, key=self._key)):
            raise NotVerified(f"{CERTIFICATES}/{path.name} was not written by the owner of this keyring")
        return _read(octets, path.name)


def read_kept(path: Path) -> Kept:
    """Return the certificate in the file at ``path``, as it was given out. Raises NotVerified, OSError."""
    with path.open("rb") as file:
        return _read(file.read(LIMIT + 1), path.name)


def verify_row(
    kept: Sequence[Kept], *, line: bytes | None = None, authorities: Collection[bytes] | None = None
) -> None:
    """Return if the certificates follow each other, are of ``line``, and the last is by one of ``authorities``.

    By its hashes the last vouches for all before it. Raises NotVerified.
    """
    row = [(one.certificate, one.hash) for one in kept]
    try:
        check_row(row)
    except Refused as refused:
        raise NotVerified(str(refused)) from None
    if line is not None and any(certificate.line != line for certificate, _ in row):
        raise NotVerified("a certificate is of another line")
    if authorities is not None and row and row[-1][0].authority not in authorities:
        raise NotVerified(f"certificate {row[-1][0].serial} is signed by another authority")


def give_out(row: Row, folder: Path) -> list[Path]:
    """Return the files, once each certificate of ``row`` is written into ``folder``."""
    paths = [folder / file_name(one.certificate) for one in row.kept]
    for path, one in zip(paths, row.kept, strict=True):
        write_file(path, one.octets, mode=PUBLIC_FILE)
    return paths


def _read(octets: bytes, name: str) -> Kept:
    try:
        certificate, found = read_certificate(octets)
    except Refused as refused:
        raise NotVerified(f"{name}: {refused}") from None
    return Kept(certificate, found, octets)
