"""A message made ready for the case book: joined, decoded, folded, with its traces. Pure; fit for any process.

An opening process makes most messages ready by itself, those of one part; what has several is made ready once all
that is here of it is together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from wire import commitment
from wire.slip import NO_ID, SLIP_OCTETS, Flag, Slip, decode_slip
from workstation.messages.folding import fold
from workstation.messages.joining import Tip, concat_of, content_print, join
from workstation.messages.offers import AFTER_LOSS, left_by, print_trace, reference_trace
from workstation.messages.similar import traces

_COUNTED = int(Flag.COUNTED)


class Ready(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message as it is to be in the case book."""

    tip: Tip
    folded: str
    prints: tuple[int, ...]
    """Traces of the content of its parts."""
    reference: int | None
    """Trace of its reference while parts are missing."""
    similar: tuple[int, ...]
    """Traces of its text."""

    @property
    def after_loss(self) -> bool:
        """Whether a part of it came after a loss of power."""
        return AFTER_LOSS in self.tip.flags

    @property
    def traces(self) -> tuple[int, ...]:
        """All traces that it leaves."""
        own = self.prints if self.reference is None else (*self.prints, self.reference)
        return (*(left_by(own) if self.after_loss else own), *self.similar)

    def __repr__(self) -> str:
        return f"Ready({self.tip!r})"


class Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One opened slip of a message."""

    slot: int
    message: bytes
    octets: bytes
    """The slip without the zeros at its end."""
    digest: bytes | None
    """Of a counted slip."""
    alone: Ready | None
    """The message, where it has one part."""

    def __repr__(self) -> str:
        return f"Piece(slot={self.slot})"


def make_piece(slot: int, octets: bytes, slip: Slip) -> Piece:
    """Return the piece of ``slip``, whose ``octets`` lay in ``slot``."""
    slip = _named(slip)
    digest = commitment.digest(slip.tip, octets) if int(slip.flags) & _COUNTED else None
    alone = make_ready([slip]) if concat_of(slip) is None else None
    return Piece(slot, slip.message, octets.rstrip(b"\0"), digest, alone)


def open_piece(octets: bytes) -> Slip:
    """Return the slip of the octets of a piece. Raises Refused where they are none any more."""
    return _named(decode_slip(octets.ljust(SLIP_OCTETS, b"\0")))


def make_ready(slips: Sequence[Slip]) -> Ready:
    """Return the message that ``slips`` make, at least one and all of one message id."""
    tip = join(slips)
    folded = fold(tip.text) if tip.text else ""
    incomplete = tip.reference if tip.parts_missing else None
    return Ready(
        tip,
        folded,
        tuple({print_trace(content_print(slip)) for slip in slips}),
        None if incomplete is None else reference_trace(incomplete),
        traces(folded),
    )


def _named(slip: Slip) -> Slip:
    """Return ``slip`` with a message id: one that has none is a message by itself."""
    return replace(slip, message=slip.tip) if slip.message == NO_ID else slip
