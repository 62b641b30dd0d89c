"""What a certificate tells of: secrets of epochs that ended, a box that was retired, tips that were destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from wire.batch import CHAIN_OCTETS, MAX_SEQUENCE
from wire.hashing import HASH_OCTETS
from wire.identity import BOX_OCTETS
from wire.keysheet import MAX_EPOCHS, name_value
from wire.refusal import Refusal, Refused
from wire.signed import MAX_NUMBER, Fields, number_value, octets_value, time_text, time_value

MAX_BOXES = 4096
"""More than a country has on one line."""
MAX_EPOCH = 2**32 - 1
PEOPLE = 2
MOST_NAMED = 16
_Word = TypeVar("_Word", bound=StrEnum)


class How(StrEnum):
    """What became of the secrets."""

    DELETED = "deleted"
    """Their files were removed; the key over them lay on the same disk, so a remnant may still be read."""
    DESTROYED = "destroyed"
    """The key over them is gone as well."""


class Store(StrEnum):
    """Where the key lay under which the secrets were."""

    HOME = "home"
    MEDIUM = "medium"
    TPM = "tpm"


class Missing(StrEnum):
    """What two people passed over."""

    NOTHING_CAME = "nothing-came"
    GAP = "gap"
    IN_USE = "in-use"


@dataclass(frozen=True, slots=True)
class EndedEpoch:
    """One epoch whose secret is gone, and its time as the key sheet had it, Unix seconds."""

    number: int
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Position:
    """The manifest of a box up to which nothing is missing, and whose lowest epoch is above the destroyed ones."""

    box: bytes
    chain: bytes
    sequence: int
    cut: int
    lowest_epoch: int
    header: bytes
    """Hash of the batch's signed header."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What was missing from a box, and was passed over."""

    box: bytes
    what: Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochsEnded:
    """The secrets of epochs were destroyed, or deleted."""

    how: How
    store: Store
    epochs: tuple[EndedEpoch, ...]
    boxes: tuple[Position, ...]
    retired: tuple[bytes, ...]
    passed: tuple[Passed, ...]
    by: tuple[str, ...]
    """The two people who passed over what was missing; empty if nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRetired:
    """Two people said that nothing more will come from a box."""

    box: bytes
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TipsEnded:
    """The texts of closed tips were destroyed by rule."""

    days: int
    """How long after closing."""
    closed_before: int
    """Unix seconds."""
    tips: int
    held: int
    """Tips that the rule met and two people hold back."""
    by: tuple[str, ...]


Matter = EpochsEnded | BoxRetired | TipsEnded
KINDS: dict[type, str] = {EpochsEnded: "epochs", BoxRetired: "box", TipsEnded: "tips"}
"""The words of the field ``kind``."""


def matter_fields(matter: Matter) -> list[tuple[str, str]]:
    """Return the fields behind ``kind``, in their order."""
    by = [("by", name) for name in matter.by]
    if isinstance(matter, BoxRetired):
        return [("box", matter.box.hex()), *by]
    if isinstance(matter, TipsEnded):
        counts = [("tips", str(matter.tips)), ("held", str(matter.held))]
        return [("days", str(matter.days)), ("closed-before", time_text(matter.closed_before)), *counts, *by]
    fields: list[tuple[str, str]] = [("how", matter.how.value), ("store", matter.store.value)]
    fields += [("epoch", f"{e.number} {time_text(e.begins)} {time_text(e.ends)}") for e in matter.epochs]
    fields += [("box", _position_text(position)) for position in matter.boxes]
    fields += [("retired", box.hex()) for box in matter.retired]
    fields += [("passed-over", f"{one.box.hex()} {one.what.value}") for one in matter.passed]
    return fields + by


def _position_text(at: Position) -> str:
    numbers = f"{at.sequence} {at.cut} {at.lowest_epoch}"
    return f"{at.box.hex()} {at.chain.hex()} {numbers} {at.header.hex()}"


def read_matter(fields: Fields) -> Matter:
    """Return what the fields from ``kind`` on say. Raises Refused."""
    kind = fields.take("kind")
    if kind == KINDS[EpochsEnded]:
        return _epochs_ended(fields)
    if kind == KINDS[BoxRetired]:
        return BoxRetired(box=fields.octets("box", BOX_OCTETS), by=_people(fields, least=PEOPLE, most=PEOPLE))
    if kind == KINDS[TipsEnded]:
        return TipsEnded(
            days=fields.number("days"),
            closed_before=fields.time("closed-before"),
            tips=fields.number("tips"),
            held=fields.number("held"),
            by=_people(fields, least=1, most=MOST_NAMED),
        )
    raise Refused(Refusal.VALUE, "kind", "none that is known")


def _epochs_ended(fields: Fields) -> EpochsEnded:
    ended = EpochsEnded(
        how=_word(How, "how", fields.take("how")),
        store=_word(Store, "store", fields.take("store")),
        epochs=tuple(map(_epoch, fields.all("epoch"))),
        boxes=tuple(map(_position, fields.all("box"))),
        retired=tuple(octets_value("retired", value, BOX_OCTETS) for value in fields.all("retired")),
        passed=tuple(map(_passed, fields.all("passed-over"))),
        by=_people(fields, least=0, most=PEOPLE),
    )
    _check_epochs(ended)
    _check_boxes(ended)
    return ended


def _check_epochs(ended: EpochsEnded) -> None:
    if (ended.how is How.DELETED) != (ended.store is Store.HOME):
        raise Refused(
            Refusal.VALUE, "how", "deleted is for a store whose key lay in the home, and for no other"
        )
    numbers = [epoch.number for epoch in ended.epochs]
    if not 1 <= len(numbers) <= MAX_EPOCHS:
        raise Refused(Refusal.VALUE, "epoch", f"not 1 to {MAX_EPOCHS} epochs")
    _rises("epoch", numbers)
    highest = numbers[-1]
    if any(position.lowest_epoch <= highest for position in ended.boxes):
        raise Refused(Refusal.VALUE, "box", "its lowest epoch is not above the ones that ended")


def _check_boxes(ended: EpochsEnded) -> None:
    named = [
        [position.box for position in ended.boxes],
        list(ended.retired),
        [one.box for one in ended.passed],
    ]
    if sum(map(len, named)) > MAX_BOXES:
        raise Refused(Refusal.VALUE, "box", f"more than {MAX_BOXES}")
    _rises("box", named[0])
    _rises("retired", named[1])
    _rises("passed-over", [(one.box, one.what.value) for one in ended.passed])
    sets = [set(boxes) for boxes in named]
    if len(set().union(*sets)) != sum(map(len, sets)):
        raise Refused(Refusal.VALUE, "box", "one is named in two ways")
    if len(ended.by) != (PEOPLE if ended.passed else 0):
        raise Refused(Refusal.VALUE, "by", "two people pass over what is missing, and nobody over nothing")


def _rises(name: str, values: list[int] | list[bytes] | list[tuple[bytes, str]]) -> None:
    if any(not before < after for before, after in pairwise(values)):  # type: ignore[operator]  # one type in a list
        raise Refused(Refusal.CANONICAL, name, "not sorted, or one stands twice")


def _people(fields: Fields, *, least: int, most: int) -> tuple[str, ...]:
    names = tuple(name_value(value, field="by") for value in fields.all("by"))
    if not least <= len(names) <= most:
        raise Refused(Refusal.VALUE, "by", f"not {least} to {most} people")
    _rises("by", [(b"", name) for name in names])
    return names


def _word(words: type[_Word], name: str, value: str) -> _Word:
    try:
        return words(value)
    except ValueError:
        raise Refused(Refusal.VALUE, name, "none that is known") from None


def _parts(name: str, value: str, count: int) -> list[str]:
    parts = value.split(" ")
    if len(parts) != count:
        raise Refused(Refusal.CANONICAL, name, f"not {count} values")
    return parts


def _epoch(value: str) -> EndedEpoch:
    number, begins, ends = _parts("epoch", value, 3)
    epoch = EndedEpoch(
        number_value("epoch", number, least=1, most=MAX_EPOCH),
        time_value("epoch", begins),
        time_value("epoch", ends),
    )
    if epoch.begins >= epoch.ends:
        raise Refused(Refusal.VALUE, "epoch", f"epoch {epoch.number} ends before it begins")
    return epoch


def _position(value: str) -> Position:
    box, chain, sequence, cut, lowest, header = _parts("box", value, 6)
    position = Position(
        octets_value("box", box, BOX_OCTETS),
        octets_value("box", chain, CHAIN_OCTETS),
        number_value("box", sequence, least=1, most=MAX_SEQUENCE),
        number_value("box", cut, least=1, most=MAX_NUMBER),
        number_value("box", lowest, least=1, most=MAX_EPOCH),
        octets_value("box", header, HASH_OCTETS),
    )
    if position.cut < position.sequence:
        raise Refused(Refusal.VALUE, "box", "a cut below its place in the chain")
    return position


def _passed(value: str) -> Passed:
    box, what = _parts("passed-over", value, 2)
    return Passed(octets_value("passed-over", box, BOX_OCTETS), _word(Missing, "passed-over", what))
