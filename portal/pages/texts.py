"""Pages that are mostly text: how to send a tip safely, the vocabulary, open data, verifying, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from markupsafe import Markup

from disclosure.vocabulary import categories, statuses
from portal.pages.over_time import axis_of
from portal.pages.pages import Page, Workshop
from portal.pages.parts import Cell, Column, Table, table, words
from portal.pages.summary import CLASSES
from portal.pages.words import Speech
from portal.release.model import Change, Download, Release

WORDS = ("tip", "line", "authority", "box", "ledger", "bulletin", "opened", "never", "cohort", "band")
_LISTED = 12
"""Periods that a change names; the number of all stands in front."""


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the pages of text."""
    speech = shop.speech
    for name, values in (
        ("safely", {}),
        ("vocabulary", _vocabulary(speech)),
        ("data", _data(speech)),
        ("verify", {}),
        ("changes", {"releases": [told(speech, one) for one in speech.site.releases]}),
    ):
        title, lede = speech.text(f"{name}.title"), speech.text(f"{name}.lede").striptags()
        yield Page(f"{name}.html", f"{name}.html", title, lede, values)


def _vocabulary(speech: Speech) -> dict[str, object]:
    listed = table(
        speech.text("vocabulary.statuses"),
        [speech.text("table.status"), words(speech.text("table.class")), words(speech.text("table.code"))],
        [
            (speech.status(one.code), speech.text(f"class.{one.status_class}"), one.code)
            for one in statuses().values()
        ],
    )
    groups = table(
        speech.text("vocabulary.categories"),
        [speech.text("categories.one"), words(speech.text("table.groups")), words(speech.text("table.code"))],
        [(speech.category(one.code), speech.group(one.code), one.code) for one in categories().values()],
    )
    return {
        "classes": [str(one) for one in CLASSES],
        "words": WORDS,
        "statuses": listed,
        "categories": groups,
    }


def _data(speech: Speech) -> dict[str, object]:
    site = speech.site
    heads: list[Column | str] = [
        speech.text("table.file"),
        words(speech.text("table.what")),
        speech.text("table.size"),
    ]
    signed = [
        (Cell(one.name, f"/{one.path}"), speech.text(f"source.{one.kind}"), size(speech, one.octets))
        for one in site.sources
    ]
    return {
        "downloads": _downloads(speech, site.downloads),
        "sources": table(speech.text("data.signed.table"), heads, signed),
    }


def _downloads(speech: Speech, files: Sequence[Download]) -> Table | None:
    """Return a row for each table, with its files; None where there are no files."""
    by_title: dict[str, dict[str, Cell]] = {}
    for one in files:
        kind = PurePosixPath(one.path).suffix.removeprefix(".")
        text = speech.text("data.file", kind=kind.upper(), size=size(speech, one.octets))
        by_title.setdefault(one.title, {})[kind] = Cell(text, f"/{one.path}")
    rows = [
        (_download(speech, title), found.get("csv", Cell("—")), found.get("json", Cell("—")))
        for title, found in by_title.items()
    ]
    heads: list[Column | str] = [speech.text("table.what"), words("CSV"), words("JSON")]
    return table(speech.text("data.files"), heads, rows) if rows else None


def _download(speech: Speech, title: str) -> str:
    """Return what a file is: by its whole title, or by what stands before a year; else the title."""
    before, _, year = title.partition("-")
    if speech.language.has(f"download.{before}"):
        text = str(speech.text(f"download.{before}"))
        return f"{text}, {year}" if year else text
    return title


def size(speech: Speech, octets: int) -> str:
    """Return a size as people read it."""
    for unit, least in (("MB", 1_000_000), ("kB", 1_000)):
        if octets >= least:
            return f"{speech.language.number(round(octets / least, 1))} {unit}"
    return f"{speech.language.number(octets)} B"


@dataclass(frozen=True, slots=True)
class Told:
    """A release with its changes in words."""

    number: int
    made: str
    hash: str
    texts: tuple[Markup, ...]


def told(speech: Speech, release: Release) -> Told:
    """Return ``release`` with its changes in words."""
    return Told(
        release.number, release.made, release.hash, tuple(change_text(speech, one) for one in release.changes)
    )


def _periods(speech: Speech, periods: Sequence[str]) -> str:
    """Return ``periods`` in words: as a span where none between the first and the last is missing."""
    if len(periods) > 2 and tuple(periods) == axis_of(periods[0], periods[-1]):
        return speech.span(periods[0], periods[-1])
    listed = ", ".join(speech.period(one) for one in periods[:_LISTED])
    more = len(periods) - _LISTED
    return listed if more <= 0 else str(speech.text("changes.more", periods=listed, count=more))


def change_text(speech: Speech, change: Change) -> Markup:
    """Return what changed, in a sentence."""
    line = next((speech.line(one) for one in speech.site.lines if one.id == change.line), change.line)
    listed = _periods(speech, change.periods)
    text = speech.language.count(f"change.{change.kind}", change.count)
    if line and listed:
        return speech.text("change.both", text=text, line=line, periods=listed)
    if line or listed:
        return speech.text("change.one", text=text, what=line or listed)
    return speech.text("change.alone", text=text)
