"""The key sheets of a line: the first, longer ones, and those of the authority that follows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nacl.signing import SigningKey

from wire.hashing import blake2b_256, fingerprint
from wire.keysheet import MAX_EPOCHS, Epoch, KeySheet
from wire.signed import time_text
from workstation.epochs.store import EpochKey
from workstation.keys.vault import Vault
from workstation.problems import NotPossible

DAY = 86400
EPOCH_SECONDS = 7 * DAY
DEFAULT_EPOCHS = 53
"""A year, and the week it takes to carry the next sheet."""
FAR_WEEKS = 2 * DEFAULT_EPOCHS
"""From here on a sheet reaches too far ahead: twice what it is meant to, so that nobody is asked who renews early."""
WARN_WEEKS = 8
"""From here on commands and screen say that the sheet runs out: two courier's ways, and holidays between."""


NEXT = (
    "Next: write the key sheet (keysheet --output FILE), carry it to the box, enroll it there, and compare the "
    "fingerprint aloud. Then trust the box here (trust BOX-IDENTITY-FILE)."
)


def first_sheet(name: str, line: bytes, keys: Sequence[EpochKey], *, vault: Vault, now: int) -> KeySheet:
    """Return the sheet of ``keys``, a week each, the first from 00:00 UTC of the day of ``now`` (Unix seconds)."""
    sheet = KeySheet(
        line=line,
        name=name,
        serial=1,
        date=now,
        authority=_public(vault.authority),
        next_authority=blake2b_256(_public(vault.next_authority)),
        epochs=(),
    )
    return replace(sheet, epochs=_weeks(keys, now - now % DAY))


def next_sheet(sheet: KeySheet, keys: Sequence[EpochKey], *, vault: Vault, now: int) -> KeySheet:
    """Return the sheet that follows: a higher serial, ``keys`` appended, a week each, signed by the vault's authority.

    What stands in the old sheet stays as it is, so a box takes it whatever has begun there. Raises NotPossible.
    """
    last = sheet.epochs[-1]
    check_room(sheet, len(keys))
    return replace(
        sheet,
        serial=sheet.serial + 1,
        date=now,
        authority=_public(vault.authority),
        next_authority=blake2b_256(_public(vault.next_authority)),
        epochs=sheet.epochs + _weeks(keys, last.ends),
    )


def check_room(sheet: KeySheet, more: int) -> None:
    """Return if the sheet has room for so many ``more`` epochs. Raises NotPossible."""
    if len(sheet.epochs) + more > MAX_EPOCHS:
        raise NotPossible(f"a key sheet has room for {MAX_EPOCHS} epochs", way_out="Begin a new line: init.")


def weeks_left(sheet: KeySheet, now: int) -> int:
    """Return for how many whole weeks from ``now`` (Unix seconds) the sheet has keys; 0 when it has run out."""
    return max(0, (sheet.epochs[-1].ends - now) // EPOCH_SECONDS)


def weeks_missing(sheet: KeySheet, now: int) -> int:
    """Return how many epochs it takes until the sheet reaches a year ahead of ``now``. Raises NotPossible.

    Asked for more than two years at once, the clock is more likely to be wrong than the sheet to be so old.
    """
    missing = max(0, -(-(now + DEFAULT_EPOCHS * EPOCH_SECONDS - sheet.epochs[-1].ends) // EPOCH_SECONDS))
    if missing > FAR_WEEKS:
        raise NotPossible(
            f"the clock says {time_text(now)}, and {missing} keys would have to be made",
            way_out="Set the clock; if it is right, say how many: --epochs N",
        )
    return missing


def far_ahead(sheet: KeySheet, more: int, now: int) -> str:
    """Return what has to be asked about when ``more`` weeks are appended, nothing where they do not reach too far."""
    weeks = -(-(sheet.epochs[-1].ends + more * EPOCH_SECONDS - now) // EPOCH_SECONDS)
    return too_far(weeks) if more and weeks > FAR_WEEKS else ""


def too_far(weeks: int) -> str:
    """Return what is to be said of a sheet that reaches so many ``weeks`` ahead."""
    return (
        f"the keys would reach {weeks} weeks ahead, and a year is meant: their secrets lie here from now on, and "
        "whoever takes them opens what is sealed until then"
    )


def warning(sheet: KeySheet, now: int) -> str:
    """Return what has to be said of a sheet that runs out, nothing while there is time."""
    weeks = weeks_left(sheet, now)
    if weeks >= WARN_WEEKS:
        return ""
    until = time_text(sheet.epochs[-1].ends)[:10]
    days = (sheet.epochs[-1].ends - now) // DAY
    left = f"{weeks} weeks" if weeks > 1 else f"{days} days" if days > 1 else "hours"
    when = f"ends on {until}, in {left}" if sheet.epochs[-1].ends > now else f"ended on {until}"
    return f"the key sheet {when}; make the next one: keysheet extend --output FILE"


def summary(sheet: KeySheet) -> str:
    """Return what a new line is known by; nothing in it is secret."""
    return "\n".join(
        (
            f"line                   {sheet.name}",
            f"line id                {sheet.line.hex()}",
            f"authority fingerprint  {fingerprint(sheet.authority)}",
            f"epochs                 {len(sheet.epochs)}, a week each, until {time_text(sheet.epochs[-1].ends)[:10]}",
        )
    )


def _weeks(keys: Sequence[EpochKey], begins: int) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(key.number, begins + place * EPOCH_SECONDS, begins + (place + 1) * EPOCH_SECONDS, key.public)
        for place, key in enumerate(keys)
    )


def _public(seed: bytes) -> bytes:
    return bytes(SigningKey(seed).verify_key)
