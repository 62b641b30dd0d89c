"""site.toml: how the site is called, and whose keys it believes. docs/portal.md describes every key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from portal.files import read_regular
from portal.problems import BadSettings
from portal.release.model import Settings

MAX_OCTETS = 1 << 18
"""256 kB: two hundred lines, described in a dozen languages."""
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_CODE = r"^[a-z0-9][a-z0-9_.-]{0,31}$"
_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Language = Annotated[str, Meta(pattern=LANGUAGE)]
_Words = dict[_Language, _Text]
_Fingerprint = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{4}([ -]?[0-9a-fA-F]{4}){7}$")]


_TITLE = {"es": "Línea de denuncia anónima", "en": "Anonymous tip line"}


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file."""


class LineSettings(_Table, frozen=True, kw_only=True):
    """A line, by the name that is its address on the site."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    name: _Words = {}
    about: _Words = {}
    numbers: tuple[Annotated[str, Meta(pattern=r"^\+?[0-9][0-9 ()-]{2,24}$")], ...] = ()


class Pins(_Table, frozen=True, kw_only=True):
    """Fingerprints that were compared. Where there are some, no other key is believed."""

    boxes: tuple[_Fingerprint, ...] = ()
    authorities: tuple[_Fingerprint, ...] = ()


class SiteFile(_Table, frozen=True, kw_only=True):
    """The whole file."""

    title: _Words = msgspec.field(default_factory=lambda: dict(_TITLE))
    place: Annotated[str, Meta(max_length=100)] = ""
    publisher: Annotated[str, Meta(max_length=200)] = ""
    contact: Annotated[str, Meta(max_length=200)] = ""
    address: Annotated[str, Meta(pattern=r"^(https?://[^\s<>\"']+/)?$", max_length=200)] = ""
    licence: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$")] = "CC-BY-4.0"
    languages: Annotated[tuple[_Language, ...], Meta(min_length=1)] = ("es", "en")
    identities: str = ""
    """A folder with identity files, as seen from this file."""
    catalogues: str = ""
    """A folder with catalogues of more languages, as seen from this file."""
    lines: dict[Annotated[str, Meta(pattern=_CODE)], LineSettings] = {}
    pins: Pins = Pins()


def read_settings(path: Path | None) -> SiteFile:
    """Return what the file at ``path`` says; what a site without one is. Raises BadSettings."""
    if path is None:
        return SiteFile()
    try:
        octets = read_regular(path, most=MAX_OCTETS)
        if len(octets) > MAX_OCTETS:
            raise BadSettings(f"{path}: more than {MAX_OCTETS} octets")
        return msgspec.convert(tomllib.loads(octets.decode()), SiteFile, strict=True)
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadSettings(f"{path}: {error}", way_out="docs/portal.md describes each key.") from error


def settings_of(file: SiteFile) -> Settings:
    """Return the part of the file that is shown."""
    return Settings(
        title=file.title,
        place=file.place,
        publisher=file.publisher,
        contact=file.contact,
        address=file.address,
        licence=file.licence,
        languages=file.languages,
    )
