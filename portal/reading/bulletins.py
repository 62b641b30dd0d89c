"""Bulletins as they lie in a folder: read no further than a verified header says they are long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from portal.files import open_regular
from wire.authority import Authority
from wire.bulletin import (
    HEADER_LIMIT,
    MAGIC,
    Bulletin,
    BulletinFile,
    bulletin_name,
    check_bulletin_body,
    read_bulletin_header,
)
from wire.hashing import HASH_OCTETS
from wire.keysheet import LINE_OCTETS
from wire.refusal import Refusal, Refused
from wire.release import Answered
from wire.signed import SignedText, octets_value, split


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinTaken:
    """A bulletin whose signature, form, length and lists were verified."""

    bulletin: Bulletin
    hash: bytes
    """Of the signed header, by which the next bulletin names it."""
    path: Path
    file_hash: str
    octets: int
    body: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Return the canonical file name."""
        return bulletin_name(self.bulletin)

    def digests(self) -> Iterator[tuple[Answered, bytes]]:
        """Yield each answered ledger with its digests, one behind the other."""
        return BulletinFile(self.bulletin, self.hash, self.body).digests()


def take_bulletin(path: Path, authorities: dict[bytes, list[Authority]]) -> BulletinTaken:
    """Return the bulletin at ``path``, of one of ``authorities`` (by line). Raises Refused, OSError."""
    with open_regular(path) as (file, length):
        head = file.read(HEADER_LIMIT)
        text, _ = split(head, magic=MAGIC, limit=HEADER_LIMIT)
        key = _key(text, authorities)
        bulletin, text, rest = read_bulletin_header(head, key)
        body_octets = bulletin.digests * HASH_OCTETS
        if length != len(text.octets) + body_octets:
            raise Refused(Refusal.LENGTH, "body", f"not {body_octets} octets behind the header")
        body = rest + file.read(body_octets - len(rest))
    check_bulletin_body(bulletin, (body,))
    return BulletinTaken(
        bulletin=bulletin,
        hash=text.hash,
        path=path,
        file_hash=blake2b(text.octets + body, digest_size=HASH_OCTETS).hexdigest(),
        octets=length,
        body=body,
    )


def _key(text: SignedText, authorities: dict[bytes, list[Authority]]) -> bytes:
    """Return the bulletin key that ``text`` says it is signed by; it has to be one that the line's authority has."""
    line = octets_value("line", text.field("line") or "", LINE_OCTETS)
    said = octets_value("authority", text.field("authority") or "", 32)
    if line not in authorities:
        raise Refused(Refusal.UNKNOWN_LINE, "line", "no identity of this line's authority was given")
    if said not in (one.bulletin for one in authorities[line]):
        raise Refused(Refusal.UNKNOWN_AUTHORITY, "authority", "it is not the key of this line's authority")
    return said
