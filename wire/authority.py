"""An authority's identity: who signs the key sheets and who the bulletins of a line. docs/formats.md."""

from __future__ import annotations

from dataclasses import dataclass

from nacl.signing import SigningKey

from wire.keysheet import LINE_OCTETS, name_value
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, split, time_text, verify, write

MAGIC = "tipline-authority 1"
LIMIT = 1024
"""The longest has 695 octets: a name of 64 characters takes at most 192."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A line's authority: one key that signs key sheets, another that signs bulletins."""

    line: bytes
    name: str
    authority: bytes
    """Ed25519 public key that signs the key sheets, and endorsed this file."""
    bulletin: bytes
    """Ed25519 public key that signs the bulletins, and this file."""
    made: int


def write_authority(authority: Authority, key: SigningKey, bulletin_key: SigningKey) -> SignedText:
    """Return ``authority`` endorsed by the key-sheet ``key`` and signed by ``bulletin_key``.

    Raises Refused for what a reader would refuse: our own fault.
    """
    endorsement = key.sign(endorsed_text(authority)).signature
    text = write(MAGIC, [*_said(authority), ("endorsement", endorsement.hex())], bulletin_key)
    read_authority(text.octets)
    return text


def read_authority(octets: bytes) -> Authority:
    """Return the authority in ``octets``, the whole file. Raises Refused.

    Both signatures verify under the keys that it names. Whether these are the expected keys is the caller's
    question: their fingerprints are compared aloud, or the key sheet of the line names the first of them.
    """
    text, rest = split(octets, magic=MAGIC, limit=LIMIT)
    if rest:
        raise Refused(Refusal.LENGTH, "file", "octets behind the signature")
    fields = Fields(text)
    found = Authority(
        line=fields.octets("line", LINE_OCTETS),
        name=name_value(fields.take("name")),
        authority=fields.octets("authority", 32),
        bulletin=fields.octets("bulletin", 32),
        made=fields.time("made"),
    )
    endorsement = fields.octets("endorsement", 64)
    fields.end()
    if found.authority == found.bulletin:
        raise Refused(Refusal.VALUE, "bulletin", "the two keys are not distinct")
    verify(text, found.bulletin)
    verify(SignedText(MAGIC, endorsed_text(found), endorsement), found.authority)
    return found


def _said(authority: Authority) -> list[tuple[str, str]]:
    return [
        ("line", authority.line.hex()),
        ("name", authority.name),
        ("authority", authority.authority.hex()),
        ("bulletin", authority.bulletin.hex()),
        ("made", time_text(authority.made)),
    ]


def endorsed_text(authority: Authority) -> bytes:
    """Return what the key of the sheets signs: the first line and the fields, as they stand in the file."""
    lines = "".join(f"{name} {value}\n" for name, value in _said(authority))
    return f"{MAGIC}\n{lines}".encode()
