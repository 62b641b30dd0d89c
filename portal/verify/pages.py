"""Are the pages of a downloaded site what its signed files give? They are drawn again, and every octet compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from portal.data.package import FOLDER as DATA
from portal.data.package import at_top, write_package
from portal.files import PIECE, files_in, open_regular
from portal.languages import BadCatalogue, Language
from portal.problems import BadSettings, NotOurs
from portal.release.assemble import assemble, shown
from portal.release.drawn import CATALOGUES, PLACE, Drawn, program, read_drawn
from portal.release.gather import gather
from portal.release.model import FILES, Site
from portal.release.publish import Draw, languages
from portal.release.record import FOLDER, RECORD, Past, Record, read_past
from portal.verify.faults import Fault
from portal.verify.scratch import scratch


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing the pages of one site."""

    folder: Path
    drawn: Drawn | None
    """What the site says of itself; None where it does not say it."""
    own: tuple[str, ...]
    """Languages whose texts the publisher brought."""
    same: int
    """Files that are, octet by octet, what the signed files give."""
    faults: tuple[Fault, ...]
    extra: tuple[str, ...]
    """Files that no build made: a server's own, or somebody's."""


def compare_pages(folder: Path, draw: Draw) -> Compared | None:
    """Return what came of drawing the site in ``folder`` again; None where no page of it is here. Raises OSError."""
    if not (folder / "index.html").is_file() and not (folder / PLACE).is_file():
        return None
    try:
        drawn = read_drawn(folder)
        past = read_past(folder)
        with scratch() as again:
            own = _draw_again(folder, past, drawn, again / "site", draw=draw)
            return _compared(folder, past, drawn, own, again / "site")
    except (OSError, NotOurs, BadSettings, BadCatalogue) as error:
        return Compared(folder, None, (), 0, (_unchecked(folder, str(error)),), ())


def _unchecked(folder: Path, reason: str) -> Fault:
    return Fault("release.pages-unchecked", {"where": folder.name, "reason": reason})


def _draw_again(folder: Path, past: Past, drawn: Drawn, again: Path, *, draw: Draw) -> tuple[str, ...]:
    """Return the languages whose catalogues are the site's own; the pages and data are in ``again`` then."""
    own = folder / CATALOGUES
    speaking: Sequence[Language] = languages(drawn.settings, own)
    last = past.last
    if last is None:
        raise NotOurs(f"{FOLDER}/1/{RECORD} is not here")
    model = _model(folder, past, last, drawn)
    downloads = write_package(model, again / DATA)
    model = replace(model, downloads=at_top(downloads))
    draw(model, again, languages=speaking, cache=again.with_name("charts"))
    return tuple(code for code in drawn.settings.languages if (own / f"{code}.po").is_file())


def _model(folder: Path, past: Past, last: Record, drawn: Drawn) -> Site:
    """Return the model that the newest release was drawn from, made anew of the signed files that lie in the site."""
    older = replace(past, records=past.records[:-1], hashes=past.hashes[:-1])
    gathered = replace(
        gather([folder / FILES], past.pins, Past()), notices=last.notices, refused=drawn.refused
    )
    site = assemble(gathered, older, drawn.settings).site
    release = past.releases[0]
    return replace(
        site,
        release=release,
        releases=past.releases,
        notices=last.notices,
        sources=tuple(shown(one) for one in last.sources),
    )


def _compared(folder: Path, past: Past, drawn: Drawn, own: tuple[str, ...], again: Path) -> Compared:
    made = [path.relative_to(again).as_posix() for path in files_in(again)]
    changed = [name for name in made if not _same(folder / name, again / name)]
    missing = [name for name in changed if not (folder / name).is_file()]
    told = [name for name in changed if name not in missing]
    faults = [Fault("release.page-missing", {"where": folder.name, "name": name}) for name in missing]
    if told and drawn.program != program():
        faults.append(_other_program(folder, drawn, told))
    else:
        faults += [Fault("release.page-changed", {"where": folder.name, "name": name}) for name in told]
    extra = tuple(_extra(folder, {*made, *_others(past, own)}))
    return Compared(folder, drawn, own, len(made) - len(changed), tuple(faults), extra)


def _other_program(folder: Path, drawn: Drawn, told: Sequence[str]) -> Fault:
    reason = (
        f"{len(told)} files differ, and they say that they were drawn by {drawn.program}; this is {program()}"
    )
    return _unchecked(folder, reason)


def _others(past: Past, own: Sequence[str]) -> Iterator[str]:
    """Yield the files of a site that are compared by their hashes, or say what pages rest on."""
    yield PLACE
    yield from (f"{CATALOGUES}/{code}.po" for code in own)
    yield from (one.path for one in past.sources)
    for record in past.records:
        yield from (f"{FOLDER}/{record.number}/{name}" for name in (RECORD, *record.files))


def _extra(folder: Path, known: set[str]) -> Iterator[str]:
    for path in files_in(folder):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            yield name


def _same(one: Path, other: Path) -> bool:
    """Return whether two files hold the same octets; one that cannot be read does not."""
    try:
        with open_regular(one) as (file, length), open_regular(other) as (beside, expected):
            if length != expected:
                return False
            while piece := beside.read(PIECE):
                if file.read(PIECE) != piece:
                    return False
    except OSError:
        return False
    return True
