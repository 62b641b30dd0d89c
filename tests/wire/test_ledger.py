"""Ledgers, audit files and commitments: written and read, and one checked by the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.formats import BOX, BOX_PUBLIC, audits, ledgers, octets
from wire.audit import check_audit
from wire.batch import BatchHeader
from wire.commitment import commitment, digest, next_head
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id
from wire.ledger import (
    Audit,
    AuditBatch,
    ChainRange,
    Ledger,
    audit_name,
    ledger_name,
    read_audit,
    read_ledger,
    write_audit,
    write_ledger,
)
from wire.refusal import Refusal, Refused

Headers = list[tuple[BatchHeader, bytes]]


@given(ledgers())
def test_a_ledger_that_is_written_is_read(ledger: Ledger) -> None:
    text = write_ledger(ledger, BOX)
    assert read_ledger(text.octets, BOX_PUBLIC) == (ledger, text.hash)
    assert ledger_name(ledger).endswith(f"-{ledger.month}.ledger")


@given(audits)
def test_an_audit_file_that_is_written_is_read(audit: Audit) -> None:
    assert read_audit(write_audit(audit, BOX).octets, BOX_PUBLIC) == audit
    assert audit_name(audit).endswith(f"-{audit.month}.audit")


@given(ledgers())
def test_a_ledger_that_a_reader_would_refuse_is_not_written(ledger: Ledger) -> None:
    wrong = [
        replace(ledger, count=ledger.count + 1),
        replace(ledger, ranges=()),
        replace(ledger, ranges=ledger.ranges * 2),
        replace(ledger, month="2026-13"),
        replace(ledger, previous=b"\1" * 32 if ledger.serial == 1 else NO_HASH),
        replace(ledger, count=ledger.count + 2, commitments=(*ledger.commitments, bytes(32), bytes(32))),
    ]
    for other in wrong:
        with pytest.raises(Refused):
            write_ledger(other, BOX)


def test_a_ledger_longer_than_its_limit_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, _, _ = _month([1], chains=1)
    monkeypatch.setattr("wire.ledger.LIMIT", len(write_ledger(ledger, BOX).octets) - 1)
    with pytest.raises(Refused) as refused:
        write_ledger(ledger, BOX)
    assert refused.value.kind is Refusal.LENGTH


@given(octets(16), octets(256), octets(16), octets(256))
def test_a_digest_is_of_one_tip_id_and_one_slip(tip: bytes, slip: bytes, tip_2: bytes, slip_2: bytes) -> None:
    assume((tip, slip) != (tip_2, slip_2))
    assert commitment(digest(tip, slip)) != commitment(digest(tip_2, slip_2))


@given(octets(32), octets(32), st.lists(octets(32), max_size=5), st.randoms(use_true_random=False))
def test_a_head_does_not_tell_in_which_order_they_came(
    head: bytes, salt: bytes, commitments: list[bytes], random: object
) -> None:
    shuffled = list(commitments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object's Random
    assert next_head(head, salt, shuffled) == next_head(head, salt, commitments)


def _hash(*parts: object) -> bytes:
    return blake2b_256(repr(parts).encode())


def _month(counts: list[int], *, chains: int, serial: int = 1) -> tuple[Ledger, Audit, Headers]:
    """Return a month of cuts with ``counts`` commitments each, spread over ``chains``."""
    box, line = box_id(BOX_PUBLIC), bytes(8)
    head = before = NO_HASH if serial == 1 else _hash("head")
    headers: Headers = []
    cuts: list[AuditBatch] = []
    per_chain = -(-len(counts) // chains)
    for n, count in enumerate(counts):
        chain, sequence = _hash("chain", n // per_chain)[:16], n % per_chain + 1
        made = tuple(sorted(_hash(n, i) for i in range(count)))
        cut = AuditBatch(chain, sequence, _hash("salt", n), made)
        head = next_head(head, cut.salt, made)
        previous = headers[-1][1] if sequence > 1 else NO_HASH
        header = BatchHeader(
            box=box,
            chain=chain,
            line=line,
            sequence=sequence,
            previous=previous,
            epoch=1,
            slots=2,
            period=n,
            commitments=head,
            body=bytes(32),
        )
        headers.append((header, _hash(header)))
        cuts.append(cut)
    last = {cut.chain: cut.sequence for cut in cuts}
    ledger = Ledger(
        box=box,
        line=line,
        month="2026-11",
        serial=serial,
        previous=NO_HASH if serial == 1 else _hash("ledger"),
        ranges=tuple(ChainRange(chain, 1, top) for chain, top in last.items()),
        header=headers[-1][1],
        count=sum(counts),
        conversations=0,
        canaries_sent=0,
        canaries_received=0,
        minutes=0,
        commitments=tuple(sorted(c for cut in cuts for c in cut.commitments)),
    )
    audit = Audit(
        box=box,
        line=line,
        month="2026-11",
        ledger=write_ledger(ledger, BOX).hash,
        head=before,
        batches=tuple(cuts),
    )
    return ledger, audit, headers


def _check(ledger: Ledger, audit: Audit, headers: Headers) -> None:
    check_audit(ledger, write_ledger(ledger, BOX).hash, audit, headers)


months = st.builds(
    _month,
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    chains=st.integers(1, 3),
    serial=st.integers(1, 2),
)


@given(months, st.data())
def test_an_honest_month_is_found_so_whichever_headers_were_kept(
    month: tuple[Ledger, Audit, Headers], data: st.DataObject
) -> None:
    ledger, audit, headers = month
    kept = data.draw(st.permutations(headers))[: data.draw(st.integers(0, len(headers)))]
    _check(ledger, audit, [*kept, headers[-1]])


@given(months, st.data())
def test_a_commitment_struck_out_is_found_with_the_last_header_alone(
    month: tuple[Ledger, Audit, Headers], data: st.DataObject
) -> None:
    ledger, audit, headers = month
    assume(ledger.commitments)
    gone = data.draw(st.sampled_from(ledger.commitments))
    struck = replace(
        ledger, count=ledger.count - 1, commitments=tuple(c for c in ledger.commitments if c != gone)
    )
    batches = tuple(
        replace(b, commitments=tuple(c for c in b.commitments if c != gone)) for b in audit.batches
    )
    told = replace(audit, ledger=write_ledger(struck, BOX).hash)
    for other in (told, replace(told, batches=batches)):
        with pytest.raises(Refused) as refused:
            _check(struck, other, headers[-1:])
        assert refused.value.kind is Refusal.CONTRADICTION


@given(months, octets(32))
def test_a_commitment_put_in_is_found(month: tuple[Ledger, Audit, Headers], more: bytes) -> None:
    ledger, audit, headers = month
    added = replace(ledger, count=ledger.count + 1, commitments=tuple(sorted((*ledger.commitments, more))))
    with pytest.raises(Refused):
        _check(added, replace(audit, ledger=write_ledger(added, BOX).hash), headers)


@given(months)
def test_headers_of_others_are_passed_over(month: tuple[Ledger, Audit, Headers]) -> None:
    ledger, audit, headers = month
    others = [
        (replace(headers[0][0], box=b"12345678"), b"a" * 32),
        (replace(headers[0][0], line=b"12345678"), b"b" * 32),
        (replace(headers[-1][0], sequence=9999, commitments=b"c" * 32), b"d" * 32),
    ]
    _check(ledger, audit, [*others, *headers])


def test_the_last_header_of_the_month_before_has_to_carry_the_head() -> None:
    ledger, audit, headers = _month([1, 1, 1], chains=1, serial=2)
    ledger = replace(ledger, ranges=(ChainRange(ledger.ranges[0].chain, 2, 3),), count=2)
    ledger = replace(ledger, commitments=tuple(sorted(c for b in audit.batches[1:] for c in b.commitments)))
    good = replace(
        audit,
        head=headers[0][0].commitments,
        batches=audit.batches[1:],
        ledger=write_ledger(ledger, BOX).hash,
    )
    _check(ledger, good, headers)
    with pytest.raises(Refused) as refused:
        _check(ledger, replace(good, head=_hash("another")), [headers[0], headers[-1]])
    assert (refused.value.kind, refused.value.field) == (Refusal.CONTRADICTION, "commitments")


def test_a_range_without_end_is_refused_before_it_is_counted_out() -> None:
    ledger, audit, headers = _month([1], chains=1)
    huge = replace(ledger, ranges=(ChainRange(bytes(16), 1, 10**10 - 1), *ledger.ranges))
    with pytest.raises(Refused) as refused:
        _check(huge, replace(audit, ledger=write_ledger(huge, BOX).hash), headers)
    assert refused.value.field == "batch"
