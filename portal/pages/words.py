"""What figures, periods and codes are called in a language. What came from outside stays plain text: it is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import format_date
from markupsafe import Markup

from disclosure.vocabulary import categories, statuses
from portal.languages import Language
from portal.release.model import Days, Figure, Line, Site, Words
from wire.period import is_quarter, months_of

NONE = "none"
"""In tables: without a category, without a district, nothing done."""


_SHORT = 20
"""A range up to this says something; that of a sum of many small counts does not, and "few" is said instead."""


def vague(figure: Figure) -> bool:
    """Return whether a count may be none, and is lost in its band: then no best guess is shown."""
    return not figure.exact and figure.low == 0 and 2 * figure.shown <= figure.high


@dataclass(frozen=True, slots=True)
class Speech:
    """A language, and the names that a site gives to things."""

    language: Language
    site: Site

    def text(self, name: str, /, **values: object) -> Markup:
        """Return a text of the catalogue."""
        return self.language.text(name, **values)

    def of(self, words: Words) -> str:
        """Return ``words`` in this language, or in the first that they have."""
        return words.get(self.language.code) or next(iter(words.values()), "")

    def line(self, line: Line) -> str:
        """Return the name of a line, or its id where it has none."""
        return self.of(line.name) or line.id

    def figure(self, figure: Figure) -> Markup:
        """Return a count as a reader sees it: exact, about, or only the range that it lies in."""
        return _figure(self.language, figure)

    def band(self, figure: Figure) -> Markup:
        """Return the two ends between which the true count lies, or that it is exact."""
        if figure.exact:
            return self.text("figure.exact")
        return self.text(
            "figure.range", low=self.language.number(figure.low), high=self.language.number(figure.high)
        )

    def days(self, days: Days, age: int) -> Markup:
        """Return a time in words."""
        if days.days is not None:
            return self.language.count("days", days.days)
        if days.beyond:
            return self.text("days.beyond", count=self.language.number(age))
        return self.text("days.few")

    def day(self, day: str | None, *, short: bool = False) -> str:
        """Return a day (YYYY-MM-DD) in words; a dash for none."""
        if day is None:
            return "—"
        form = "medium" if short else "long"
        return str(format_date(date.fromisoformat(day[:10]), form, locale=self.language.locale))

    def period(self, period: str, *, short: bool = False) -> str:
        """Return a month or quarter in words."""
        if not is_quarter(period):
            return self.language.month(period, short=short)
        first, _, last = months_of(period)
        ends = self.language.month_name(first, short=short), self.language.month(last, short=short)
        return str(
            self.text("period.quarter.short" if short else "period.quarter", first=ends[0], last=ends[1])
        )

    def span(self, first: str, last: str) -> str:
        """Return two periods as a span."""
        if first == last:
            return self.period(first)
        ends = months_of(first)[0], months_of(last)[-1]
        return str(
            self.text("period.span", first=self.language.month(ends[0]), last=self.language.month(ends[1]))
        )

    def category(self, code: str) -> str:
        """Return the name of a category."""
        if code == NONE:
            return str(self.text("category.none"))
        known = categories().get(code)
        return self._coded("category", code, {"es": known.es, "en": known.en} if known else {})

    def group(self, code: str) -> str:
        """Return the name of the group that a category belongs to."""
        known = categories().get(code)
        return self._coded("group", code, {"es": known.group_es, "en": known.group_en} if known else {})

    def status(self, code: str) -> str:
        """Return the name of a status."""
        known = statuses().get(code)
        return self._coded("status", code, {"es": known.es, "en": known.en} if known else {})

    def district(self, code: str) -> str:
        """Return the name of a district."""
        if code == NONE:
            return str(self.text("district.none"))
        return self.of(self.site.district_names.get(code, {})) or code

    def _coded(self, kind: str, code: str, ours: Words) -> str:
        """Return what the catalogue calls ``code``, else the vocabulary of the project, else the code."""
        name = f"{kind}.{code}"
        return str(self.text(name)) if self.language.has(name) else self.of(ours) or code


@lru_cache(maxsize=1 << 16)
def _figure(language: Language, figure: Figure) -> Markup:
    """Return a count in words; a site has the same one many times."""
    if figure.exact:
        return Markup.escape(language.number(figure.low))
    if vague(figure):
        few = "figure.range" if figure.high <= _SHORT else "figure.few"
        return language.text(few, low=language.number(figure.low), high=language.number(figure.high))
    return language.text("figure.about", value=language.number(figure.shown))
