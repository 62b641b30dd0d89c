"""The door to durable files: whole or not at all, exact mode, nothing left behind."""

import os
from pathlib import Path

import pytest

from gateway import durable


def test_a_file_is_written_with_exactly_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        durable.write_durably(tmp_path / "a", b"one", mode=0o640)
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_bytes() == b"one"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_a_file_is_private_when_nothing_is_said(tmp_path: Path) -> None:
    durable.write_durably(tmp_path / "a", b"")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    durable.write_durably(tmp_path / "a", b"old")
    durable.write_durably(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "inside").touch()
    with pytest.raises(OSError, match="directory"):
        durable.write_durably(tmp_path / "a", b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (durable.temporary_name("x.batch"), ".hidden", "y.part", "z"):
        (tmp_path / name).touch()
    assert durable.remove_leftovers(tmp_path) == 1
    assert sorted(item.name for item in tmp_path.iterdir()) == [".hidden", "y.part", "z"]


def test_a_temporary_name_begins_with_a_dot_and_tells_what_it_is_for() -> None:
    name = durable.temporary_name("x.batch")
    assert name.startswith(".")
    assert durable.written_for(name) == "x.batch"
    assert durable.written_for("x.batch") is None
    assert name != durable.temporary_name("x.batch")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.write_durably(tmp_path / "no" / "a", b"")
