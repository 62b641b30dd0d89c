"""The site's languages: one catalogue file each. Numbers, dates and plural forms are Babel's."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import NoReturn

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

FOLDER = Path(__file__).parent
OURS = ("es", "en")
"""Spanish first: the front door of the site leads there."""
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
"""Controls, separators of lines, embeddings and overrides of direction; not the marks and joiners that scripts need."""
_CODE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,8})?")


class BadCatalogue(ValueError):
    """A catalogue that cannot be read, or has no text for what a page says."""


def harmless(value: object) -> object:
    """Return ``value``; of plain text, what changes the direction or shape of the words around it is shown as U+FFFD.

    Names come from outside. Escaping keeps their markup quiet, and this their control characters.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return _ACTING.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


class _Missing(gettext.NullTranslations):
    """Where the search for a text ends: a page never shows the name of a text instead of it."""

    def gettext(self, message: str) -> NoReturn:
        raise BadCatalogue(f"no text for {message!r}")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> NoReturn:
        raise BadCatalogue(f"no text for {msgid1!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language of the site."""

    code: str
    """The name of its folder and catalogue."""
    locale: Locale
    texts: gettext.NullTranslations = field(repr=False)
    names: frozenset[str] = field(repr=False)
    """Of all texts in the catalogue."""

    @property
    def tag(self) -> str:
        """Return what stands in ``lang``: es-MX."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """Return ltr or rtl."""
        return str(self.locale.text_direction)

    def text(self, name: str, /, **values: object) -> Markup:
        """Return the text ``name``; ``values`` are escaped unless they are Markup. Raises BadCatalogue."""
        return self.filled(name, self.texts.gettext(name), values) if values else _plain(self, name)

    def count(self, name: str, number: int, /, **values: object) -> Markup:
        """Return the text ``name`` in the plural form for ``number``, which it may hold as ``%(count)s``."""
        return self.filled(
            name, self.texts.ngettext(name, name, number), {"count": self.number(number)} | values
        )

    def filled(self, name: str, text: str, values: dict[str, object]) -> Markup:
        """Return ``text``, the one called ``name``, with its values in it. Raises BadCatalogue."""
        try:
            return Markup(text) % {key: harmless(value) for key, value in values.items()}  # noqa: S704 - a catalogue is our own text; the values are escaped
        except (KeyError, TypeError, ValueError) as error:
            raise BadCatalogue(f"{self.code}: {name}: {error}") from error

    def has(self, name: str) -> bool:
        """Return whether there is a text ``name``."""
        return name in self.names

    def number(self, value: float) -> str:
        """Return ``value`` as it is written in this language."""
        return _number(value, self.locale)

    def percent(self, part: float, whole: float) -> str:
        """Return what share of ``whole`` is ``part``, without decimals from one per cent on."""
        return _percent(part / whole if whole else 0.0, self.locale)

    def month(self, month: str, *, short: bool = False) -> str:
        """Return ``month`` (YYYY-MM) in words."""
        return _month(month, self.locale, short=short)

    def month_name(self, month: str, *, short: bool = False) -> str:
        """Return ``month`` (YYYY-MM) in words, without its year."""
        return str(self.locale.months["format"]["abbreviated" if short else "wide"][_first(month).month])

    def day(self, moment: int) -> str:
        """Return the day (UTC) of ``moment``, Unix seconds, in words."""
        return str(format_date(datetime.fromtimestamp(moment, UTC).date(), "long", locale=self.locale))


@lru_cache(maxsize=1 << 16)
def _number(value: float, locale: Locale) -> str:
    return str(format_decimal(value, locale=locale))


@lru_cache(maxsize=1 << 16)
def _percent(share: float, locale: Locale) -> str:
    pattern = str(locale.percent_formats[None].pattern)
    if 0 < share < 0.01:
        pattern = pattern.replace("#,##0", "#,##0.0")
    return str(format_percent(share, pattern, locale=locale))


@lru_cache(maxsize=1 << 12)
def _month(month: str, locale: Locale, *, short: bool) -> str:
    return str(format_skeleton("yMMM" if short else "yMMMM", _first(month), locale=locale))


@lru_cache(maxsize=1 << 12)
def _plain(language: Language, name: str) -> Markup:
    """Return a text without values: the same each time."""
    return language.filled(name, language.texts.gettext(name), {})


def _first(month: str) -> date:
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def read_language(path: Path) -> Language:
    """Return the language of the catalogue at ``path``. Raises BadCatalogue, OSError."""
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise BadCatalogue(f"{path.name}: {error}") from error
    if catalogue.locale is None:
        raise BadCatalogue(f"{path.name}: no Language in its header, or none that is known")
    return Language(path.stem, catalogue.locale, _texts(catalogue), frozenset(_names(catalogue)))


def _names(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            yield message.id if isinstance(message.id, str) else message.id[0]


def _texts(catalogue: Catalog) -> gettext.GNUTranslations:
    """Return ``catalogue`` as gettext reads it; texts marked fuzzy or left empty are as good as missing."""
    octets = BytesIO()
    write_mo(octets, catalogue)
    octets.seek(0)
    texts = gettext.GNUTranslations(octets)
    texts.add_fallback(_Missing())
    return texts


def ours(folder: Path = FOLDER) -> tuple[Language, ...]:
    """Return every language that has a catalogue in ``folder``, Spanish and English first. Raises BadCatalogue."""
    found = sorted(path.stem for path in folder.glob("*.po"))
    return chosen(
        [*(code for code in OURS if code in found), *(code for code in found if code not in OURS)], folder
    )


def chosen(codes: Sequence[str], folder: Path = FOLDER) -> tuple[Language, ...]:
    """Return the languages of ``codes``, as site.toml names them. Raises BadCatalogue."""
    found = []
    for code in codes:
        path = folder / f"{code}.po"
        if not _CODE.fullmatch(code) or not path.is_file():
            raise BadCatalogue(f"there is no catalogue for the language {code!r}")
        found.append(read_language(path))
    return tuple(found)
