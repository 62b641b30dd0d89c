"""The traces of a text lie in every case book: whoever makes them in another way has to make the same numbers."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from workstation.messages.similar import LEAST_LETTERS, traces

PRIME, RANGES = 1_073_741_789, 24
WIDTH = PRIME // RANGES + 1
BEHIND_THE_PRIME = "pL\x7fi\x01/"
"""A piece whose hash is the prime and 2 more before the last step: one in thirty million is like that."""


def plainly(folded: str) -> tuple[int, ...]:
    """Return the traces by their definition: one piece after the other, one range after the other."""
    octets = folded.replace(" ", "").encode()[:4000]
    if len(octets) < LEAST_LETTERS:
        return ()
    pieces = [int.from_bytes(octets[at : at + 6], "little") for at in range(len(octets) - 5)]
    hashes = [piece * 663_608_941 % PRIME for piece in pieces]
    least = [
        min((one for one in hashes if one >= place * WIDTH), default=min(hashes)) for place in range(RANGES)
    ]
    found = []
    for band in range(RANGES // 3):
        one, two, three = least[3 * band : 3 * band + 3]
        found.append((((one << 30) | two) ^ (three * 0x9E3779B97F4A7C15)) + band & (1 << 61) - 1)
    return tuple(found)


@given(st.text() | st.text("abcdeñ🙂 ", min_size=8, max_size=200))
@example("\0" * 12)
@example("\x7f" * 12)
@example(BEHIND_THE_PRIME * 2)
@example("\U0010ffff" * 1200)
@example("vi un coche rojo en la esquina de hidalgo y juarez " * 90)
def test_traces_are_made_as_they_always_were(folded: str) -> None:
    assert traces(folded) == plainly(folded)
