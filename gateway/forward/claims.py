"""What names at a destination claim of this box's chains, and which of it is true.

Whoever may write there can give a file any name. If names were believed, each of them could make intake begin a new
chain, and with chains of one batch each nothing would show a gap. So a name counts only if the header of its file
verifies under this box's own key and says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.forward.base import Session
from gateway.forward.outbox import Stream, parse_name
from wire.batch import HEADER_LIMIT, check_body, read_header
from wire.identity import Identity
from wire.refusal import Refused

HEADS = 8
"""Headers read from each end of what is claimed of a chain: 16 KB at the most, 8 s on the slowest link (GPRS).

The highest true one says how far the chain went. The lowest follow directly on ours, where nobody can put so many
files of their own that a true one is not looked at, without taking a true one away.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the claims about one chain."""

    top: int
    """The highest number that was proven, 0 without one."""
    false: bool
    """Whether a claim was looked at and is not true."""


class Claims:
    """The names of batches that were seen at one look, until somebody asks."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._of: dict[Stream, list[tuple[int, str]]] = {}
        for name in names:
            batch = parse_name(name)
            if batch is not None:
                self._of.setdefault(batch[0], []).append((batch[1], name))

    def beyond(self, stream: Stream, top: int) -> list[str]:
        """Return the names to look at that claim a higher number than ``top``, in the order of looking."""
        higher = sorted(claim for claim in self._of.get(stream, ()) if claim[0] > top)
        chosen = [*reversed(higher[-HEADS:]), *higher[:-HEADS][:HEADS]]
        return [name for _, name in chosen]

    def forget(self, stream: Stream) -> None:
        """Drop what was claimed of a chain: it was judged."""
        self._of.pop(stream, None)


async def judge(session: Session, names: Iterable[str], box: Identity) -> Verdict:
    """Return what is true of ``names``, tried in their order up to the first true one. Raises as Session does."""
    false = False
    for name in names:
        if is_of(await session.read_head(name, HEADER_LIMIT), name, box):
            batch = parse_name(name)
            return Verdict(batch[1] if batch else 0, false)
        false = True
    return Verdict(0, false)


def is_of(octets: bytes, name: str, box: Identity, *, whole: bool = False) -> bool:
    """Return whether ``octets`` begin with a header signed by ``box`` for a batch called ``name``.

    With ``whole`` they have to be the whole batch.
    """
    try:
        header, _, body = read_header(octets, lambda asked: box.key if asked == box.box else None)
        if whole:
            check_body(header, body)
    except Refused:
        return False
    stream = Stream(header.box.hex(), header.line.hex(), header.chain.hex())
    return parse_name(name) == (stream, header.sequence)
