"""A message is the same whatever the order of its slips, and whatever they hold something comes out."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wire.slip import Flag, Kind, Origin, Slip
from workstation.messages.joining import concat_of, join

IDS = st.binary(min_size=16, max_size=16).filter(any)
HEADERS = st.builds(
    lambda total, part: bytes((5, 0, 3, 1, total, part)), st.integers(2, 4), st.integers(1, 4)
) | st.binary(max_size=8)
SLIPS = st.builds(
    lambda head, body, **fields: Slip(
        data=(head + body)[:140], epoch=1, line=b"the line", period=60, **fields
    ),
    head=HEADERS,
    body=st.binary(max_size=130),
    kind=st.just(Kind.SMS),
    flags=st.sampled_from([Flag(0), Flag.UDHI, Flag.UDHI | Flag.AFTER_LOSS, Flag.MULTIMEDIA]),
    origin=st.sampled_from(Origin),
    tip=IDS,
    message=st.just(b"m" * 16),
    conversation=IDS,
    received=st.integers(0, 10**9),
    pid=st.integers(0, 255),
    dcs=st.integers(0, 255),
    udl=st.integers(0, 255),
)


@given(
    st.lists(SLIPS, min_size=1, max_size=6, unique_by=lambda slip: slip.tip),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_slips_does_not_matter(slips: list[Slip], random: Random) -> None:
    shuffled = random.sample(slips, len(slips))
    tip = join(slips)
    assert join(shuffled) == tip
    assert tip.received == min(slip.received for slip in slips)
    assert tip.parts == max((concat.total if (concat := concat_of(slip)) else 1) for slip in slips)
    assert all(1 <= part <= tip.parts for part in tip.parts_missing)


@given(SLIPS)
def test_a_slip_twice_is_the_same_message(slip: Slip) -> None:
    once, twice = join([slip]), join([slip, slip])
    assert (once.text, once.data, once.flags) == (twice.text, twice.data, twice.flags)
