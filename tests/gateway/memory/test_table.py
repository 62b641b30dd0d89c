"""The memory of senders: what happens when it is full, and what it never holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.memory.redelivery import KEY_IN_USE, Redelivery
from gateway.memory.store import MEMORY_OCTETS, SharedMemory, fits, new_memfd
from gateway.memory.table import Plan, Table
from tests.support.tpdus import semi_octets
from wire.udh import Concat

HOUR = 3600.0


@pytest.fixture
def fd() -> Iterator[int]:
    made = new_memfd()
    yield made
    os.close(made)


def _table(fd: int, capacity: int) -> Table:
    memory = SharedMemory(fd)
    if not memory.used_before:
        memory.lay_out(now=0.0, after_loss=False)
    return Table(memory, capacity=capacity)


def _key(table: Table, name: str, line: int = 1) -> bytes:
    return table.sender_key(line, name.encode())


@pytest.mark.parametrize("concat", [None, Concat(1, 2, 1, 8)])
def test_a_full_table_takes_the_slot_of_the_very_record_that_is_replaced(
    fd: int, concat: Concat | None
) -> None:
    table = _table(fd, capacity=2)
    for now in (0.0, 2 * HOUR, 4 * HOUR, 6 * HOUR):
        table.confirm(table.plan(_key(table, "ana"), concat, line=1, now=now, window=HOUR))
    again = table.plan(_key(table, "ana"), None, line=1, now=6 * HOUR, window=HOUR)
    assert not again.new_conversation
    assert again.rank == 4


def test_a_slot_that_was_taken_meanwhile_is_not_wiped_with_the_record_that_had_it(fd: int) -> None:
    table = _table(fd, capacity=4)
    table.confirm(table.plan(_key(table, "ana"), None, line=1, now=0.0, window=HOUR))
    table.after_cut(table.pending(1), left=0, lowest_rank_left=0)
    ana = table.plan(_key(table, "ana"), None, line=1, now=2 * HOUR, window=HOUR)
    table.forget_expired(2 * HOUR)  # wipes the record that ana's new one is to replace
    others = [
        table.plan(_key(table, name), None, line=1, now=2 * HOUR, window=HOUR)
        for name in ("beto", "caro", "dora")
    ]
    table.confirm(ana)
    for plan in others:
        table.confirm(plan)
    for name, plan in zip(("ana", "beto", "caro", "dora"), (ana, *others), strict=True):
        later = table.plan(_key(table, name), None, line=1, now=2 * HOUR + 1, window=HOUR)
        assert later.conversation == plan.conversation
        table.cancel(later)


def test_a_full_table_forgets_what_expires_first_and_never_what_is_under_way(fd: int) -> None:
    table = _table(fd, capacity=16)
    first = table.plan(_key(table, "first"), None, line=1, now=0.0, window=HOUR)
    for number in range(200):
        table.confirm(table.plan(_key(table, str(number)), None, line=1, now=float(number), window=HOUR))
        assert len(table) <= 16
    table.confirm(first)
    kept = table.plan(_key(table, "first"), None, line=1, now=200.0, window=HOUR)
    assert kept.conversation == first.conversation
    last = table.plan(_key(table, "199"), None, line=1, now=200.0, window=HOUR)
    assert not last.new_conversation
    gone = table.plan(_key(table, "100"), None, line=1, now=200.0, window=HOUR)
    assert gone.new_conversation


def test_the_same_number_on_two_lines_is_two_senders(fd: int) -> None:
    table = _table(fd, capacity=16)
    here = table.plan(_key(table, "ana", 1), None, line=1, now=0.0, window=HOUR)
    table.confirm(here)
    there = table.plan(_key(table, "ana", 2), None, line=2, now=0.0, window=HOUR)
    assert there.conversation != here.conversation
    assert there.rank == 0


def test_references_of_8_and_16_bits_name_different_messages(fd: int) -> None:
    table = _table(fd, capacity=16)
    short = table.plan(_key(table, "ana"), Concat(5, 2, 1, 8), line=1, now=0.0, window=HOUR)
    table.confirm(short)
    wide = table.plan(_key(table, "ana"), Concat(5, 2, 2, 16), line=1, now=0.0, window=HOUR)
    assert wide.message != short.message
    assert wide.counted


def test_a_commit_of_an_earlier_delivery_settles_nothing_of_a_later_one(fd: int) -> None:
    """Killed during a re-delivery: the message's hash is in the spool, its own change is not."""
    table = _table(fd, capacity=16)
    first = table.plan(_key(table, "ana"), Concat(5, 2, 1, 8), line=1, now=0.0, window=HOUR)
    table.confirm(first)
    table.plan(_key(table, "ana"), Concat(5, 2, 1, 8), line=1, now=1.0, window=HOUR)
    again = _table(fd, capacity=16)
    again.settle({first.change}.__contains__)
    second = again.plan(_key(again, "ana"), Concat(5, 2, 2, 8), line=1, now=2.0, window=HOUR)
    assert second.message == first.message
    assert not second.counted


def test_a_line_without_linking_keeps_no_conversation_in_the_memory(fd: int) -> None:
    table = _table(fd, capacity=16)
    plans = [table.plan(_key(table, "ana"), None, line=1, now=0.0, window=0.0)]
    table.confirm(plans[0])
    raw = os.pread(fd, MEMORY_OCTETS, 0)
    assert plans[0].conversation not in raw
    assert plans[0].message not in raw


@given(number=st.text("123456789", min_size=10, max_size=15))
def test_no_number_stands_in_the_memory_in_any_form(number: str) -> None:
    made = new_memfd()
    try:
        memory = SharedMemory(made)
        memory.lay_out(now=0.0, after_loss=False)
        table, redelivery = Table(memory, capacity=16), Redelivery(memory)
        redelivery.turn(0.0)
        canonical = bytes((0x91, len(number))) + semi_octets(number)
        key = table.sender_key(1, canonical)
        table.plan(key, Concat(1, 2, 1, 8), line=1, now=0.0, window=HOUR)
        redelivery.hashes(canonical)
        raw = os.pread(made, MEMORY_OCTETS, 0)
    finally:
        os.close(made)
    ascii_, swapped = number.encode(), semi_octets(number)
    packed = int(number).to_bytes(8, "little").rstrip(b"\0")
    forms = [
        ascii_,
        number.encode("utf-16-be"),
        number.encode("utf-16-le"),
        swapped,
        bytes.fromhex(number + "0" * (len(number) % 2)),
    ]
    assert not any(form in raw for form in forms if len(form) > 3)
    assert len(packed) < 5 or packed not in raw


def test_a_redelivery_is_known_under_an_earlier_key_for_48_hours_and_then_no_more(fd: int) -> None:
    memory = SharedMemory(fd)
    memory.lay_out(now=0.0, after_loss=False)
    redelivery = Redelivery(memory)
    redelivery.turn(0.0)
    first = redelivery.hashes(b"message").hashes[0]
    for turn in (1, 2):
        redelivery.turn(turn * KEY_IN_USE)
        assert first in redelivery.hashes(b"message").hashes[1:]
    assert redelivery.turn(3 * KEY_IN_USE) == 2
    assert first not in redelivery.hashes(b"message").hashes


def test_the_keys_outlive_a_process_and_are_wiped_with_time(fd: int) -> None:
    memory = SharedMemory(fd)
    memory.lay_out(now=0.0, after_loss=False)
    Redelivery(memory).turn(0.0)
    (_, _, key) = memory.redelivery_keys()[0]
    again = Redelivery(SharedMemory(fd))
    assert again.turn(1.0) is None
    for turn in (1, 2, 3):
        again.turn(turn * KEY_IN_USE)
    assert key not in os.pread(fd, MEMORY_OCTETS, 0)


def test_a_memory_of_another_length_does_not_fit(fd: int) -> None:
    assert fits(fd)
    os.ftruncate(fd, 4096)
    assert not fits(fd)


def test_a_message_of_255_parts_takes_no_more_than_eight_places_of_a_rank(fd: int) -> None:
    table = _table(fd, capacity=64)
    ranks = []
    for part in range(1, 256):
        plan = table.plan(_key(table, "ana"), Concat(9, 255, part, 8), line=1, now=0.0, window=HOUR)
        table.confirm(plan)
        ranks.append(plan.rank)
    assert max(ranks.count(rank) for rank in set(ranks)) == 8
    assert ranks == sorted(ranks)
    assert {plan.rank for plan in _three_parts(table)} == {0}


def _three_parts(table: Table) -> list[Plan]:
    plans = []
    for part in (2, 1, 3):
        plans.append(table.plan(_key(table, "beto"), Concat(3, 3, part, 8), line=1, now=0.0, window=HOUR))
        table.confirm(plans[-1])
    return plans
