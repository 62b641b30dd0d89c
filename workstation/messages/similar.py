"""Which texts are nearly the same: equal but for case, accents, spacing and punctuation, or but for small edits. Pure.

Two texts are compared by their pieces of six octets (Jaccard: shared by all). So that a text need not be compared
with a million others it has a few traces: least hashes of its pieces in each of twenty-four ranges (one permutation
hashing; Li, Owen and Zhang, 2012), three to a trace. Equal texts have the same traces; with one letter changed in
thirty, or three in ninety, 19 of 20 pairs share at least one; of unrelated texts one pair in a hundred thousand.
"""

from __future__ import annotations

import struct
from bisect import bisect_left

LEAST_LETTERS = 12
"""Shorter texts ("hola", "gracias") are equal by chance: they say nothing about each other."""
ALIKE = 0.5
"""Shared pieces, of all. One letter changed in 30 leaves 0.61, three in 90 0.64, two in 30 0.42."""
BANDS = 8
_RANGES = 3 * BANDS
_PIECE, _WINDOW = 6, 8
"""Octets of a piece, and those that a number of 64 bits is read from."""
_PIECE_BITS = (1 << 8 * _PIECE) - 1
_MOST_LETTERS = 4000
"""255 parts of a message have 39,000; what a text is about is clear before."""
_MIX, _PRIME = 663_608_941, 1_073_741_789
"""Pieces that differ in one letter come to lie far apart; below 2^30, where Python's numbers are quick."""
_RANGE = _PRIME // _RANGES + 1
_FAR = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio, odd: like numbers come to lie far apart."""
_TRACE = (1 << 61) - 1


def traces(folded: str) -> tuple[int, ...]:
    """Return numbers of 61 bits of which texts that are alike share at least one; () for a short text."""
    found = pieces(folded)
    if len(found) <= LEAST_LETTERS - _PIECE:
        return ()
    hashes = sorted([piece * _MIX % _PRIME for piece in found])
    # an empty range has the least of the next one that is not
    least = [hashes[bisect_left(hashes, place * _RANGE) % len(hashes)] for place in range(_RANGES)]
    return tuple(_trace(band, *least[3 * band : 3 * band + 3]) for band in range(BANDS))


def _trace(band: int, one: int, two: int, three: int) -> int:
    return (((one << 30 | two) * _FAR >> 5) + (three << 3 | band)) * _FAR >> 6 & _TRACE


def pieces(folded: str) -> set[int]:
    """Return the pieces of a text, to be compared by ``alike``."""
    octets = folded[:_MOST_LETTERS].replace(" ", "").encode() + bytes(_WINDOW - _PIECE)
    found: set[int] = set()
    for begin in range(_WINDOW):
        count = (len(octets) - begin) // _WINDOW
        if count > 0:
            found.update(struct.unpack_from(f"<{count}Q", octets, begin))
    return {window & _PIECE_BITS for window in found}


def alike(one: str, other: str) -> bool:
    """Return whether these folded texts are nearly the same."""
    if one == other:
        return True
    shorter, longer = sorted((len(one), len(other)))
    if shorter < ALIKE * longer:  # then even all pieces of the shorter one would not do
        return False
    first, second = pieces(one), pieces(other)
    shared = len(first & second)
    return shared >= ALIKE * (len(first) + len(second) - shared)
