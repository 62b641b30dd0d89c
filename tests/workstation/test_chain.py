"""What the chain says: contradictions, gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workstation.batches.chain import Neighbours, contradiction, find_gaps

ME, BEFORE, OTHER = b"me", b"before", b"other"


def test_a_batch_that_fits_does_not_contradict() -> None:
    for same in (None, ME):
        for before in (None, BEFORE):
            for after in (None, ME):
                assert contradiction(ME, BEFORE, Neighbours(same, before, after)) is None


def test_each_way_to_contradict_has_its_words() -> None:
    faults = [
        contradiction(ME, BEFORE, around)
        for around in (
            Neighbours(OTHER, None, None),
            Neighbours(None, OTHER, None),
            Neighbours(None, None, OTHER),
        )
    ]
    assert len(set(faults)) == 3 and None not in faults


@given(st.dictionaries(st.sampled_from([b"a", b"b"]), st.sets(st.integers(1, 40), min_size=1)))
def test_what_is_there_and_what_is_missing_is_everything_up_to_the_last(taken: dict[bytes, set[int]]) -> None:
    rows = sorted((b"box", chain, b"line", number) for chain, numbers in taken.items() for number in numbers)
    gaps = {gap.chain: gap.missing for gap in find_gaps(rows)}
    for chain, numbers in taken.items():
        missing = {n for first, last in gaps.get(chain, ()) for n in range(first, last + 1)}
        assert missing == set(range(1, max(numbers) + 1)) - numbers
        assert all(
            b + 1 < c for (_, b), (c, _) in zip(gaps.get(chain, ()), gaps.get(chain, ())[1:], strict=False)
        )


def test_a_gap_of_any_length_is_one_range() -> None:
    (gap,) = find_gaps([(b"box", b"chain", b"line", 2**53)])
    assert gap.missing == ((1, 2**53 - 1),)
