"""What is done to tips: one of the bar's actions on those chosen, and undo. Each answers with a page, not with data."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from workstation.book import actions
from workstation.book.actions import Actor, Done
from workstation.problems import Problem
from workstation.screen.asking import is_own
from workstation.screen.gate import Notice
from workstation.screen.here import book, home, language, visit
from workstation.screen.telling import fault

page = Blueprint("acts", __name__)
LEAVE, TAKE_AWAY = "", "-"
"""What an empty field, and a dash, mean for unit and person."""


def actor() -> Actor:
    """Return those who opened the home: every action is theirs."""
    return Actor(home().users)


def say(text: str, *, undo: int | None = None, is_fault: bool = False) -> None:
    """Let the next page say ``text``, with a button that undoes the row ``undo`` of the log."""
    visit().session.notice = Notice(text, undo=() if undo is None else (undo,), is_fault=is_fault)


def back(anchor: str = "") -> Response:
    """Lead back to the page of ours that the form named, else to the inbox."""
    asked = request.form.get("back", "")
    return redirect(
        (asked if is_own(asked) else url_for("inbox.show")) + (f"#{anchor}" if anchor else ""), 303
    )


def doing(work: Callable[[], Done], said: Callable[[], str], *, undoable: bool = True) -> None:
    """Do ``work``; let the next page say what was done, and offer to undo it, or why it was not done."""
    try:
        done = work()
    except Problem as problem:
        say(fault(problem), is_fault=True)
        return
    if done.first is None:
        say(language().text("It is so already; nothing was changed."))
    else:
        say(said(), undo=done.first if undoable else None)


@page.post("/acts")
def many() -> Response:
    """Do one action on the chosen tips."""
    tips = [int(one) for one in request.form.getlist("tip") if one.isascii() and one.isdecimal()]
    wanted = _WORK.get(request.form.get("do", ""))
    then = request.form.get("then", "")
    if wanted is None or not tips:
        say(language().text("Choose one or more tips first."), is_fault=True)
        return back()
    doing(lambda: wanted(tips), lambda: _said(len(tips)))
    return back(f"t{then}" if then.isascii() and then.isdecimal() else f"t{tips[0]}")


def _said(number: int) -> str:
    said = _SAID[request.form["do"]]
    what = language().text(said)
    tips = language().texts("%(num)s tip", "%(num)s tips", number)
    return f"{what}: {tips}."


def _status(tips: list[int]) -> Done:
    return _to_status(tips, "status", "status_reason")


def _close(tips: list[int]) -> Done:
    return _to_status(tips, "closing", "closing_reason")


def _to_status(tips: list[int], name: str, reason: str) -> Done:
    code, words = request.form.get(name, ""), request.form.get(reason, "").strip()
    if not code:
        raise NothingChosen
    return actions.set_status(book(), actor(), tips, code, reason=words or None, now=visit().now)


class NothingChosen(Problem):
    """Choose a value from the list first."""


def _category(tips: list[int]) -> Done:
    return actions.set_category(book(), actor(), tips, _chosen("category"), now=visit().now)


def _district(tips: list[int]) -> Done:
    return actions.set_district(book(), actor(), tips, _chosen("district"), now=visit().now)


def _priority(tips: list[int]) -> Done:
    return actions.set_priority(book(), actor(), tips, int(_chosen("priority")), now=visit().now)


def _chosen(name: str) -> str:
    """Return the value of a list; an empty one is a value, too. Raises NothingChosen."""
    value = request.form.get(name)
    if value is None or (name == "priority" and value not in ("0", "1", "2", "3")):
        raise NothingChosen
    return value


def _assign(tips: list[int]) -> Done:
    given = {name: _label(request.form.get(name, "").strip()) for name in ("unit", "person")}
    if all(value is None for value in given.values()):
        raise NothingChosen
    return actions.assign(book(), actor(), tips, **given, now=visit().now)


def _label(value: str) -> str | None:
    return {LEAVE: None, TAKE_AWAY: ""}.get(value, value)


def _note(tips: list[int]) -> Done:
    return actions.add_note(book(), actor(), tips, request.form.get("note", ""), now=visit().now)


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


_WORK: dict[str, Callable[[list[int]], Done]] = {
    "status": _status,
    "close": _close,
    "category": _category,
    "district": _district,
    "priority": _priority,
    "assign": _assign,
    "note": _note,
}
_SAID = {
    "status": _("Status set"),
    "close": _("Closed"),
    "category": _("Category set"),
    "district": _("District set"),
    "priority": _("Priority set"),
    "assign": _("Assigned"),
    "note": _("Note added"),
}


@page.post("/undo")
def undo() -> Response:
    """Take back the action that the page offered to undo."""
    row = request.form.get("log", "")
    number = int(row) if row.isascii() and row.isdecimal() and len(row) < 16 else 0
    doing(
        lambda: actions.undo(book(), actor(), number, now=visit().now),
        lambda: language().text("Undone; both steps stand in the log."),
        undoable=False,
    )
    return back()
