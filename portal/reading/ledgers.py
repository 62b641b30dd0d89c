"""Ledgers as they lie in a folder: read no further than a verified header says they are long."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from portal.files import open_regular
from wire.hashing import HASH_OCTETS
from wire.identity import BOX_OCTETS
from wire.ledger import (
    HEADER_LIMIT,
    MAGIC,
    Ledger,
    check_ledger_body,
    ledger_name,
    read_ledger_header,
)
from wire.refusal import Refusal, Refused
from wire.signed import octets_value, split


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTaken:
    """A ledger whose signature, form, length and lists were verified."""

    ledger: Ledger
    hash: bytes
    """Of the signed header, by which the next ledger and bulletins name it."""
    key: bytes
    path: Path
    file_hash: str
    octets: int
    commitments: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Return the canonical file name."""
        return ledger_name(self.ledger)


def take_ledger(path: Path, boxes: dict[bytes, bytes]) -> LedgerTaken:
    """Return the ledger at ``path``, of one of ``boxes`` (public keys by box id). Raises Refused, OSError."""
    with open_regular(path) as (file, length):
        head = file.read(HEADER_LIMIT)
        text, _ = split(head, magic=MAGIC, limit=HEADER_LIMIT)
        key = boxes.get(octets_value("box", text.field("box") or "", BOX_OCTETS))
        if key is None:
            raise Refused(Refusal.UNKNOWN_BOX, "box", "no identity of this box was given")
        ledger, text, rest = read_ledger_header(head, key)
        body_octets = (ledger.count + ledger.receipts) * HASH_OCTETS
        if length != len(text.octets) + body_octets:
            raise Refused(Refusal.LENGTH, "body", f"not {body_octets} octets behind the header")
        body = rest + file.read(body_octets - len(rest))
    check_ledger_body(ledger, (body,))
    return LedgerTaken(
        ledger=ledger,
        hash=text.hash,
        key=key,
        path=path,
        file_hash=blake2b(text.octets + body, digest_size=HASH_OCTETS).hexdigest(),
        octets=length,
        commitments=body[: ledger.count * HASH_OCTETS],
    )
