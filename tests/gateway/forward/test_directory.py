"""Folders as destinations: full, hanging, write-protected, changed under the hand; and their markers."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import threading
from pathlib import Path

import pytest

from gateway.config import DirectoryDestination
from gateway.durable import write_durably
from gateway.faults import StorageError
from gateway.forward.base import OperatorNeeded, PassingTrouble
from gateway.forward.directory import DirectoryStore, sorted_error
from gateway.forward.marker import NAME, prepare_directory
from gateway.forward.notices import State
from tests.support.forwarding import batches, config_for, forwarding, status_of, stick, until
from tests.support.mounts import mounted, needs_root
from tests.support.outbox import Outbox


def put(path: Path) -> None:
    """Put one file there."""

    async def run() -> None:
        async with DirectoryStore(path).session() as session:
            await session.put("a.batch", b"octets")

    asyncio.run(run())


@needs_root
def test_a_full_stick_holds_no_half_file_and_gets_the_rest_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "stick"
    path.mkdir()
    with mounted(path, "1M"):
        prepare_directory(path)
        other = path / "other files"
        other.write_bytes(bytes(800 * 1024))
        config = config_for(tmp_path, DirectoryDestination(name="stick", path=path))
        outbox = Outbox(folder=config.outbox, slots=256)
        outbox.cut(5)

        async def scenario() -> None:
            await until(
                lambda: (now := status_of(config, "stick")) is not None and now.state is State.OPERATOR
            )
            now = status_of(config, "stick")
            assert now is not None
            assert now.problem == f"{path} is full"
            held = batches(path)
            held.pop(other.name)
            assert held.items() < outbox.octets.items()
            other.unlink()
            await until(lambda: batches(path) == outbox.octets)

        forwarding(config, scenario)


@needs_root
def test_a_write_that_fills_the_file_system_leaves_nothing_of_the_file(tmp_path: Path) -> None:
    with mounted(tmp_path, "1M"):
        with pytest.raises(OSError, match="No space left"):
            write_durably(tmp_path / "a.batch", bytes(2 * 1024 * 1024))
        assert list(tmp_path.iterdir()) == []


@needs_root
def test_a_stick_unmounted_between_opening_and_writing_is_not_mistaken_for_the_folder_under_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stick"
    path.mkdir()
    with mounted(path, "1M"):
        prepare_directory(path)

        async def run() -> None:
            async with DirectoryStore(path).session() as session:
                subprocess.run(["umount", "--lazy", str(path)], check=True)
                await session.put("a.batch", b"octets")

        asyncio.run(run())
        assert list(path.iterdir()) == []
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(path)], check=True)


@needs_root
def test_a_stick_can_be_unmounted_while_nothing_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "stick"
    path.mkdir()
    with mounted(path, "1M"):
        prepare_directory(path)
        config = config_for(tmp_path, DirectoryDestination(name="stick", path=path))
        outbox = Outbox(folder=config.outbox)
        outbox.cut()

        async def scenario() -> None:
            await until(lambda: (now := status_of(config, "stick")) is not None and now.backlog == 0)
            assert batches(path) == outbox.octets
            unmount = ["umount", str(path)]
            await until(lambda: subprocess.run(unmount, check=False, capture_output=True).returncode == 0)
            await until(
                lambda: (now := status_of(config, "stick")) is not None and now.state is State.OPERATOR
            )
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(path)], check=True)

        forwarding(config, scenario)


def test_a_folder_that_hangs_is_passing_trouble_and_is_not_asked_twice(tmp_path: Path) -> None:
    released = threading.Event()

    async def run() -> None:
        store = DirectoryStore(tmp_path, patience=0.05)
        with pytest.raises(PassingTrouble, match="did not answer"):
            await store.work(released.wait)
        with pytest.raises(PassingTrouble, match="still does not answer"):
            await store.marker()
        released.set()

    try:
        asyncio.run(run())
    finally:
        released.set()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, OperatorNeeded),
        (errno.EDQUOT, OperatorNeeded),
        (errno.EROFS, OperatorNeeded),
        (errno.EACCES, OperatorNeeded),
        (errno.ENOENT, OperatorNeeded),
        (errno.EIO, PassingTrouble),
        (errno.ENODEV, PassingTrouble),
        (errno.ESTALE, PassingTrouble),
    ],
)
def test_errors_are_sorted_by_who_must_act(number: int, kind: type[Exception]) -> None:
    error = sorted_error(OSError(number, os.strerror(number)), Path("/media/stick"))
    assert type(error) is kind
    assert "/media/stick" in str(error)


def test_prepare_shows_the_same_marker_the_second_time(tmp_path: Path) -> None:
    marker = prepare_directory(tmp_path)
    assert prepare_directory(tmp_path) == marker
    assert [item.name for item in tmp_path.iterdir()] == [NAME]
    assert (tmp_path / NAME).read_text() == f"tipline-destination 1\nid {marker}\n"


def test_two_sticks_have_two_markers(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert prepare_directory(tmp_path / "a") != prepare_directory(tmp_path / "b")


def test_prepare_refuses_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "nothing"):
        with pytest.raises(StorageError) as caught:
            prepare_directory(path)
        assert caught.value.way_out


@pytest.mark.parametrize(
    "text", ["", "tipline-destination 2\nid " + "0" * 32 + "\n", "tipline-destination 1\nid 12\n"]
)
def test_a_damaged_marker_is_neither_used_nor_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(StorageError, match="damaged"):
        prepare_directory(tmp_path)
    with pytest.raises(OperatorNeeded, match="damaged"):
        put(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == [NAME]


def test_a_marker_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    real = stick(tmp_path)
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / NAME).symlink_to(real.path / NAME)
    with pytest.raises((OperatorNeeded, PassingTrouble)):
        put(tmp_path / "trap")
    assert [item.name for item in (tmp_path / "trap").iterdir()] == [NAME]
