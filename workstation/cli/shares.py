"""The commands of custodians: shares, restore, rekey."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from workstation.cli.common import Place, bar_of, confirm, first_names, new_users, outside
from workstation.files import write_file
from workstation.home import alone, check_home, home_of, load_keyring, save_keyring
from workstation.keys.desk import is_terminal, need_terminal
from workstation.keys.keyring import Keyring, Mode, is_key_of, opened, unlock
from workstation.keys.passphrase import ask_passphrase
from workstation.keys.people import Credential, Organisation
from workstation.problems import NotPossible, NotThisKey

_COUNT = click.IntRange(1, 16)


def _figures(command: Any) -> Any:
    """Add the options that say how many custodians there are."""
    for name, text in (
        ("--civil-threshold", "How many of those are needed."),
        ("--civil-custodians", "Custodians of civil society, in a two-person home."),
        ("--threshold", "How many of them are needed together."),
        ("--custodians", "Custodians; of the police in a two-person home."),
    ):
        command = click.option(name, type=_COUNT, metavar="N", help=text)(command)
    return command


@click.group()
def shares() -> None:
    """Make shares of the key for custodians.

    \b
    Exit codes: those of its command.
    Example:
      tipline-workstation --home ~/tipline shares make
    """


@shares.command()
@_figures
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the sheets there: secret!"
)
@click.pass_obj
def make(place: Place, /, output: Path | None, **figures: int | None) -> None:
    """Make a new set of share sheets, a page for each custodian. Older sets of the same key stay good.

    On a terminal they are shown one by one, and a drill follows; else they go to stdout, for a printer. Nothing is
    written to a disk without --output.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline shares make --custodians 5 --threshold 3 | lp
    """
    from workstation.keys.ceremony import give_shares
    from workstation.keys.shares import make_shares
    from workstation.keys.sheets import Line, pages

    now = int(time.time())
    if output is not None:
        outside(output, place.path)
    with place.opened() as (home, keys):
        groups = _groups(keys.ring.mode, figures)
        line = Line(home.sheet.name, keys.ring.single, now)
        if output is None and is_terminal():
            give_shares(keys.master, groups, line)
            return
        text = pages(make_shares(keys.master, groups), line)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text.encode())
        click.echo(
            "Print the sheets, give each to its custodian, and destroy the file and its medium.", err=True
        )


def _groups(mode: Mode, figures: dict[str, int | None]) -> Any:
    """Return the groups that the options say, or that a person is asked for. Raises click.UsageError."""
    from workstation.keys.handing import ask_group
    from workstation.keys.shares import Group

    names: tuple[tuple[Organisation | None, str], ...] = ((None, ""),)
    if mode is Mode.TWO:
        names = ((Organisation.POLICE, ""), (Organisation.CIVIL, "civil_"))
    elif figures["civil_custodians"] or figures["civil_threshold"]:
        raise click.UsageError("A single-user home has one group of custodians.")
    groups = []
    for organisation, prefix in names:
        custodians, threshold = figures[f"{prefix}custodians"], figures[f"{prefix}threshold"]
        if custodians is None and threshold is None and is_terminal():
            groups.append(ask_group(organisation))
            continue
        if custodians is None or threshold is None:
            option = prefix.replace("_", "-")
            raise click.UsageError(f"Missing --{option}custodians and --{option}threshold.")
        groups.append(Group(organisation, custodians, threshold))
        if wrong := groups[-1].why_not():
            raise click.UsageError(f"{wrong}.")
    return tuple(groups)


@click.command()
@click.option("--drill", is_flag=True, help="Only prove that the shares give the key; nothing is changed.")
@click.option(
    "--words-file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Words of one or more shares; without it they are typed at the terminal.",
)
@click.option("--police", metavar="NAME", help="The first user; of the police in a two-person home.")
@click.option("--civil", metavar="NAME", help="The first user of civil society, in a two-person home.")
@click.option(
    "--new-passphrase-file",
    "new_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A new passphrase; in a two-person home two of them: police, then civil.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(
    place: Place,
    files: tuple[Path, ...],
    new_files: tuple[Path, ...],
    *,
    drill: bool,
    police: str | None,
    civil: str | None,
    yes: bool,
) -> None:
    """Open the home by the custodians' shares when all passphrases are lost, and make new users.

    All users there were lose their slots. With --drill nothing is changed.

    \b
    Exit codes: 0, 2, 3 (no name for a user), 5, 8, 9, 10, 11, 12, 14 (the words do not give this key).
    Example:
      tipline-workstation --home ~/tipline restore --drill
    """
    names = first_names(police, civil)
    check_home(place.path)
    ring = load_keyring(place.path)
    master = key_by_words(ring, files)
    keys = opened(ring, master)
    home_of(place.path, keys)
    if drill:
        click.echo("The shares give the key of this home. Nothing was changed.")
        return
    from workstation.keys.users import restored

    confirm(f"New users take the place of all {len(ring.users)} that there are. Go on?", yes=yes)
    users = new_users(ring.mode, names, new_files)
    with alone(place.path):
        save_keyring(place.path, restored(opened(load_keyring(place.path), master), users))
    click.echo("From now on these may open the home, and nobody else:")
    for user in users:
        click.echo(f"{user.organisation:<8}{user.name}")


def key_by_words(ring: Keyring, files: tuple[Path, ...]) -> bytes:
    """Return the master key that the words in ``files`` or of a terminal give. Raises NotThisKey, NotPossible."""
    from workstation.keys.handing import typed_key
    from workstation.keys.shares import join_shares
    from workstation.keys.words import Mistyped, shares_of

    if not files:
        need_terminal("Give the words with --words-file FILE.")
        return typed_key(lambda secret: is_key_of(ring, secret))
    words: list[str] = []
    for file in files:
        try:
            words += shares_of(file.read_text(encoding="utf-8", errors="replace"))
        except Mistyped as error:
            raise Mistyped(f"{file}: {error.what}", way_out=error.way_out) from None
    master = join_shares(words)
    if not is_key_of(ring, master):
        raise NotThisKey("they are good shares, but of another key", way_out="Are they of before a rekey?")
    return master


@click.command()
@_figures
@click.option(
    "--leave-out", "leaving", multiple=True, metavar="NAME", help="A user who gets no slot any more."
)
@click.option(
    "--secrets", is_flag=True, help="Change the keys of case book, epoch store and own records as well."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rekey(
    place: Place, /, leaving: tuple[str, ...], *, secrets: bool, yes: bool, **figures: int | None
) -> None:
    """Change the master key: all shares and slots there are become worthless for this home.

    Every user who stays gives the passphrase. On a terminal new shares are made and a drill is held before the
    change; else make them afterwards: shares make. With --secrets an old copy of the keyring does not open the case
    book as it is from then on, nor the secrets of epochs; nobody may have the book open meanwhile.

    \b
    Exit codes: 0, 1 (not possible, or the book is open elsewhere), 2, 5, 7, 8, 9, 10, 11, 12 (the disk has no room
    for a second case book, or the medium of the epochs' key is not there), 18, 19 (no such user).
    Example:
      tipline-workstation --home ~/tipline rekey --leave-out "Ana Ruiz"
    """
    from workstation.epochs.destruction import settle
    from workstation.keys.ceremony import give_shares
    from workstation.keys.new_secrets import change_secrets, check_ready, with_new_secrets
    from workstation.keys.sheets import Line
    from workstation.keys.users import new_master, rekeyed

    check_home(place.path)
    ring = load_keyring(place.path)
    credentials = _everybody(place, ring, leaving)
    if not yes:
        unlock(ring, credentials)  # a slip of the keyboard is told before a question is asked
    confirm("All shares of the custodians become worthless. Go on?", yes=yes)
    with alone(place.path):
        if load_keyring(place.path) != ring:
            raise NotPossible("somebody changed the users meanwhile", way_out="Begin again.")
        keys = unlock(ring, credentials)
        home, master = home_of(place.path, keys), new_master()
        if secrets:
            check_ready(home)
        vault = with_new_secrets(keys.vault) if secrets else keys.vault
        ring = rekeyed(keys, [one.passphrase for one in credentials], master, vault=vault)
        if asked := is_terminal() or any(figures.values()):
            groups = _groups(ring.mode, figures)
            need_terminal("Shares are handed out at a terminal; leave the numbers out, then: shares make")
            give_shares(master, groups, Line(home.sheet.name, ring.single, int(time.time())))
        try:
            if secrets:
                change_secrets(home, vault, ring, bar_of("The case book under its new key"))
            else:
                save_keyring(place.path, ring)
        except BaseException:
            if asked and load_keyring(place.path) != ring:
                click.echo("Nothing was changed: burn the sheets that were just written.", err=True)
            raise
    _say_rekeyed(secrets=secrets, shares=bool(asked))
    if secrets:
        settle(home)


def _say_rekeyed(*, secrets: bool, shares: bool) -> None:
    click.echo("The key is changed. Make a backup and destroy the older ones: what a copy of")
    click.echo("the old keyring still opens is told in docs/key-ceremony.md.")
    if secrets:
        click.echo(
            "The case book, the epochs' secrets and own records are under new keys, which no old copy has."
        )
    if not shares:
        click.echo("The shares of the custodians are worthless now; make new ones: shares make.")


def _everybody(place: Place, ring: Keyring, leaving: tuple[str, ...]) -> list[Credential]:
    """Return what all users say who stay, in the order of the keyring; who gave nothing yet is asked."""
    from workstation.keys.users import credentials_of_all, staying

    given = place.given()
    users = staying(ring, leaving)
    if len(given) < len(users) and not is_terminal():
        raise click.UsageError(
            f"{len(users)} users stay, these are {len(given)} passphrases; who goes is named with --leave-out NAME."
        )
    return credentials_of_all(ring, users, given, ask=ask_passphrase)
