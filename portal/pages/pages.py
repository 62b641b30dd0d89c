"""A page of the site, and what its template can ask for."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.charts.drawing import Drawer
from portal.languages import harmless
from portal.pages.parts import rows_of
from portal.pages.words import Speech

TEMPLATES = Path(__file__).parent.parent / "templates"
POLICY = "; ".join(
    ("default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'")
)
"""Content security: a style sheet and an icon of our own, and nothing else; no script at all."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of one language, before it is put into HTML."""

    path: str
    """In the folder of the language: the same in each."""
    template: str
    title: str
    description: str
    values: Mapping[str, Any] = field(repr=False)
    section: str = ""
    """Path of the page of the menu that it belongs to, where it is not one itself."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the makers of pages work with, for one language."""

    speech: Speech
    drawer: Drawer


def environment() -> Environment:
    """Return the templates. Whatever is put into one is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["rows_of"] = rows_of
    return made


def relative(source: str, target: str) -> str:
    """Return the address of ``target`` as seen from the page ``source``, both from the top of the site."""
    path, mark, anchor = target.partition("#")
    return _between(posixpath.dirname(source), path) + mark + anchor


@lru_cache(maxsize=1 << 16)
def _between(folder: str, path: str) -> str:
    """Return the way from ``folder`` to ``path``; every page has the same menu."""
    return posixpath.relpath(path, folder or ".")
