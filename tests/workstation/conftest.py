"""A workstation, a trusted box and a stick for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.workstation import Box, Station


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station.make(tmp_path)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def box(station: Station, tmp_path: Path) -> Box:
    made = Box(station.sheet)
    station.trust(made, tmp_path)
    return made
