"""The languages of the screen: one catalogue each in ``i18n/``, read at the start; dates and numbers by Babel.

A message is written in English in the source; that is the English one, too. Another language is added by its
catalogue alone: ``i18n/<code>.po``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.dates import LOCALTZ, format_date, format_datetime, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from disclosure.vocabulary import categories, statuses
from workstation.screen.reasons import CONTEXT, Reasons

FIRST = "es"
"""Shown unless another one was chosen."""
_DAY = 86400
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Language:
    """Words, dates and numbers of one language."""

    code: str
    locale: Locale
    words: Translations
    reasons: Reasons = field(default_factory=Reasons, repr=False)
    zone: tzinfo = LOCALTZ

    @property
    def own_name(self) -> str:
        """Return the language's name in itself."""
        return (self.locale.get_display_name() or self.code).partition(" (")[0].capitalize()

    def text(self, message: str, **values: object) -> str:
        """Return ``message`` in this language, with ``values`` in it."""
        found = self.words.gettext(message) if message else ""
        return found % values if values else found

    def texts(self, one: str, many: str, number: int, **values: object) -> str:
        """Return the form of a message that fits ``number``."""
        return self.words.ngettext(one, many, number) % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        """Return ``value`` with this language's signs."""
        return str(format_decimal(value, locale=self.locale))

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at, UTC).astimezone(self.zone)

    def moment(self, at: int) -> str:
        """Return date and time to the minute, in the machine's zone."""
        return str(format_datetime(self._local(at), "d MMM y, HH:mm", tzinfo=self.zone, locale=self.locale))

    def short_day(self, at: int, now: int) -> str:
        """Return the date without its year where that is the present one."""
        first, today = self._local(at), self._local(now)
        return str(format_date(first, "d MMM" if first.year == today.year else "d MMM y", locale=self.locale))

    @property
    def months(self) -> tuple[str, ...]:
        """Return the short names of the twelve months."""
        names = self.locale.months["format"]["abbreviated"]
        return tuple(str(names[month]) for month in range(1, 13))

    def day(self, at: int) -> str:
        """Return the date, in the machine's zone."""
        return str(format_date(self._local(at), "d MMM y", locale=self.locale))

    def plain_day(self, day: date) -> str:
        """Return a date of a figure."""
        return str(format_date(day, "d MMM", locale=self.locale))

    def received(self, at: int, period: int) -> str:
        """Return when a tip came, as exactly as anybody knows: to its period."""
        return f"{self.day(at)}, {self.hours(at, period)}"

    def hours(self, at: int, period: int) -> str:
        """Return the times between which it came; the end's day where that is another one."""
        first, last = self._local(at), self._local(at + period)
        hours = [
            str(format_time(one, "HH:mm", tzinfo=self.zone, locale=self.locale)) for one in (first, last)
        ]
        return "–".join(hours) if period < _DAY else f"{hours[0]} – {self.day(at + period)}, {hours[1]}"

    def ago(self, seconds: int) -> str:
        """Return how long ago something was, in one unit."""
        if seconds < _HOUR:
            return self.text("under 1 h")
        if seconds < 2 * _DAY:
            return self.text("%(n)s h", n=seconds // _HOUR)
        return self.text("%(n)s d", n=self.number(seconds // _DAY))

    def status(self, code: str) -> str:
        """Return the name of a status; the code itself where the vocabulary has none."""
        found = statuses().get(code)
        return code if found is None else self._of(found)

    def category(self, code: str | None) -> str:
        """Return the name of a category, empty for none."""
        found = categories().get(code or "")
        return (code or "") if found is None else self._of(found)

    def group(self, code: str) -> str:
        """Return the name of a category's group."""
        found = categories()[code]
        return found.group_es if self.code == "es" else found.group_en

    def _of(self, word: object) -> str:
        """The vocabulary has Spanish and English; whoever reads another language gets English."""
        return str(getattr(word, "es" if self.code == "es" else "en"))


def read_languages() -> Mapping[str, Language]:
    """Return all languages by their codes, the first one first."""
    folder = files("workstation.screen") / "i18n"
    codes = sorted(one.name.removesuffix(".po") for one in folder.iterdir() if one.name.endswith(".po"))
    codes.sort(key=lambda code: code != FIRST)
    catalogues = {code: read_po(BytesIO((folder / f"{code}.po").read_bytes()), locale=code) for code in codes}
    names = {name: name for catalogue in catalogues.values() for name in _reasons(catalogue)}
    return {code: _read(code, catalogue, names) for code, catalogue in catalogues.items()}


def _read(code: str, catalogue: Catalog, names: Mapping[str, str]) -> Language:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(
        code, Locale.parse(code), Translations(compiled), Reasons.of({**names, **_reasons(catalogue)})
    )


def _reasons(catalogue: Catalog) -> Mapping[str, str]:
    """Return the sentences of the other rooms that a catalogue has."""
    return {str(one.id): str(one.string) for one in catalogue if one.context == CONTEXT}
