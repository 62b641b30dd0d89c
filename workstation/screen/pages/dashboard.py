"""The overview: figures of what came, what waits and how long it takes, each as a picture and as a table."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request

from workstation.book.figures import Figures, figures
from workstation.book.listing import count
from workstation.book.rows import Filter
from workstation.screen.here import book, language, visit
from workstation.screen.plots import Plot, plots

page = Blueprint("dashboard", __name__)
DAYS = (30, 90, 365)
MOST = 10**7


@page.get("/overview")
def show() -> str:
    """Show them all."""
    days = _days()
    found = figures(book(), now=visit().now, days=days)
    return render_template(
        "dashboard.html",
        figures=found,
        plots=_plots(found).values(),
        numbers=_numbers(found),
        days=days,
        spans=DAYS,
    )


@page.get("/plots/<name>.svg")
def plot(name: str) -> Response:
    """Give one picture."""
    found = _plots(figures(book(), now=visit().now, days=_days())).get(name)
    if found is None:
        abort(404)
    return Response(found.svg, mimetype="image/svg+xml")


def _days() -> int:
    asked = request.args.get("days", "")
    return int(asked) if asked in map(str, DAYS) else DAYS[1]


def _plots(found: Figures) -> dict[str, Plot]:
    return plots(found, language(), now=visit().now)


def _numbers(found: Figures) -> list[tuple[str, str, str]]:
    """Return what one looks at first: a number, what it is, and where it is listed."""
    there = language()
    silent = count(book(), Filter(silent=True), now=visit().now, most=MOST).number
    unread = count(book(), Filter(statuses=("delivered",)), now=visit().now, most=MOST).number
    untouched = sum(one.untouched for one in found.backlog)
    waiting = untouched + sum(one.begun for one in found.backlog)
    return [
        (there.number(found.tips), there.text("tips in the book"), "order=newest"),
        (there.number(unread), there.text("to be read"), "status=delivered"),
        (there.number(waiting), there.text("open, nothing reached yet"), "class=open"),
        (there.number(silent), there.text("without response"), "silent=1"),
    ]
