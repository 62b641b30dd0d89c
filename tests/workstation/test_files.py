"""The one door to files: what is carried away can be read by others, what stays cannot, whatever the mask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.files import PRIVATE_FILE, PUBLIC_FILE, write_file


@pytest.fixture(params=[0o077, 0o000])
def mask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("mask")
@pytest.mark.parametrize("mode", [PRIVATE_FILE, PUBLIC_FILE])
def test_a_file_has_the_mode_that_was_asked_for(tmp_path: Path, mode: int) -> None:
    write_file(tmp_path / "file", b"octets", mode=mode)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode
