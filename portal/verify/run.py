"""A verification: everything that can be checked with the files at hand, and one verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.pages import render
from portal.problems import EXIT_CHANGED_PAST, EXIT_GAPS, EXIT_REFUSED, EXIT_TOTALS, NothingToShow
from portal.reading.keys import Pins
from portal.reading.taking import take
from portal.release.assemble import assemble
from portal.release.gather import Gathered, gather
from portal.release.model import Answer, Kind, Month, Notice, RefusedFile, Site
from portal.release.publish import Draw
from portal.release.record import Past
from portal.settings import SiteFile
from portal.verify.audits import Audited, audit, audit_paths, read_headers
from portal.verify.certificates import Certified, read_certificates
from portal.verify.earlier import compare
from portal.verify.faults import Fault
from portal.verify.pages import Compared, compare_pages
from portal.verify.sites import Downloaded, check_releases, read_downloaded
from wire.refusal import Refusal

_TOTALS = frozenset({Kind.TOTAL_RECEIVED, Kind.TOTAL_OPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be verified."""

    folders: tuple[Path, ...]
    headers: Path | None = None
    audits: tuple[Path, ...] = ()
    sites: tuple[Path, ...] = ()
    earlier: tuple[Path, ...] = ()
    certificates: Path | None = None
    draw: Draw = render
    """What draws the pages of sites again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found."""

    site: Site
    gathered: Gathered
    refused: tuple[RefusedFile, ...]
    audits: tuple[Audited, ...] | None
    """None: not asked for."""
    releases: tuple[Downloaded, ...] | None
    pages: tuple[Compared, ...]
    """Of the whole sites among the releases."""
    certified: tuple[Certified, ...] | None
    """By line; None: not asked for."""
    faults: tuple[Fault, ...]
    """Of releases, pages and earlier copies."""

    @property
    def changed(self) -> tuple[Notice, ...]:
        """Return the contradictions that say that the past was changed."""
        return tuple(one for one in self.site.notices if one.contradiction and one.kind not in _TOTALS)

    @property
    def totals(self) -> tuple[Notice, ...]:
        """Return where totals say otherwise than proofs."""
        return tuple(one for one in self.site.notices if one.kind in _TOTALS)

    @property
    def gaps(self) -> tuple[Notice, ...]:
        """Return what is missing."""
        return tuple(one for one in self.site.notices if not one.contradiction)

    @property
    def never_opened(self) -> tuple[Month, ...]:
        """Return the answered months with tips that were never proven to be opened."""
        return tuple(
            one for one in self.site.months if one.answer is not Answer.NONE and one.never_opened > 0
        )

    @property
    def exit_code(self) -> int:
        """Return the verdict: the worst of what was found."""
        if self._past_changed():
            return EXIT_CHANGED_PAST
        if self.totals:
            return EXIT_TOTALS
        if self.refused or any(one.refused for one in self.faults) or any(one.refused for one in self._rows):
            return EXIT_REFUSED
        missing = any(one.missing for one in self._rows) or any(not one.holds for one in self.audits or ())
        return EXIT_GAPS if self.gaps or self.faults or missing else 0

    @property
    def _rows(self) -> tuple[Certified, ...]:
        return self.certified or ()

    def _past_changed(self) -> bool:
        broken = [one for one in self.audits or () if one.kind not in ("", Refusal.MISSING.value)]
        faults = any(one.past for one in self.faults) or any(one.contradicted for one in self._rows)
        return bool(self.changed or broken or faults)


def verify(question: Question, *, step: Callable[[str], None] = lambda what: None) -> Verified:
    """Return what the files show. Raises NothingToShow, OSError."""
    step("reading")
    releases, faults = _downloaded(question.sites)
    pins = _pins(releases)
    gathered = gather(question.folders, pins, Past())
    if not gathered.ledgers and not gathered.bulletins:
        raise NothingToShow(way_out="Are the folders right, and are the identity files in them?")
    step("proofs")
    site = assemble(gathered, Past(), SiteFile()).site
    refused = list(gathered.refused)
    step("audits")
    audits = _audits(question, gathered, refused)
    step("releases")
    faults += check_releases(releases, gathered)
    step("drawing")
    pages = [
        found for folder in question.sites if (found := compare_pages(folder, question.draw)) is not None
    ]
    faults += [fault for one in pages for fault in one.faults]
    certified = None
    if question.certificates is not None:
        certified, failed = read_certificates(question.certificates, gathered)
        refused += failed
    for folder in question.earlier:
        before = take([folder], pins, keys=gathered.keys)
        refused += before.refused
        faults += compare(before, gathered)
    return Verified(
        site=site,
        gathered=gathered,
        refused=tuple(refused),
        audits=audits,
        releases=tuple(releases) if question.sites else None,
        pages=tuple(pages),
        certified=None if certified is None else tuple(certified),
        faults=tuple(faults),
    )


def _downloaded(folders: Sequence[Path]) -> tuple[list[Downloaded], list[Fault]]:
    found: list[Downloaded] = []
    faults: list[Fault] = []
    for folder in folders:
        more, failed = read_downloaded(folder)
        found += more
        faults += failed
    return found, faults


def _pins(releases: Sequence[Downloaded]) -> Pins:
    """Return the keys that the newest release was made with: no other is believed beside it."""
    if not releases:
        return Pins()
    newest = max(releases, key=lambda one: one.record.number)
    return Past((newest.record,), (newest.hash,)).pins


def _audits(question: Question, gathered: Gathered, refused: list[RefusedFile]) -> tuple[Audited, ...] | None:
    if question.headers is None and not question.audits:
        return None
    boxes = gathered.keys.boxes
    headers, failed = read_headers(question.headers, boxes) if question.headers else ([], [])
    refused += failed
    found = []
    for path in audit_paths(question.audits):
        one = audit(path, boxes, gathered.ledgers, headers)
        if isinstance(one, RefusedFile):
            refused.append(one)
        else:
            found.append(one)
    return tuple(found)
