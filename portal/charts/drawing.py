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
from xml.etree import ElementTree as ET

import vl_convert
from markupsafe import Markup, escape

from wire.hashing import blake2b_256, blake2b_256_of

Row: TypeAlias = Mapping[str, object]

DATA_NAME = "rows"
WORDS = frozenset({"label", "text", "last", "end"})
"""Fields of a row that are shown as words."""
_MARKS = ("\ue000", "\ue001")
_MARK = re.compile("\ue000(\\d+)\ue001")
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_KEPT = frozenset(
    {
        "d",
        "transform",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "width",
        "height",
        "viewBox",
        "fill",
        "stroke",
        "opacity",
    }
    | {
        "fill-opacity",
        "stroke-opacity",
        "stroke-width",
        "stroke-dasharray",
        "text-anchor",
        "font-size",
        "font-weight",
    }
)
"""Attributes that a page needs. Roles, classes and words for screen readers go: the page says it better, once."""
_DEFAULTS = {
    "opacity": "1",
    "stroke-width": "1",
    "stroke-dasharray": "1,0",
    "text-anchor": "start",
    "x2": "0",
    "y2": "0",
}
"""What an attribute means where it is missing; never of a group, whose attributes its parts inherit."""
_DECIMALS = re.compile(r"-?\d+\.\d{2,}")


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
        rows = tuple({name: _marked(name, value, words) for name, value in row.items()} for row in self.rows)
        return replace(self, rows=rows), tuple(words)

    def key(self) -> str:
        """Return the name under which its picture is kept: the hash of all that the picture follows from."""
        plan = (self.plan.__module__, self.plan.__qualname__, self.of)
        whole = [_source(), plan, self.rows, self.numbers]
        return blake2b_256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hex()


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
        key = plain.key()
        if key not in self._known:
            self._known[key] = self._kept(key) or self._keep(key, _draw(plain))
        return _MARK.sub(lambda mark: escape(words[int(mark[1])]), self._known[key])

    def _kept(self, key: str) -> str | None:
        """Return the picture kept under ``key``; what was cut short by a full disk or a kill is drawn anew."""
        try:
            text = (self.folder / f"{key}.svg").read_text(encoding="utf-8") if self.folder else ""
        except (OSError, UnicodeDecodeError):
            return None
        return text if text.startswith("<svg") and text.endswith("</svg>") else None

    def _keep(self, key: str, picture: str) -> str:
        self.drawn += 1
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{key}.svg").write_text(picture, encoding="utf-8")
        return picture


def _draw(chart: Chart) -> str:
    plan = json.loads(_compiled(chart.plan, chart.of))
    (data,) = (one for one in plan["data"] if one["name"] == DATA_NAME)
    data["values"] = list(chart.rows)
    return tidy(vl_convert.vega_to_svg(plan, allowed_base_urls=[], format_locale=dict(chart.numbers)))


@cache
def _compiled(plan: Plan, of: tuple[int | bool, ...]) -> str:
    """Return the specification in Vega's own language: the same for all charts of its kind."""
    return json.dumps(vl_convert.vegalite_to_vega(plan(*of)))


def tidy(picture: str) -> str:
    """Return ``picture`` with nothing but shapes and text, coordinates to a tenth."""
    root = ET.fromstring(picture)  # noqa: S314 - it was drawn a moment ago, by our own specification
    _clean(root)
    root.attrib |= {"fill": "none", "stroke-miterlimit": "10"}
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    text = ET.tostring(root, encoding="unicode").replace(" />", "/>").replace('="#1a1a1a"', '="currentColor"')
    return _DECIMALS.sub(_rounded, text)


def _rounded(found: re.Match[str]) -> str:
    """Return the number to a tenth, without a tenth that is none."""
    return f"{round(float(found[0]), 1) + 0.0:g}"


def _clean(element: ET.Element) -> None:
    """Drop from ``element`` what a page does not need; in a page, svg has no namespace to be named."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
    for name, value in list(element.items()):
        if name not in _KEPT or value == _DEFAULTS.get(name):
            del element.attrib[name]
    for child in list(element):
        if _is_nothing(child):
            element.remove(child)
        else:
            _clean(child)
            _unwrap(element, child)
    _join(element)


def _join(parent: ET.Element) -> None:
    """Make one path of neighbours that look the same: sixty months of a class are one shape."""
    last: ET.Element | None = None
    for child in list(parent):
        if (
            last is not None
            and child.tag == "path" == last.tag
            and _look(child) == _look(last)
            and _flat(child)
        ):
            last.set("d", last.get("d", "") + child.get("d", ""))
            parent.remove(child)
        else:
            last = child


def _look(path: ET.Element) -> dict[str, str]:
    return {name: value for name, value in path.items() if name != "d"}


def _flat(path: ET.Element) -> bool:
    """Return whether it makes no difference that two such paths lie one over the other."""
    return not {"transform", "opacity", "fill-opacity"} & set(path.attrib)


def _is_nothing(element: ET.Element) -> bool:
    """Return whether ``element`` is an invisible frame, or an empty group."""
    if element.tag.removeprefix(_NAMESPACE) == "g":
        return all(_is_nothing(child) for child in element)
    return element.get("display") == "none" or element.get("class") == "background"


def _unwrap(parent: ET.Element, child: ET.Element) -> None:
    """Put the children of a group that does nothing in its place."""
    nothing = {"transform": "translate(0,0)", "fill": "none"}
    if child.tag == "g" and all(nothing.get(name) == value for name, value in child.items()):
        place = list(parent).index(child)
        parent.remove(child)
        for number, inner in enumerate(child):
            parent.insert(place + number, inner)


def described(picture: str, name: str, *, title: str, description: str) -> Markup:
    """Return ``picture`` with its title and description for screen readers, under ids that begin with ``name``."""
    words = (
        f'<svg class="chart" role="img" aria-labelledby="{name}-t {name}-d"',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>',
    )
    head, body = picture.removeprefix("<svg").split(">", 1)
    return Markup(f"{words[0]}{head}>{words[1]}{body}")  # noqa: S704 - title and description are escaped above
