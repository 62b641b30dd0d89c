"""A tip: its text, what is known of it, its thread and likely duplicates beside it, and what was done."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from workstation.book import actions, listing
from workstation.book.actions import Actor, Done
from workstation.book.faults import NoSuch
from workstation.book.log import rows as log_rows
from workstation.book.rows import Cursor, Offer, TipRow
from workstation.home import load_keyring
from workstation.keys.second import second_person
from workstation.screen.asking import Query, address, read_filter
from workstation.screen.choices import choices
from workstation.screen.here import book, home, language, screen, visit
from workstation.screen.names import OFFERS
from workstation.screen.pages.acts import NothingChosen, actor, back, doing
from workstation.screen.timeline import events

page = Blueprint("tip", __name__)
MOST_NUMBER = 10**15


@dataclass(frozen=True, slots=True)
class Near:
    """A tip that may be the same, and why."""

    offer: Offer
    row: TipRow
    why: str


@page.get("/tips/<int:number>")
def show(number: int) -> str:
    """Show one tip."""
    row = _row(number)
    asked = Query.of(request.args.items(multi=True))
    next_, before = _beside(row, asked)
    options = choices()
    names = dict(options.districts)
    return render_template(
        "tip.html",
        row=row,
        thread=listing.thread(book(), number),
        near=_near(row),
        linked=[listing.tip(book(), one) for one in actions.links(book(), number)],
        merged=[listing.tip(book(), one) for one in actions.parts_of(book(), number)],
        master=actions.master(book().connection, number),
        notes={one.id: one for one in actions.notes(book(), number)},
        events=events(log_rows(book().connection, tip=number), names),
        undoable=actions.newest(book(), number),
        choices=options,
        district_names=names,
        asked_address=address(asked),
        next=next_,
        before=before,
    )


def _row(number: int) -> TipRow:
    if number > MOST_NUMBER:
        abort(404)
    try:
        return listing.tip(book(), number)
    except NoSuch:
        abort(404)


def _beside(row: TipRow, asked: Query) -> tuple[int | None, int | None]:
    """Return the tips behind and before this one in the list it was opened from."""
    wanted = read_filter(asked, users=home().users, zone=language().zone)
    return tuple(  # type: ignore[return-value]  # two of them
        _first(listing.page(book(), wanted, now=visit().now, after=place, size=1).rows)
        for place in (
            Cursor(row.priority, row.received, row.id),
            Cursor(row.priority, row.received, row.id, back=True),
        )
    )


def _first(rows: tuple[TipRow, ...]) -> int | None:
    return rows[0].id if rows else None


def _near(row: TipRow) -> list[Near]:
    """Return the tips that are offered as the same and were not settled yet."""
    found = []
    for offer in listing.offers(book(), row.id):
        if offer.settled is None:
            other = listing.tip(book(), offer.other if offer.tip == row.id else offer.tip)
            found.append(Near(offer, other, language().text(OFFERS.get(offer.kind, offer.kind))))
    return found


@page.post("/tips/<int:number>/offer")
def settle(number: int) -> Response:
    """Merge two tips that were offered as the same, or say that they are not."""
    offer, same = _number("offer"), request.form.get("do") == "same"
    there = language()
    said = there.text("Merged into the earlier one.") if same else there.text("Noted: not the same.")
    doing(lambda: actions.settle_offer(book(), actor(), offer, same=same, now=visit().now), lambda: said)
    return back("near")


@page.post("/tips/<int:number>/link")
def link(number: int) -> Response:
    """Link this tip with another, merge it into another, or take a link away."""
    do = request.form.get("do", "")

    def work() -> Done:
        other = _other()
        if do == "merge":
            return actions.merge(book(), actor(), [number], other, now=visit().now)
        change = actions.unlink if do == "unlink" else actions.link
        return change(book(), actor(), [number], other, now=visit().now)

    there = language()
    said = {"merge": there.text("Merged."), "unlink": there.text("Link taken away.")}.get(
        do, there.text("Linked.")
    )
    doing(work, lambda: said)
    return back()


def _other() -> int:
    """Return the tip that was named by its number. Raises NothingChosen, NoSuch."""
    other = _number("other")
    if not other:
        raise NothingChosen
    return listing.tip(book(), other).id


def _number(name: str) -> int:
    word = request.form.get(name, "").strip()
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 16 else 0


@page.post("/tips/<int:number>/hold")
def hold(number: int) -> Response | str:
    """Hold the tip back from destruction, or let it go: two people do it, the second one is asked where one opened."""
    lets_go = request.form.get("do") == "unhold"
    passphrase = request.form.get("passphrase", "")
    if not actor().two and not passphrase:
        return _ask_second(number, lets_go=lets_go)
    there = language()
    do = actions.unhold if lets_go else actions.hold
    said = there.text("Let go.") if lets_go else there.text("Held back from destruction.")
    doing(
        lambda: do(book(), _two(passphrase), [number], now=visit().now),
        lambda: said,
        undoable=False,
    )
    return redirect(url_for("tip.show", number=number), 303)


def _two(passphrase: str) -> Actor:
    """Return the two people. Raises WrongPassphrase, SecondPersonNeeded, TooSoon."""
    if actor().two:
        return actor()
    name, users = request.form.get("name") or None, home().users
    second = screen().desk.ask(
        lambda: second_person(home().path, name, passphrase.encode(), not_one_of=users)
    )
    return Actor((*users, second))


def _ask_second(number: int, *, lets_go: bool) -> str:
    there, ring = language(), load_keyring(home().path)
    return render_template(
        "second.html",
        title=there.text("Let go") if lets_go else there.text("Hold back from destruction"),
        names=[slot.name for slot in ring.users if slot.name not in home().users],
        do="unhold" if lets_go else "hold",
        address=url_for("tip.hold", number=number),
        back=url_for("tip.show", number=number),
    )
