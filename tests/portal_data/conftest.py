"""Two small cities, made once: an honest one, and one in which something went wrong. Tests that change one copy it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portal.generator.city import City, make_city
from tests.support.portal_city import FAULTY, HONEST


@pytest.fixture(scope="session")
def honest_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Only to be read."""
    return make_city(HONEST, tmp_path_factory.mktemp("cities") / "honest")


@pytest.fixture(scope="session")
def faulty_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Only to be read."""
    return make_city(FAULTY, tmp_path_factory.mktemp("cities") / "faulty")


@pytest.fixture
def honest(honest_city: City, tmp_path: Path) -> City:
    """A copy of the honest city."""
    return City(Path(shutil.copytree(honest_city.folder, tmp_path / "honest")))


@pytest.fixture
def faulty(faulty_city: City, tmp_path: Path) -> City:
    """A copy of the faulty city."""
    return City(Path(shutil.copytree(faulty_city.folder, tmp_path / "faulty")))
