"""What is missing, what contradicts itself, what was refused and what was left out: each in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from portal.pages.pages import Page, Workshop
from portal.pages.parts import Table, table, words
from portal.pages.words import Speech
from portal.release.model import Cohort, Kind, Notice


@dataclass(frozen=True, slots=True)
class Said:
    """A notice as it stands on a page."""

    contradiction: bool
    label: str
    text: Markup
    sources: tuple[str, ...]


def said(speech: Speech, notices: Iterable[Notice]) -> tuple[Said, ...]:
    """Return ``notices`` in words."""
    return tuple(
        Said(one.contradiction, str(speech.text("notice.contradiction")), sentence(speech, one), one.sources)
        for one in notices
    )


def sentence(speech: Speech, notice: Notice) -> Markup:
    """Return what ``notice`` says."""
    number = speech.language.number
    line = next((speech.line(one) for one in speech.site.lines if one.id == notice.line), notice.line)
    differ = notice.kind is Kind.LEDGER_OTHER and notice.count
    return speech.text(
        "notice.ledger-other.count" if differ else f"notice.{notice.kind}",
        line=line or speech.text("notice.some.line"),
        month=speech.period(notice.month) if notice.month else speech.text("notice.some.month"),
        box=notice.box or speech.text("notice.some.box"),
        serial="?" if notice.serial is None else number(notice.serial),
        age="?" if notice.age is None else number(notice.age),
        count="?" if notice.count is None else number(abs(notice.count)),
    )


def pages(shop: Workshop) -> Iterator[Page]:
    """Yield the page of all notices."""
    speech, site = shop.speech, shop.speech.site
    newest_first = sorted(site.notices, key=lambda one: one.month, reverse=True)
    values = {
        "contradictions": said(speech, [one for one in newest_first if one.contradiction]),
        "gaps": said(speech, [one for one in newest_first if not one.contradiction]),
        "refused": _refused(speech),
        "left_out": _left_out(speech),
    }
    yield Page(
        "notices.html",
        "notices.html",
        speech.text("notices.title"),
        speech.text("notices.lede").striptags(),
        values,
    )


def _refused(speech: Speech) -> Table | None:
    if not speech.site.refused:
        return None
    rows = [(one.name, refusal(speech, one.kind)) for one in speech.site.refused]
    return table(
        speech.text("notices.refused"), [speech.text("table.file"), words(speech.text("table.reason"))], rows
    )


def refusal(speech: Speech, kind: str) -> str:
    """Return why a file was refused; a kind that is new here stands as it is."""
    name = f"refusal.{kind}"
    return str(speech.text(name)) if speech.language.has(name) else kind


def _left_out(speech: Speech) -> Table | None:
    found = [one for one in speech.site.cohorts if one.left_out]
    if not found:
        return None
    names = {line.id: speech.line(line) for line in speech.site.lines}
    rows = [
        (
            names.get(one.line, one.line),
            speech.period(one.period),
            speech.text("age", count=one.age),
            left_out(speech, one),
        )
        for one in reversed(found)
    ]
    heads = [words(speech.text(f"table.{name}")) for name in ("line", "period", "age", "left.out")]
    return table(speech.text("notices.left.out"), heads, rows)


def left_out(speech: Speech, cohort: Cohort) -> Markup:
    """Return what the authority left out of a cohort, and why."""
    return speech.text(f"left.{cohort.left_out}")
