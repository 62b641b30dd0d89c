"""The certificate: what a line's authority did away with and why it might, signed and numbered. docs/formats.md.

Certificates of a line are numbered from 1 without a gap and each names the hash of the one before, so that none can be
taken away unseen but the last ones. What they tell of is in ``wire.endings``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from nacl.signing import SigningKey

from wire.endings import KINDS, Matter, matter_fields, read_matter
from wire.hashing import HASH_OCTETS, NO_HASH
from wire.keysheet import LINE_OCTETS
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, split, time_text, verify, write

MAGIC = "tipline-certificate 1"
LIMIT = 1 << 21
"""1040 epochs of 59 octets; 4096 boxes, each with a position (160 octets) or three reasons (42 each): 0.8 MB."""
SUFFIX = ".certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate."""

    line: bytes
    authority: bytes
    """Ed25519 public key that signs this."""
    serial: int
    previous: bytes
    """Hash of the certificate before; NO_HASH exactly for serial 1."""
    date: int
    matter: Matter


def file_name(certificate: Certificate) -> str:
    """Return the name under which a certificate is kept."""
    return f"{certificate.line.hex()}-{certificate.serial:010d}{SUFFIX}"


def write_certificate(certificate: Certificate, key: SigningKey) -> SignedText:
    """Return ``certificate`` signed by ``key``, that of its authority. Raises Refused: our own fault."""
    fields = [
        ("line", certificate.line.hex()),
        ("authority", certificate.authority.hex()),
        ("serial", str(certificate.serial)),
        ("previous", certificate.previous.hex()),
        ("date", time_text(certificate.date)),
        ("kind", KINDS[type(certificate.matter)]),
    ]
    text = write(MAGIC, [*fields, *matter_fields(certificate.matter)], key)
    read_certificate(text.octets)
    return text


def read_certificate(octets: bytes) -> tuple[Certificate, bytes]:
    """Return the certificate in ``octets``, the whole file, and its hash. Raises Refused.

    It is signed by the authority it names; whether that is the expected one is the caller's question.
    """
    text, rest = split(octets, magic=MAGIC, limit=LIMIT)
    if rest:
        raise Refused(Refusal.LENGTH, "file", "octets behind the signature")
    fields = Fields(text)
    certificate = Certificate(
        line=fields.octets("line", LINE_OCTETS),
        authority=fields.octets("authority", 32),
        serial=fields.number("serial", least=1),
        previous=fields.octets("previous", HASH_OCTETS),
        date=fields.time("date"),
        matter=read_matter(fields),
    )
    fields.end()
    if (certificate.serial == 1) != (certificate.previous == NO_HASH):
        raise Refused(Refusal.VALUE, "previous", "no hash is for serial 1, and for no other")
    verify(text, certificate.authority)
    return certificate, text.hash


def check_row(row: Iterable[tuple[Certificate, bytes]]) -> None:
    """Return if each certificate of ``row`` (with its hash) follows the one before it. Raises Refused."""
    for (before, before_hash), (after, _) in pairwise(row):
        if after.line != before.line:
            raise Refused(Refusal.UNKNOWN_LINE, "line", f"certificate {after.serial} is of another line")
        if after.serial != before.serial + 1:
            reason = f"certificate {after.serial} stands behind {before.serial}"
            kind = Refusal.CONTRADICTION if after.serial == before.serial else Refusal.VALUE
            raise Refused(kind, "serial", reason)
        if after.previous != before_hash:
            raise Refused(
                Refusal.CONTRADICTION,
                "previous",
                f"certificate {after.serial} names another one before it than {before.serial}",
            )
