"""An SFTP server as destination. Only the pinned host key is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import asyncssh

from gateway.config import SftpDestination
from gateway.durable import temporary_name
from gateway.forward.base import MAX_HELD, MAX_NAME, Differs, Held, OperatorNeeded, PassingTrouble
from gateway.forward.directory import is_leftover
from gateway.forward.outbox import MAX_OCTETS
from gateway.forward.ssh_keys import read_keys
from wire.hashing import blake2b_256

KEEPALIVE = 15.0
"""Seconds of silence before the server is asked whether it lives; it may be silent three times."""


_LISTING_OCTETS = 26_280 * 160
"""A year of hourly batches of three lines, 160 octets for each name and what the server says of it.

For how long a listing may take; how much of it is kept is MAX_HELD.
"""
_NO_FILE = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure)
"""What opening or reading gives for a name that is not there, or no plain file, or not for us."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take, in seconds; a slow link is not an absent one."""

    connect: float = 30.0
    request: float = 60.0
    octets_per_second: int = 2048
    """The slowest link that is waited for: GPRS. The longest batch, 20 MB, then has 2.7 hours."""

    def for_transfer(self, octets: int) -> float:
        """Return the seconds that ``octets`` may take."""
        return self.request + octets / self.octets_per_second


class SftpStore:
    """The marker is the address itself: a server is not exchanged by hand."""

    watch_every = None
    longest_wait = 600.0

    def __init__(self, destination: SftpDestination, *, patience: Patience = Patience()) -> None:
        self._at = destination
        self._patience = patience
        address = "\0".join((destination.host, str(destination.port), destination.user, destination.path))
        self._marker = blake2b_256(address.encode())[:16].hex()

    async def marker(self) -> str:
        """Return the id that stands for host, port, user and path."""
        return self._marker

    @asynccontextmanager
    async def session(self) -> AsyncIterator[SftpSession]:
        """Connect; see Store."""
        connection = await self._connect()
        try:
            with told(self._at.host):
                async with asyncio.timeout(self._patience.connect):
                    client = await connection.start_sftp_client()
            yield SftpSession(client, self._at, self._marker, self._patience)
        finally:
            connection.abort()

    async def _connect(self) -> asyncssh.SSHClientConnection:
        keys = read_keys(self._at.host_key, self._at.key_file)
        with told(self._at.host):
            async with asyncio.timeout(self._patience.connect):
                return await asyncssh.connect(
                    self._at.host,
                    self._at.port,
                    username=self._at.user,
                    client_keys=[keys.own],
                    known_hosts=keys.server,
                    # Nothing of the user's own ssh set-up counts: neither its files, its agent nor other methods.
                    config=None,
                    agent_path=None,
                    preferred_auth="publickey",
                    keepalive_interval=KEEPALIVE,
                )


class SftpSession:
    """An open connection."""

    def __init__(
        self, client: asyncssh.SFTPClient, at: SftpDestination, marker: str, patience: Patience
    ) -> None:
        self._client = client
        self._at = at
        self._patience = patience
        self.marker = marker

    async def held(self, boxes: Collection[str]) -> Held:
        """Return the names there; see Session."""
        with told(self._at.host, self._at.path):
            async with asyncio.timeout(self._patience.for_transfer(_LISTING_OCTETS)):
                names, complete = await self._list()
                for name in names:
                    if is_leftover(name, boxes):
                        await self._client.remove(self._path(name))
        return Held(frozenset(name for name in names if not name.startswith(".")), complete)

    async def read_head(self, name: str, octets: int) -> bytes:
        """Return the first octets of a file; see Session."""
        with told(self._at.host, self._at.path):
            async with asyncio.timeout(self._patience.for_transfer(octets)):
                try:
                    async with self._client.open(self._path(name), "rb") as file:
                        head = await file.read(octets)
                except _NO_FILE:
                    return b""
        return (head if isinstance(head, bytes) else head.encode())[:octets]

    async def put(self, name: str, octets: bytes) -> None:
        """Write a file; see Session."""
        with told(self._at.host, self._at.path):
            async with asyncio.timeout(self._patience.for_transfer(2 * len(octets))):
                held = await self._read(name)
                if held is not None and held != octets:
                    raise Differs(held)
                if held is None:
                    await self._check_room(len(octets))
                    await self._write(name, octets)
                await self._sync_folder()

    async def _list(self) -> tuple[list[str], bool]:
        """Return the names there and whether they are all: a server may go on for ever.

        As octets, since one name that is not UTF-8 would end the listing; ours are ASCII.
        """
        names: list[str] = []
        seen = 0
        listing = cast(
            "AsyncGenerator[asyncssh.SFTPName, None]", self._client.scandir(self._at.path.encode())
        )
        async with aclosing(listing) as found:
            async for item in found:
                if seen == MAX_HELD:
                    return names, False
                seen += 1
                if len(name := item.filename) <= MAX_NAME:
                    names.append(name if isinstance(name, str) else name.decode("ascii", "replace"))
        return names, True

    def _path(self, name: str) -> str:
        return f"{self._at.path.rstrip('/')}/{name}"

    async def _read(self, name: str) -> bytes | None:
        try:
            async with self._client.open(self._path(name), "rb") as file:
                octets = await file.read(MAX_OCTETS + 1)
                await _sync(file)
        except asyncssh.SFTPNoSuchFile:
            return None
        return octets if isinstance(octets, bytes) else octets.encode()

    async def _write(self, name: str, octets: bytes) -> None:
        temporary = self._path(temporary_name(name))
        try:
            async with self._client.open(temporary, "xb") as file:
                await file.write(octets)
                await _sync(file)
            # The plain rename of the protocol fails where the name is taken; posix_rename would replace it.
            await self._client.rename(temporary, self._path(name))
        except asyncssh.SFTPError:
            with suppress(asyncssh.SFTPError):
                await self._client.remove(temporary)
            raise

    async def _check_room(self, octets: int) -> None:
        with suppress(asyncssh.SFTPOpUnsupported):
            room = await self._client.statvfs(self._at.path)
            if (room.bavail or 0) * (room.frsize or 0) < octets:
                raise _full(self._at.host)

    async def _sync_folder(self) -> None:
        """Sync the names too, on servers that open a folder as a file (OpenSSH on Linux); others have no way."""
        with suppress(asyncssh.SFTPError):
            async with self._client.open(self._at.path, "rb") as folder:
                await _sync(folder)


@contextmanager
def told(host: str, path: str = "") -> Iterator[None]:
    """Turn whatever goes wrong with a server into the kind that says who must act; no ``path`` while connecting."""
    try:
        yield
    except TimeoutError as error:
        raise PassingTrouble(f"{host} did not answer in time") from error
    except ConnectionResetError as error:
        raise _broke_off(host, connected=bool(path)) from error
    except OSError as error:
        raise PassingTrouble(f"{host} cannot be reached: {error.strerror or 'no address for it'}") from error
    except asyncssh.SFTPError as error:
        raise _of_sftp(error, host, path) from error
    except asyncssh.Error as error:
        raise _of_ssh(error, host, connected=bool(path)) from error


def _of_ssh(error: asyncssh.Error, host: str, *, connected: bool) -> PassingTrouble | OperatorNeeded:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        problem = f"{host} has another host key than the pinned one: it may be another server"
        return OperatorNeeded(
            problem, "compare the key with the server's keeper by telephone, then set host_key"
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return OperatorNeeded(
            f"{host} does not accept the box's key", "have the public key entered at the server"
        )
    if isinstance(error, asyncssh.KeyExchangeFailed):
        problem = f"{host} and the box have no key or method in common"
        return OperatorNeeded(problem, "see that host_key is of a kind the server offers (ssh-ed25519)")
    return _broke_off(host, connected=connected)


def _broke_off(host: str, *, connected: bool) -> PassingTrouble:
    if connected:
        return PassingTrouble(f"the connection to {host} broke off")
    # OpenSSH hangs up without a word when it has no host key of the pinned kind.
    hint = "if it stays so, see that host_key is of a kind the server has"
    return PassingTrouble(f"{host} hung up before the connection stood ({hint})")


def _of_sftp(error: asyncssh.SFTPError, host: str, path: str) -> PassingTrouble | OperatorNeeded:
    if isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPWriteProtect):
        return OperatorNeeded(
            f"{host} refuses to write in {path}", "have the folder's rights mended at the server"
        )
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath | asyncssh.SFTPNotADirectory):
        return OperatorNeeded(f"{host} has no folder {path}", "have it made at the server, or mend `path`")
    if isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
        return _full(host)
    return PassingTrouble(f"{host}: SFTP fault {error.code} ({type(error).__name__})")


def _full(host: str) -> OperatorNeeded:
    return OperatorNeeded(f"{host} has no room left", "have room made at the server")


async def _sync(file: asyncssh.SFTPClientFile) -> None:
    with suppress(asyncssh.SFTPOpUnsupported):
        await file.fsync()
