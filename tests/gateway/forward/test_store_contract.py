"""What every kind of destination has to do: one suite that each of them passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config import DirectoryDestination
from gateway.durable import temporary_name
from gateway.forward.base import Differs, OperatorNeeded, Session, Store
from gateway.forward.directory import DirectoryStore
from gateway.forward.marker import prepare_directory
from gateway.forward.sftp import SftpStore
from tests.support.outbox import Outbox
from tests.support.sftp_server import needs_sshd, sftp_server


@dataclass
class Place:
    """A store and the folder where its files end up."""

    store: Store
    files: Path


@pytest.fixture(params=["directory", pytest.param("sftp", marks=needs_sshd)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "directory":
        at = DirectoryDestination(name="stick", path=tmp_path / "files")
        at.path.mkdir()
        prepare_directory(at.path)
        yield Place(DirectoryStore(at.path), at.path)
        return
    with sftp_server(tmp_path / "server") as server:
        yield Place(SftpStore(server.destination()), server.files)


def within(store: Store, action: Callable[[Session], Awaitable[None]]) -> None:
    """Run ``action`` in a session of its own loop."""

    async def run() -> None:
        async with asyncio.timeout(60), store.session() as session:
            await action(session)

    asyncio.run(run())


def test_a_file_is_there_whole_after_put(place: Place) -> None:
    octets = bytes(range(256)) * 1000

    async def action(session: Session) -> None:
        await session.put("a.batch", octets)

    within(place.store, action)
    assert (place.files / "a.batch").read_bytes() == octets
    assert [item.name for item in place.files.iterdir() if item.name.endswith(".part")] == []


def test_the_same_file_may_be_put_again(place: Place) -> None:
    async def action(session: Session) -> None:
        await session.put("a.batch", b"octets")

    within(place.store, action)
    before = (place.files / "a.batch").stat()
    within(place.store, action)
    after = (place.files / "a.batch").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("held", [b"other!", b"", b"octets and more"])
def test_a_file_with_other_octets_is_never_touched(place: Place, held: bytes) -> None:
    (place.files / "a.batch").write_bytes(held)

    async def action(session: Session) -> None:
        with pytest.raises(Differs) as caught:
            await session.put("a.batch", b"octets")
        assert caught.value.held == held

    within(place.store, action)
    assert (place.files / "a.batch").read_bytes() == held


def test_what_is_held_is_told_without_temporary_and_hidden_names(place: Place) -> None:
    for name in ("a.batch", "b.batch", ".hidden", temporary_name("c.batch")):
        (place.files / name).touch()

    async def action(session: Session) -> None:
        assert await session.held(()) == {"a.batch", "b.batch"}

    within(place.store, action)


def test_leftovers_of_this_box_are_removed_and_those_of_another_are_not(place: Place, tmp_path: Path) -> None:
    (name,) = Outbox(folder=tmp_path / "outbox").cut()
    own, other = temporary_name(name), temporary_name("ff" * 8 + name[16:])
    (place.files / own).touch()
    (place.files / other).touch()

    async def action(session: Session) -> None:
        await session.held({name[:16]})

    within(place.store, action)
    assert not (place.files / own).exists()
    assert (place.files / other).exists()


def test_the_marker_is_the_same_each_time_and_in_the_session(place: Place) -> None:
    async def action(session: Session) -> None:
        assert session.marker == await place.store.marker() == await place.store.marker()
        assert len(session.marker) == 32

    within(place.store, action)


def test_a_folder_that_is_not_there_needs_the_operator(place: Place) -> None:
    place.files.rename(place.files.with_name("elsewhere"))

    async def action(session: Session) -> None:
        await session.put("a.batch", b"octets")

    with pytest.raises(OperatorNeeded) as caught:
        within(place.store, action)
    assert "folder" in caught.value.problem
    assert caught.value.way_out
