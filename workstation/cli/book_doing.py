"""The commands that do something in the case book: set, note, merge, link, hold, undo, settle."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workstation.cli.book_common import TIPS, act, now, opened, resolve, resolve_all, said
from workstation.cli.common import Place

if TYPE_CHECKING:
    from workstation.book.actions import Changes

_MOST_NOTE = 100_000
"""Octets read from stdin; a note is shorter."""


@click.command("set")
@TIPS
@click.option("--status", metavar="CODE", help="The status.")
@click.option("--reason", metavar="TEXT", help="Words for the status; they become a note.")
@click.option("--category", metavar="CODE", help='What it is about; "" for none.')
@click.option("--district", metavar="CODE", help='Where; "" for none.')
@click.option("--priority", type=click.IntRange(0, 3), help="0 none, 1 raised, 2 high, 3 urgent.")
@click.option("--unit", metavar="NAME", help='In charge; "" for none.')
@click.option("--person", metavar="NAME", help='In charge; "" for none.')
@click.pass_obj
def set_(place: Place, /, ids: tuple[str, ...], **values: str | int | None) -> None:
    """Set what is given on each tip, all of it or nothing.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18 (withheld takes two people), 19 (no such tip or code),
    20 (that status cannot follow: it says what can).
    Example:
      tipline-workstation --home ~/tipline set 3f2a9c81 --status not_actionable.prank --reason "no such street"
    """
    from workstation.book.actions import Changes, change

    if all(value is None for value in values.values()):
        raise click.UsageError("Nothing to set: give one of the options.")
    changes: Changes = Changes(**values)  # type: ignore[arg-type]  # click gives each its type
    with opened(place) as (home, book):
        tips = resolve_all(book, ids)
        said(act(place, home, lambda actor: change(book, actor, tips, changes, now=now())))


@click.command()
@click.argument("name", metavar="ID")
@click.argument("text", metavar="TEXT|-")
@click.pass_obj
def note(place: Place, name: str, text: str) -> None:
    """Write a note to a tip; - reads it from stdin.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such tip), 20 (an empty note).
    Example:
      tipline-workstation --home ~/tipline note 3f2a9c81 "unit 4 drove by, nobody there"
    """
    from workstation.book.actions import add_note

    if text == "-":
        text = sys.stdin.buffer.read(_MOST_NOTE).decode("utf-8", "surrogateescape")
    with opened(place) as (home, book):
        tips = [resolve(book, name)]
        said(act(place, home, lambda actor: add_note(book, actor, tips, text, now=now())))


@click.command()
@TIPS
@click.option("--into", required=True, metavar="ID", help="The tip of which they are parts.")
@click.pass_obj
def merge(place: Place, ids: tuple[str, ...], into: str) -> None:
    """Merge tips into another one; undo takes it back.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18, 19 (no such tip), 20 (one is merged already).
    Example:
      tipline-workstation --home ~/tipline merge 3f2a9c81 --into 77aa01c4
    """
    from workstation.book.actions import merge as merge_tips

    with opened(place) as (home, book):
        tips, target = resolve_all(book, ids), resolve(book, into)
        said(act(place, home, lambda actor: merge_tips(book, actor, tips, target, now=now())))


@click.command()
@TIPS
@click.option("--with", "other", required=True, metavar="ID", help="The other tip.")
@click.option("--remove", is_flag=True, help="Take the link away.")
@click.pass_obj
def link(place: Place, ids: tuple[str, ...], other: str, remove: bool) -> None:
    """Link tips with another one, or take the link away.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such tip), 20.
    Example:
      tipline-workstation --home ~/tipline link 3f2a9c81 --with 77aa01c4
    """
    from workstation.book.actions import link as link_tips
    from workstation.book.actions import unlink

    with opened(place) as (home, book):
        tips, partner = resolve_all(book, ids), resolve(book, other)
        action = unlink if remove else link_tips
        said(act(place, home, lambda actor: action(book, actor, tips, partner, now=now())))


@click.command()
@TIPS
@click.option("--release", is_flag=True, help="Let the rule hold for them again.")
@click.pass_obj
def hold(place: Place, ids: tuple[str, ...], release: bool) -> None:
    """Hold tips back from destruction by rule; it takes two people, and two to release them.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18 (a second person is needed), 19 (no such tip), 20.
    Example:
      tipline-workstation --home ~/tipline --user ana --user ben hold 3f2a9c81
    """
    from workstation.book.actions import hold as hold_tips
    from workstation.book.actions import unhold

    with opened(place) as (home, book):
        tips = resolve_all(book, ids)
        action = unhold if release else hold_tips
        said(act(place, home, lambda actor: action(book, actor, tips, now=now())))


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option(
    "--action",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="The whole action of row N of the log.",
)
@click.pass_obj
def undo(place: Place, ids: tuple[str, ...], number: int | None) -> None:
    """Undo the newest action of each tip, or one whole action on all its tips. Both stay in the log.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18, 19 (no such tip or action), 20 (nothing to undo, or
    something newer stands on it).
    Example:
      tipline-workstation --home ~/tipline undo 3f2a9c81
    """
    from workstation.book.actions import undo as undo_action
    from workstation.book.actions import undo_newest

    if bool(ids) == (number is not None):
        raise click.UsageError("Give ids of tips, or --action N.")
    with opened(place) as (home, book):
        if number is not None:
            said(act(place, home, lambda actor: undo_action(book, actor, number, now=now())))
        else:
            tips = resolve_all(book, ids)
            said(act(place, home, lambda actor: undo_newest(book, actor, tips, now=now())))


@click.command()
@click.argument("offer", type=click.IntRange(min=1), metavar="OFFER")
@click.option("--same", is_flag=True, help="They are one: the later is merged into the earlier.")
@click.option("--different", is_flag=True, help="They are not the same.")
@click.pass_obj
def settle(place: Place, offer: int, same: bool, different: bool) -> None:
    """Say what an offered pair of tips is: the same, or not.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 18, 19 (no such offer), 20 (settled already).
    Example:
      tipline-workstation --home ~/tipline settle 12 --same
    """
    from workstation.book.actions import settle_offer

    if same == different:
        raise click.UsageError("Give --same or --different.")
    with opened(place) as (home, book):
        said(act(place, home, lambda actor: settle_offer(book, actor, offer, same=same, now=now())))
