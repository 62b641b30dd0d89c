"""What is written down: the log, the keys of the epochs, and who may open the home. Read only, but for the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wire.endings import EndedEpoch
from workstation.book.checking import verify_log
from workstation.book.faults import LogBroken
from workstation.book.log import rows
from workstation.epochs.review import Review, State, lack_in_words, review
from workstation.home import load_keyring
from workstation.screen.choices import choices
from workstation.screen.here import book, home, language, screen, visit
from workstation.screen.pages.acts import say
from workstation.screen.telling import parts, reason
from workstation.screen.timeline import events

page = Blueprint("records", __name__)
STEP, MOST = 200, 5000
"""Rows of the log on a page, and the most that are shown; the rest is read by the command."""


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


@page.get("/log")
def log() -> str:
    """Show the newest rows of the log."""
    asked = request.args.get("rows", "")
    most = min(int(asked), MOST) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else STEP
    shown = events(rows(book().connection, newest=most), dict(choices().districts))
    return render_template("log.html", events=shown, more=most + STEP if len(shown) == most < MOST else None)


@page.post("/log/verify")
def verify() -> Response:
    """Prove the log: each row follows from the one before, and the tips are as it says."""
    there = language()
    head = request.form.get("head", "").strip().lower()
    try:
        octets = bytes.fromhex(head) if head else None
        state = verify_log(book(), head=octets)
    except ValueError:
        say(there.text("A hash has 64 hexadecimal digits."), is_fault=True)
    except LogBroken as broken:
        words = there.text(
            "The log does NOT verify: %(why)s. Write this down and call those who watch over the book.",
            why=parts(broken)[1],
        )
        say(words, is_fault=True)
    else:
        text = there.text(
            "The log verifies: %(rows)s rows. Hash of the last one: %(hash)s",
            rows=there.number(state.rows),
            hash=state.head.hex(),
        )
        say(text)
    return redirect(url_for("records.log"), 303)


STATES = {
    State.FUTURE: (_("not begun"), "closed"),
    State.CURRENT: (_("in use"), "open"),
    State.PAST: (_("past, still readable"), "silent"),
    State.DELETED: (_("deleted"), "acted"),
    State.DESTROYED: (_("destroyed"), "acted"),
    State.LOST: (_("missing, without a certificate"), "fault"),
}
"""The words, and the look of the badge."""


@dataclass(frozen=True, slots=True)
class EpochRow:
    """An epoch as it is shown."""

    number: int
    begins: int
    ends: int
    state: State
    due: bool
    reasons: tuple[str, ...]
    """Why its secret has to stay."""


@page.get("/keys")
def epochs() -> str:
    """Show what became of each epoch's secret."""
    found = review(home(), now=visit().now)
    shown = [_epoch(found, one) for one in found.epochs()]
    return render_template(
        "epochs.html",
        epochs=shown,
        states=STATES,
        sheet=home().sheet,
        store=home().epoch_store().place.store.value,
    )


def _epoch(found: Review, epoch: EndedEpoch) -> EpochRow:
    state = found.state(epoch)
    reasons = tuple(map(reason, _reasons(found, epoch))) if state is State.PAST else ()
    due = state is State.PAST and not reasons
    return EpochRow(epoch.number, epoch.begins, epoch.ends, state, due, reasons)


def _reasons(found: Review, epoch: EndedEpoch) -> Iterator[str]:
    yield from found.hindrances(epoch)
    yield from map(lack_in_words, found.lacks(epoch.number))


@page.get("/people")
def users() -> str:
    """Show who may open the home."""
    ring = load_keyring(Path(screen().path))
    return render_template("users.html", ring=ring)
