"""A second person, for what one alone may not do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workstation.home import load_keyring
from workstation.keys.keyring import open_one, opened
from workstation.keys.people import Credential, same_name
from workstation.problems import SecondPersonNeeded


def second_person(path: Path, name: str | None, passphrase: bytes, *, not_one_of: Iterable[str]) -> str:
    """Return the name of the user whose ``passphrase`` it is; without a ``name`` all slots are tried.

    Raises SecondPersonNeeded if that is one of those who are there already, WrongPassphrase, NoSuchUser, Damaged.
    In a single-user home it is proven that the slot was put there by the home's users; in a two-person home the two
    who opened it are the two people, and this only says whose passphrase it is.
    """
    ring = load_keyring(path)
    there = tuple(not_one_of)
    besides = [slot for slot in ring.users if any(same_name(slot.name, one) for one in there)]
    if name is not None and ring.slot(name) in besides:
        raise SecondPersonNeeded(f"{name} is the first", way_out="Another user has to give the passphrase.")
    slot, content = open_one(ring, Credential(passphrase, name), besides=besides)
    if ring.single:
        opened(ring, content.share, [(slot, content)])
    return slot.name
