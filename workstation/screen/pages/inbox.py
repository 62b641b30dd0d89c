"""The inbox: views, filters, search, and the list of tips with what can be done to them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from workstation.book.actions import remove_filter, save_filter, saved_filters
from workstation.book.listing import count
from workstation.book.listing import page as page_of
from workstation.book.rows import Cursor, Filter, Order
from workstation.problems import Problem
from workstation.screen.asking import Query, address, read_filter
from workstation.screen.choices import CLASSES, choices
from workstation.screen.here import book, home, language, visit
from workstation.screen.names import FLAGS
from workstation.screen.pages.acts import actor, say
from workstation.screen.telling import fault

page = Blueprint("inbox", __name__)

PAGE_SIZE = 50
"""Rows: three screens at 1366x768; with their texts under 60 kB."""
MOST_COUNTED = 1000
"""Up to here a view says how many tips it has; more is more than anybody reads today."""


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


VIEWS = (
    (_("To be read"), "status=delivered"),
    (_("Open tips"), "class=open"),
    (_("Urgent"), "class=open&priority=3&priority=2"),
    (_("Mine"), "class=open&mine=1"),
    (_("No response"), "silent=1"),
    (_("Perhaps the same"), "flag=similar"),
    (_("Everything"), "order=newest"),
)
"""What most people look for, with its address. The first is where one begins."""


ORDERS = {
    Order.NEWEST: _("newest first"),
    Order.OLDEST: _("oldest first"),
    Order.PRIORITY: _("most urgent first"),
}


@dataclass(frozen=True, slots=True)
class View:
    """A list that is offered, and how long it is."""

    name: str
    link: str
    count: str
    is_shown: bool


@page.get("/inbox")
def show() -> str:
    """Show a page of the list."""
    asked = Query.of(request.args.items(multi=True)) if request.args else Query((("status", "delivered"),))
    wanted = _wanted(asked)
    after = Cursor.read(asked.get("after", ""))
    found = page_of(book(), wanted, now=visit().now, after=after, size=PAGE_SIZE)
    total = _count(wanted)
    options = choices()
    return render_template(
        "inbox.html",
        rows=found.rows,
        next=found.next and address(asked, after=str(found.next)),
        prev=found.prev and address(asked, after=str(found.prev)),
        total_text=language().text("%(n)s tips", n=total),
        asked=asked,
        wanted=wanted,
        here=address(asked, after=None),
        asked_address=address(asked),
        kept=Query.read(address(asked, after=None, q=None)).pairs,
        views=_views(address(asked, after=None)),
        saved=saved_filters(book()),
        choices=options,
        district_names=dict(options.districts),
        classes=[(one.value, language().text(name)) for one, name in CLASSES.items()],
        flag_choices=[(code, language().text(name)) for code, (name, _help) in FLAGS.items()],
        orders=[(one.value, language().text(name)) for one, name in ORDERS.items()],
        is_empty=not found.rows and not _anything(),
        trusts=bool(home().boxes.keys()),
        hint=not visit().session.knows,
    )


def _wanted(asked: Query) -> Filter:
    return read_filter(asked, users=home().users, zone=language().zone)


def _anything() -> bool:
    return count(book(), Filter(), now=visit().now, most=1).number > 0


def _count(wanted: Filter) -> str:
    found = count(book(), wanted, now=visit().now, most=MOST_COUNTED)
    return language().number(found.number) + ("" if found.exact else "+")


def _views(shown: str) -> list[View]:
    return [_view(language().text(name), query, shown) for name, query in VIEWS]


def _view(name: str, query: str, shown: str) -> View:
    asked = Query.read(query)
    return View(name, f"{url_for('inbox.show')}?{query}", _count(_wanted(asked)), shown == query)


@page.post("/inbox/filters")
def save() -> Response:
    """Keep the filter that is shown under a name."""
    name, query = request.form.get("name", ""), request.form.get("query", "")
    try:
        save_filter(book(), actor(), name, query, now=visit().now)
    except Problem as problem:
        say(fault(problem), is_fault=True)
    else:
        say(language().text("The filter was saved."))
    return redirect(f"{url_for('inbox.show')}?{address(Query.read(query))}", 303)


@page.post("/inbox/filters/remove")
def forget() -> Response:
    """Remove a saved filter."""
    try:
        remove_filter(book(), actor(), request.form.get("name", ""), now=visit().now)
    except Problem as problem:  # another tab removed it
        say(fault(problem), is_fault=True)
    else:
        say(language().text("The saved filter was removed."))
    return redirect(url_for("inbox.show"), 303)
