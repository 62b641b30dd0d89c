"""The one door to files: what is carried away can be read by others, what stays cannot, whatever the mask."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workstation.book.connection import ROOM
from workstation.console import problem_of
from workstation.files import PRIVATE_FILE, PUBLIC_FILE, write_file, written


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


def test_an_error_names_the_file_that_was_asked_for_and_never_the_temporary_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        write_file(tmp_path / "no such folder" / "file", b"octets")
    assert error.value.filename == str(tmp_path / "no such folder" / "file")


def test_a_full_disk_is_told_with_the_file_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as error, written(tmp_path / "file") as file:
        file.write(b"octets")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert error.value.filename == str(tmp_path / "file") and list(tmp_path.iterdir()) == []
    problem = problem_of(error.value)
    assert str(tmp_path / "file") in str(problem) and problem.way_out == ROOM
