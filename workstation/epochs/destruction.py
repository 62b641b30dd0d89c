"""Letting secrets of epochs go, and boxes: what is asked before, what is done, what is signed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nacl.signing import SigningKey

from wire.endings import BoxRetired, EndedEpoch, EpochsEnded, How, Matter, Passed, Store
from workstation.epochs import tpm
from workstation.epochs.certificates import Kept
from workstation.epochs.place import Place, in_tpm, next_place, on_medium
from workstation.epochs.renewal import Renewal
from workstation.epochs.review import Review, certificates_of, lack_in_words, review
from workstation.home import EPOCHS, Home, alone
from workstation.problems import NotPossible, Problem, SecondPersonNeeded, StorageFailed

PEOPLE = 2


class NotYet(Problem):
    """Not yet."""

    exit_code = 15


def renewal_of(home: Home) -> Renewal:
    """Return what renews the store of ``home``; its ``settle`` has to be called with the home held alone."""
    return Renewal(home.path / EPOCHS, certificates_of(home), home.epoch_store())


def settle(home: Home) -> None:
    """Return once what a killed destruction left is ended or taken back. Raises MediumMissing, Damaged, OSError."""
    if renewal_of(home).pending() is not None:
        with alone(home.path):
            renewal_of(home).settle()


def destroy(
    home: Home, numbers: Sequence[int], *, now: int, people: Sequence[str] = (), medium: Path | None = None
) -> EpochsEnded:
    """Return what the certificate says, once the secrets of the epochs ``numbers`` are gone and it is written.

    ``people`` pass over what is missing from boxes; two of them are needed for that. With ``medium`` the new key lies
    there. Raises NotYet, SecondPersonNeeded, MediumMissing, StorageFailed.
    """
    with alone(home.path):
        renewal = renewal_of(home)
        renewal.settle()
        found = review(home, now=now)
        epochs = _asked(found, numbers)
        _refuse_hindered(found, epochs)
        place = home.epoch_store().place
        matter = _matter(found, epochs, place, people)
        new = _onto(home, place, checked_medium(home, medium)) if medium is not None else next_place(place)
        drop = frozenset(epoch.number for epoch in epochs)
        renewal.renew(new, drop, certificate=_certificate(home, found, matter, now))
    return matter


def destroy_due(home: Home, *, now: int, medium: Path | None = None) -> EpochsEnded | None:
    """Return what the certificate says once all epochs that may go are gone, None where none may."""
    due = [epoch.number for epoch in review(home, now=now).due()]
    return destroy(home, due, now=now, medium=medium) if due else None


def retire(home: Home, box: bytes, people: Sequence[str], *, now: int) -> None:
    """Return once it is certified that ``people``, two of them, say that nothing more comes from ``box``.

    Raises SecondPersonNeeded, NotPossible.
    """
    by = two(people, "retire a box")
    with alone(home.path):
        renewal_of(home).settle()
        found = review(home, now=now)
        if box in found.row.retired:
            raise NotPossible(f"box {box.hex()} is retired already")
        if box not in found.boxes:
            raise NotPossible(f"box {box.hex()} is not trusted here")
        folder = certificates_of(home)
        folder.keep(*folder.file(_certificate(home, found, BoxRetired(box=box, by=by), now)))


def move(home: Home, medium: Path) -> Place:
    """Return the place of the store key once it lies on the medium at ``medium``, and nowhere else.

    A medium that has the key already is only found again where it is mounted now.
    """
    folder = checked_medium(home, medium)
    with alone(home.path):
        renewal = renewal_of(home)
        if renewal.found_again(folder):
            return home.epoch_store().place
        renewal.settle()
        place = _onto(home, home.epoch_store().place, folder)
        renewal.renew(place)
    return place


def _onto(home: Home, place: Place, folder: Path) -> Place:
    """Return the next place, on the medium at ``folder``, which gets a marker only if the key of ``place`` is there."""
    if place.id:
        place.store_key(home.path / EPOCHS, home.epoch_store().auth(place))
    return on_medium(place, folder)


def move_to_tpm(home: Home, *, programs: bool = False) -> Place:
    """Return the place of the store key once it lies in the machine's TPM, and nowhere else.

    A TPM that does not say it is a chip is taken with ``programs`` only; what goes is then deleted, not destroyed.
    Raises TpmFailed, MediumMissing, Damaged.
    """
    program = tpm.is_program()
    if program and not programs:
        raise tpm.TpmFailed(
            "it does not say that it is a chip, so its memory may be a file on a disk",
            way_out="Give --yes to use it all the same: what goes is then called deleted, not destroyed.",
        )
    with alone(home.path):
        renewal = renewal_of(home)
        renewal.settle()
        place = in_tpm(home.epoch_store().place, program=program)
        renewal.renew(place)
    return place


def checked_medium(home: Home, folder: Path) -> Path:
    """Return ``folder`` if it lies on another file system than the home. Raises StorageFailed."""
    if not folder.is_dir():
        raise StorageFailed(
            f"{folder} is not a folder", way_out="Put the medium in, and see where it is mounted."
        )
    if folder.stat().st_dev == home.path.stat().st_dev:
        raise StorageFailed(
            f"{folder} lies on the same file system as the home",
            way_out="The key has to lie on a medium of its own, one that can be taken out and destroyed.",
        )
    return folder


def two(people: Sequence[str], what: str) -> tuple[str, ...]:
    """Return the names of the two ``people``, sorted. Raises SecondPersonNeeded."""
    names = sorted(set(people))
    if len(names) != PEOPLE:
        raise SecondPersonNeeded(f"to {what}", way_out="Two users have to be there, with their passphrases.")
    return tuple(names)


def _asked(found: Review, numbers: Sequence[int]) -> list[EndedEpoch]:
    known = {epoch.number: epoch for epoch in found.epochs()}
    for number in numbers:
        if number not in known:
            raise NotPossible(f"this line has no epoch {number}")
    return [known[number] for number in sorted(set(numbers))]


def _refuse_hindered(found: Review, epochs: Sequence[EndedEpoch]) -> None:
    for epoch in epochs:
        hindrances = list(found.hindrances(epoch))
        if hindrances:
            raise NotYet(f"epoch {epoch.number}: {'; '.join(hindrances)}")


def _matter(found: Review, epochs: Sequence[EndedEpoch], place: Place, people: Sequence[str]) -> EpochsEnded:
    highest = epochs[-1].number
    lacks = found.lacks(highest)
    if lacks and not people:
        way_out = (
            "Import what is missing; or two people may retire a box (retire), or pass over it (--override)."
        )
        raise NotYet(f"epoch {highest}: {'; '.join(map(lack_in_words, lacks))}", way_out=way_out)
    by = two(people, "pass over what is missing") if lacks else ()
    passed = sorted({(lack.box, lack.what.value): Passed(lack.box, lack.what) for lack in lacks}.items())
    return EpochsEnded(
        how=How.DELETED if place.store is Store.HOME else How.DESTROYED,
        store=place.store,
        epochs=tuple(epochs),
        boxes=found.positions(highest),
        retired=tuple(sorted(found.row.retired)),
        passed=tuple(one for _, one in passed),
        by=by,
    )


def _certificate(home: Home, found: Review, matter: Matter, now: int) -> Kept:
    return found.row.following(matter, SigningKey(home.vault.authority), line=home.sheet.line, now=now)
