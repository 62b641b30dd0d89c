"""The record of a release: what it rests on and what it holds, by hashes, each naming the record before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from portal.files import read_regular
from portal.problems import NotOurs
from portal.reading.keys import Pins, plain
from portal.release.model import Change, Notice, Release, SourceKind
from wire.hashing import blake2b_256

FORMAT = "tipline-release 1"
RECORD = "release.json"
FOLDER = "releases"
MAX_OCTETS = 1 << 26
"""64 MB: 100,000 files of 400 octets each, and room for notices."""
MAX_RELEASES = 100_000


class SourceRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed file that was taken in. It lies in the site at ``path``."""

    kind: SourceKind
    name: str
    path: str
    hash: str
    """BLAKE2b-256 of the whole file."""
    header: str
    """Hash of its signed header; for an identity that of the file."""
    octets: int
    signer: str
    """Fingerprint."""
    first_release: int


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``release.json``."""

    format: str = FORMAT
    number: int
    made: str
    previous: str
    """Hash of the record before it; empty for the first."""
    sources: tuple[SourceRecord, ...]
    files: dict[str, str]
    """Hash of each file of the release, by its path from the release's folder."""
    notices: tuple[Notice, ...]
    changes: tuple[Change, ...]

    @property
    def octets(self) -> bytes:
        """Return it as it is written: one way for one meaning."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"


@dataclass(frozen=True, slots=True)
class Past:
    """The releases of a site that is there, their chain checked."""

    records: tuple[Record, ...] = ()
    hashes: tuple[str, ...] = ()
    site: Path = Path()
    """The site's folder; of no meaning without records."""

    @property
    def last(self) -> Record | None:
        """Return the newest one."""
        return self.records[-1] if self.records else None

    @property
    def sources(self) -> tuple[SourceRecord, ...]:
        """Return all signed files that were ever published: the newest record has them all."""
        return self.last.sources if self.last else ()

    def published(self, kind: SourceKind) -> dict[bytes, SourceRecord]:
        """Return the published files of one kind by the hashes of their headers."""
        return {bytes.fromhex(one.header): one for one in self.sources if one.kind is kind}

    @property
    def pins(self) -> Pins:
        """Return the keys that were believed; nothing is pinned before the first release."""
        if not self.records:
            return Pins()
        signers = {
            kind: frozenset(plain(one.signer) for one in self.sources if one.kind is kind)
            for kind in (SourceKind.IDENTITY, SourceKind.AUTHORITY)
        }
        return Pins(signers[SourceKind.IDENTITY], signers[SourceKind.AUTHORITY])

    @property
    def releases(self) -> tuple[Release, ...]:
        """Return them as they are shown, the newest first."""
        return tuple(
            Release(number=one.number, made=one.made, hash=found, changes=one.changes)
            for one, found in zip(reversed(self.records), reversed(self.hashes), strict=True)
        )


def read_past(site: Path) -> Past:
    """Return the releases in the folder ``site``; none where there is none. Raises NotOurs, OSError."""
    folder = site / FOLDER
    if not site.exists() or not any(site.iterdir()):
        return Past()
    if not (folder / "1" / RECORD).is_file():
        raise NotOurs(str(site), way_out="Give another --output: nothing that lies there is replaced.")
    records: list[Record] = []
    hashes: list[str] = []
    for number in range(1, MAX_RELEASES):
        path = folder / str(number) / RECORD
        if not path.exists():
            break
        octets = read_regular(path, most=MAX_OCTETS)
        records.append(read_record(octets, str(path)))
        _follows(records, hashes, path)
        hashes.append(blake2b_256(octets).hex())
    return Past(tuple(records), tuple(hashes), site)


def read_record(octets: bytes, where: str) -> Record:
    """Return the record in ``octets``. Raises NotOurs."""
    try:
        record = msgspec.json.decode(octets, type=Record)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise NotOurs(f"{where}: {error}") from error
    if record.format != FORMAT:
        raise NotOurs(f"{where}: not {FORMAT}")
    return record


def _follows(records: list[Record], hashes: list[str], path: Path) -> None:
    record = records[-1]
    if record.number != len(records) or record.previous != (hashes[-1] if hashes else ""):
        raise NotOurs(
            f"{path}: it does not name the release before it; a release was changed",
            way_out="Fetch the site as it was from those who have a copy, or build into a new folder.",
        )
