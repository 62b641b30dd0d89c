"""The commands that show the case book: tip, list, search, offers, vocabulary, figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workstation.cli.book_common import JSON, now, opened, resolve
from workstation.cli.common import Place

if TYPE_CHECKING:
    from workstation.book.connection import Book
    from workstation.book.rows import Filter, TipRow
    from workstation.home import Home
    from workstation.screen.asking import Query

_PAGE = 500
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_NONE = "-"
"""Stands for tips that have no category, district, unit or person."""


@click.command()
@click.argument("name", metavar="ID")
@JSON
@click.pass_obj
def tip(place: Place, name: str, json_wanted: bool) -> None:
    """Show one tip whole: its text, what is known of it, what belongs to it, what happened to it.

    ID is its id or the beginning of it.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such tip).
    Example:
      tipline-workstation --home ~/tipline tip 3f2a9c81d04e
    """
    with opened(place) as (_, book):
        number = resolve(book, name)
        if json_wanted:
            click.echo(json.dumps(_tip_object(book, number)))
        else:
            for line in _tip_lines(book, number):
                click.echo(line)


def _tip_object(book: Book, number: int) -> dict[str, Any]:
    from workstation.book.actions import links, newest, parts_of
    from workstation.book.history import timeline
    from workstation.book.listing import offers, thread
    from workstation.book.listing import tip as row_of
    from workstation.cli.book_words import event_object, names_of, row_object

    names = names_of(book)
    row = row_of(book, number)
    return {
        **row_object(row, _shown(book, row), names),
        "parts_of": [names(one) for one in parts_of(book, number)],
        "links": [names(one) for one in links(book, number)],
        "thread": [one.tip.hex() for one in thread(book, number) if one.id != number],
        "offers": [
            {
                "offer": one.id,
                "kind": one.kind,
                "other": names(one.other if one.tip == number else one.tip),
                "settled": one.settled,
            }
            for one in offers(book, number)
        ],
        "can_undo": newest(book, number),
        "timeline": [event_object(event, names) for event in timeline(book, number)],
    }


def _tip_lines(book: Book, number: int) -> Iterator[str]:
    from workstation.book.history import timeline
    from workstation.book.listing import tip as row_of
    from workstation.cli.book_words import event_lines, names_of, row_line
    from workstation.messages.visible import margin_lines

    names, width = names_of(book), shutil.get_terminal_size().columns
    row = row_of(book, number)
    yield f"tip {row.tip.hex()}  conversation {row.conversation.hex()}"
    yield next(row_line(row, _shown(book, row), names, width=width))
    if row.missing:
        yield f"missing: part {', '.join(map(str, row.missing))} of {row.parts}"
    if row.flags:
        yield f"flags: {', '.join(row.flags)}"
    body = [] if row.text is None else row.text.split("\n")
    yield from margin_lines(body + ([] if row.data is None else [f"data: {row.data.hex()}"]), width=width)
    found = _tip_object(book, number)
    for word in ("parts_of", "links", "thread"):
        if found[word]:
            yield f"{word.replace('_', ' ')}: {', '.join(found[word])}"
    for one in found["offers"]:
        yield f"offer {one['offer']}: {one['kind']} {one['other']} ({one['settled'] or 'open'})"
    for event in timeline(book, number):
        yield from event_lines(event, names, width=width)


def _shown(book: Book, row: TipRow) -> str:
    from workstation.book.actions import silence_days
    from workstation.book.silence import status_shown

    return status_shown(row, now(), silence_days(book))


_FILTERS = (
    click.option("--status", multiple=True, metavar="CODE", help="One of these; also no_response."),
    click.option("--class", multiple=True, metavar="CLASS", help="open, closed, acted or silent."),
    click.option("--category", multiple=True, metavar="CODE", help="One of these; - for none."),
    click.option("--district", multiple=True, metavar="CODE", help="One of these; - for none."),
    click.option("--unit", multiple=True, metavar="NAME", help="In charge; - for none."),
    click.option("--person", multiple=True, metavar="NAME", help="In charge; - for none."),
    click.option("--priority", multiple=True, type=click.IntRange(0, 3), help="0 none to 3 urgent."),
    click.option("--flag", multiple=True, metavar="FLAG", help="All of these."),
    click.option("--from", type=_DAY, metavar="DAY", help="Received on this day or later, UTC."),
    click.option("--to", type=_DAY, metavar="DAY", help="Received on this day or earlier, UTC."),
    click.option("--conversation", metavar="ID", help="Of this conversation, the whole id."),
    click.option("--silent", is_flag=True, help="Open, and nothing was done for long."),
    click.option("--mine", is_flag=True, help="Those in charge of which opened the home."),
    click.option("--held", is_flag=True, help="Held back from destruction."),
    click.option("--unmerged", is_flag=True, help="Not those merged into another."),
    click.option("--order", type=click.Choice(["newest", "oldest", "priority"]), help="Which come first."),
    click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="0: all."),
)


def _with_filters(command: Any) -> Any:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.command("list")
@_with_filters
@click.option("--saved", metavar="NAME", help="As this saved filter says; the other options do not count.")
@click.option("--save", metavar="NAME", help="Save these options as a filter for all users.")
@JSON
@click.pass_obj
def list_(
    place: Place, /, saved: str | None, save: str | None, limit: int, json_wanted: bool, **asked: Any
) -> None:
    """Show tips of the case book, the newest first. Options that are repeated are alternatives.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12, 19 (no such code, district or saved filter), 20.
    Example:
      tipline-workstation --home ~/tipline list --class open --category extortion --json
    """
    from workstation.book.actions import Actor, save_filter
    from workstation.screen.asking import address

    with opened(place) as (home, book):
        query = _saved_query(book, saved) if saved else _query(book, asked)
        if save:
            save_filter(book, Actor(home.users), save, address(query), now=now())
        _show(book, _filter(home, query), limit, json_wanted=json_wanted)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS…")
@_with_filters
@JSON
@click.pass_obj
def search(place: Place, /, words: tuple[str, ...], limit: int, json_wanted: bool, **asked: Any) -> None:
    """Show tips in which all WORDS stand, or parts of words; neither accents nor capitals count.

    \b
    Exit codes: 0 (also if nothing is found), 2, 5, 7, 8, 9, 11, 12, 19 (no such code or district).
    Example:
      tipline-workstation --home ~/tipline search camioneta roja --class open
    """
    with opened(place) as (home, book):
        query = _query(book, {**asked, "q": " ".join(words)})
        _show(book, _filter(home, query), limit, json_wanted=json_wanted)


def _query(book: Book, asked: dict[str, Any]) -> Query:
    """Return the options as the address of the screen's list has them. Raises NoSuch for a code that is none."""
    from workstation.screen.asking import Query

    _check_codes(book, asked)
    return Query.of(
        (word, "1" if one is True else _text(one))
        for word, value in asked.items()
        for one in (value if isinstance(value, tuple) else (value,))
        if one is not None and one is not False
    )


def _text(value: object) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _check_codes(book: Book, asked: dict[str, Any]) -> None:
    from disclosure.vocabulary import StatusClass, categories, statuses
    from workstation.book.districts import known_district
    from workstation.book.faults import NoSuch
    from workstation.messages.visible import visible

    for word, known in (("status", statuses()), ("class", set(StatusClass)), ("category", categories())):
        for code in asked[word]:
            if code not in known and not (code == _NONE and word == "category"):
                raise NoSuch(f"{word} {visible(code)}", way_out=f"There are: {', '.join(known)}.")
    for code in asked["district"]:
        if code != _NONE:
            known_district(book.connection, code)


def _saved_query(book: Book, name: str) -> Query:
    from workstation.book.actions import saved_filters
    from workstation.book.faults import NoSuch
    from workstation.messages.visible import visible
    from workstation.screen.asking import Query

    for one in saved_filters(book):
        if one.name == name:
            return Query.read(one.query)
    raise NoSuch(f"saved filter {visible(name)}", way_out="They are shown by: filters")


def _filter(home: Home, query: Query) -> Filter:
    from datetime import UTC

    from workstation.screen.asking import read_filter

    return read_filter(query, users=home.users, zone=UTC)


def _show(book: Book, wanted: Filter, limit: int, *, json_wanted: bool) -> None:
    from workstation.book.actions import silence_days
    from workstation.book.silence import status_shown
    from workstation.cli.book_words import names_of, row_line, row_object

    names, days, at = names_of(book), silence_days(book), now()
    width = shutil.get_terminal_size().columns
    for row in _rows(book, wanted, limit, at=at):
        shown = status_shown(row, at, days)
        if json_wanted:
            click.echo(json.dumps(row_object(row, shown, names)))
        else:
            for line in row_line(row, shown, names, width=width):
                click.echo(line)


def _rows(book: Book, wanted: Filter, limit: int, *, at: int) -> Iterator[TipRow]:
    """Yield the rows, page by page, ``limit`` of them or all."""
    from workstation.book.listing import page

    after, left = None, limit or None
    while left is None or left > 0:
        size = min(_PAGE, left or _PAGE)
        found = page(book, wanted, now=at, after=after, size=size)
        yield from found.rows
        after = found.next
        if after is None:
            return
        left = None if left is None else left - size


@click.command()
@JSON
@click.pass_obj
def offers(place: Place, json_wanted: bool) -> None:
    """Show pairs of tips that may be one, and are not settled: repeats, rests, near-duplicates.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline offers
    """
    from workstation.cli.book_words import SHORT, names_of

    with opened(place) as (_, book):
        names = names_of(book)
        query = "SELECT id, tip, other, kind FROM offers WHERE settled IS NULL ORDER BY id"
        for number, one, other, kind in book.connection.execute(query):
            if json_wanted:
                click.echo(
                    json.dumps({"offer": number, "kind": kind, "tip": names(one), "other": names(other)})
                )
            else:
                pair = [(names(each) or "")[:SHORT] for each in (one, other)]
                click.echo(f"offer {number}: {kind}: {pair[0]} and {pair[1]}")


@click.command()
@JSON
@click.pass_obj
def vocabulary(place: Place, json_wanted: bool) -> None:
    """Show the codes of statuses and categories, in Spanish and English, and which status may follow which.

    \b
    Exit codes: 0, 2.
    Example:
      tipline-workstation vocabulary --json
    """
    from disclosure.vocabulary import categories, statuses
    from workstation.book.actions_status import by_hand, possible

    if json_wanted:
        click.echo(json.dumps(_vocabulary_object()))
        return
    for code, status in statuses().items():
        mark = "" if code in by_hand() else " (never by hand)"
        click.echo(f"status    {code:<28} {status.status_class.value:<7} {status.es} / {status.en}{mark}")
        if possible(code) == ("reopened",):
            click.echo(f"{'':<39}then only reopened")
    for code, category in categories().items():
        click.echo(f"category  {code:<28} {category.es} / {category.en}")


def _vocabulary_object() -> dict[str, Any]:
    from disclosure.vocabulary import categories, statuses
    from workstation.book.actions_status import by_hand, possible

    return {
        "statuses": [
            {
                "code": code,
                "es": status.es,
                "en": status.en,
                "class": status.status_class.value,
                "terminal": status.terminal,
                "by_hand": code in by_hand(),
                "next": list(possible(code)),
            }
            for code, status in statuses().items()
        ],
        "categories": [
            {
                "code": code,
                "es": category.es,
                "en": category.en,
                "group_es": category.group_es,
                "group_en": category.group_en,
                "route": category.route,
            }
            for code, category in categories().items()
        ],
    }


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 36_500), default=365, show_default=True, help="Received in so many."
)
@JSON
@click.pass_obj
def figures(place: Place, days: int, json_wanted: bool) -> None:
    """Show what came, what waits and how long it takes; medians count what is still open.

    \b
    Exit codes: 0, 2, 5, 7, 8, 9, 11, 12.
    Example:
      tipline-workstation --home ~/tipline figures --days 90
    """
    from workstation.book.figures import figures as read_figures
    from workstation.cli.book_words import figures_lines, figures_object

    with opened(place) as (_, book):
        found = read_figures(book, now=now(), days=days)
        if json_wanted:
            click.echo(json.dumps(figures_object(found)))
        else:
            for line in figures_lines(found):
                click.echo(line)
