"""Settings: language, silence, the list of districts, shortcuts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wire.refusal import Refused
from workstation.book.actions import (
    SETTINGS,
    all_settings,
    change_setting,
    districts,
    read_districts,
    set_districts,
)
from workstation.problems import Problem
from workstation.screen.here import book, home, language, visit
from workstation.screen.pages.acts import actor, say
from workstation.screen.preferences import keep
from workstation.screen.telling import fault, reason

page = Blueprint("settings", __name__)


@page.get("/settings")
def show() -> str:
    """Show the settings."""
    return render_template(
        "settings.html", values=all_settings(book()), known=SETTINGS, districts=districts(book())
    )


@page.post("/settings")
def change() -> Response:
    """Change one setting."""
    name, value = request.form.get("name", ""), request.form.get("value", "").strip() or "none"
    try:
        change_setting(book(), actor(), name, value, now=visit().now)
    except Problem as problem:
        say(fault(problem), is_fault=True)
    else:
        say(language().text("The setting was changed."))
    return redirect(url_for("settings.show"), 303)


@page.post("/settings/districts")
def take_districts() -> Response:
    """Take the list of districts from the file that was chosen: whole, or not at all."""
    file = request.files.get("file")
    try:
        found = read_districts(file.stream.read() if file else b"")
        set_districts(book(), actor(), found, now=visit().now)
    except Refused as refused:
        words = language().text(
            "The file is refused: %(why)s. The list is what it was.",
            why=reason(f"{refused.field}: {refused.reason}"),
        )
        say(words, is_fault=True)
    except Problem as problem:
        say(fault(problem), is_fault=True)
    else:
        say(language().texts("The list has %(num)s district.", "The list has %(num)s districts.", len(found)))
    return redirect(url_for("settings.show"), 303)


@page.post("/settings/shortcuts")
def shortcuts() -> Response:
    """Switch the keyboard shortcuts on or off."""
    visit().session.shortcuts = request.form.get("shortcuts") == "on"
    keep(visit().session, book(), home().users)
    return redirect(url_for("settings.show"), 303)


@page.post("/settings/hint")
def hide_hint() -> Response:
    """Show the first hint no more."""
    visit().session.knows = True
    keep(visit().session, book(), home().users)
    return redirect(url_for("inbox.show"), 303)
