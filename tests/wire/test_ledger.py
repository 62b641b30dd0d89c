"""The readers of ledgers and audit files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.formats import BOX, BOX_PUBLIC, audits, hash_lists, ledgers, octets
from wire.commitment import commitment, digest, next_head
from wire.hashing import NO_HASH, blake2b_256, blake2b_256_of
from wire.ledger import (
    Audit,
    AuditFile,
    Ledger,
    LedgerFile,
    audit_name,
    check_audit_body,
    check_ledger_body,
    ledger_name,
    read_audit,
    read_ledger,
    write_audit,
    write_ledger,
)
from wire.listed import MAX_LISTED, check_lists
from wire.refusal import Refusal, Refused


@given(ledgers())
def test_a_ledger_that_is_written_is_read(made: tuple[Ledger, bytes]) -> None:
    ledger, body = made
    text = write_ledger(ledger, BOX)
    found = read_ledger(text.octets + body, BOX_PUBLIC)
    assert found == LedgerFile(ledger, text.hash, body)
    assert len(found.commitments) == 32 * ledger.count
    assert found.commitments + found.receipts == body
    assert ledger_name(ledger).endswith(f"-{ledger.month}.ledger")


@given(audits())
def test_an_audit_file_that_is_written_is_read(made: tuple[Audit, bytes]) -> None:
    audit, body = made
    found = read_audit(write_audit(audit, BOX).octets + body, BOX_PUBLIC)
    assert found == AuditFile(audit, body)
    assert b"".join(c for _, listed in found.cuts() for c in listed) == body
    assert [(batch, len(listed)) for batch, listed in found.cuts()] == [(b, b.count) for b in audit.batches]
    assert audit_name(audit).endswith(f"-{audit.month}.audit")


@given(ledgers())
def test_a_ledger_that_a_reader_would_refuse_is_not_written(made: tuple[Ledger, bytes]) -> None:
    ledger, _ = made
    wrong = [
        replace(ledger, count=MAX_LISTED + 1),
        replace(ledger, receipts=MAX_LISTED + 1),
        replace(ledger, ranges=()),
        replace(ledger, ranges=ledger.ranges * 2),
        replace(ledger, month="2026-13"),
        replace(ledger, previous=b"\1" * 32 if ledger.serial == 1 else NO_HASH),
    ]
    for other in wrong:
        with pytest.raises(Refused):
            write_ledger(other, BOX)


def _cut_anywhere(octets_: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(octets_) + 1) for place in places})
    return [octets_[a:b] for a, b in zip([0, *ends], [*ends, len(octets_)], strict=True)]


@given(ledgers(), audits(), st.lists(st.integers(0, 10**6), max_size=9))
def test_a_body_is_checked_the_same_however_its_octets_come(
    ledger: tuple[Ledger, bytes], audit: tuple[Audit, bytes], places: list[int]
) -> None:
    check_ledger_body(ledger[0], _cut_anywhere(ledger[1], places))
    check_audit_body(audit[0], _cut_anywhere(audit[1], places))


@given(
    st.lists(hash_lists, max_size=3),
    st.binary(min_size=1, max_size=70),
    st.lists(st.integers(0, 10**6), max_size=9),
    st.data(),
)
def test_a_body_that_is_longer_shorter_or_changed_is_refused_however_its_octets_come(
    groups: list[bytes], more: bytes, places: list[int], data: st.DataObject
) -> None:
    body, lists = b"".join(groups), [("commitment", len(group) // 32) for group in groups]
    wrong = [(body + more, Refusal.LENGTH)]
    if body:
        wrong.append((body[: -len(more)], Refusal.LENGTH))
        at = data.draw(st.integers(0, len(body) - 1))
        wrong.append((body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], Refusal.BODY))
    for other, kind in wrong:
        with pytest.raises(Refused) as refused:
            check_lists(_cut_anywhere(other, places), lists, body=blake2b_256(body))
        assert refused.value.kind is kind


@pytest.mark.parametrize(
    ("groups", "wrong"),
    [
        ([b"ab", b"ab"], None),
        ([b"", b"a"], None),
        ([b"ba", b"a"], "commitment"),
        ([b"aa", b""], "commitment"),
        ([b"a", b"ba"], "receipt"),
        ([b"abdc", b""], "commitment"),
    ],
)
def test_each_list_is_sorted_by_itself(groups: list[bytes], wrong: str | None) -> None:
    hashes = [bytes([letter]) * 32 for group in groups for letter in group]
    lists = [(name, len(group)) for name, group in zip(("commitment", "receipt"), groups, strict=True)]
    if wrong is None:
        check_lists(hashes, lists, body=blake2b_256_of(hashes))
        return
    with pytest.raises(Refused) as refused:
        check_lists(hashes, lists, body=blake2b_256_of(hashes))
    assert (refused.value.kind, refused.value.field) == (Refusal.CANONICAL, wrong)


def test_a_longer_body_is_refused_before_all_of_it_is_read() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(32)

    with pytest.raises(Refused) as refused:
        check_lists(endless(), [("commitment", 2)], body=NO_HASH)
    assert refused.value.kind is Refusal.LENGTH


@given(octets(16), octets(256), octets(16), octets(256))
def test_a_digest_is_of_one_tip_id_and_one_slip(tip: bytes, slip: bytes, tip_2: bytes, slip_2: bytes) -> None:
    assume((tip, slip) != (tip_2, slip_2))
    assert commitment(digest(tip, slip)) != commitment(digest(tip_2, slip_2))


@given(octets(32), octets(32), st.lists(octets(32), max_size=5), st.randoms(use_true_random=False))
def test_a_head_does_not_tell_in_which_order_they_came(
    head: bytes, salt: bytes, commitments: list[bytes], random: Random
) -> None:
    shuffled = list(commitments)
    random.shuffle(shuffled)
    assert next_head(head, salt, shuffled) == next_head(head, salt, commitments)
