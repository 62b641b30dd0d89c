"""The ceremony in which a home is made: it asks, explains, hands out the shares, and ends with a drill.

docs/key-ceremony.md is the script that is read aloud beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

import click

from wire.keysheet import KeySheet
from wire.signed import time_text
from workstation.home import Plan, home_in_making
from workstation.keys.desk import ask_name, heading, say, wait
from workstation.keys.handing import ask_group, check_sheets, hand_out, typed_key
from workstation.keys.keyring import Mode
from workstation.keys.passphrase import ADVICE, ask_new_passphrase
from workstation.keys.people import FIRST_NAMES, SINGLE_NAME, NewUser, Organisation, same_name
from workstation.keys.shares import Group, make_shares
from workstation.keys.sheet import NEXT, summary
from workstation.keys.sheets import Line
from workstation.keys.users import new_master
from workstation.problems import Stopped


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line said already; what is None is asked."""

    line: str
    epochs: int
    mode: Mode | None
    names: tuple[str | None, str | None]
    """Of police and civil."""


def hold_ceremony(path: Path, wishes: Wishes, *, now: int) -> KeySheet:
    """Return the key sheet of the home that is then at ``path``; until the drill is passed nothing is there.

    Raises Stopped (Ctrl-C), and as ``home_in_making``.
    """
    try:
        return _hold(path.absolute(), wishes, now)
    except (click.Abort, KeyboardInterrupt):
        click.echo()
        raise Stopped("nothing was made") from None


def _hold(path: Path, wishes: Wishes, now: int) -> KeySheet:
    _welcome(path, wishes.line, now)
    mode = wishes.mode or _ask_mode()
    users = _ask_users(mode, wishes.names)
    groups = _ask_groups(mode)
    plan = Plan(name=wishes.line, users=users, mode=mode, epochs=wishes.epochs)
    master = new_master()
    heading("5. The keys are made")
    say("This takes a few seconds.")
    with home_in_making(path, plan, master, now=now) as sheet:
        give_shares(master, groups, Line(sheet.name, mode is Mode.SINGLE, now), step=6)
    _done(sheet, path)
    return sheet


def give_shares(master: bytes, groups: Sequence[Group], line: Line, *, step: int = 1) -> None:
    """Return once the shares are handed out and the drill has shown that they give ``master``.

    ``step`` is the number of the first of its two headings.
    """
    shares = make_shares(master, groups)
    heading(f"{step}. The sheets of the custodians")
    say(
        f"Sheets to be written: {len(shares)}, of set {shares[0].set_id}. One custodian after the other comes to "
        "the screen and writes down 33 words with their numbers. Nothing of them is kept here: what is not on paper "
        "is lost."
    )
    hand_out(shares, line)
    heading(f"{step + 1}. The drill")
    say(
        "Now the sheets have to show that they work: as many custodians as are needed type their words back, from "
        "their paper."
    )
    typed_key(lambda secret: compare_digest(secret, master))
    say("The drill is passed: these sheets give the key.")
    check_sheets(shares)


def _welcome(path: Path, line: str, now: int) -> None:
    heading(f"1. Keys for a new line: {line}")
    say(
        f"At the end of this there is a new home in {path}, with the keys of the line. It takes half an hour to an "
        "hour. docs/key-ceremony.md is the script for it: who reads aloud, what lies ready, what is written down."
    )
    click.echo()
    say("You can stop at any time with Ctrl-C: then nothing was made, and you begin again another day.")
    click.echo()
    say(
        f"The clock of this machine says {time_text(now)}. If that is wrong, stop and set it: it dates the keys."
    )
    click.echo()
    wait("Everybody here, network and radio off, phones and cameras outside? Press Enter.")


def _ask_mode() -> Mode:
    heading("2. How many people open the book")
    say(
        "two: one user of the police and one of civil society give their passphrases, each time. No one person, and "
        "no one organisation, can read, change or drop a tip alone. Choose this wherever both can come."
    )
    click.echo()
    say("one: any user alone. For small places. Every bulletin says that it is so.")
    click.echo()
    chosen = click.prompt("two or one?", type=click.Choice(["two", "one"]), default="two")
    return Mode.TWO if chosen == "two" else Mode.SINGLE


def _ask_users(mode: Mode, names: tuple[str | None, str | None]) -> tuple[NewUser, ...]:
    heading("3. The first users")
    say(ADVICE)
    click.echo()
    if mode is Mode.SINGLE:
        say("More users can be added later, each with a passphrase of their own (users add).")
        click.echo()
        only = names[0] or ask_name("Name of the user", SINGLE_NAME)
        return (NewUser(only, Organisation.POLICE, ask_new_passphrase(only)),)
    say(
        "Only the person whose passphrase it is looks at the keyboard. More users can be added later (users add)."
    )
    users: list[NewUser] = []
    for organisation, said in zip(Organisation, names, strict=True):
        taken = [*(user.name for user in users), *filter(None, names)]
        name = said or _ask_other_name(organisation, taken)
        users.append(NewUser(name, organisation, ask_new_passphrase(name)))
    return tuple(users)


def _ask_other_name(organisation: Organisation, taken: Sequence[str]) -> str:
    while True:
        name = ask_name(f"Name of the user of {organisation}", FIRST_NAMES[organisation])
        if not any(same_name(name, other) for other in taken):
            return name
        say("That name is taken.")


def _ask_groups(mode: Mode) -> tuple[Group, ...]:
    heading("4. The custodians")
    say(
        "Custodians keep the key in shares, on paper. When all passphrases are lost, or nobody of an organisation is "
        "left who knows one, enough of them together restore it. They cannot read tips."
    )
    if mode is Mode.SINGLE:
        click.echo()
        return (ask_group(None),)
    click.echo()
    say("Each organisation has its own custodians, and both organisations are needed to restore.")
    click.echo()
    return tuple(ask_group(organisation) for organisation in Organisation)


def _done(sheet: KeySheet, path: Path) -> None:
    heading("8. Done")
    say(f"The home is in {path}. Into the protocol, by hand:")
    click.echo(f"\n{summary(sheet)}\n")
    say(NEXT)
