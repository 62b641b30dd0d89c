"""A ledger checked by its audit file and by the headers that somebody kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.formats import BOX, BOX_PUBLIC, octets
from wire.audit import Before, check_audit
from wire.batch import BatchHeader
from wire.commitment import next_head
from wire.hashing import NO_HASH, blake2b_256
from wire.identity import box_id
from wire.ledger import (
    Audit,
    AuditBatch,
    AuditFile,
    ChainRange,
    Ledger,
    LedgerFile,
    write_audit,
    write_ledger,
)
from wire.refusal import Refusal, Refused
from wire.signed import time_value

Headers = list[tuple[BatchHeader, bytes]]


def _hash(*parts: object) -> bytes:
    return blake2b_256(repr(parts).encode())


@dataclass(frozen=True, slots=True)
class _Cut:
    header: BatchHeader
    hash: bytes
    salt: bytes
    commitments: tuple[bytes, ...]


def _line(months: Sequence[tuple[str, int, Sequence[int]]]) -> list[_Cut]:
    """Return the cuts of a line: for each (month, chain, counts) one an hour with so many commitments."""
    head, made = NO_HASH, list[_Cut]()
    for month, chain_number, counts in months:
        for hour, count in enumerate(counts):
            chain = _hash("chain", chain_number)[:16]
            before = [cut for cut in made if cut.header.chain == chain]
            n = len(made)
            commitments = tuple(sorted(_hash(n, i) for i in range(count)))
            head = next_head(head, _hash("salt", n), commitments)
            header = BatchHeader(
                box=box_id(BOX_PUBLIC),
                chain=chain,
                line=bytes(8),
                sequence=len(before) + 1,
                previous=before[-1].hash if before else NO_HASH,
                epoch=1,
                slots=2,
                period=time_value("period", f"{month}-01T00:00:00Z") + 3600 * hour,
                commitments=head,
                body=bytes(32),
            )
            made.append(_Cut(header, _hash(header), _hash("salt", n), commitments))
    return made


@dataclass(frozen=True, slots=True)
class _Month:
    """A ledger, its audit file, and all headers of the line."""

    ledger: Ledger
    body: bytes
    audit: AuditFile
    headers: Headers
    previous: Before | None = None

    @property
    def file(self) -> LedgerFile:
        return LedgerFile(self.ledger, write_ledger(self.ledger, BOX).hash, self.body)

    @property
    def before(self) -> Before:
        """What this ledger is for the next one."""
        return self.ledger, self.file.hash

    def needed(self) -> Headers:
        """The headers without which nothing can be checked: the last ones of this month and of the one before."""
        last = {self.ledger.header, *([self.previous[0].header] if self.previous else [])}
        return [kept for kept in self.headers if kept[1] in last]


def _close(
    month: str,
    cuts: Sequence[_Cut],
    *,
    line: Sequence[_Cut] | None = None,
    previous: Before | None = None,
    head: bytes = NO_HASH,
) -> _Month:
    """Return ledger and audit file over ``cuts``, whatever was cut besides on the ``line``."""
    chains = dict.fromkeys(cut.header.chain for cut in cuts)
    numbers = {chain: [c.header.sequence for c in cuts if c.header.chain == chain] for chain in chains}
    listed = b"".join(sorted(c for cut in cuts for c in cut.commitments))
    grouped = b"".join(c for cut in cuts for c in cut.commitments)
    ledger = Ledger(
        box=box_id(BOX_PUBLIC),
        line=bytes(8),
        month=month,
        serial=previous[0].serial + 1 if previous else 1,
        previous=previous[1] if previous else NO_HASH,
        ranges=tuple(ChainRange(chain, found[0], found[-1]) for chain, found in numbers.items()),
        header=cuts[-1].hash,
        count=len(listed) // 32,
        conversations=0,
        canaries_sent=0,
        canaries_received=0,
        minutes=0,
        body=blake2b_256(listed),
    )
    audit = Audit(
        box=ledger.box,
        line=ledger.line,
        month=month,
        ledger=write_ledger(ledger, BOX).hash,
        head=head,
        batches=tuple(
            AuditBatch(c.header.chain, c.header.sequence, c.salt, len(c.commitments)) for c in cuts
        ),
        body=blake2b_256(grouped),
    )
    headers = [(cut.header, cut.hash) for cut in (cuts if line is None else line)]
    return _Month(ledger, listed, AuditFile(audit, grouped), headers, previous)


def _month(counts: list[int], *, chains: int = 1, second: bool = False) -> _Month:
    """Return November with cuts of ``counts`` commitments, spread over ``chains``; ``second``: after an October."""
    per_chain = -(-len(counts) // chains)
    parts = [("2026-11", n, counts[n * per_chain : (n + 1) * per_chain]) for n in range(chains)]
    if not second:
        return _close("2026-11", _line(parts))
    line = _line([("2026-10", 0, [1, 0]), *parts])
    october = _close("2026-10", line[:2])
    return _close("2026-11", line[2:], line=line, previous=october.before, head=line[1].header.commitments)


def _check(month: _Month, headers: Headers | None = None, *, later: Sequence[Ledger] = ()) -> None:
    kept = month.headers if headers is None else headers
    check_audit(month.file, month.audit, kept, previous=month.previous, later=later)


def _refusal(
    month: _Month, headers: Headers | None = None, *, later: Sequence[Ledger] = ()
) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        _check(month, headers, later=later)
    return refused.value.kind.name, refused.value.field


months = st.builds(
    _month,
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    chains=st.integers(1, 3),
    second=st.booleans(),
)


@given(months, st.data())
def test_an_honest_month_is_found_so_whichever_headers_were_kept(month: _Month, data: st.DataObject) -> None:
    kept = data.draw(st.permutations(month.headers))[: data.draw(st.integers(0, len(month.headers)))]
    _check(month, [*kept, *month.needed()])


def _without(month: _Month, gone: bytes, *, also_from_audit: bool) -> _Month:
    body = b"".join(c for c in _hashes(month.body) if c != gone)
    ledger = replace(month.ledger, count=len(body) // 32, body=blake2b_256(body))
    groups = [[c for c in listed if c != gone or not also_from_audit] for _, listed in month.audit.cuts()]
    grouped = b"".join(c for group in groups for c in group)
    audit = replace(
        month.audit.audit,
        ledger=write_ledger(ledger, BOX).hash,
        batches=tuple(
            replace(b, count=len(g)) for b, g in zip(month.audit.audit.batches, groups, strict=True)
        ),
        body=blake2b_256(grouped),
    )
    return replace(month, ledger=ledger, body=body, audit=AuditFile(audit, grouped))


def _hashes(body: bytes) -> list[bytes]:
    return [body[at : at + 32] for at in range(0, len(body), 32)]


@given(months, st.data())
def test_a_commitment_struck_out_is_found_with_the_last_header_alone(
    month: _Month, data: st.DataObject
) -> None:
    assume(month.body)
    gone = data.draw(st.sampled_from(_hashes(month.body)))
    for also in (False, True):
        struck = _without(month, gone, also_from_audit=also)
        assert _refusal(struck, month.needed())[0] == "CONTRADICTION"


@given(months, octets(32))
def test_a_commitment_put_in_is_found(month: _Month, more: bytes) -> None:
    body = b"".join(sorted((*_hashes(month.body), more)))
    ledger = replace(month.ledger, count=month.ledger.count + 1, body=blake2b_256(body))
    audit = replace(month.audit.audit, ledger=write_ledger(ledger, BOX).hash)
    added = replace(month, ledger=ledger, body=body, audit=AuditFile(audit, month.audit.body))
    assert _refusal(added)[0] == "CONTRADICTION"


@given(months)
def test_headers_of_others_are_passed_over(month: _Month) -> None:
    first, last = month.headers[0][0], month.headers[-1][0]
    others = [
        (replace(first, box=b"12345678"), b"a" * 32),
        (replace(first, line=b"12345678"), b"b" * 32),
        (replace(last, sequence=9999, period=last.period + 40 * 86400, commitments=b"c" * 32), b"d" * 32),
        (replace(last, chain=bytes(16), period=last.period + 40 * 86400), b"e" * 32),
        (replace(last, chain=b"1" * 16, period=0), b"f" * 32),
    ]
    kept = others if month.previous else others[:-1]  # before the first ledger there is nothing
    _check(month, [*kept, *month.headers])


def test_the_last_header_of_the_month_before_has_to_carry_the_head() -> None:
    month = _month([1, 1, 1], second=True)
    _check(month, month.needed())
    other = AuditFile(replace(month.audit.audit, head=_hash("another")), month.audit.body)
    assert _refusal(replace(month, audit=other), month.needed()) == ("CONTRADICTION", "head")
    assert _refusal(month, month.headers[2:]) == ("MISSING", "previous")
    assert _refusal(replace(month, previous=None)) == ("MISSING", "previous")


LINE = _line(
    [("2026-10", 0, [1, 1]), ("2026-11", 0, [1, 0, 2, 1]), ("2026-11", 1, [1, 1]), ("2026-12", 1, [2])]
)
"""October in chain 0; November in chain 0 and then in chain 1, which December goes on with."""
OCTOBER = _close("2026-10", LINE[:2], line=LINE)


def _november(cuts: Sequence[_Cut], *, head: bytes = LINE[1].header.commitments) -> _Month:
    return _close("2026-11", cuts, line=LINE, previous=OCTOBER.before, head=head)


NOVEMBER = _november(LINE[2:8])


def test_months_follow_each_other_over_chains() -> None:
    _check(OCTOBER)
    _check(NOVEMBER)
    december = _close(
        "2026-12", LINE[8:], line=LINE, previous=NOVEMBER.before, head=LINE[7].header.commitments
    )
    _check(december)


@pytest.mark.parametrize("first", [1, 2, 3])
def test_batches_left_out_at_the_beginning_of_a_month_are_found_with_two_headers(first: int) -> None:
    """The head before the first one named is honest, or that of the month before: it is found either way."""
    for head in (LINE[1 + first].header.commitments, LINE[1].header.commitments):
        month = _november(LINE[2 + first : 8], head=head)
        assert _refusal(month, month.needed())[0] == "CONTRADICTION"


def test_batches_left_out_at_the_beginning_of_a_chain_are_found() -> None:
    month = _november([*LINE[2:6], *LINE[7:8]])
    assert _refusal(month, month.needed()) == ("CONTRADICTION", "chain")
    first = _close("2026-10", LINE[1:2], line=LINE)
    assert _refusal(first, first.needed()) == ("CONTRADICTION", "chain")


@pytest.mark.parametrize("until", [3, 5, 6, 7])
def test_batches_left_out_at_the_end_of_a_month_are_found_by_whoever_kept_one(until: int) -> None:
    month = _november(LINE[2:until])
    for gone in LINE[until:8]:
        assert _refusal(month, [*month.needed(), (gone.header, gone.hash)]) == ("CONTRADICTION", "chain")


def test_batches_left_out_at_the_end_cannot_be_caught_up_with_later() -> None:
    """November ends too early; December goes on behind the gap, with the head that is in the headers."""
    short = _november(LINE[2:7])
    december = _close("2026-12", LINE[8:], line=LINE, previous=short.before, head=LINE[7].header.commitments)
    assert _refusal(december, december.needed())[0] == "CONTRADICTION"
    silent = _close("2026-12", LINE[8:], line=LINE, previous=short.before, head=LINE[6].header.commitments)
    assert _refusal(silent, silent.needed())[0] == "CONTRADICTION"


def test_a_whole_chain_left_out_is_found_by_whoever_kept_a_header_of_it() -> None:
    month = _november(LINE[2:6])
    _check(month, month.needed())
    assert _refusal(month) == ("CONTRADICTION", "chain")
    back = _november(LINE[6:8], head=LINE[1].header.commitments)
    kept = [*back.needed(), (LINE[3].header, LINE[3].hash)]
    assert _refusal(back, kept) == ("CONTRADICTION", "chain"), "the chain of October went on"


def test_a_batch_of_a_later_month_put_in_is_found() -> None:
    assert _refusal(_november(LINE[2:9])) == ("CONTRADICTION", "chain")


def test_what_a_clock_set_back_put_into_a_later_ledger_is_looked_for_there() -> None:
    line = _line([("2026-10", 0, [1]), ("2026-11", 0, [1]), ("2026-10", 1, [1]), ("2026-11", 1, [1])])
    october = _close("2026-10", line[:1], line=line)
    november = _close(
        "2026-11", line[1:], line=line, previous=october.before, head=line[0].header.commitments
    )
    assert _refusal(october) == ("CONTRADICTION", "chain")
    _check(october, later=[november.ledger])
    _check(november)


def test_a_chain_that_had_ended_does_not_come_back() -> None:
    month = _november([*LINE[6:8], *LINE[2:6]])
    assert _refusal(month) == ("CONTRADICTION", "chain")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"box": b"12345678"}, ("VALUE", "previous")),
        ({"line": b"12345678"}, ("VALUE", "previous")),
        ({"serial": 2, "previous": b"p" * 32}, ("VALUE", "previous")),
        ({"minutes": 1}, ("CONTRADICTION", "previous")),
    ],
)
def test_the_ledger_before_is_the_one_that_is_named(change: dict[str, Any], refusal: tuple[str, str]) -> None:
    other = replace(OCTOBER.ledger, **change)
    assert _refusal(replace(NOVEMBER, previous=(other, write_ledger(other, BOX).hash))) == refusal


def test_a_ledger_is_of_a_later_month_than_the_one_before() -> None:
    again = _close("2026-10", LINE[2:8], line=LINE, previous=OCTOBER.before, head=LINE[1].header.commitments)
    assert _refusal(again) == ("CONTRADICTION", "month")


def test_a_range_without_end_is_refused_before_it_is_counted_out() -> None:
    month = _month([1])
    huge = replace(month.ledger, ranges=(ChainRange(bytes(16), 1, 10**10 - 1), *month.ledger.ranges))
    audit = replace(month.audit.audit, ledger=write_ledger(huge, BOX).hash)
    changed = replace(month, ledger=huge, audit=AuditFile(audit, month.audit.body))
    assert _refusal(changed) == ("CONTRADICTION", "batch")


@pytest.mark.parametrize("limit", ["HEADER_LIMIT", "AUDIT_HEADER_LIMIT"])
def test_a_header_longer_than_its_limit_is_not_written(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    made = _month([1])
    monkeypatch.setattr(f"wire.ledger.{limit}", 300)
    with pytest.raises(Refused) as refused:
        write_ledger(made.ledger, BOX)
        write_audit(made.audit.audit, BOX)
    assert refused.value.kind is Refusal.LENGTH
