"""Which texts are nearly the same: equal but for case, accents, spacing and punctuation, or but for small edits. Pure.

Two texts are compared by their pieces of three letters (Jaccard: shared by all). So that a text need not be compared
with a million others, it has a few traces: minima of hashes of its pieces, one permutation in BINS ranges (Li, Owen
and Zhang, 2012), three to a trace (Broder's shingles in bands). Texts that are alike share at least one trace:
certainly where they are equal, with 95 % where a fifth of the pieces differs, seldom where four fifths do.
"""

from __future__ import annotations

from zlib import crc32

LEAST_LETTERS = 12
"""Shorter texts ("hola", "gracias") are equal by chance: they say nothing about each other."""
ALIKE = 0.65
"""Shared pieces, of all. One letter changed in 30 leaves 0.81, three in a hundred 0.84, two in 30 0.68."""
BANDS = 4
BINS = 3 * BANDS
_PIECE = 3
_MOST_LETTERS = 4000
"""255 parts of a message have 39,000; what a text is about is clear before."""
_MIX = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio, odd: neighbouring values come to lie far apart."""
_MASK = (1 << 63) - 1


def traces(folded: str) -> tuple[int, ...]:
    """Return numbers of 63 bits of which texts that are alike share at least one; () for a short text."""
    found = pieces(folded)
    if len(found) < LEAST_LETTERS - _PIECE + 1:
        return ()
    hashes = sorted(map(crc32, found), reverse=True)
    least = {value % BINS: value for value in hashes}
    minima = [_minimum(least, place) for place in range(BINS)] if len(least) < BINS else least
    return tuple(_trace(band, *(minima[3 * band + step] for step in range(3))) for band in range(BANDS))


def _compact(folded: str) -> bytes:
    return folded[:_MOST_LETTERS].replace(" ", "").encode()


def _minimum(least: dict[int, int], place: int) -> int:
    """Return the least hash of a bin; of an empty one that of the next that has one, marked by the distance."""
    for step in range(BINS):
        found = least.get((place + step) % BINS)
        if found is not None:
            return found + (step << 32)
    return 0


def _trace(band: int, one: int, two: int, three: int) -> int:
    return ((one * _MIX ^ two) * _MIX ^ three) * _MIX + band & _MASK


def pieces(folded: str) -> frozenset[bytes]:
    """Return the pieces of a text, to be compared by ``alike``."""
    octets = _compact(folded)
    return frozenset(octets[at : at + _PIECE] for at in range(len(octets) - _PIECE + 1))


def alike(one: frozenset[bytes], other: frozenset[bytes]) -> bool:
    """Return whether texts of these pieces are nearly the same."""
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)
