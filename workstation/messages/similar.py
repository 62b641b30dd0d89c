"""Which texts are nearly the same: equal but for case, accents, spacing and punctuation, or but for small edits. Pure.

Two texts are compared by their pieces of six octets (Jaccard: shared by all). So that a text need not be compared
with a million others it has a few traces: least hashes of its pieces in each of twenty-four ranges (one permutation
hashing; Li, Owen and Zhang, 2012), three to a trace. Equal texts have the same traces; with one letter changed in
thirty, or three in ninety, 19 of 20 pairs share at least one; of unrelated texts one pair in a hundred thousand.
"""

from __future__ import annotations

import struct
import sys
from bisect import bisect_left
from collections.abc import Callable

LEAST_LETTERS = 12
"""Shorter texts ("hola", "gracias") are equal by chance: they say nothing about each other."""
ALIKE = 0.5
"""Shared pieces, of all. One letter changed in 30 leaves 0.61, three in 90 0.64, two in 30 0.42."""
BANDS = 8
_RANGES = 3 * BANDS
_PIECE, _WINDOW = 6, 8
"""Octets of a piece, and those that a number of 64 bits is read from."""
_PIECE_BITS = (1 << 8 * _PIECE) - 1
_MOST_OCTETS = 4000
"""255 parts of a message have 39,000 letters; what a text is about is clear before."""
_WINDOWS = tuple(struct.Struct(f"<{count}Q") for count in range(_MOST_OCTETS // _WINDOW + 2))
_MIX, _PRIME = 663_608_941, 1_073_741_789
"""Pieces that differ in one letter come to lie far apart; below 2^30, where Python's numbers are quick."""
_LANE, _HALF = 8 * _WINDOW, 30
_OVER = (1 << _HALF) - _PRIME
"""2^30 is as much, modulo the prime: what stands above 30 bits comes back below, times 35."""
_ONES = int.from_bytes((1).to_bytes(_WINDOW, "little") * _MOST_OCTETS, "little")
"""1 in each lane of 64 bits of a long number, for as many pieces as there can be."""
_LOW = _ONES * ((1 << _HALF) - 1)
_ABOVE_PIECE, _ABOVE = (_ONES * ((1 << bits - _HALF) - 1) for bits in (8 * _PIECE, _LANE))
_OVERS = _ONES * _OVER
_BEGINS = tuple(place * (_PRIME // _RANGES + 1) for place in range(_RANGES))
_FAR = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio, odd: like numbers come to lie far apart."""
_TRACE = (1 << 61) - 1


def traces(folded: str) -> tuple[int, ...]:
    """Return numbers of 61 bits of which texts that are alike share at least one; () for a short text."""
    octets = _octets(folded)
    count = len(octets) - _PIECE + 1
    if count <= LEAST_LETTERS - _PIECE:
        return ()
    hashes = sorted(_hashes(octets, count))
    # an empty range has the least of the next one that is not
    least = [hashes[bisect_left(hashes, begin) % count] for begin in _BEGINS]
    bands = zip(range(BANDS), least[::3], least[1::3], least[2::3], strict=True)
    return tuple([((one << 30 | two) ^ three * _FAR) + band & _TRACE for band, one, two, three in bands])


def _hashes(octets: bytes, count: int) -> list[int]:
    """Return ``piece * _MIX % _PRIME`` of the ``count`` pieces, in no order.

    All at once, each in a lane of one long number, which is a third faster than one by one: no lane reaches the next.
    """
    octets += bytes(_WINDOW - _PIECE)
    size = len(octets)
    lanes = [octets[begin : begin + (size - begin) // _WINDOW * _WINDOW] for begin in range(_WINDOW)]
    found = int.from_bytes(b"".join(lanes), "little")
    found = (found & _LOW) + (found >> _HALF & _ABOVE_PIECE) * _OVER  # below 2^31
    found *= _MIX  # below 2^61
    found = (found & _LOW) + (found >> _HALF & _ABOVE) * _OVER  # below 2^37
    found = (found & _LOW) + (found >> _HALF & _ABOVE) * _OVER  # below 2^30 + 2^13
    carried = (
        found + (_OVERS >> _LANE * (_MOST_OCTETS - count)) >> _HALF & _ONES
    )  # 1 where it is _PRIME or more
    found = found + carried * _OVER & _LOW
    return memoryview(found.to_bytes(_WINDOW * count, sys.byteorder)).cast("Q").tolist()


def alike(one: str, other: str) -> bool:
    """Return whether these folded texts are nearly the same."""
    return alike_to(one)(other)


def alike_to(one: str) -> Callable[[str], bool]:
    """Return what says of another folded text whether it is nearly the same as ``one``.

    Of two that are alike each has at least half of its pieces in the other; nearly all that are not have far fewer,
    and are told by looking for them one by one, a quarter of the work of taking the other text apart.
    """
    own = _pieces(one)
    pieces = [piece.to_bytes(_PIECE, "little") for piece in own]
    most = len(own) - ALIKE * len(own)

    def says(other: str) -> bool:
        if one == other:
            return True
        shorter, longer = sorted((len(one), len(other)))
        if shorter < ALIKE * longer:  # then even all pieces of the shorter one would not do
            return False
        octets, missing = _octets(other), 0
        for piece in pieces:
            if piece not in octets:
                missing += 1
                if missing > most:
                    return False
        others = _pieces(other)
        shared = len(own & others)
        return shared >= ALIKE * (len(own) + len(others) - shared)

    return says


def _pieces(folded: str) -> set[int]:
    return {window & _PIECE_BITS for window in _windows(folded)}


def _octets(folded: str) -> bytes:
    return folded.replace(" ", "").encode()[:_MOST_OCTETS]


def _windows(folded: str) -> list[int]:
    """Return a number for each place of the text without spaces; its lower octets are the piece that begins there."""
    octets = _octets(folded) + bytes(_WINDOW - _PIECE)
    size = len(octets)
    windows: list[int] = []
    for begin in range(min(_WINDOW, size - _WINDOW + 1)):
        windows += _WINDOWS[(size - begin) // _WINDOW].unpack_from(octets, begin)
    return windows
