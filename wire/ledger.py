"""The ledger: the box's own signed count of a month, and the audit file that opens it. docs/formats.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from nacl.signing import SigningKey

from wire.batch import CHAIN_OCTETS, MAX_SEQUENCE
from wire.hashing import HASH_OCTETS
from wire.identity import BOX_OCTETS, box_id
from wire.keysheet import LINE_OCTETS
from wire.manifest import SALT_OCTETS
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, number_value, octets_value, split, verify, write

MAGIC = "tipline-ledger 1"
AUDIT_MAGIC = "tipline-audit 1"
LIMIT = 1 << 31
"""28 million commitments of 76 octets: 630 counted messages a minute, the whole month. No box can take more."""
_MONTH = re.compile(r"(19[7-9]|[2-9]\d\d)\d-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChainRange:
    """The batches ``first`` to ``last`` of a chain, both included."""

    chain: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """A month of one line, by the box's own order."""

    box: bytes
    line: bytes
    month: str
    """YYYY-MM, UTC."""
    serial: int
    previous: bytes
    """Hash of the ledger before it; NO_HASH for the first."""
    ranges: tuple[ChainRange, ...]
    header: bytes
    """Hash of the last batch header of the month."""
    count: int
    conversations: int
    canaries_sent: int
    canaries_received: int
    minutes: int
    """Minutes in service."""
    commitments: tuple[bytes, ...]
    """Sorted."""
    receipts: tuple[bytes, ...] = ()
    """Reserved: hashes of receipt codes, sorted."""


@dataclass(frozen=True, slots=True)
class AuditBatch:
    """One cut: what its commitments head was made of."""

    chain: bytes
    sequence: int
    salt: bytes
    commitments: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an auditor who kept the headers needs to check a ledger against them."""

    box: bytes
    line: bytes
    month: str
    ledger: bytes
    """Hash of the ledger."""
    head: bytes
    """Commitments head before the month's first cut."""
    batches: tuple[AuditBatch, ...]


def write_ledger(ledger: Ledger, key: SigningKey) -> SignedText:
    """Return ``ledger`` signed by the box's ``key``. Raises Refused for what a reader would refuse."""
    fields = [
        ("box", ledger.box.hex()),
        ("line", ledger.line.hex()),
        ("month", ledger.month),
        ("serial", str(ledger.serial)),
        ("previous", ledger.previous.hex()),
    ]
    fields += [("chain", f"{r.chain.hex()} {r.first} {r.last}") for r in ledger.ranges]
    fields += [
        ("header", ledger.header.hex()),
        ("count", str(ledger.count)),
        ("conversations", str(ledger.conversations)),
        ("canaries", f"{ledger.canaries_sent} {ledger.canaries_received}"),
        ("minutes", str(ledger.minutes)),
    ]
    fields += [("commitment", c.hex()) for c in ledger.commitments]
    fields += [("receipt", r.hex()) for r in ledger.receipts]
    _check(ledger)
    return _limited(write(MAGIC, fields, key))


def read_ledger(octets: bytes, key: bytes) -> tuple[Ledger, bytes]:
    """Return the ledger in ``octets``, signed by the box's public ``key``, and its hash. Raises Refused."""
    text = _whole(octets, MAGIC, key)
    fields = Fields(text)
    ledger = Ledger(
        box=_box(fields, key),
        line=fields.octets("line", LINE_OCTETS),
        month=_month(fields.take("month")),
        serial=fields.number("serial", least=1),
        previous=fields.octets("previous", HASH_OCTETS),
        ranges=tuple(_range(value) for value in fields.all("chain")),
        header=fields.octets("header", HASH_OCTETS),
        count=fields.number("count"),
        conversations=fields.number("conversations"),
        **_canaries(fields.take("canaries")),
        minutes=fields.number("minutes"),
        commitments=_hashes("commitment", fields.all("commitment")),
        receipts=_hashes("receipt", fields.all("receipt")),
    )
    fields.end()
    _check(ledger)
    return ledger, text.hash


def _check(ledger: Ledger) -> None:
    """Return if the fields agree with each other."""
    _month(ledger.month)
    _sorted("commitment", ledger.commitments)
    _sorted("receipt", ledger.receipts)
    if ledger.count != len(ledger.commitments):
        raise Refused(Refusal.VALUE, "count", "it is not the number of commitments")
    if not ledger.ranges or len({r.chain for r in ledger.ranges}) != len(ledger.ranges):
        raise Refused(Refusal.VALUE, "chain", "no batch is named, or a chain stands twice")
    if (ledger.serial == 1) != (ledger.previous == bytes(HASH_OCTETS)):
        raise Refused(Refusal.VALUE, "previous", "zero exactly for the first ledger of a line")


def write_audit(audit: Audit, key: SigningKey) -> SignedText:
    """Return ``audit`` signed by the box's ``key``. Raises Refused for what a reader would refuse."""
    fields = [
        ("box", audit.box.hex()),
        ("line", audit.line.hex()),
        ("month", audit.month),
        ("ledger", audit.ledger.hex()),
        ("head", audit.head.hex()),
    ]
    for batch in audit.batches:
        fields.append(("batch", f"{batch.chain.hex()} {batch.sequence} {batch.salt.hex()}"))
        fields += [("commitment", c.hex()) for c in batch.commitments]
        _sorted("commitment", batch.commitments)
    return _limited(write(AUDIT_MAGIC, fields, key))


def read_audit(octets: bytes, key: bytes) -> Audit:
    """Return the audit file in ``octets``, signed by the box's public ``key``. Raises Refused."""
    fields = Fields(_whole(octets, AUDIT_MAGIC, key))
    box, line = _box(fields, key), fields.octets("line", LINE_OCTETS)
    month, ledger = _month(fields.take("month")), fields.octets("ledger", HASH_OCTETS)
    head = fields.octets("head", HASH_OCTETS)
    batches = []
    while fields.next_is("batch"):
        chain, sequence, salt = _parts("batch", fields.take("batch"), 3)
        batches.append(
            AuditBatch(
                octets_value("batch", chain, CHAIN_OCTETS),
                number_value("batch", sequence, least=1, most=MAX_SEQUENCE),
                octets_value("batch", salt, SALT_OCTETS),
                _hashes("commitment", fields.all("commitment")),
            )
        )
        _sorted("commitment", batches[-1].commitments)
    fields.end()
    return Audit(box=box, line=line, month=month, ledger=ledger, head=head, batches=tuple(batches))


def ledger_name(ledger: Ledger) -> str:
    """Return the file name of a ledger."""
    return f"{ledger.box.hex()}-{ledger.line.hex()}-{ledger.month}.ledger"


def audit_name(audit: Audit) -> str:
    """Return the file name of an audit file."""
    return f"{audit.box.hex()}-{audit.line.hex()}-{audit.month}.audit"


def _whole(octets: bytes, magic: str, key: bytes) -> SignedText:
    text, rest = split(octets, magic=magic, limit=LIMIT)
    if rest:
        raise Refused(Refusal.LENGTH, "file", "octets behind the signature")
    verify(text, key)
    return text


def _box(fields: Fields, key: bytes) -> bytes:
    """Return the box id that comes next; it has to be the id of the ``key`` that signed."""
    box = fields.octets("box", BOX_OCTETS)
    if box != box_id(key):
        raise Refused(Refusal.UNKNOWN_BOX, "box", "it is not the id of the key that signed")
    return box


def _month(value: str) -> str:
    if not _MONTH.fullmatch(value):
        raise Refused(Refusal.CANONICAL, "month", "not a month like 2026-11")
    return value


def _parts(name: str, value: str, count: int) -> list[str]:
    parts = value.split(" ")
    if len(parts) != count:
        raise Refused(Refusal.CANONICAL, name, f"not {count} values")
    return parts


def _range(value: str) -> ChainRange:
    chain, first, last = _parts("chain", value, 3)
    found = ChainRange(
        octets_value("chain", chain, CHAIN_OCTETS),
        number_value("chain", first, least=1, most=MAX_SEQUENCE),
        number_value("chain", last, least=1, most=MAX_SEQUENCE),
    )
    if found.first > found.last:
        raise Refused(Refusal.VALUE, "chain", "the range ends before it begins")
    return found


def _canaries(value: str) -> dict[str, int]:
    sent, received = _parts("canaries", value, 2)
    return {
        "canaries_sent": number_value("canaries", sent),
        "canaries_received": number_value("canaries", received),
    }


def _hashes(name: str, values: list[str]) -> tuple[bytes, ...]:
    return tuple(octets_value(name, value, HASH_OCTETS) for value in values)


def _sorted(name: str, hashes: tuple[bytes, ...]) -> None:
    if any(a >= b for a, b in pairwise(hashes)):
        raise Refused(Refusal.CANONICAL, name, "not sorted, or one stands twice")


def _limited(text: SignedText) -> SignedText:
    if len(text.octets) > LIMIT:
        raise Refused(Refusal.LENGTH, "file", "more commitments than a ledger may hold")
    return text
