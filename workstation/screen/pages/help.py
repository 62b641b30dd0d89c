"""Help: the shortcuts, and what each word means."""

from __future__ import annotations

from flask import Blueprint, render_template

from workstation.screen.here import language
from workstation.screen.names import FLAGS

page = Blueprint("help", __name__)


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


SHORTCUTS = (
    (
        _("In the list"),
        (
            ("j", _("next tip")),
            ("k", _("tip before")),
            ("Enter, o", _("open the tip")),
            ("Space", _("choose the tip")),
            ("Shift+A", _("choose all of the page, or none")),
            ("]", _("next page")),
            ("[", _("page before")),
            ("/", _("search")),
        ),
    ),
    (
        _("With the chosen tips, or the marked one"),
        (
            ("s", _("status")),
            ("c", _("category")),
            ("d", _("district")),
            ("p", _("priority")),
            ("a", _("assign to a unit or person")),
            ("n", _("note")),
            ("x", _("close, with the reason")),
            ("u", _("undo the last action")),
        ),
    ),
    (
        _("In a list that opened"),
        (
            ("↑ ↓", _("choose; letters jump to what begins with them")),
            ("Enter", _("apply")),
            ("Ctrl+Enter", _("apply a note")),
            ("Esc", _("leave it")),
        ),
    ),
    (
        _("On a tip's page"),
        (
            ("j, k", _("next and previous tip of the list")),
            ("i", _("back to the list")),
            ("m", _("merge with the first likely duplicate")),
        ),
    ),
    (
        _("Everywhere"),
        (
            ("?", _("this page")),
            ("Shift+L", _("lock")),
        ),
    ),
)


@page.get("/help")
def shortcuts() -> str:
    """Show them."""
    there = language()
    keys = [(there.text(head), [(key, there.text(what)) for key, what in rows]) for head, rows in SHORTCUTS]
    flags = [(there.text(name), there.text(words)) for name, words in FLAGS.values()]
    return render_template("help.html", keys=keys, flags=flags)
