"""Reading the site's pages: what stands in them, whether it is well formed, where it leads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = frozenset({"meta", "link", "br", "img", "hr", "input", "path", "line", "rect"})
_NO_BLOCK = frozenset({"p", "h1", "h2", "h3", "dt", "th", "summary", "caption"})
_BLOCK = frozenset(
    {"p", "div", "ul", "ol", "dl", "table", "section", "figure", "h1", "h2", "h3", "details", "pre", "nav"}
)


@dataclass
class Element:
    """A start tag, with the tags that were open around it and the text in it."""

    tag: str
    attributes: dict[str, str | None]
    around: tuple[str, ...]
    text: str = ""


@dataclass
class Html(HTMLParser):
    """A page: its elements in order, and what is wrong with it."""

    source: str
    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        self.faults += [f"<{one.tag}> is not closed" for one in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        around = tuple(one.tag for one in self._open)
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in _BLOCK and _NO_BLOCK & set(around) and not (tag == "div" and "dl" in around[-1:]):
            self.faults.append(f"<{tag}> in {around}")
        element = Element(tag, dict(attrs), around)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(one.tag for one in self._open)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> where {[one.tag for one in self._open]} are open")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data

    def all(self, *tags: str) -> list[Element]:
        """Return the elements with one of these tags."""
        return [one for one in self.elements if one.tag in tags]

    @property
    def ids(self) -> list[str]:
        """Return all ids."""
        return [one.attributes["id"] or "" for one in self.elements if "id" in one.attributes]

    @property
    def text(self) -> str:
        """Return all that is read."""
        return "".join(one.text for one in self.elements if one.tag == "html")


def pages_in(folder: Path) -> dict[str, Html]:
    """Return every page in ``folder`` by its path."""
    found = sorted(folder.rglob("*.html"))
    return {path.relative_to(folder).as_posix(): Html(path.read_text(encoding="utf-8")) for path in found}


def kinds(paths: Iterable[str]) -> list[str]:
    """Return one page of each kind: of the months and such, one that has much in it."""
    chosen: dict[str, str] = {}
    for path in paths:
        folder = posixpath.dirname(path)
        chosen[path if folder in ("es", "en", "") else folder] = path
    return sorted(chosen.values())
