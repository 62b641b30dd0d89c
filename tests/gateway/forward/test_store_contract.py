"""What every kind of destination has to do: one suite that each of them passes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config import DirectoryDestination
from gateway.durable import temporary_name
from gateway.forward.base import Differs, Held, OperatorNeeded, Session, Store
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
        assert await session.held(()) == Held(frozenset({"a.batch", "b.batch"}), complete=True)

    within(place.store, action)


def test_no_more_names_are_listed_than_the_limit_and_that_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("directory", "sftp"):
        monkeypatch.setattr(f"gateway.forward.{module}.MAX_HELD", 5)
    marker = len(list(place.files.iterdir()))
    for number in range(5 - marker):
        (place.files / f"{number}.batch").touch()

    async def all_of_them(session: Session) -> None:
        assert (await session.held(())).complete

    async def more(session: Session) -> None:
        held = await session.held(())
        assert not held.complete
        assert len(held.names) <= 5

    if isinstance(place.store, DirectoryStore):  # the listing of a server has "." and ".." in it
        within(place.store, all_of_them)
    for number in range(5, 40):
        (place.files / f"{number}.batch").touch()
    within(place.store, more)


def test_a_name_that_is_not_text_is_no_trouble(place: Place) -> None:
    (place.files / "a.batch").touch()
    with open(os.fsencode(place.files) + b"/caf\xe9.batch", "wb"):
        pass

    async def action(session: Session) -> None:
        held = await session.held(())
        assert held.complete
        assert len(held.names) == 2
        assert "a.batch" in held.names

    within(place.store, action)


@pytest.mark.parametrize("length", [0, 1, 1023, 1024, 1025, 400_000])
def test_of_a_file_no_more_than_its_head_is_read(place: Place, length: int) -> None:
    octets = bytes(range(256)) * (length // 256) + bytes(length % 256)
    (place.files / "a.batch").write_bytes(octets)

    async def action(session: Session) -> None:
        assert await session.read_head("a.batch", 1024) == octets[:1024]

    within(place.store, action)


def test_what_cannot_be_read_as_a_file_has_no_head(place: Place) -> None:
    (place.files / "folder.batch").mkdir()
    (place.files / "nowhere.batch").symlink_to(place.files / "gone")

    async def action(session: Session) -> None:
        for name in ("folder.batch", "nowhere.batch", "not-there.batch"):
            assert await session.read_head(name, 1024) == b""

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
