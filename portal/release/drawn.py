"""What pages rest on beside signed files and releases: names, files that were refused, the program that drew them.

It lies in the site as ``files/site.json``, so that anybody can draw the pages again and compare. Nobody signs it.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from portal.files import read_regular
from portal.problems import NotOurs
from portal.release.model import FILES, RefusedFile
from portal.settings import MAX_OCTETS as MAX_SETTINGS
from portal.settings import Pins, SiteFile
from wire.hashing import blake2b_256

FORMAT = "tipline-site 1"
PLACE = f"{FILES}/site.json"
CATALOGUES = f"{FILES}/languages"
"""Where a site has the catalogues of languages that the program does not bring, or that took the place of its own."""
MAX_OCTETS = 8 * MAX_SETTINGS
"""Settings, and 8,000 refused files of 200 octets."""
_PARTS = ("altair", "babel", "jinja2", "vl-convert-python")
"""What draws, and so has a part in the octets."""
_ROOMS = ("portal", "disclosure", "wire")
_SOURCES = frozenset({".py", ".html", ".xml", ".css", ".svg", ".po", ".csv"})


class Drawn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``files/site.json``."""

    format: str = FORMAT
    program: str
    """Versions of everything that draws: other ones may draw other octets."""
    settings: SiteFile
    refused: tuple[RefusedFile, ...] = ()

    @property
    def octets(self) -> bytes:
        """Return it as it is written; lines stay in the order of site.toml, which is that of the pages."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def drawn_with(settings: SiteFile, refused: tuple[RefusedFile, ...]) -> Drawn:
    """Return what pages drawn by this program rest on; folders and pins of the publisher's machine are not told."""
    public = msgspec.structs.replace(settings, identities="", catalogues="", pins=Pins())
    return Drawn(program=program(), settings=public, refused=refused)


def read_drawn(site: Path) -> Drawn:
    """Return what the pages in the folder ``site`` rest on. Raises NotOurs, OSError."""
    path = site / PLACE
    try:
        drawn = msgspec.json.decode(read_regular(path, most=MAX_OCTETS), type=Drawn)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise NotOurs(f"{PLACE}: {error}") from error
    if drawn.format != FORMAT:
        raise NotOurs(f"{PLACE}: not {FORMAT}")
    return drawn


@cache
def program() -> str:
    """Return which program draws: a hash of its source, and the versions of the libraries that have a part in it."""
    found = b"".join(blake2b_256(path.read_bytes()) for room in _ROOMS for path in _source_of(room))
    parts = ", ".join(f"{name} {version(name)}" for name in _PARTS)
    return f"tipline {blake2b_256(found).hex()[:16]}, {parts}"


def _source_of(room: str) -> list[Path]:
    """Return the files of a room that say what is drawn, by name."""
    (folder,) = importlib.import_module(room).__path__
    return sorted(path for path in Path(folder).rglob("*") if path.suffix in _SOURCES)
