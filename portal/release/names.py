"""How lines, authorities and boxes are called, and where they have their pages. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from portal.reading.bulletins import BulletinTaken
from portal.reading.keys import Keys
from portal.reading.ledgers import LedgerTaken
from portal.release.model import Authority, Box, Line, Words
from portal.settings import SiteFile
from wire.hashing import fingerprint

_MAX_SLUG = 40


def slug(name: str, otherwise: str) -> str:
    """Return ``name`` as a part of an address: lower case, digits, hyphens; ``otherwise`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG].strip("-") or otherwise


def _unlike(wanted: str, taken: Iterable[str], otherwise: str) -> str:
    return f"{wanted}-{otherwise}" if wanted in set(taken) else wanted


def authorities(keys: Keys) -> tuple[Authority, ...]:
    """Return the authorities, each once for all its lines, by name."""
    newest = [max(group, key=lambda one: (one.made, one.bulletin)) for group in keys.authorities.values()]
    by_key: dict[bytes, list[str]] = {}
    for one in newest:
        by_key.setdefault(one.authority, []).append(one.line.hex())
    made: list[Authority] = []
    for one in sorted(newest, key=lambda one: (one.name, one.authority, one.line)):
        lines = by_key.pop(one.authority, None)
        if lines is not None:
            short = one.authority.hex()[:8]
            made.append(
                Authority(
                    slug=_unlike(slug(one.name, short), (other.slug for other in made), short),
                    name=one.name,
                    fingerprint=fingerprint(one.authority),
                    bulletin_fingerprint=fingerprint(one.bulletin),
                    lines=tuple(sorted(lines)),
                )
            )
    return tuple(made)


def boxes(keys: Keys) -> tuple[Box, ...]:
    """Return the boxes by their ids."""
    return tuple(Box(id=box.hex(), fingerprint=fingerprint(key)) for box, key in sorted(keys.boxes.items()))


def lines(
    settings: SiteFile,
    ledgers: Sequence[LedgerTaken],
    bulletins: Sequence[BulletinTaken],
    found: Iterable[Authority],
) -> tuple[Line, ...]:
    """Return the lines: in the order of site.toml, then by their addresses."""
    said = {one.id: (name, one) for name, one in settings.lines.items()}
    authority = {line: one.slug for one in found for line in one.lines}
    ids = (
        {one.ledger.line.hex() for one in ledgers}
        | {one.bulletin.line.hex() for one in bulletins}
        | {*authority}
    )
    made: list[Line] = []
    for line in sorted(
        ids | {*said}, key=lambda line: (list(said).index(line) if line in said else len(said), line)
    ):
        its = [one.bulletin for one in bulletins if one.bulletin.line.hex() == line]
        address, its_settings = said.get(line, ("", None))
        name: Words = dict.fromkeys(("es", "en"), its[-1].name) if its else {}
        wanted = address or (slug(its[0].name, line) if its else line)
        made.append(
            Line(
                id=line,
                slug=_unlike(wanted, (other.slug for other in made), line),
                name={**name, **(its_settings.name if its_settings else {})} or {"es": line, "en": line},
                about=its_settings.about if its_settings else {},
                numbers=its_settings.numbers if its_settings else (),
                authority=authority.get(line, ""),
                districts=tuple(one.code for one in its[-1].districts) if its else (),
            )
        )
    return tuple(made)


def district_names(bulletins: Iterable[BulletinTaken]) -> dict[str, Words]:
    """Return the names of districts by their codes, as the newest bulletin has them."""
    ordered = sorted(bulletins, key=lambda one: (one.bulletin.issued, one.bulletin.line))
    names = {one.code: {"es": one.es, "en": one.en} for each in ordered for one in each.bulletin.districts}
    return dict(sorted(names.items()))
