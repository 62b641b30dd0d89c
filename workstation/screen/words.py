"""What every template may say: messages, dates, names of the vocabulary, the form's token."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g
from markupsafe import Markup

from disclosure.vocabulary import statuses
from workstation.book.actions import silence_days
from workstation.book.rows import TipRow
from workstation.book.silence import status_shown
from workstation.screen.care import banners
from workstation.screen.choices import PRIORITIES, SIGNS
from workstation.screen.here import book, has_visit, home, language, screen, visit
from workstation.screen.marked import excerpt, gap_words, hex_lines, marked
from workstation.screen.names import FLAGS


def add_words(app: Flask) -> None:
    """Give the templates of ``app`` their functions."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
    install(
        lambda message: language().words.gettext(message),  # noqa: PLW0108  the language is the request's
        lambda one, many, number: language().words.ngettext(one, many, number),  # noqa: PLW0108  as above
        newstyle=True,
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals |= {
        "excerpt": excerpt,
        "marked": marked,
        "gap_words": gap_words,
        "hex_lines": hex_lines,
        "statuses": statuses(),
        "signs": SIGNS,
        "shown": _shown,
        "priority_name": lambda number: language().text(PRIORITIES[number]),
        "flag_name": lambda flag: language().text(FLAGS[flag][0]) if flag in FLAGS else flag,
        "flag_help": lambda flag: language().text(FLAGS[flag][1]) if flag in FLAGS else "",
    }
    app.context_processor(_words)


def _shown(row: TipRow) -> str:
    """Return the code of the status that a reader sees: silence shows by itself."""
    if g.get("silence_days") is None:
        g.silence_days = silence_days(book())
    return status_shown(row, visit().now, g.silence_days)


def _words() -> dict[str, Any]:
    there = language()
    known: dict[str, Any] = {
        "language": there,
        "languages": screen().languages,
        "number": there.number,
        "home": None,
        "session": None,
        "form_token": "",
        "menu": (),
        "banners": (),
        "notice": None,
    }
    if has_visit():
        here = visit()
        known |= {"home": here.home, "session": here.session, "now": here.now, "form_token": _token()}
    if has_visit() and visit().home is not None:
        here = visit()
        sheet = home().sheet
        menu = [
            (endpoint, there.text(words))
            for endpoint, words in MENU
            if endpoint in current_app.view_functions
        ]
        known |= {
            "menu": menu,
            "banners": tuple(banners(screen().machine, sheet, there, now=here.now)),
            "idle": int(screen().desk.idle),
            "notice": here.session.notice,
            "shortcuts": here.session.shortcuts,
        }
        here.session.notice = None
    return known


def _token() -> Markup:
    return Markup('<input type="hidden" name="token" value="{}">').format(visit().session.token)


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


MENU = (
    ("inbox.show", _("Inbox")),
    ("imports.show", _("Import")),
    ("dashboard.show", _("Overview")),
    ("bulletin.show", _("Bulletin")),
    ("records.log", _("Log")),
    ("records.epochs", _("Keys")),
    ("records.users", _("People")),
    ("settings.show", _("Settings")),
)
