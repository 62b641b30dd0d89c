"""What a power loss on the box leaves open: a message that may be the repeat, or the rest, of another. Pure.

After a loss of power the box no longer knows which parts it has seen, and flags the next messages *after-loss*.
A message of the same content then may be the network's second delivery; parts of the same reference may belong
together. Both are offered to the reader. Nothing is dropped and nothing is joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from workstation.messages.joining import Tip

AFTER_LOSS = "after-loss"
REPEAT = "possible-repeat"
REST = "possible-rest"
WINDOW = 7 * 86400
"""Networks keep trying for some days, rarely longer."""
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class _Seen:
    tip: bytes
    received: int
    after_loss: bool
    missing: frozenset[int] = frozenset()


@dataclass(slots=True)
class Offers:
    """Remembers of the tips that passed what a later one could be a repeat or the rest of."""

    _prints: dict[bytes, list[_Seen]] = field(default_factory=dict)
    """Only of prints that some message after a loss has, so there are few."""
    _incomplete: dict[tuple[int, int, int], list[_Seen]] = field(default_factory=dict)

    def look(self, tip: Tip) -> Tip:
        """Return ``tip`` with what it may be; ask in the order of reading."""
        missing = frozenset(tip.parts_missing)
        seen = _Seen(tip.tip, tip.received, AFTER_LOSS in tip.flags, missing)
        repeats = [other for key in tip.prints for other in _recall(self._prints, key, seen)]
        rests: list[_Seen] = []
        if missing and tip.reference is not None:
            known = _recall(self._incomplete, tip.reference, seen)
            rests = [other for other in known if not _share_a_part(other, seen, tip.parts)]
        if not repeats and not rests:
            return tip
        flags = {*tip.flags, *([REPEAT] if repeats else []), *([REST] if rests else [])}
        perhaps = dict.fromkeys(other.tip for other in (*repeats, *rests))
        return msgspec.structs.replace(tip, flags=tuple(sorted(flags)), perhaps=tuple(perhaps))


def _recall(memory: dict[_Key, list[_Seen]], key: _Key, new: _Seen) -> list[_Seen]:
    """Return what is near ``new`` in time, one of the two after a loss; and remember ``new``."""
    near = [other for other in memory.get(key, ()) if new.received - other.received <= WINDOW]
    memory[key] = [*near, new]
    return [other for other in near if (other.after_loss or new.after_loss) and other.tip != new.tip]


def _share_a_part(one: _Seen, other: _Seen, total: int) -> bool:
    return len(one.missing | other.missing) < total
