"""What may belong together, and how it is found again among a million tips: by traces, numbers that both have. Pure.

After a loss of power the box no longer knows which parts it has seen, and flags the next messages *after-loss*. A
message of the same content then may be the network's second delivery; parts of the same reference may belong
together. And any two texts may be nearly the same. All this is offered to the reader. Nothing is dropped and nothing
is joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wire.hashing import blake2b_256

AFTER_LOSS = "after-loss"
REPEAT = "possible-repeat"
REST = "possible-rest"
SIMILAR = "similar"
WINDOW = 7 * 86400
"""Networks keep trying for some days, rarely longer."""
Reference = tuple[int, int, int]
"""Of a message of several parts: reference, total, bits."""
_AFTER = 1 << 61
"""Set in the trace that only messages after a loss have, so that the others find these and not each other."""
_BITS = (1 << 61) - 1


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of a message are here."""

    total: int
    missing: frozenset[int]
    after_loss: bool


def print_trace(content_print: bytes) -> int:
    """Return the trace of a part with this content: see ``joining.content_print``."""
    return int.from_bytes(content_print[:8], "big") & _BITS


def reference_trace(reference: Reference) -> int:
    """Return the trace of an incomplete message with this concatenation reference."""
    return int.from_bytes(blake2b_256(b"reference %d %d %d" % reference)[:8], "big") & _BITS


def left_by(traces: Iterable[int]) -> tuple[int, ...]:
    """Return the traces that a message after a loss leaves; any other leaves the ``traces`` themselves."""
    return tuple(found for trace in traces for found in (trace, trace | _AFTER))


def looked_for(trace: int, *, after_loss: bool) -> int:
    """Return the trace by which a message finds others: after a loss all of them, else those after a loss."""
    return trace if after_loss else trace | _AFTER


def may_complete(one: Parts, other: Parts) -> bool:
    """Return whether two incomplete messages of one reference may be one: no part is in both, one is after a loss."""
    apart = len(one.missing | other.missing) >= max(one.total, other.total)
    return apart and one.total == other.total and (one.after_loss or other.after_loss)
