"""Lists of hashes behind a signed header: 32 octets each, sorted; read piece by piece, whatever their length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain, islice
from operator import lt

from wire.hashing import HASH_OCTETS, hashes_in
from wire.refusal import Refusal, Refused

MAX_LISTED = 1 << 25
"""1 GB of hashes: 770 counted messages a minute, the whole month. No box can take more."""
Lists = Iterable[tuple[str, int]]
"""What each list is called, and how many hashes it has; in their order."""
_MANY = 1024
"""Hashes that are compared at a time: 32 kB."""


def check_lists(pieces: Iterable[bytes], lists: Lists, *, body: bytes) -> None:
    """Return if ``pieces``, put together, are the ``lists`` and their hash is ``body``.

    The pieces may be of any length; no more than one is held. Raises Refused: LENGTH, then BODY, then CANONICAL
    where a list is not sorted or a hash stands twice in it.
    """
    lists = tuple(lists)
    state = blake2b(digest_size=HASH_OCTETS)
    length = HASH_OCTETS * sum(count for _, count in lists)
    hashes = chain.from_iterable(_split(pieces, length, state))
    unsorted = [name for name, count in lists if not _is_sorted(islice(hashes, count))]
    next(hashes, None)  # it ends here, and looks at the length then
    if state.digest() != body:
        raise Refused(Refusal.BODY, "body", "it is not the body that the header was signed for")
    if unsorted:
        raise Refused(Refusal.CANONICAL, unsorted[0], "not sorted, or one stands twice")


def _split(pieces: Iterable[bytes], length: int, state: blake2b) -> Iterator[Iterator[bytes]]:
    """Yield the hashes of piece after piece; raise Refused (LENGTH) where the octets are not ``length`` together."""
    rest, left = b"", length
    for piece in chain(pieces, (b"",)):
        left -= len(piece)
        if left < 0:
            break
        state.update(piece)
        whole = rest + piece if rest else piece
        end = len(whole) // HASH_OCTETS * HASH_OCTETS
        yield hashes_in(whole if end == len(whole) else whole[:end])
        rest = whole[end:]
    if left != 0:
        raise Refused(Refusal.LENGTH, "body", f"not {length} octets behind the header")


def _is_sorted(hashes: Iterator[bytes]) -> bool:
    """Return whether ``hashes`` rise; all of them are taken."""
    rises, before = True, b""
    while some := tuple(islice(hashes, _MANY)):
        rises = rises and before < some[0] and all(map(lt, some, some[1:]))
        before = some[-1]
    return rises
