"""What the verifier says, in Spanish and English. Sentences of notices are those of the site's catalogues."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from html import unescape
from importlib.resources import files

from portal.languages import FOLDER, Language, read_language
from portal.pages.notices import sentence
from portal.pages.words import Speech
from portal.release.model import Notice, Site


@cache
def language_of(code: str) -> Language:
    """Return the language ``es`` or ``en``."""
    return read_language(FOLDER / f"{code}.po")


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return all texts of the verifier in ``es`` or ``en``."""
    return tomllib.loads(files("portal.verify").joinpath(f"{language}.toml").read_text(encoding="utf-8"))


def text(name: str, language: str, /, **values: object) -> str:
    """Return a text of the verifier."""
    return texts(language)[name].format(**values)


def told(notice: Notice, site: Site, *, language: str) -> str:
    """Return what a notice says, as plain text."""
    return unescape(str(sentence(Speech(language_of(language), site), notice).striptags()))
