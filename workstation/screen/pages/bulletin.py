"""The bulletin of a month: what a reader will see, what changed, what the attacker found; then the signed file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from disclosure.rules import CATEGORY, CLASS, CLOSING, DISTRICT, FIRST_ACTION, STATUS
from disclosure.vocabulary import StatusClass
from wire.period import end_of, month_of, month_value
from wire.refusal import Refused
from wire.release import NONE
from workstation.book.taking import open_book
from workstation.bulletin.issued import read_issued
from workstation.bulletin.making import Draft, issue, prepare
from workstation.bulletin.showing import as_json
from workstation.problems import Problem
from workstation.screen.choices import CLASSES, choices
from workstation.screen.here import book, home, language, screen, visit
from workstation.screen.jobs import Job, seen
from workstation.screen.pages.acts import say
from workstation.screen.telling import fault, reason, sort

page = Blueprint("bulletin", __name__)


def _(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


TITLES = {
    (CLASS,): _("What became of them"),
    (FIRST_ACTION,): _("Days to the first action"),
    (CLOSING,): _("Days to closing"),
    (STATUS,): _("By status"),
    (CATEGORY,): _("By category"),
    (DISTRICT,): _("By district"),
    (CLASS, CATEGORY): _("By outcome and category"),
    (CLASS, DISTRICT): _("By outcome and district"),
}
LEFT_OUT = {
    "district": _("Districts were left out: a small count could have been recovered."),
    "category": _(
        "Districts, categories and single statuses were left out: a small count could have been recovered."
    ),
    "period": _("This month is not shown by itself: a small count could have been recovered."),
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a cohort as it is shown."""

    title: str
    rows: list[tuple[str, int, int | None]]
    """What, the value, and the value at the age before where that was another."""


@page.get("/bulletin")
def show() -> str:
    """Show the form, the draft that was made, and the bulletins so far."""
    job = screen().preview
    at = seen(job)
    draft = at.result
    return render_template(
        "bulletin.html",
        running=at.running,
        draft=draft,
        said=as_json(draft) if isinstance(draft, Draft) else None,
        cohorts=list(_cohorts(draft)) if isinstance(draft, Draft) else [],
        problem="" if at.problem is None else fault(at.problem),
        issued=read_issued(home()).bulletins,
        warnings=[reason(one) for one in draft.warnings] if isinstance(draft, Draft) else [],
        month=job.what if job is not None else month_of(end_of(month_of(visit().now)) - 45 * 86400),
        left_out={code: language().text(words) for code, words in LEFT_OUT.items()},
    )


@page.post("/bulletin/preview")
def preview() -> Response:
    """Begin to count and attack; the page shows the draft when it is done."""
    try:
        month = month_value(request.form.get("month", "").strip())
    except Refused:
        say(language().text("A month is written like 2026-11."), is_fault=True)
        return redirect(url_for("bulletin.show"), 303)
    running = screen().preview
    if running is None or running.done:
        _start(month)
    return redirect(url_for("bulletin.show"), 303)


def _start(month: str) -> None:
    job: Job[Draft] = Job(month)
    opened, now = home(), visit().now

    def work() -> Draft:
        with open_book(opened) as own:
            return prepare(opened, own, month, now=now, advance=job.advance)

    job.start(work, sort=sort)
    screen().show_preview(job, opened)


@page.post("/bulletin/issue")
def write() -> Response:
    """Sign the draft, keep it, and write it to the folder that was chosen."""
    draft, folder = seen(screen().preview).result, request.form.get("folder", "").strip()
    there = language()
    if not isinstance(draft, Draft):
        say(there.text("Make the preview first."), is_fault=True)
    elif not Path(folder).is_absolute() or not Path(folder).is_dir():
        say(
            there.text("There is no folder %(path)s. Write the whole path of the stick.", path=folder),
            is_fault=True,
        )
    elif Path(folder).resolve().is_relative_to(home().path.resolve()):
        say(there.text("Choose a folder outside of the home."), is_fault=True)
    else:
        _issue(draft, Path(folder) / draft.name)
    return redirect(url_for("bulletin.show"), 303)


def _issue(draft: Draft, path: Path) -> None:
    try:
        issue(home(), book(), draft, path, now=visit().now)
    except (Problem, OSError) as error:
        say(fault(sort(error)), is_fault=True)
    else:
        screen().preview = None
        say(language().text("Signed and written: %(path)s", path=str(path)))


def _cohorts(draft: Draft) -> Iterator[tuple[Mapping[str, Any], list[Table]]]:
    names = dict(choices().districts)
    for cohort in as_json(draft)["cohorts"]:
        changed = {(one["table"], one["cell"]): one["before"] for one in cohort["changed"]}
        tables = []
        for dimensions, title in TITLES.items():
            key = ",".join(dimensions)
            cells = cohort["tables"].get(key, {})
            rows = [
                (_name(dimensions, codes, names), value, changed.get((key, codes)))
                for codes, value in cells.items()
            ]
            shown = [row for row in rows if row[1] or row[2] is not None]
            if shown:
                tables.append(Table(language().text(title), shown))
        yield cohort, tables


def _name(dimensions: tuple[str, ...], codes: str, districts: Mapping[str, str]) -> str:
    return ", ".join(_word(*pair, districts) for pair in zip(dimensions, codes.split(","), strict=True))


def _word(dimension: str, code: str, districts: Mapping[str, str]) -> str:
    there = language()
    if code == NONE:
        return there.text("not yet") if dimension in (FIRST_ACTION, CLOSING) else there.text("none")
    if dimension == CLASS:
        return there.text(CLASSES[StatusClass(code)])
    if dimension == STATUS:
        return there.status(code)
    if dimension == CATEGORY:
        return there.category(code)
    return districts.get(code, code)
