"""What becomes of each epoch of a line: its time, its state, and in words what still keeps its secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from wire.endings import EndedEpoch, How, Position
from wire.keysheet import KeySheet
from workstation.batches.store import Store
from workstation.epochs.booked import unbooked
from workstation.epochs.certificates import CERTIFICATES, Certificates, Row
from workstation.epochs.chains import BoxHistory, Lack, Taken, histories
from workstation.home import Home


class State(StrEnum):
    """Of an epoch."""

    FUTURE = "future"
    CURRENT = "current"
    PAST = "past"
    DELETED = "deleted"
    DESTROYED = "destroyed"
    LOST = "lost"
    """Its secret is not here, and no certificate tells of it."""


_KEPT = frozenset({State.FUTURE, State.CURRENT, State.PAST})


@dataclass(frozen=True, slots=True)
class Review:
    """All that is asked before a secret may go, as it stands at one moment."""

    sheet: KeySheet
    row: Row
    there: frozenset[int]
    """Numbers of the epochs whose secrets are here."""
    boxes: Mapping[bytes, BoxHistory]
    """Of the trusted boxes that are not retired."""
    unbooked: int
    quarantined: Mapping[int, int]
    now: int

    def epochs(self) -> list[EndedEpoch]:
        """Return all epochs of the line that are known: of the sheet, of certificates, and secrets of neither."""
        known = {number: epoch for number, (epoch, _) in self.row.ended().items()}
        known |= {
            epoch.number: EndedEpoch(epoch.number, epoch.begins, epoch.ends) for epoch in self.sheet.epochs
        }
        return [known[number] for number in sorted(known)]

    def state(self, epoch: EndedEpoch) -> State:
        """Return the state of ``epoch``."""
        ended = self.row.ended().get(epoch.number)
        if ended is not None:
            return State.DESTROYED if ended[1] is How.DESTROYED else State.DELETED
        if epoch.number not in self.there:
            return State.LOST
        if epoch.begins > self.now:
            return State.FUTURE
        return State.CURRENT if epoch.ends > self.now else State.PAST

    def hindrances(self, epoch: EndedEpoch) -> Iterator[str]:
        """Yield in words what nobody can pass over."""
        state = self.state(epoch)
        if state not in _KEPT:
            yield f"it is {state}"
            return
        if state is not State.PAST:
            yield "its time has not ended"
        if epoch.number == self.sheet.epochs[-1].number:
            yield "it is the last of the key sheet: a box stays with it when the sheet has run out"
        if not self.boxes and not self.row.retired:
            yield "no box is trusted yet, so nobody can say whether something comes for it"
        if self.unbooked:
            yield f"{self.unbooked} batches are not in the case book: import them, or what they hold is lost"

    def lacks(self, epoch: int) -> list[Lack]:
        """Return what is missing from the boxes; two people can pass over it."""
        return [lack for box in sorted(self.boxes) for lack in self.boxes[box].lacks(epoch)]

    def due(self) -> list[EndedEpoch]:
        """Return the epochs whose secrets may go now."""
        return [
            epoch
            for epoch in self.epochs()
            if not any(self.hindrances(epoch)) and not self.lacks(epoch.number)
        ]

    def positions(self, epoch: int) -> tuple[Position, ...]:
        """Return of each box from which nothing is missing the manifest that says so."""
        whole = [self.boxes[box] for box in sorted(self.boxes) if not any(self.boxes[box].lacks(epoch))]
        return tuple(position for history in whole if (position := history.ready(epoch)) is not None)


def certificates_of(home: Home) -> Certificates:
    """Return the certificates of ``home``."""
    return Certificates(home.path / CERTIFICATES, home.sheet.line, home.vault.records)


def review(home: Home, *, now: int) -> Review:
    """Return how the epochs of ``home`` stand at ``now`` (Unix seconds). Raises Damaged, NotVerified."""
    row = certificates_of(home).row()
    with closing(Store(home.batches)) as batches:
        taken = [Taken(*found) for found in batches.cut_by_cut()]
        gaps = batches.gaps() + batches.cuts()[0]
        quarantined = batches.quarantined()
    return Review(
        sheet=home.sheet,
        row=row,
        there=frozenset(home.epoch_store().numbers()),
        boxes=histories(taken, gaps, home.boxes.keys().keys() - row.retired),
        unbooked=unbooked(home, (one.header for one in taken)),
        quarantined=quarantined,
        now=now,
    )


def lack_in_words(lack: Lack) -> str:
    """Return the sentence that names box, chain and numbers."""
    box = f"box {lack.box.hex()}"
    if not lack.numbers:
        chain = f", chain {lack.chain.hex()}" if lack.chain else ""
        return f"{box}{chain}: {lack.words}"
    numbers = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in lack.numbers)
    if lack.chain is None:
        return f"{box}: cut {numbers} is missing, all of one chain or its end"
    return f"{box}, chain {lack.chain.hex()}: batch {numbers} is missing"
