"""The ledger: the box's own signed count of a month, and the audit file that opens it. docs/formats.md.

Each is a signed header that a person can read, then hashes, 32 octets each, as a batch is a header and slips: so
a box can write a month of any size without having it in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from nacl.signing import SigningKey

from wire.batch import CHAIN_OCTETS, MAX_SEQUENCE
from wire.hashing import HASH_OCTETS, hashes_in
from wire.identity import BOX_OCTETS, box_id
from wire.keysheet import LINE_OCTETS
from wire.listed import MAX_LISTED, check_lists
from wire.manifest import SALT_OCTETS
from wire.period import month_value
from wire.refusal import Refusal, Refused
from wire.signed import Fields, SignedText, number_value, octets_value, split, verify, write

MAGIC = "tipline-ledger 1"
AUDIT_MAGIC = "tipline-audit 1"
HEADER_LIMIT = 1 << 20
"""14,000 chains in a month: a line begins one when it is restored."""
AUDIT_HEADER_LIMIT = 1 << 26
"""540,000 cuts of at most 124 octets: one in five seconds, the whole month."""
MAX_OCTETS = HEADER_LIMIT + 2 * MAX_LISTED * HASH_OCTETS
"""The longest ledger; an audit file is shorter. Whoever reads files stops here."""


@dataclass(frozen=True, slots=True)
class ChainRange:
    """The batches ``first`` to ``last`` of a chain, both included."""

    chain: bytes
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the header of a ledger says: a month of one line, by the box's own order."""

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
    """Of commitments."""
    conversations: int
    canaries_sent: int
    canaries_received: int
    minutes: int
    """Minutes in service."""
    receipts: int = 0
    """Reserved: how many hashes of receipt codes there are."""
    body: bytes
    """Hash of what stands behind the header: the commitments, sorted, then the receipts, sorted."""


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A ledger whose signature, form, length and lists were verified."""

    ledger: Ledger
    hash: bytes
    """Of the signed header; the next ledger names it."""
    body: bytes = field(repr=False)

    @property
    def commitments(self) -> bytes:
        """Return the commitments, one behind the other."""
        return self.body[: self.ledger.count * HASH_OCTETS]

    @property
    def receipts(self) -> bytes:
        """Return the hashes of receipt codes, one behind the other."""
        return self.body[self.ledger.count * HASH_OCTETS :]


@dataclass(frozen=True, slots=True)
class AuditBatch:
    """One cut: what its commitments head was made of, the commitments themselves aside."""

    chain: bytes
    sequence: int
    salt: bytes
    count: int
    """Of commitments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the header of an audit file says to an auditor who kept batch headers."""

    box: bytes
    line: bytes
    month: str
    ledger: bytes
    """Hash of the ledger."""
    head: bytes
    """Commitments head before the month's first cut."""
    batches: tuple[AuditBatch, ...]
    body: bytes
    """Hash of what stands behind the header: the commitments of each batch, sorted, in the order of the batches."""


@dataclass(frozen=True, slots=True)
class AuditFile:
    """An audit file whose signature, form, length and lists were verified."""

    audit: Audit
    body: bytes = field(repr=False)

    def cuts(self) -> Iterator[tuple[AuditBatch, tuple[bytes, ...]]]:
        """Yield each batch with its commitments."""
        ends = accumulate(batch.count * HASH_OCTETS for batch in self.audit.batches)
        for batch, end in zip(self.audit.batches, ends, strict=True):
            yield batch, tuple(hashes_in(self.body[end - batch.count * HASH_OCTETS : end]))


def write_ledger(ledger: Ledger, key: SigningKey) -> SignedText:
    """Return the header of ``ledger`` signed by the box's ``key``; its body is to stand behind it.

    Raises Refused for what a reader would refuse, but for the body, which is not seen here.
    """
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
        ("receipts", str(ledger.receipts)),
        ("body", ledger.body.hex()),
    ]
    _check(ledger)
    return _limited(write(MAGIC, fields, key), HEADER_LIMIT)


def read_ledger(octets: bytes, key: bytes) -> LedgerFile:
    """Return the ledger in ``octets``, the whole file, signed by the box's public ``key``. Raises Refused."""
    ledger, text, body = read_ledger_header(octets, key)
    check_ledger_body(ledger, (body,))
    return LedgerFile(ledger, text.hash, body)


def read_ledger_header(octets: bytes, key: bytes) -> tuple[Ledger, SignedText, bytes]:
    """Return the verified header at the start of ``octets``, its signed text and what follows it. Raises Refused."""
    text, body = _signed(octets, MAGIC, key, HEADER_LIMIT)
    fields = Fields(text)
    ledger = Ledger(
        box=_box(fields, key),
        line=fields.octets("line", LINE_OCTETS),
        month=month_value(fields.take("month")),
        serial=fields.number("serial", least=1),
        previous=fields.octets("previous", HASH_OCTETS),
        ranges=tuple(_range(value) for value in fields.all("chain")),
        header=fields.octets("header", HASH_OCTETS),
        count=fields.number("count", most=MAX_LISTED),
        conversations=fields.number("conversations"),
        **_canaries(fields.take("canaries")),
        minutes=fields.number("minutes"),
        receipts=fields.number("receipts", most=MAX_LISTED),
        body=fields.octets("body", HASH_OCTETS),
    )
    fields.end()
    _check(ledger)
    return ledger, text, body


def check_ledger_body(ledger: Ledger, pieces: Iterable[bytes]) -> None:
    """Return if ``pieces``, put together, are the body of ``ledger``. Raises Refused (LENGTH, BODY, CANONICAL)."""
    check_lists(pieces, (("commitment", ledger.count), ("receipt", ledger.receipts)), body=ledger.body)


def _check(ledger: Ledger) -> None:
    """Return if the fields agree with each other."""
    month_value(ledger.month)
    if max(ledger.count, ledger.receipts) > MAX_LISTED:
        raise Refused(Refusal.VALUE, "count", "more hashes than a ledger may hold")
    if not ledger.ranges or len({r.chain for r in ledger.ranges}) != len(ledger.ranges):
        raise Refused(Refusal.VALUE, "chain", "no batch is named, or a chain stands twice")
    if (ledger.serial == 1) != (ledger.previous == bytes(HASH_OCTETS)):
        raise Refused(Refusal.VALUE, "previous", "zero exactly for the first ledger of a line")


def write_audit(audit: Audit, key: SigningKey) -> SignedText:
    """Return the header of ``audit`` signed by the box's ``key``; its body is to stand behind it. Raises Refused."""
    fields = [
        ("box", audit.box.hex()),
        ("line", audit.line.hex()),
        ("month", audit.month),
        ("ledger", audit.ledger.hex()),
        ("head", audit.head.hex()),
    ]
    fields += [("batch", f"{b.chain.hex()} {b.sequence} {b.salt.hex()} {b.count}") for b in audit.batches]
    fields.append(("body", audit.body.hex()))
    return _limited(write(AUDIT_MAGIC, fields, key), AUDIT_HEADER_LIMIT)


def read_audit(octets: bytes, key: bytes) -> AuditFile:
    """Return the audit file in ``octets``, the whole file, signed by the box's public ``key``. Raises Refused."""
    text, body = _signed(octets, AUDIT_MAGIC, key, AUDIT_HEADER_LIMIT)
    fields = Fields(text)
    audit = Audit(
        box=_box(fields, key),
        line=fields.octets("line", LINE_OCTETS),
        month=month_value(fields.take("month")),
        ledger=fields.octets("ledger", HASH_OCTETS),
        head=fields.octets("head", HASH_OCTETS),
        batches=tuple(_batch(value) for value in fields.all("batch")),
        body=fields.octets("body", HASH_OCTETS),
    )
    fields.end()
    check_audit_body(audit, (body,))
    return AuditFile(audit, body)


def check_audit_body(audit: Audit, pieces: Iterable[bytes]) -> None:
    """Return if ``pieces``, put together, are the body of ``audit``. Raises Refused (LENGTH, BODY, CANONICAL)."""
    check_lists(pieces, (("commitment", batch.count) for batch in audit.batches), body=audit.body)


def ledger_name(ledger: Ledger) -> str:
    """Return the file name of a ledger."""
    return f"{ledger.box.hex()}-{ledger.line.hex()}-{ledger.month}.ledger"


def audit_name(audit: Audit) -> str:
    """Return the file name of an audit file."""
    return f"{audit.box.hex()}-{audit.line.hex()}-{audit.month}.audit"


def _signed(octets: bytes, magic: str, key: bytes, limit: int) -> tuple[SignedText, bytes]:
    text, body = split(octets, magic=magic, limit=limit)
    verify(text, key)
    return text, body


def _box(fields: Fields, key: bytes) -> bytes:
    """Return the box id that comes next; it has to be the id of the ``key`` that signed."""
    box = fields.octets("box", BOX_OCTETS)
    if box != box_id(key):
        raise Refused(Refusal.UNKNOWN_BOX, "box", "it is not the id of the key that signed")
    return box


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


def _batch(value: str) -> AuditBatch:
    chain, sequence, salt, count = _parts("batch", value, 4)
    return AuditBatch(
        octets_value("batch", chain, CHAIN_OCTETS),
        number_value("batch", sequence, least=1, most=MAX_SEQUENCE),
        octets_value("batch", salt, SALT_OCTETS),
        number_value("batch", count, most=MAX_LISTED),
    )


def _canaries(value: str) -> dict[str, int]:
    sent, received = _parts("canaries", value, 2)
    return {
        "canaries_sent": number_value("canaries", sent),
        "canaries_received": number_value("canaries", received),
    }


def _limited(text: SignedText, limit: int) -> SignedText:
    if len(text.octets) > limit:
        raise Refused(Refusal.LENGTH, "file", f"a header of more than {limit} octets")
    return text
