"""A drawn SVG made fit for a page: shapes and text, no roles, no classes, no namespace, coordinates to a tenth."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

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
