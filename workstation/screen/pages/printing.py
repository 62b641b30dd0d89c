"""Printing a tip: first what is to be blacked out, then the page for paper. The only way a text leaves the book."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from markupsafe import Markup

from workstation.book import actions, listing
from workstation.book.log import LogWriter
from workstation.screen.here import book, language, visit
from workstation.screen.marked import marked
from workstation.screen.pages.acts import actor
from workstation.screen.redaction import BLOCK, cut, redact

page = Blueprint("printing", __name__)
MOST_WORDS = 100


@page.get("/tips/<int:number>/print")
def choose(number: int) -> str:
    """Let words be chosen."""
    row = listing.tip(book(), number)
    return render_template(
        "redact.html", row=row, words=list(cut(row.text or "")), notes=actions.notes(book(), number)
    )


@page.post("/tips/<int:number>/print")
def show(number: int) -> str:
    """Show the page for paper. What was chosen is not in it."""
    row = listing.tip(book(), number)
    numbers = frozenset(int(one) for one in request.form.getlist("word") if one.isascii() and one.isdecimal())
    words = tuple(dict.fromkeys(filter(None, map(str.strip, request.form.get("words", "").split(",")))))[
        :MOST_WORDS
    ]
    notes = (
        [one for one in actions.notes(book(), number) if one.withdrawn is None]
        if request.form.get("notes")
        else []
    )
    text, blocks = redact(row.text or "", numbers, words)
    _write_down(number, blocks)
    return render_template(
        "paper.html",
        row=row,
        text=_black(text),
        blocks=blocks,
        notes=[(one, _black(redact(one.text, frozenset(), words)[0])) for one in notes],
        district_names=dict(_districts()),
        facts=bool(request.form.get("facts")),
        printed=visit().now,
    )


def _write_down(number: int, blocks: int) -> None:
    """Enter into the log that the tip was made ready for paper, and how many places were blacked out."""
    with book().write():
        LogWriter(book().connection, actor(), now=visit().now).add(
            "print", tip=number, detail={"blocks": blocks}
        )


def _districts() -> list[tuple[str, str]]:
    return [(one.code, one.es if language().code == "es" else one.en) for one in actions.districts(book())]


def _black(text: str) -> Markup:
    """Return ``text`` as HTML with its blocks as black ones, which say what they are to a screen reader."""
    block = Markup('<span class="black" role="img" aria-label="{}">{}</span>').format(
        language().text("blacked out"), BLOCK
    )
    return block.join(marked(piece) for piece in text.split(BLOCK))
