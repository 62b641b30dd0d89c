"""A folder as destination: a stick or a share that is mounted."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from gateway.durable import opened_folder, sync_open_folder, write_durably_in, written_for
from gateway.forward.base import MAX_HELD, Differs, Held, OperatorNeeded, PassingTrouble
from gateway.forward.marker import read_marker
from gateway.forward.outbox import MAX_OCTETS, parse_name

_T = TypeVar("_T")
PATIENCE = 120.0
"""Seconds for one file: the longest batch, 20 MB, at 200 kB/s, what the slowest stick does, and a margin."""
SPARE_OCTETS = 64 * 1024
"""Room kept free beside the file itself, for the folder's own growth."""
FILE_MODE = 0o644
"""A batch is sealed and signed, and the courier is another user than the forwarder."""
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_FILE = (errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EACCES, errno.EPERM)
"""What opening gives for a name that is not there, or no plain file, or not for us."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DirectoryStore:
    """Used only if its marker is there. All file work runs in one thread of its own: a stick may hang."""

    watch_every = 2.0
    """Sticks are exchanged by hand; asking is one small file read."""
    longest_wait = 5.0
    """A courier stands beside the box and waits."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="destination")
        self._running: Future[object] | None = None
        self._folder: int | None = None

    async def marker(self) -> str:
        """Return the id in the marker file."""
        return await self.work(self._read_marker)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[DirectorySession]:
        """Open the folder, and hold it open no longer than needed: an open folder cannot be unmounted."""
        try:
            folder, marker = await self.work(self._open)
            yield DirectorySession(self, folder, marker)
        finally:
            # In the same thread, so after whatever still runs there: the number must not be used again before.
            self._pool.submit(self._close)

    async def work(self, action: Callable[[], _T]) -> _T:
        """Return what ``action`` gives, done in the thread. Raises what sessions raise."""
        if self._running is not None and not self._running.done():
            raise PassingTrouble(f"{self._path} still does not answer")
        future = self._pool.submit(action)
        self._running = future  # type: ignore[assignment]  # Future is invariant; only done() is asked of it
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise PassingTrouble(f"{self._path} did not answer for {self._patience:.0f} s") from error
        except OSError as error:
            raise sorted_error(error, self._path) from error

    def _read_marker(self) -> str:
        with opened_folder(self._path) as folder:
            return read_marker(folder, self._path)

    def _open(self) -> tuple[int, str]:
        self._folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self._folder, read_marker(self._folder, self._path)

    def _close(self) -> None:
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


class DirectorySession:
    """The open folder: everything is done relative to it, whatever is mounted over its path meanwhile."""

    def __init__(self, store: DirectoryStore, folder: int, marker: str) -> None:
        self._store = store
        self._folder = folder
        self.marker = marker

    async def held(self, boxes: Collection[str]) -> Held:
        """Return the names there; see Session."""
        return await self._store.work(lambda: self._held(boxes))

    async def read_head(self, name: str, octets: int) -> bytes:
        """Return the first octets of a file; see Session."""
        return await self._store.work(lambda: self._read_head(name, octets))

    async def put(self, name: str, octets: bytes) -> None:
        """Write a file; see Session."""
        await self._store.work(lambda: self._put(name, octets))

    def _held(self, boxes: Collection[str]) -> Held:
        with os.scandir(self._folder) as found:
            names = {item.name for item in itertools.islice(found, MAX_HELD)}
            complete = next(found, None) is None
        leftovers = {name for name in names if is_leftover(name, boxes)}
        for name in leftovers:
            os.unlink(name, dir_fd=self._folder)
        return Held(frozenset(name for name in names if not name.startswith(".")), complete)

    def _read_head(self, name: str, octets: int) -> bytes:
        try:
            with os.fdopen(self._open(name), "rb", buffering=0) as file:
                return file.read(octets) or b""
        except OSError as error:
            if error.errno in _NO_FILE:
                return b""
            raise

    def _open(self, name: str) -> int:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)

    def _put(self, name: str, octets: bytes) -> None:
        held = self._read(name)
        if held is not None and held != octets:
            raise Differs(held)
        if held is None:
            self._check_room(len(octets))
            write_durably_in(self._folder, name, octets, mode=FILE_MODE)

    def _read(self, name: str) -> bytes | None:
        try:
            descriptor = self._open(name)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            octets = file.read(MAX_OCTETS + 1)
            # A killed forwarder may have renamed it without having synced the folder.
            os.fsync(descriptor)
        sync_open_folder(self._folder)
        return octets

    def _check_room(self, octets: int) -> None:
        room = os.statvfs(self._folder)
        if room.f_bavail * room.f_frsize < octets + SPARE_OCTETS:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_leftover(name: str, boxes: Collection[str]) -> bool:
    """Return whether ``name`` is a temporary name of a batch of one of ``boxes``."""
    final = written_for(name)
    batch = parse_name(final) if final else None
    return batch is not None and batch[0].box in boxes


def sorted_error(error: OSError, path: Path) -> PassingTrouble | OperatorNeeded:
    """Return ``error`` as the kind that says who must act."""
    reason = error.strerror or "unknown"
    if error.errno in _FULL:
        return OperatorNeeded(f"{path} is full", "exchange it, or remove batches that were imported")
    if error.errno in _NOT_ALLOWED:
        way_out = "see that it is mounted writable and that the forwarder's user may write there"
        return OperatorNeeded(f"{path} cannot be written: {reason}", way_out)
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return OperatorNeeded(f"there is no folder {path}", "mount the stick or share there")
    return PassingTrouble(f"{path}: {reason}")
