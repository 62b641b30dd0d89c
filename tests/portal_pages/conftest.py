"""Sites that are rendered once for all tests that only read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from portal.languages import Language, ours
from portal.pages import render
from portal.release.example import example
from portal.release.model import Site
from tests.support.portal_html import Html, pages_in
from tests.support.portal_sites import a_site


@dataclass(frozen=True)
class Rendered:
    """A site as files."""

    model: Site
    folder: Path
    written: tuple[str, ...]
    pages: dict[str, Html]


@pytest.fixture(scope="session")
def languages() -> tuple[Language, ...]:
    """Return Spanish and English."""
    return ours()


def _rendered(model: Site, folder: Path, languages: tuple[Language, ...]) -> Rendered:
    for one in (*model.downloads, *model.sources):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    written = render(model, folder, languages=languages, cache=None)
    return Rendered(model, folder, written, pages_in(folder))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, languages: tuple[Language, ...]) -> Rendered:
    """Return the site of a town: two lines, fourteen months, a gap, a month that was not opened."""
    return _rendered(a_site(), tmp_path_factory.mktemp("town"), languages)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, languages: tuple[Language, ...]) -> Rendered:
    """Return a site with a notice of each kind, whose names are chosen by an enemy."""
    model = example()
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> & %(x)s {{ 7*7 }} \u202egnp"
    model = replace(
        model,
        settings=replace(
            model.settings,
            title={"es": evil, "en": evil},
            place=evil,
            publisher=evil,
            contact="javascript:alert(1)",
        ),
        lines=tuple(
            replace(one, name={"es": evil}, about={"es": evil}, numbers=(evil,)) for one in model.lines
        ),
        authorities=tuple(replace(one, name=evil) for one in model.authorities),
    )
    return _rendered(model, tmp_path_factory.mktemp("hostile"), languages)


@pytest.fixture(scope="session", params=["town", "hostile"])
def any_site(request: pytest.FixtureRequest) -> Iterator[Rendered]:
    """Return each of the two."""
    yield request.getfixturevalue(request.param)
