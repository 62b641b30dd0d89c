"""The second person at the keyboard, for what one alone may not do."""

from __future__ import annotations

import sys

from workstation.cli.common import Place
from workstation.home import Home
from workstation.keys.passphrase import ask_passphrase
from workstation.keys.second import second_person
from workstation.problems import SecondPersonNeeded


def two_people(place: Place, home: Home, what: str) -> tuple[str, ...]:
    """Return the names of two users who are here to do ``what``. Raises SecondPersonNeeded, WrongPassphrase.

    Those who opened the home, if they are two; else a terminal is asked for the passphrase of another user.
    """
    if len(home.users) > 1:
        return home.users
    if not sys.stdin.isatty():
        way_out = "Give --user and --passphrase-file twice, once for each of the two."
        raise SecondPersonNeeded(f"to {what}", way_out=way_out)
    passphrase = ask_passphrase(f"a second user, to {what}")
    return (*home.users, second_person(place.path, None, passphrase, not_one_of=home.users))
