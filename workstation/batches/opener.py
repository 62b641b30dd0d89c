"""The work of an opening process: a batch's body in, what is in it out, made ready for the case book."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from workstation.batches.opening import Tally, keys_to_try, open_body
from workstation.epochs.store import EpochKey
from workstation.messages.pieces import Piece, make_piece


class Job(msgspec.Struct, frozen=True, array_like=True):
    """A body to open, and the epoch of its header."""

    epoch: int
    body: bytes


class Inside(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a batch holds for the case book."""

    pieces: tuple[Piece, ...] = ()
    unopened: tuple[int, ...] = ()
    """Slots that no key opens."""
    bad: tuple[int, ...] = ()
    """Slots whose content is not in form."""

    def __repr__(self) -> str:
        return f"Inside(pieces={len(self.pieces)})"


class Opened(msgspec.Struct, frozen=True, array_like=True):
    """A batch that was opened: its counts, and what it holds, packed: who keeps it need not look into that."""

    tally: Tally
    inside: msgspec.Raw

    def __repr__(self) -> str:
        return f"Opened({self.tally!r})"


def opener(keys: Sequence[EpochKey], line: bytes) -> Callable[[bytes], bytes]:
    """Return what opens jobs with ``keys``, all octets of msgpack, so that it can work behind a pipe."""

    def work(job: bytes) -> bytes:
        asked = msgspec.msgpack.decode(job, type=Job)
        found = open_body(asked.body, keys_to_try(keys, asked.epoch), line)
        pieces = tuple(make_piece(one.slot, one.octets, one.slip) for one in found.slips)
        inside = msgspec.msgpack.encode(Inside(pieces, found.unopened, found.bad))
        return msgspec.msgpack.encode(Opened(found.tally, msgspec.Raw(inside)))

    return work


def pack(epoch: int, body: bytes) -> bytes:
    """Return the job of a batch."""
    return msgspec.msgpack.encode(Job(epoch, body))


def unpack(result: bytes) -> Opened:
    """Return what an opener gave."""
    return msgspec.msgpack.decode(result, type=Opened)
