"""What the numbers of the cuts say, against a box that is played."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wire.manifest import NO_CHAIN
from workstation.batches.cuts import ChainCuts, look_over

BOX, LINE = b"the box!", b"the line"


def _id(number: int) -> bytes:
    return bytes(15) + bytes([number + 1])


def _chain(number: int, last: int, *, before: int | None, start: int, period: int | None = None) -> ChainCuts:
    named = NO_CHAIN if before is None else _id(before)
    return ChainCuts(BOX, LINE, _id(number), named, start, last, start if period is None else period)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=8))
def test_what_is_missing_is_what_was_taken_away_before_the_last_that_is_here(
    lengths_and_kept: list[tuple[int, int]],
) -> None:
    """Of each chain the first ``kept`` batches are here, so none of its own gaps can tell of the rest."""
    here, taken_away, start, last_start = [], set[int](), 0, 0
    for number, (length, wanted) in enumerate(lengths_and_kept):
        kept = min(length, wanted)
        if kept:
            here.append(_chain(number, kept, before=number - 1 if number else None, start=start))
            last_start = start
        taken_away |= set(range(start + kept + 1, start + length + 1))
        start += length
    gaps, restores = look_over(reversed(here))
    found = {cut for gap in gaps for first, last in gap.missing for cut in range(first, last + 1)}
    assert found == {cut for cut in taken_away if cut <= last_start}
    assert restores == []
    assert all((gap.box, gap.line, gap.chain) == (BOX, LINE, None) for gap in gaps)


def test_a_box_restored_twice_from_one_backup_is_shown_as_such_each_time() -> None:
    first = _chain(0, 5, before=None, start=0)
    second = _chain(1, 7, before=0, start=3, period=50)
    third = _chain(2, 1, before=0, start=3, period=90)
    gaps, restores = look_over([third, first, second])
    assert gaps == []
    assert [(one.chain, one.cut, one.again) for one in restores] == [
        (_id(1), 3, (4, 5)),
        (_id(2), 3, (4, 10)),
    ]


def test_a_box_restored_to_before_its_first_cut_is_shown_as_such() -> None:
    gaps, (one,) = look_over(
        [_chain(1, 2, before=None, start=0, period=9), _chain(0, 3, before=None, start=0)]
    )
    assert (gaps, one.chain, one.cut, one.again) == ([], _id(1), 0, (1, 3))


def test_a_chain_hidden_by_the_numbers_of_an_older_one_is_missed_all_the_same() -> None:
    old = _chain(0, 150, before=None, start=0)
    after_hidden = _chain(2, 1, before=1, start=149, period=200)
    (gap,), _ = look_over([old, after_hidden])
    assert gap.missing == ((149, 149),)


def test_boxes_and_lines_are_counted_each_for_itself() -> None:
    lone = _chain(3, 1, before=2, start=4)
    gaps, _ = look_over([lone, lone._replace(box=b"another!"), lone._replace(line=b"another!")])
    assert [(gap.box, gap.line, gap.missing) for gap in gaps] == [
        (b"another!", LINE, ((1, 4),)),
        (BOX, b"another!", ((1, 4),)),
        (BOX, LINE, ((1, 4),)),
    ]
