"""The commands for who may open the home: users, and what changes them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import fill

import click

from workstation.cli.common import Place
from workstation.home import alone, check_home, load_keyring, save_keyring
from workstation.keys.desk import WIDTH
from workstation.keys.passphrase import ADVICE, ask_new_passphrase, ask_passphrase, new_passphrase_in
from workstation.keys.people import Credential, NewUser, Organisation, checked_name

_new_file = click.option(
    "--new-passphrase-file",
    "new_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its first line is the new passphrase; without it a terminal is asked.",
)


@click.group(invoke_without_command=True)
@click.option("--json", "json_wanted", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def users(context: click.Context, json_wanted: bool) -> None:
    """List who may open the home, and how many it takes. No passphrase is needed for this.

    \b
    Exit codes: 0, 2, 5, 9, 11.
    Example:
      tipline-workstation --home ~/tipline users
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    check_home(place.path)
    ring = load_keyring(place.path)
    if json_wanted:
        listed = [{"name": slot.name, "organisation": slot.organisation} for slot in ring.users]
        click.echo(json.dumps({"mode": ring.mode, "users": listed}))
        return
    click.echo(f"{ring.mode} home: opens with one user{'' if ring.single else ' of each organisation'}")
    for slot in ring.users:
        click.echo(f"{slot.organisation:<8}{slot.name}")


@users.command()
@click.argument("name")
@click.option(
    "--organisation",
    type=click.Choice([one.value for one in Organisation]),
    help="Whose user it is. [default: police in a single-user home]",
)
@_new_file
@click.pass_obj
def add(place: Place, name: str, organisation: str | None, new_file: Path | None) -> None:
    """Give a person a slot of their own; everybody else's passphrase stays as it is.

    \b
    Exit codes: 0, 1 (the name is taken), 2, 3 (no name for a user), 5, 7, 8, 9, 11, 12, 18.
    Example:
      tipline-workstation --home ~/tipline users add "Ana Ruiz" --organisation civil
    """
    from workstation.keys.users import with_user

    name = checked_name(name)
    check_home(place.path)
    if organisation is None and not load_keyring(place.path).single:
        raise click.UsageError("Missing option '--organisation': police or civil.")
    with place.keys() as keys:
        whose = Organisation(organisation or Organisation.POLICE)
        new = NewUser(name, whose, _new_passphrase(new_file, name))
        save_keyring(place.path, with_user(keys, new))
    click.echo(f"{name} of {whose} may open the home")


@users.command()
@click.argument("name")
@click.pass_obj
def remove(place: Place, name: str) -> None:
    """Take a person's slot away, never the last one of an organisation.

    An old copy of the keyring still opens with their passphrase: see docs/key-ceremony.md, "A user leaves".

    \b
    Exit codes: 0, 1 (the last one), 2, 5, 7, 8, 9, 11, 12, 18, 19 (no such user).
    Example:
      tipline-workstation --home ~/tipline users remove "Ana Ruiz"
    """
    from workstation.keys.users import without_user

    with place.keys() as keys:
        save_keyring(place.path, without_user(keys, name))
    click.echo(f"{name} may not open the home any more")
    click.echo("If they may have a copy of the keyring, change the key as well: rekey.")


@users.command()
@click.argument("name")
@_new_file
@click.pass_obj
def passphrase(place: Place, name: str, new_file: Path | None) -> None:
    """Change a user's passphrase; only that user has to be there.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such user).
    Example:
      tipline-workstation --home ~/tipline users passphrase "Ana Ruiz"
    """
    from workstation.keys.users import with_passphrase

    check_home(place.path)
    load_keyring(place.path).slot(name)
    given = place.given()
    old = given[0].passphrase if given else ask_passphrase(name)
    with alone(place.path):
        ring = with_passphrase(
            load_keyring(place.path), Credential(old, name), _new_passphrase(new_file, name)
        )
        save_keyring(place.path, ring)
    click.echo(f"{name} has a new passphrase")


def _new_passphrase(file: Path | None, name: str) -> bytes:
    if file is not None:
        return new_passphrase_in(file)
    click.echo(fill(ADVICE, WIDTH), err=True)
    return ask_new_passphrase(name)
