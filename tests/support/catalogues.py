"""Every message of the screen, as its source says it: what the catalogues have to have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from tests.support.house import ROOT
from workstation.problems import Problem

SCREEN = ROOT / "workstation" / "screen"
KEYWORDS = {"_": None, "ngettext": (1, 2), "text": None, "texts": (1, 2)}
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}

Message = str | tuple[str, ...]


def messages() -> Iterator[tuple[Message, str]]:
    """Yield each message, or its forms by number, and where it stands."""
    found = extract_from_dir(SCREEN, _METHODS, _OPTIONS, keywords=KEYWORDS)
    for file, line, message, _comments, _context in found:
        if message:
            yield message, f"{Path(file)}:{line}"
    for kind in kinds(Problem):
        if kind.__doc__:
            yield kind.__doc__.strip(), f"{kind.__module__}.{kind.__name__}"


def kinds(base: type[Problem]) -> Iterator[type[Problem]]:
    """Yield ``base`` and all that is derived from it: what a page says first of a problem is its docstring."""
    yield base
    for one in base.__subclasses__():
        yield from kinds(one)
