"""Importing a stick: choosing it, progress, what was taken and what was not, and where each box stands."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from wire.manifest import ClockState
from workstation.batches.chain import Gap
from workstation.batches.report import Report
from workstation.batches.store import ChainState, Store
from workstation.batches.walk import find_files
from workstation.book.taking import take
from workstation.home import Home
from workstation.screen.here import home, language, screen, visit
from workstation.screen.jobs import Job, seen
from workstation.screen.media import media
from workstation.screen.pages.acts import say
from workstation.screen.telling import fault, reason, sort

page = Blueprint("imports", __name__)
MOST_NAMED = 20
"""Of each kind of report about single files; the others are folded away, and strays only counted."""
LATE_DAYS = 3
"""A box whose newest batch is older is shown as late: a courier who comes daily may miss a weekend."""
_DAY = 86400


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


REFUSED = {
    "bad-signature": _(
        "The signature is not of the box: changed on the way, or forged. Keep the stick and tell the operator."
    ),
    "unknown-box": _("This box is not trusted here. Compare its fingerprint, then trust it in the terminal."),
    "unknown-line": _("It is for another line, whose keys are not here."),
    "not-canonical": _("Its form is not that of a box. Keep the stick and tell the operator."),
    "wrong-length": _(
        "It is cut off, or too long: copied while the stick was pulled? Bring the stick again."
    ),
    "wrong-body": _("Its content was damaged on the way. Bring the stick again."),
    "bad-value": _("A value in it cannot be. Keep the stick and tell the operator."),
    "not-this-format": _("It is not a batch."),
    "unknown-version": _("It was made by a newer program. Update the workstation."),
    "unreadable": _("It could not be read: is the stick damaged?"),
}
"""What each kind of refusal means, and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of single files: names, and words in the reader's language."""

    refused: list[tuple[str, str, str, str]]
    """File, what it means, the exact reason, and its kind."""
    quarantined: list[tuple[str, str]]
    strays: list[tuple[str, str]]
    """What no tip line carries."""
    left: list[tuple[str, str]]
    damaged: list[str]
    warnings: list[str]
    nothing: bool
    """Whether nothing of a box was there."""


@dataclass(slots=True)
class BoxState:
    """Where one box stands."""

    box: str
    latest: ChainState | None = None
    batches: int = 0
    missing: list[str] = field(default_factory=list)
    is_late: bool = False

    @property
    def clock_is_wrong(self) -> bool:
        """Whether the box's clock was wrong at its last batch."""
        return self.latest is not None and self.latest.clock not in (None, int(ClockState.GOOD))


@page.get("/import")
def show() -> str:
    """Show the form, the import that runs, or what the last one did; and where each box stands."""
    job = screen().job
    at = seen(job)
    return render_template(
        "import.html",
        media=[(os.fsencode(one).hex(), one) for one in media()],
        job=job,
        running=at.running,
        report=at.result,
        problem="" if at.problem is None else fault(at.problem),
        told=_told(at.result, job.what) if job is not None and at.result is not None else None,
        boxes=_boxes(home()),
        MOST_NAMED=MOST_NAMED,
    )


def _told(report: Report, folder: str) -> Told:
    """Return what the report says of single files, each by its name on the stick."""
    strays = dict(report.stray)
    came = report.imported + report.known + len(report.refused) + len(report.quarantined)
    return Told(
        refused=[
            (
                _name(one.file, folder),
                language().text(REFUSED.get(one.kind, one.kind)),
                reason(one.reason),
                one.kind,
            )
            for one in report.refused
        ],
        quarantined=[(_name(one.file, folder), reason(one.reason)) for one in report.quarantined],
        strays=[(_name(file, folder), reason(what)) for file, what in strays.items()],
        left=[(_name(file, folder), reason(why)) for file, why in report.left if file not in strays],
        damaged=list(map(reason, report.damaged)),
        warnings=[reason(one.removeprefix(f"{folder.rstrip('/')}/")) for one in report.warnings],
        nothing=not came and not report.ledgers,
    )


def _name(file: str, folder: str) -> str:
    return file.removeprefix(f"{folder.rstrip('/')}/")


@page.post("/import")
def begin() -> AnyResponse:
    """Begin to import the folder that was chosen."""
    folder = request.form.get("path", "").strip() or _medium()
    running = screen().job
    if running is not None and not running.done:
        say(language().text("An import is running already."), is_fault=True)
    elif not folder or not Path(folder).is_absolute():
        say(language().text("Choose a stick, or write the whole path of a folder."), is_fault=True)
    elif not Path(folder).exists():
        say(
            language().text("There is nothing at %(path)s. Is the stick in, and mounted?", path=folder),
            is_fault=True,
        )
    else:
        _start(folder)
    return redirect(url_for("imports.show"), 303)


def _medium() -> str:
    """Return the folder of the stick that was chosen, which may have a name that is no text."""
    try:
        return os.fsdecode(bytes.fromhex(request.form.get("medium", "")))
    except ValueError:
        return ""


def _start(folder: str) -> None:
    job: Job[Report] = Job(folder)
    opened, now = home(), visit().now

    def work() -> Report:
        files = find_files([Path(folder)])
        job.total = len(files)
        return take(opened, files, now=now, advance=job.advance, helpers=1)  # the server has threads: no fork

    screen().job = job
    job.start(work, sort=sort)


@page.post("/import/stop")
def stop() -> AnyResponse:
    """Stop the import behind the batches that it has; importing again goes on."""
    job = screen().job
    if job is not None:
        job.stop()
    return redirect(url_for("imports.show"), 303)


@page.get("/import/progress")
def progress() -> Response:
    """Say how far the import is; asking is no sign that somebody is there."""
    job = screen().preview if request.args.get("what") == "bulletin" else screen().job
    if job is None:
        return jsonify(done=True, at=0, total=0, text="")
    text = (
        language().text("%(at)s of %(total)s files", at=job.at, total=job.total)
        if job is screen().job
        else ""
    )
    return jsonify(done=job.done, at=job.at, total=job.total, text=text)


def _boxes(opened: Home) -> list[BoxState]:
    """Return where each trusted box stands, those that need somebody first."""
    with closing(Store(opened.batches)) as store:
        chains, gaps = store.chains(), [*store.gaps(), *store.cuts()[0]]
    found = {box: BoxState(box.hex()) for box in opened.boxes.keys()}  # noqa: SIM118  a method, not a mapping's
    for chain in chains:
        state = found.setdefault(chain.box, BoxState(chain.box.hex()))
        state.batches += chain.batches
        if state.latest is None or chain.period >= state.latest.period:
            state.latest = chain
    for box, words in _missing(gaps).items():
        found.setdefault(box, BoxState(box.hex())).missing = words
    for state in found.values():
        state.is_late = state.latest is None or visit().now - state.latest.period > LATE_DAYS * _DAY
    return sorted(found.values(), key=lambda one: (not one.missing, not one.is_late, one.box))


def _missing(gaps: Iterable[Gap]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for gap in gaps:
        found[gap.box] += _ranges(gap)
    return found


def _ranges(gap: Gap) -> Iterator[str]:
    there = language()
    for first, last in gap.missing:
        many = last - first + 1
        numbers = str(first) if many == 1 else f"{first}–{last}"
        if gap.chain is None:
            yield there.texts(
                "cut %(numbers)s: a whole chain, or its end",
                "cuts %(numbers)s: a whole chain, or its end",
                many,
                numbers=numbers,
            )
        else:
            yield there.texts(
                "batch %(numbers)s of chain %(chain)s",
                "batches %(numbers)s of chain %(chain)s",
                many,
                numbers=numbers,
                chain=gap.chain.hex()[:8],
            )
