"""The box's side: tips as random digests, daily cuts, monthly ledgers, and what an auditor of it kept."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from portal.generator.plan import Plan
from wire.batch import BatchHeader, write_batch
from wire.commitment import next_head
from wire.hashing import HASH_OCTETS, NO_HASH, blake2b_256, hashes_in
from wire.identity import box_id
from wire.ledger import (
    Audit,
    AuditBatch,
    ChainRange,
    Ledger,
    write_audit,
    write_ledger,
)
from wire.period import begin_of
from wire.slip import SEALED_OCTETS

_SLOTS = 2
_BODY = bytes(_SLOTS * SEALED_OCTETS)
_BODY_HASH = blake2b_256(_BODY)
_DAY = 86400


@dataclass(frozen=True, slots=True)
class LedgerMade:
    """A month of a line as the box signed it."""

    ledger: Ledger
    hash: bytes
    octets: bytes = field(repr=False)
    digests: tuple[bytes, ...] = field(repr=False)
    """Of all its tips, in no order that says anything."""
    headers: tuple[bytes, ...] = field(repr=False)
    """Of its batches, in the order of the cuts."""
    audit: bytes = field(repr=False)
    audit_month: Audit

    @property
    def month(self) -> str:
        """Return the month."""
        return self.ledger.month


class BoxMaker:
    """One box on one line: a chain of daily cuts, a ledger for each month."""

    def __init__(self, plan: Plan, key: SigningKey, line: bytes) -> None:
        self._plan, self._key, self._line = plan, key, line
        self._box = box_id(bytes(key.verify_key))
        self._chain = plan.octets(f"chain {line.hex()}", 16)
        self._sequence, self._serial = 0, 0
        self._header = self._ledger = self._head = NO_HASH

    def month(self, month: str, count: int) -> LedgerMade:
        """Return the next month, with ``count`` tips in it."""
        stream = self._plan.octets(f"digests {self._line.hex()} {month}", count * HASH_OCTETS)
        digests = tuple(hashes_in(stream))
        first, before = self._sequence + 1, self._head
        cuts = list(self._cuts(month, list(map(blake2b_256, digests))))
        body = b"".join(sorted(hashes_in(b"".join(one.commitments for one in cuts))))
        self._serial += 1
        ledger = Ledger(
            box=self._box,
            line=self._line,
            month=month,
            serial=self._serial,
            previous=self._ledger,
            ranges=(ChainRange(self._chain, first, self._sequence),),
            header=self._header,
            count=count,
            body=blake2b_256(body),
            **self._meters(month, count),
        )
        text = write_ledger(ledger, self._key)
        self._ledger = text.hash
        audit, octets = self._audit(ledger, text.hash, before, cuts)
        headers = tuple(one.header for one in cuts)
        return LedgerMade(ledger, text.hash, text.octets + body, digests, headers, octets, audit)

    def _meters(self, month: str, count: int) -> dict[str, int]:
        """Return conversations, canaries and minutes: some outages, some canaries that did not come back."""
        chance = self._plan.octets(f"meters {self._line.hex()} {month}", 3)
        minutes = monthrange(int(month[:4]), int(month[5:]))[1] * 1440
        lost = chance[0] % 90 if chance[1] > 40 else 600 + 30 * chance[0]
        sent = (minutes - lost) // 60
        return {
            "conversations": count - count * (8 + chance[2] % 8) // 100,
            "canaries_sent": sent,
            "canaries_received": sent - chance[2] % 5,
            "minutes": minutes - lost,
        }

    def _cuts(self, month: str, commitments: list[bytes]) -> Iterator[_Cut]:
        days = monthrange(int(month[:4]), int(month[5:]))[1]
        salts = self._plan.octets(f"salts {self._line.hex()} {month}", days * HASH_OCTETS)
        for day in range(days):
            these = sorted(commitments[len(commitments) * day // days : len(commitments) * (day + 1) // days])
            salt = salts[day * HASH_OCTETS : (day + 1) * HASH_OCTETS]
            self._sequence += 1
            self._head = next_head(self._head, salt, these)
            header = self._signed(begin_of(month) + day * _DAY)
            yield _Cut(self._sequence, salt, b"".join(these), header)

    def _signed(self, period: int) -> bytes:
        header = BatchHeader(
            box=self._box,
            chain=self._chain,
            line=self._line,
            sequence=self._sequence,
            previous=self._header,
            epoch=1 + self._sequence // 7,
            slots=_SLOTS,
            period=period,
            commitments=self._head,
            body=_BODY_HASH,
        )
        text, _ = write_batch(header, _BODY, self._key)
        self._header = text.hash
        return text.octets

    def _audit(
        self, ledger: Ledger, ledger_hash: bytes, head: bytes, cuts: list[_Cut]
    ) -> tuple[Audit, bytes]:
        body = b"".join(one.commitments for one in cuts)
        audit = Audit(
            box=self._box,
            line=self._line,
            month=ledger.month,
            ledger=ledger_hash,
            head=head,
            batches=tuple(
                AuditBatch(self._chain, one.sequence, one.salt, len(one.commitments) // HASH_OCTETS)
                for one in cuts
            ),
            body=blake2b_256(body),
        )
        return audit, write_audit(audit, self._key).octets + body


@dataclass(frozen=True, slots=True)
class _Cut:
    sequence: int
    salt: bytes
    commitments: bytes = field(repr=False)
    header: bytes = field(repr=False)


def struck(made: LedgerMade, key: SigningKey, out: int) -> tuple[Ledger, bytes]:
    """Return the ledger without its first ``out`` tips, signed again, as a box would whose operator was forced."""
    gone = {blake2b_256(digest) for digest in made.digests[:out]}
    old = made.octets[-made.ledger.count * HASH_OCTETS :]
    body = b"".join(one for one in hashes_in(old) if one not in gone)
    fields = {name: getattr(made.ledger, name) for name in Ledger.__slots__}
    ledger = Ledger(**fields | {"count": made.ledger.count - out, "body": blake2b_256(body)})
    return ledger, write_ledger(ledger, key).octets + body
