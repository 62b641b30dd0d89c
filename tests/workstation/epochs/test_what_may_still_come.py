"""When a slip of an epoch can come no more: what chains, gaps and manifests say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.endings import Missing
from wire.manifest import NO_CHAIN
from workstation.batches.chain import find_gaps
from workstation.batches.cuts import ChainCuts, look_over
from workstation.epochs.chains import BoxHistory, Taken, histories

BOX, LINE = b"the box!", b"the line"
A, B, C = (name * 16 for name in (b"a", b"b", b"c"))


def _taken(
    chain: bytes, sequence: int, lowest: int | None, *, start: int = 0, before: bytes = NO_CHAIN
) -> Taken:
    cut, said = (None, None) if lowest is None else (start + sequence, before)
    return Taken(
        BOX, chain, sequence, chain[:1] + bytes([sequence]), 1000 + start + sequence, lowest, cut, said
    )


def _history(rows: Iterable[Taken]) -> BoxHistory:
    rows = sorted(rows, key=lambda row: (row.chain, row.sequence))
    gaps = find_gaps((row.box, row.chain, LINE, row.sequence) for row in rows)
    chains: dict[bytes, ChainCuts] = {}
    for row in rows:
        if row.cut is not None and row.before is not None:
            found = chains.get(row.chain)
            first = found.period if found else row.period
            start = row.cut - row.sequence
            chains[row.chain] = ChainCuts(BOX, LINE, row.chain, row.before, start, row.sequence, first)
    between, _ = look_over(chains.values())
    return histories(rows, gaps + between, [BOX])[BOX]


def _lacks(
    rows: Iterable[Taken], epoch: int
) -> list[tuple[Missing, bytes | None, tuple[tuple[int, int], ...]]]:
    return [(lack.what, lack.chain, lack.numbers) for lack in _history(rows).lacks(epoch)]


def test_an_epoch_is_waited_for_until_a_manifest_says_a_higher_one() -> None:
    rows = [_taken(A, 1, 1), _taken(A, 2, 1), _taken(A, 3, 2)]
    assert _lacks(rows[:2], 1) == [(Missing.IN_USE, None, ())]
    assert _lacks(rows, 1) == []
    assert _lacks(rows, 2) == [(Missing.IN_USE, None, ())]
    position = _history(rows).ready(1)
    assert position is not None and (position.chain, position.sequence, position.cut) == (A, 3, 3)


def test_a_batch_missing_before_that_manifest_is_named_and_one_behind_it_is_not() -> None:
    rows = [_taken(A, 1, 1), _taken(A, 4, 2), _taken(A, 7, 2)]
    assert _lacks(rows, 1) == [(Missing.GAP, A, ((2, 3),))]
    whole = [*rows, _taken(A, 2, 1), _taken(A, 3, 1)]
    assert _lacks(whole, 1) == []
    assert _lacks(whole, 2) == [(Missing.GAP, A, ((5, 6),)), (Missing.IN_USE, None, ())]


def test_a_chain_left_out_before_that_manifest_is_named_by_its_cuts() -> None:
    rows = [_taken(A, 1, 1), _taken(C, 1, 2, start=4, before=B)]
    assert _lacks(rows, 1) == [(Missing.GAP, None, ((2, 4),))]
    between = [_taken(B, n, 1, start=1, before=A) for n in (1, 2, 3)]
    assert _lacks([*rows, *between], 1) == []


def test_a_gap_in_a_later_chain_does_not_matter_and_one_in_an_earlier_does() -> None:
    rows = [
        _taken(A, 1, 1),
        _taken(A, 3, 2),
        _taken(B, 1, 2, start=3, before=A),
        _taken(B, 3, 3, start=3, before=A),
    ]
    assert _lacks([*rows, _taken(A, 2, 1)], 1) == []
    assert _lacks(rows, 1) == [(Missing.GAP, A, ((2, 2),))]
    assert (Missing.GAP, B, ((2, 2),)) in _lacks([*rows, _taken(A, 2, 1)], 2)


def test_after_a_restore_the_newest_chain_decides_and_not_what_the_box_forgot() -> None:
    forgotten = [_taken(A, n, 1 if n < 4 else 2) for n in (1, 2, 3, 4)]
    restored = _taken(B, 1, 1, start=2, before=A)._replace(period=2000)
    assert _lacks(forgotten, 1) == []
    assert _lacks([*forgotten, restored], 1) == [(Missing.IN_USE, None, ())]
    later = _taken(B, 2, 2, start=2, before=A)._replace(period=2001)
    assert _lacks([*forgotten, restored, later], 1) == []


def test_a_box_from_which_nothing_came_is_named() -> None:
    nothing = histories([], [], [BOX])[BOX]
    assert [lack.what for lack in nothing.lacks(1)] == [Missing.NOTHING_CAME]


def test_a_chain_whose_manifests_do_not_open_has_no_place_and_keeps_everything() -> None:
    rows = [_taken(A, 1, 2), _taken(B, 1, None)]
    assert _lacks(rows, 1) == [(Missing.GAP, B, ())]


def test_chains_that_name_each_other_in_a_ring_have_no_place() -> None:
    rows = [_taken(A, 1, 2, start=1, before=B), _taken(B, 1, 2, start=1, before=A)]
    lacks = _lacks(rows, 1)
    assert (Missing.GAP, A, ()) in lacks and (Missing.GAP, B, ()) in lacks


@dataclass
class _ModelBox:
    """A box as the formats describe it: slips wait, each cut sends some, a restore forgets."""

    chain: int = 1
    chains: int = 1
    start: int = 0
    sequence: int = 0
    before: bytes = NO_CHAIN
    epoch: int = 1
    waiting: list[int] = field(default_factory=list)
    clock: int = 0

    @property
    def chain_id(self) -> bytes:
        return bytes([self.chain]) * 16

    def cut(self, room: int) -> tuple[Taken, list[int]]:
        self.waiting.sort()
        sent, self.waiting = self.waiting[:room], self.waiting[room:]
        self.sequence += 1
        self.clock += 1
        lowest = min([*self.waiting, self.epoch])
        header = bytes([self.chain, self.sequence])
        place = self.sequence, header, self.clock, lowest, self.start + self.sequence, self.before
        return Taken(BOX, self.chain_id, *place), sent

    def next_chain(self, number: int) -> None:
        self.start, self.before = self.start + self.sequence, self.chain_id if self.sequence else self.before
        self.chain, self.sequence = number, 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["cut"] * 6 + ["epoch", "chain", "backup", "restore"]), st.integers(0, 3)),
    min_size=1,
    max_size=30,
)


def _run(steps: list[tuple[str, int]]) -> list[tuple[Taken, list[int]]]:
    """Return all batches of a box that lives through ``steps``, with the epochs of their slips."""
    box, backup, chains, cuts = _ModelBox(), _ModelBox(), 1, []
    for what, number in steps:
        if what == "cut":
            box.waiting += [box.epoch] * number
            cuts.append(box.cut(room=2))
        elif what == "epoch":
            box.epoch += 1
        elif what == "backup":
            backup = replace(box, waiting=list(box.waiting))
        else:
            chains += 1
            if what == "restore":
                box = replace(backup, waiting=list(backup.waiting), clock=box.clock)
                box.epoch = max(box.epoch, max((row.lowest or 1 for row, _ in cuts), default=1))
            box.next_chain(chains)
    return cuts


@given(STEPS, st.data())
def test_whatever_was_lost_on_the_way_no_epoch_is_let_go_while_a_known_batch_of_it_is_missing(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    cuts = _run(steps)
    here = data.draw(st.lists(st.booleans(), min_size=len(cuts), max_size=len(cuts)))
    taken = [row for (row, _), came in zip(cuts, here, strict=True) if came]
    if not taken:
        return
    history = _history(taken)
    highest = {row.chain: max(r.sequence for r in taken if r.chain == row.chain) for row in taken}
    for epoch in range(1, 4):
        if list(history.lacks(epoch)):
            continue
        for (row, slips), came in zip(cuts, here, strict=True):
            known = row.sequence <= highest.get(row.chain, 0) or row.chain == taken[-1].chain
            assert came or not known or epoch not in slips


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_box_of_which_everything_came_lets_each_epoch_go_in_its_turn(epoch: int) -> None:
    steps = [
        ("cut", 3),
        ("epoch", 0),
        ("cut", 1),
        ("chain", 0),
        ("cut", 0),
        ("epoch", 0),
        ("cut", 1),
        ("cut", 0),
    ]
    steps += [("epoch", 0), ("cut", 0), ("cut", 0)]
    rows = [row for row, _ in _run(steps)]
    assert _lacks(rows, epoch) == []
    assert _lacks(rows, 4) == [(Missing.IN_USE, None, ())]
