"""Who may open a home: names, organisations, and what a person says to be let in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from unicodedata import is_normalized, normalize

from workstation.problems import BadName

MAX_NAME = 32
_NAME = re.compile(r"\w+(?:(?:\. |[ .'’-])\w+)*\.?")
_INVISIBLE = re.compile("[\u115f\u1160]")
"""Letters that show as nothing (Hangul fillers): with one, two names look the same."""


class Organisation(StrEnum):
    """To whom a user or custodian answers."""

    POLICE = "police"
    CIVIL = "civil"


SINGLE_NAME = "analyst"
FIRST_NAMES = {Organisation.POLICE: "police-1", Organisation.CIVIL: "civil-1"}
"""What the first users of a home are called if nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class User:
    """A user as the keyring shows it: nothing here is secret."""

    name: str
    organisation: Organisation


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user who is to get a slot."""

    name: str
    organisation: Organisation
    passphrase: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """What one person says to be let in; without a ``name`` every slot is tried."""

    passphrase: bytes = field(repr=False)
    name: str | None = None


def checked_name(name: str) -> str:
    """Return ``name`` in NFC if a user may be called so: words of letters and digits, up to 32. Raises BadName.

    No comma, no control, no direction mark: names stand in the log and on screens.
    """
    name = normalize("NFC", name)
    if not is_name(name):
        raise BadName(f"not 1 to {MAX_NAME} letters and digits, in words")
    return name


def is_name(name: str) -> bool:
    """Return whether a user may be called so, as it stands."""
    return (
        1 <= len(name) <= MAX_NAME
        and _NAME.fullmatch(name) is not None
        and is_normalized("NFKC", name)
        and not _INVISIBLE.search(name)
    )


def same_name(one: str, other: str) -> bool:
    """Return whether the two names are one; capitals make no difference."""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """Return what is the same for all ways to write one name."""
    return normalize("NFC", name).casefold()
