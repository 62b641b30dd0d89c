"""Shares handed out at the screen, one custodian after the other, and typed back in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from workstation.keys.desk import alone, ask_number, heading, need_room, say, wait
from workstation.keys.people import Organisation
from workstation.keys.shares import MAX_CUSTODIANS, Group, Place, Share, group_name, join_shares, place_of
from workstation.keys.sheets import Line, face, title
from workstation.keys.words import SHARE_WORDS, Mistyped, checked_share, checked_word, words_of
from workstation.problems import NotThisKey


def ask_group(organisation: Organisation | None) -> Group:
    """Return how many custodians there are to be, and how many of them are needed."""
    whose = f" of {organisation}" if organisation else ""
    while True:
        custodians = ask_number(f"How many custodians{whose}?", default=3, least=1, most=MAX_CUSTODIANS)
        least = min(2, custodians)
        if custodians == 1:
            return Group(organisation, 1, 1)
        threshold = ask_number(
            f"How many of these {custodians} are needed together?", default=2, least=least, most=custodians
        )
        return Group(organisation, custodians, threshold)


def hand_out(shares: Sequence[Share], line: Line) -> None:
    """Return once every custodian has said that the sheet is written."""
    for place, share in enumerate(shares, start=1):
        heading(f"Sheet {place} of {len(shares)}: {title(share)}")
        say("Only this custodian looks at the screen now; everybody else turns away.")
        need_room(face(share, line))
        wait("Custodian, with paper and pen: press Enter to see the words.")
        with alone():
            click.echo(face(share, line))
            wait("All of this written, and every word compared? Press Enter to clear the screen.")
        say("The screen is clear. Fold the sheet; it goes into its envelope after the drill.")


def check_sheets(shares: Sequence[Share]) -> None:
    """Return once nobody wants a sheet checked any more that the drill did not need."""
    made = {" ".join(share.words): share for share in shares}
    while click.confirm("\nShall another custodian type a sheet, to see that it is written right?"):
        typed = made.get(type_share())
        say(f"It is written right: {title(typed)}." if typed else "That is a share, but not one of these.")


def typed_key(check: Callable[[bytes], bool]) -> bytes:
    """Return the key that the shares give which custodians type; it is tried until ``check`` says it is the one."""
    while True:
        try:
            master = join_shares(_typed_shares())
        except NotThisKey as error:
            say(f"{error}. {error.way_out}")
        else:
            if check(master):
                return master
            say("These are good shares, but of another key.")
        wait("Once more, from the first share on. Press Enter.")


def _typed_shares() -> list[str]:
    """Return shares that custodians type, until they are enough by what they say of themselves."""
    shares: dict[Place, str] = {}
    while missing := _missing(shares):
        click.echo()
        say(missing)
        mnemonic = type_share()
        place = place_of(mnemonic)
        if place in shares:
            say("This share was typed already. It is not counted twice.")
        elif shares and (first := next(iter(shares))).set_id != place.set_id:
            say(f"This share is of set {place.set_id}, those before it are of set {first.set_id}.")
            if click.confirm(f"Begin anew with set {place.set_id}?"):
                shares = {place: mnemonic}
        else:
            shares[place] = mnemonic
    return list(shares.values())


def type_share() -> str:
    """Return one share, typed on a screen that is cleared afterwards."""
    wait("Custodian: come to the keyboard alone, and press Enter.")
    with alone():
        say(
            f"Type the {SHARE_WORDS} words of your sheet, one or several on a line. The first four letters are enough."
        )
        words: list[str] = []
        while True:
            _type_words(words)
            try:
                return checked_share(words)
            except Mistyped as error:
                _say_mistake(error)
                _take_back(words, error.place)


def _type_words(words: list[str]) -> None:
    """Add to ``words`` until there are enough; what is not in the list is asked for again, with what follows it."""
    while len(words) < SHARE_WORDS:
        typed: str = click.prompt(f"Word {len(words) + 1}", default="", show_default=False)
        for word in words_of(typed)[: SHARE_WORDS - len(words)]:
            try:
                words.append(checked_word(word, len(words) + 1))
            except Mistyped as error:
                _say_mistake(error)
                break


def _take_back(words: list[str], likely: int) -> None:
    """Ask which word is to be typed again, offering the one at place ``likely``, and put the right one there."""
    place = ask_number("Which word do you want to type again?", default=likely, least=1, most=SHARE_WORDS)
    while True:
        typed: str = click.prompt(f"Word {place}")
        try:
            words[place - 1] = checked_word(typed.strip(), place)
        except Mistyped as error:
            _say_mistake(error)
        else:
            return


def _say_mistake(error: Mistyped) -> None:
    say(f"{error.what[0].upper()}{error.what[1:]}. {error.way_out}")


def _missing(shares: Mapping[Place, str]) -> str:
    """Return what is asked for next, nothing if the shares are enough."""
    if not shares:
        return "Any custodian may begin."
    groups = next(iter(shares)).groups
    for group in range(groups):
        members = [place for place in shares if place.group == group]
        name = group_name(group, groups)
        if not members:
            return f"Now a custodian{name}."
        if len(members) < members[0].threshold:
            return f"{len(members)} of {members[0].threshold} shares{name} are there. Now another custodian{name}."
    return ""
