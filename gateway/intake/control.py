"""Intake's socket: AF_UNIX, in the private state folder. One JSON object a line in, one out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from gateway.faults import MissingError
from gateway.state import SOCKET

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
_LIMIT = 4096
"""Octets of a request: the longest names a line of 64 characters or a port."""
_PATIENCE = 10.0
"""Seconds that a client has for its request, and again for taking the answer."""
_CLIENTS = 16
"""At a time: commands of one operator. One more is told to come again by being hung up on."""


@contextlib.contextmanager
def _address(state_dir: Path) -> Iterator[str]:
    """Yield an address of the socket that fits the 108 octets of sun_path, however long the path is. unix(7)."""
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


async def serve(state_dir: Path, handler: Handler) -> asyncio.Server:
    """Return the server of the socket, which answers with what ``handler`` gives."""
    (state_dir / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _address(state_dir) as address:
        listener.bind(address)
    (state_dir / SOCKET).chmod(0o600)

    clients = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal clients
        clients += 1
        try:
            if clients <= _CLIENTS:
                await _answer(reader, writer, handler)
        finally:
            clients -= 1
            writer.close()

    return await asyncio.start_unix_server(answer, sock=listener, limit=_LIMIT)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    """Read one request and answer it; hang up on what is none, and on a client that does not go on."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(_PATIENCE):
            octets = await reader.readuntil(b"\n")
        reply = await handler(_request(octets))
        writer.write(json.dumps(reply).encode() + b"\n")
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()


def _request(octets: bytes) -> dict[str, Any]:
    """Return the request in ``octets``, an empty one where there is none."""
    try:
        request = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def ask(state_dir: Path, request: dict[str, Any], *, timeout: float = 10.0) -> dict[str, Any]:
    """Return intake's answer to ``request``. Raises MissingError where no intake is running."""
    way_out = "start it: `systemctl start tipline-intake`, or `tipline-gateway run`"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        try:
            with _address(state_dir) as address:
                connection.connect(address)
            connection.sendall(json.dumps(request).encode() + b"\n")
            octets = b"".join(iter(lambda: connection.recv(65536), b""))
        except TimeoutError as error:
            raise MissingError(
                "intake does not answer in time", "look at its log; it may be waiting for the disk"
            ) from error
        except OSError as error:
            raise MissingError("intake is not running", way_out) from error
    try:
        reply = json.loads(octets)
    except ValueError as error:
        raise MissingError("intake hung up without an answer", "try again, then look at its log") from error
    return reply if isinstance(reply, dict) else {}
