"""From a chart to an SVG that fits a page: drawn by vl-convert, tidied, kept by the hash of what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from markupsafe import Markup, escape

from portal import kept
from portal.charts import artist
from wire.hashing import blake2b_256, blake2b_256_of

Row: TypeAlias = Mapping[str, object]

DATA_NAME = "rows"
WORDS = frozenset({"label", "text", "last", "end"})
"""Fields of a row that are shown as words."""
_MARKS = ("\ue000", "\ue001")
_MARK = re.compile("\ue000(\\d+)\ue001")


Plan: TypeAlias = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn: a specification, made only when it is needed, and the rows of its data named ``rows``."""

    plan: Plan
    """Gives a Vega-Lite specification for ``of``. Making one takes longer than drawing it."""
    of: tuple[int | bool, ...]
    rows: tuple[Row, ...]
    numbers: Mapping[str, object]
    """How numbers at the axes are written: d3's locale."""

    def wordless(self) -> tuple[Chart, tuple[str, ...]]:
        """Return the chart with a mark for each word in it, and the words: where they stand does not depend on them.

        So a picture is drawn once for all languages, and no name from outside comes near what draws.
        """
        words: list[str] = []
        rows = tuple(row if WORDS.isdisjoint(row) else _wordless(row, words) for row in self.rows)
        return replace(self, rows=rows), tuple(words)

    def key(self) -> str:
        """Return the name under which its picture is kept: the hash of all that the picture follows from."""
        return _hash([self.key_of_plan(), self.rows, self.numbers])

    def key_of_plan(self) -> str:
        """Return the name under which its specification is kept, compiled."""
        return _hash([_source(), self.plan.__module__, self.plan.__qualname__, self.of])


def _hash(whole: list[object]) -> str:
    return blake2b_256(msgspec.json.encode(whole, order="sorted")).hex()


def _wordless(row: Row, words: list[str]) -> Row:
    return {name: _marked(name, value, words) for name, value in row.items()}


def _marked(name: str, value: object, words: list[str]) -> object:
    """Return ``value``; a mark for it where it is a word that is shown, which goes to ``words``."""
    if name not in WORDS or not value:
        return value
    words.append(str(value))
    return f"{_MARKS[0]}{len(words) - 1}{_MARKS[1]}"


@cache
def _source() -> str:
    """Return the hash of what makes specifications and draws them: our own source, and the libraries' versions."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    libraries = [version(name).encode() for name in ("altair", "vl-convert-python")]
    return blake2b_256_of([*sources, *libraries]).hex()


@dataclass(slots=True)
class Drawer:
    """Draws charts, and remembers them in ``folder``, where there is one."""

    folder: Path | None
    drawn: int = 0
    """How many had to be drawn anew."""
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def draw(self, chart: Chart) -> str:
        """Return the picture of ``chart``: an svg element without words for screen readers."""
        plain, words = chart.wordless()
        picture = self._once(f"{plain.key()}.svg", lambda: self._drawn(plain))
        return _MARK.sub(lambda mark: escape(words[int(mark[1])]), picture)

    def _drawn(self, chart: Chart) -> str:
        self.drawn += 1
        name = f"{chart.key_of_plan()}.vega.json"
        plan = json.loads(self._once(name, lambda: artist.compiled(chart.plan(*chart.of))))
        (data,) = (one for one in plan["data"] if one["name"] == DATA_NAME)
        data["values"] = list(chart.rows)
        return artist.drawn(plan, chart.numbers)

    def _once(self, name: str, make: Callable[[], str]) -> str:
        """Return what is kept under ``name``, else what ``make`` makes; another process may have kept it just now."""
        if name not in self._known:
            found = kept.recall(self.folder, name)
            text = make() if found is None else found.decode()
            if found is None:
                kept.keep(self.folder, name, text.encode())
            self._known[name] = text
        return self._known[name]


def described(picture: str, name: str, *, title: str, description: str) -> Markup:
    """Return ``picture`` with its title and description for screen readers, under ids that begin with ``name``."""
    words = (
        f'<svg class="chart" role="img" aria-labelledby="{name}-t {name}-d"',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>',
    )
    head, body = picture.removeprefix("<svg").split(">", 1)
    return Markup(f"{words[0]}{head}>{words[1]}{body}")  # noqa: S704 - title and description are escaped above
