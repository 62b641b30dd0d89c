"""A build: everything is made beside the site that is there, tried by the attacker, and takes its place in one step."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec

from disclosure.attack import Own
from portal.attacking import attack_all
from portal.data.package import FOLDER as DATA
from portal.data.package import at_top, write_package
from portal.files import put, whole
from portal.forking import beside
from portal.languages import FOLDER as CATALOGUES
from portal.languages import BadCatalogue, Language, read_language
from portal.pages import render
from portal.problems import BadSettings, NothingToShow, Recovered
from portal.reading.keys import Pins
from portal.release.assemble import Assembled, assemble
from portal.release.drawn import CATALOGUES as OWN_CATALOGUES
from portal.release.drawn import PLACE, drawn_with
from portal.release.gather import Gathered, gather
from portal.release.memory import keep, recall
from portal.release.model import Site
from portal.release.record import FOLDER as RELEASES
from portal.release.record import RECORD, Past, Record, read_past
from portal.settings import SiteFile
from wire.hashing import blake2b_256

_SHOWN = 5
"""Findings of the attacker that an error names; `attack` names all."""
Step = Callable[[str], None]


class Draw(Protocol):
    """Makes the pages of a site in a folder that is there."""

    def __call__(
        self, model: Site, folder: Path, *, languages: Sequence[Language], cache: Path | None = None
    ) -> object:
        """Return once they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be built, of what, and where."""

    folders: tuple[Path, ...]
    output: Path
    settings: SiteFile
    accepted: tuple[str, ...] = ()
    """Fingerprints of keys that were not pinned before."""
    own: tuple[Own, ...] = ()
    catalogues: Path | None = None
    """A folder with catalogues of languages that this program does not bring."""
    cache: Path | None = None
    draw: Draw = render
    """What makes the pages."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to."""

    site: Site
    gathered: Gathered
    new: bool
    """Whether it is a new release, or the last one once more."""


def build(order: Order, *, step: Step = lambda what: None) -> Built:
    """Return what was published in ``order.output``. Raises Problem, OSError; the site that was there is whole then."""
    languages_of_site = languages(order.settings, order.catalogues)
    with whole(order.output) as new:
        past = read_past(order.output)
        step("reading")
        pins = pins_for(past, order.settings).with_accepted(order.accepted)
        gathered = gather(order.folders, pins, past)
        _something(gathered)
        with beside(lambda: _attacked(gathered, order)) as attacked:
            step("writing")
            site, is_new = _write(new, past, gathered, order)
            step("drawing")
            _draw(order, site, new, languages_of_site)
            step("attacking")
            _safe(msgspec.json.decode(attacked(), type=list[str]))
        step("publishing")
    return Built(site, gathered, is_new)


def _draw(order: Order, site: Site, new: Path, languages_of_site: Sequence[Language]) -> None:
    (new / PLACE).write_bytes(drawn_with(order.settings, site.refused).octets)
    for code in order.settings.languages:
        source = _catalogue(f"{code}.po", order.catalogues)
        if source.parent != CATALOGUES:
            (new / OWN_CATALOGUES).mkdir(exist_ok=True)
            shutil.copyfile(source, new / OWN_CATALOGUES / source.name)
    try:
        order.draw(site, new, languages=languages_of_site, cache=order.cache)
    except BadCatalogue as error:
        raise _bad_language(error) from error


def _attacked(gathered: Gathered, order: Order) -> bytes:
    return msgspec.json.encode(
        [str(leak) for leak in attack_all(gathered.ledgers, gathered.bulletins, order.own)]
    )


def _safe(leaks: list[str]) -> None:
    if leaks:
        way_out = f"{len(leaks)} in all: `tipline-portal attack` names each."
        raise Recovered("; ".join(leaks[:_SHOWN]), way_out=way_out)


def _something(gathered: Gathered) -> None:
    if not gathered.ledgers and not gathered.bulletins:
        keys_first = sorted(
            gathered.refused, key=lambda one: not one.name.endswith((".identity", ".authority"))
        )
        files = "; ".join(f"{one.name}: {one.kind}: {one.reason}" for one in keys_first[:_SHOWN])
        raise NothingToShow(files, way_out="Are the folders right, and are the identity files in them?")


def pins_for(past: Past, settings: SiteFile) -> Pins:
    """Return the keys that are believed: those of the last release, and those that site.toml names."""
    boxes, authorities = settings.pins.boxes, settings.pins.authorities
    return past.pins.with_named(boxes, authorities)


def languages(settings: SiteFile, catalogues: Path | None) -> tuple[Language, ...]:
    """Return the site's languages; a catalogue of the site's own goes before ours. Raises BadSettings."""
    try:
        return tuple(
            read_language(_catalogue(f"{code}.po", catalogues)) for code in dict.fromkeys(settings.languages)
        )
    except (BadCatalogue, OSError) as error:
        raise _bad_language(error) from error


def _bad_language(error: BadCatalogue | OSError) -> BadSettings:
    return BadSettings(f"languages: {error}", way_out="docs/portal.md tells how a language is added.")


def _catalogue(name: str, catalogues: Path | None) -> Path:
    own = catalogues / name if catalogues else None
    return own if own is not None and own.is_file() else CATALOGUES / name


def _write(new: Path, past: Past, gathered: Gathered, order: Order) -> tuple[Site, bool]:
    """Return the site and whether its release is new; all of it but the pages is in ``new`` then."""
    settings, memory = order.settings, recall(order.cache)
    older, last = past, None
    if past.last is not None:
        older, last = replace(past, records=past.records[:-1], hashes=past.hashes[:-1]), past.last
    _put_releases(new, older)
    if last is not None and _same_files(gathered, last):
        made = assemble(gathered, older, settings, memory)
        if (made.sources, made.site.notices) == (last.sources, last.notices):
            site = _write_release(new, made, older)
            if site.release.hash == past.hashes[-1]:
                _finish(new, past, gathered, made)
                return site, False
            shutil.rmtree(new / RELEASES / str(last.number))
    if last is not None:
        _put_releases(new, replace(past, records=(last,), hashes=past.hashes[-1:]))
    made = assemble(gathered, past, settings, memory)
    keep(order.cache, memory)
    site = _write_release(new, made, past)
    _finish(new, past, gathered, made)
    return site, True


def _same_files(gathered: Gathered, last: Record) -> bool:
    found = {one.file_hash for one in gathered.ledgers} | {one.file_hash for one in gathered.bulletins}
    return found | {one.file_hash for one in gathered.key_files} == {one.hash for one in last.sources}


def _write_release(new: Path, made: Assembled, past: Past) -> Site:
    """Return the site with its release's hash and downloads; data package and record are written."""
    release = made.site.release
    folder = new / RELEASES / str(release.number)
    downloads = write_package(made.site, folder / DATA)
    record = Record(
        number=release.number,
        made=release.made,
        previous=past.hashes[-1] if past.hashes else "",
        sources=made.sources,
        files={f"{DATA}/{one.path}": one.hash for one in downloads},
        notices=made.site.notices,
        changes=release.changes,
    )
    (folder / RECORD).write_bytes(record.octets)
    named = replace(release, hash=blake2b_256(record.octets).hex())
    return replace(
        made.site, release=named, releases=(named, *made.site.releases[1:]), downloads=at_top(downloads)
    )


def _put_releases(new: Path, past: Past) -> None:
    """Return once the releases of ``past`` stand in ``new`` as they were."""
    for record in past.records:
        for name in (RECORD, *record.files):
            where = Path(RELEASES, str(record.number), name)
            (new / where).parent.mkdir(parents=True, exist_ok=True)
            put(past.site / where, new / where)


def _finish(new: Path, past: Past, gathered: Gathered, made: Assembled) -> None:
    """Return once signed files and the newest data stand at their addresses."""
    given = {one.file_hash: one.path for one in gathered.ledgers}
    given |= {one.file_hash: one.path for one in gathered.bulletins}
    given |= {one.file_hash: one.path for one in gathered.key_files}
    old = {one.hash: one.path for one in past.sources}
    for source in made.sources:
        target = new / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.hash in old:
            put(past.site / old[source.hash], target)
        else:
            shutil.copyfile(given[source.hash], target)
    newest = new / RELEASES / str(made.site.release.number) / DATA
    (new / DATA).mkdir()
    for path in sorted(newest.iterdir()):
        put(path, new / DATA / path.name)
