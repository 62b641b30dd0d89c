"""The application: every request goes through the gate, every answer carries the headers, no fault shows content."""

from __future__ import annotations

import sqlite3
import sys
import traceback
from types import TracebackType
from typing import Any

from flask import Flask, Response, abort, g, jsonify, redirect, render_template, request, url_for
from jinja2 import StrictUndefined
from sqlcipher3 import dbapi2
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from workstation.problems import Problem
from workstation.screen.gate import HEADERS, Session
from workstation.screen.here import (
    NAME,
    Screen,
    Visit,
    book,
    close_book,
    has_visit,
    home,
    language,
    screen,
    visit,
)
from workstation.screen.pages import PAGES
from workstation.screen.preferences import settle
from workstation.screen.telling import parts, reason, sort
from workstation.screen.words import add_words

OUTSIDE = frozenset({"static", "entry.come_in"})
"""Reached without a session: nothing of the case book is there."""
LOCKED = frozenset(
    {
        "entry.unlock",
        "entry.unlocking",
        "entry.state",
        "entry.awake",
        "entry.choose_language",
        "help.shortcuts",
    }
)
"""Reached with a session while the desk is locked."""
PASSIVE = frozenset({"entry.state", "imports.progress"})
"""Asked by the page itself: no sign that somebody is there."""
MOST_OCTETS = 2 << 20
"""Of a request: the longest is a list of districts."""

_Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Quiet(Flask):
    """A Flask whose report of a fault of ours names places in the source and no values: they may be of a tip."""

    def log_exception(self, exc_info: _Caught) -> None:
        kind, _, trace = exc_info
        name = kind.__name__ if kind else "fault"
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-8:]]
        print(f"error: {name} at {' < '.join(reversed(places))}", file=sys.stderr)  # noqa: T201  the door to stderr


def create_app(parts: Screen) -> Flask:
    """Return the application on ``parts``."""
    app = _Quiet("workstation.screen", static_folder="static", template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MOST_OCTETS
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[NAME] = parts
    add_words(app)
    app.before_request(_let_in)
    app.after_request(_seal)
    app.teardown_request(lambda _: close_book())
    app.register_error_handler(Problem, _problem)
    for kind in (OSError, sqlite3.Error, dbapi2.Error):
        app.register_error_handler(kind, _failed)
    app.register_error_handler(HTTPException, _http)
    for page in PAGES:
        app.register_blueprint(page)
    return app


def _let_in() -> AnyResponse | None:
    """Return None if the request may go on, else what it gets."""
    parts = screen()
    if request.host != parts.gate.host:
        abort(421)
    endpoint = request.endpoint or ""
    if endpoint in OUTSIDE:
        return None
    session = parts.gate.session(request.cookies.get(parts.gate.cookie_name))
    if session is None:
        return jsonify(locked=True) if endpoint == "entry.state" else abort(403)
    turn, opened = parts.desk.turn, parts.desk.home()
    g.visit = Visit(session, parts.languages[session.language], parts.now(), turn, opened)
    if request.method != "GET" and not (
        parts.gate.is_ours(request.headers) and parts.gate.has_token(session, request.form.get("token", ""))
    ):
        abort(400)
    if opened is None and endpoint not in LOCKED:
        return redirect(url_for("entry.unlock"), 303)
    if opened is not None and endpoint not in PASSIVE:
        parts.desk.touch()
        _settle(session)
    return None


def _settle(session: Session) -> None:
    """Let the first page behind an unlocking be as those who opened it want it."""
    here = visit()
    if session.settled != here.turn:
        settle(session, book(), home().users, turn=here.turn)
        here.language = screen().languages.get(session.language, here.language)


def _seal(response: Response) -> AnyResponse:
    """Return the answer with its headers; nothing of a desk that was locked in the meantime."""
    answer: AnyResponse = response
    if has_visit() and visit().home is not None and screen().desk.turn != visit().turn:
        answer = redirect(url_for("entry.unlock"), 303)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    answer.headers.pop("Server", None)
    return answer


def _problem(problem: Problem) -> tuple[str, int]:
    return _page(*parts(problem), reason(problem.way_out)), 409


def _failed(error: Exception) -> tuple[str, int]:
    """Return a page about what the disk did; a fault of ours goes on to be one."""
    problem = sort(error)
    if type(problem) is Problem:
        raise error
    return _problem(problem)


def _http(error: HTTPException) -> tuple[str, int] | Any:
    """Return a page that says in a sentence what is wrong."""
    if error.response is not None:
        return error.response
    code = error.code or 500
    title, way_out = _SAID.get(code, _SAID[500])
    return _page(language().text(title), "", language().text(way_out)), code


def _page(title: str, detail: str, way_out: str) -> str:
    return render_template("problem.html", title=title, detail=detail, way_out=way_out)


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


_SAID = {
    400: (
        _("This request did not come from a page of this session."),
        _("Go back to the page, load it again, and do it once more. Nothing was changed."),
    ),
    403: (
        _("This browser was not let in."),
        _(
            "Open the link that tipline-workstation screen printed; it works once. Enter in that window prints another."
        ),
    ),
    404: (_("There is no such page."), _("Go back to the inbox.")),
    405: (_("This page cannot do that."), _("Go back to the inbox.")),
    413: (_("That is too much at once."), _("Choose a smaller file. Nothing was changed.")),
    421: (
        _("The screen answers only under its own address."),
        _("Open the link that tipline-workstation screen printed."),
    ),
    500: (
        _("Something went wrong in the program."),
        _(
            "Nothing was half done. What is known of it stands in the window that runs tipline-workstation screen."
        ),
    ),
}
