"""Downloaded releases: are they whole, does each name the one before, do their figures follow from the files?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

from portal.data.cohorts import cohorts
from portal.data.counted import counted
from portal.data.package import FOLDER as DATA
from portal.data.package import csv_octets
from portal.files import PIECE, open_regular, read_regular
from portal.problems import NotOurs
from portal.release.assemble import assemble
from portal.release.gather import Gathered
from portal.release.model import SourceKind
from portal.release.record import FOLDER, MAX_OCTETS, RECORD, Past, Record, read_record
from portal.settings import LineSettings, SiteFile
from portal.verify.faults import Fault
from wire.hashing import blake2b_256, blake2b_256_of

MAX_TABLE = 1 << 30
"""1 GB: a table of counts of a year has 2 MB for two lines."""
_NEVER_CHANGES = re.compile(r"data/(?:counts-\d{4}|cohorts|delays|boxes)\.csv")
"""Tables whose rows stand as they were once published."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A release as it lies here."""

    folder: Path
    record: Record
    hash: str
    site: Path | None
    """The whole site, where it is here; None for a release alone."""

    @property
    def where(self) -> str:
        """Return how it is called in the report."""
        return f"{self.folder.parent.parent.name if self.site else self.folder.name}: {self.record.number}"


def read_downloaded(folder: Path) -> tuple[list[Downloaded], list[Fault]]:
    """Return the releases in a downloaded site, or the one in a downloaded release's folder, and what fails."""
    alone = (folder / RECORD).is_file()
    at = [folder] if alone else sorted((folder / FOLDER).glob("[0-9]*"), key=lambda path: path.name.zfill(9))
    found, faults = [], []
    for place in at:
        try:
            octets = read_regular(place / RECORD, most=MAX_OCTETS)
            record = read_record(octets, RECORD)
            found.append(Downloaded(place, record, blake2b_256(octets).hex(), None if alone else folder))
        except (OSError, NotOurs) as error:
            faults.append(_unreadable(str(place), error))
    if not at:
        faults.append(_unreadable(str(folder), NotOurs("no release.json and no releases/")))
    return found, faults


def _unreadable(where: str, error: OSError | NotOurs) -> Fault:
    return Fault("release.unreadable", {"where": where, "reason": str(error)})


def check_releases(found: Sequence[Downloaded], gathered: Gathered) -> Iterator[Fault]:
    """Yield what is wrong with the releases by themselves, with each other, and beside the signed files given."""
    ordered = sorted(found, key=lambda one: (one.record.number, one.hash))
    for one in ordered:
        yield from _whole(one)
    yield from _chain(ordered)
    for older, newer in pairwise(ordered):
        yield from _rows(older, newer)
    for one in ordered:
        yield from _rests_on(one, gathered)
    if ordered:
        yield from _figures(ordered[-1], gathered)


def _whole(one: Downloaded) -> Iterator[Fault]:
    for name, expected in one.record.files.items():
        yield from _file(one, one.folder / name, name, expected)
    if one.site is not None:
        for source in one.record.sources:
            yield from _file(one, one.site / source.path, source.path, source.hash)


def _file(one: Downloaded, path: Path, name: str, expected: str) -> Iterator[Fault]:
    if ".." in Path(name).parts or Path(name).is_absolute():
        yield Fault("release.file-changed", {"where": one.where, "name": name})
        return
    try:
        with open_regular(path) as (file, _):
            found = blake2b_256_of(iter(lambda: file.read(PIECE), b"")).hex()
    except OSError:
        yield Fault("release.file-missing", {"where": one.where, "name": name})
        return
    if found != expected:
        yield Fault("release.file-changed", {"where": one.where, "name": name})


def _chain(ordered: Sequence[Downloaded]) -> Iterator[Fault]:
    hashes: dict[int, str] = {}
    for number, group in groupby(ordered, lambda one: one.record.number):
        several = list(group)
        if len({one.hash for one in several}) > 1:
            yield Fault("release.two", {"where": several[0].where})
        for one in several:
            before = hashes.get(number - 1)
            if before is not None and one.record.previous != before:
                yield Fault("release.chain", {"where": one.where})
        hashes[number] = several[0].hash


def _rows(older: Downloaded, newer: Downloaded) -> Iterator[Fault]:
    """Yield the tables of ``older`` that have rows which ``newer`` has not, though they may never change."""
    for name, expected in sorted(older.record.files.items()):
        if _NEVER_CHANGES.fullmatch(name) and newer.record.files.get(name) != expected:
            changed = len(_lines(older.folder / name) - _lines(newer.folder / name))
            if changed:
                yield Fault("release.row-changed", {"where": older.where, "name": name, "count": changed})


def _lines(path: Path) -> set[bytes]:
    try:
        return set(read_regular(path, most=MAX_TABLE).splitlines()[1:])
    except OSError:
        return set()


def _rests_on(one: Downloaded, gathered: Gathered) -> Iterator[Fault]:
    """Yield the ledgers and bulletins of a release that are not given, or in whose place there is another one."""
    here = {ledger.hash.hex(): ledger.name for ledger in gathered.ledgers}
    here |= {bulletin.hash.hex(): bulletin.name for bulletin in gathered.bulletins}
    names = set(here.values())
    for source in one.record.sources:
        if source.kind in (SourceKind.LEDGER, SourceKind.BULLETIN) and source.header not in here:
            name = "release.source-other" if source.name in names else "release.source-gone"
            yield Fault(name, {"where": one.where, "name": source.name})


def _figures(one: Downloaded, gathered: Gathered) -> Iterator[Fault]:
    """Yield the tables of a release that do not follow from the signed files it rests on, if these are all given."""
    rests_on = {source.header for source in one.record.sources}
    same = replace(
        gathered,
        ledgers=tuple(ledger for ledger in gathered.ledgers if ledger.hash.hex() in rests_on),
        bulletins=tuple(bulletin for bulletin in gathered.bulletins if bulletin.hash.hex() in rests_on),
        notices=one.record.notices,
    )
    expected = sum(s.kind in (SourceKind.LEDGER, SourceKind.BULLETIN) for s in one.record.sources)
    if len(same.ledgers) + len(same.bulletins) != expected:
        return
    site = assemble(same, Past(), SiteFile(lines=_slugs(one.folder / DATA / "lines.csv"))).site
    made = {f"{DATA}/{table.name}.csv": table for table in (*counted(site), *cohorts(site))}
    for name, table in made.items():
        if one.record.files.get(name) != blake2b_256(csv_octets(table)).hex():
            yield Fault("release.figures", {"where": one.where, "name": name})


def _slugs(path: Path) -> dict[str, LineSettings]:
    """Return the lines by their short names, as a release has them; none where its table cannot be read."""
    try:
        text = read_regular(path, most=MAX_OCTETS).decode()
    except (OSError, UnicodeDecodeError):
        return {}
    rows = csv.DictReader(io.StringIO(text))
    return {row.get("line") or "": LineSettings(id=row.get("id") or "") for row in rows}
