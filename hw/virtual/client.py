"""A plain client of the control socket, for tests and scripts."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from hw.virtual.sockets import address_of


class ControlError(Exception):
    """The virtual modem refused a request; the text says why."""


class Client:
    """One connection to a control socket. Each method sends one request and returns its reply."""

    def __init__(self, path: Path | str, *, timeout: float = 60.0, wait: float = 10.0) -> None:
        """Connect; ``wait`` seconds for the socket to appear. Raises OSError."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            _connect(self._socket, Path(path), wait)
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rwb")

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()

    def request(self, op: str, modem: int | str = 0, **values: Any) -> dict[str, Any]:
        """Return the reply to any operation. Raises ControlError."""
        self._file.write(json.dumps({"op": op, "modem": modem, **values}).encode() + b"\n")
        self._file.flush()
        reply: dict[str, Any] = json.loads(self._file.readline() or b'{"error": "the virtual modem is gone"}')
        if not reply.pop("ok", False):
            raise ControlError(reply.get("error", ""))
        return reply

    def deliver(self, text: str | None = None, modem: int | str = 0, **values: Any) -> list[int]:
        """Hand a message to the network; return the ids, one a part.

        ``sender``: the number or name it comes from. Other keys as of the operation ``deliver``.
        """
        if "sender" in values:
            values["from"] = values.pop("sender")
        if text is not None:
            values["text"] = text
        ids: list[int] = self.request("deliver", modem, **values)["messages"]
        return ids

    def deliver_many(self, messages: Sequence[dict[str, Any]], modem: int | str = 0) -> list[int]:
        """Hand many messages over; each a dictionary as of ``deliver``."""
        ids: list[int] = self.request("deliver_many", modem, messages=list(messages))["messages"]
        return ids

    def set(self, modem: int | str = 0, **options: Any) -> None:
        """Change behaviours."""
        self.request("set", modem, options=options)

    def status(self, modem: int | str = 0) -> dict[str, Any]:
        """Return what the modem is doing now."""
        return self.request("status", modem)

    def record(self, modem: int | str = 0, *, since: int = 0) -> dict[str, Any]:
        """Return what the network saw."""
        return self.request("record", modem, since=since)

    def messages(self, modem: int | str = 0) -> list[dict[str, Any]]:
        """Return the messages of the record."""
        found: list[dict[str, Any]] = self.record(modem)["messages"]
        return found

    def records(self, modem: int | str = 0, *, memory: str = "SM") -> list[dict[str, Any]]:
        """Return the raw records of a memory."""
        found: list[dict[str, Any]] = self.request("records", modem, memory=memory)["records"]
        return found

    def wait(
        self, modem: int | str = 0, *, timeout: float = 10.0, count: int = 0, every: bool = False
    ) -> bool:
        """Return whether all messages (of ``every`` modem), at least ``count``, were settled within the time."""
        done: bool = self.request("wait", modem, timeout=timeout, count=count, all=every)["done"]
        return done


def _connect(connection: socket.socket, path: Path, wait: float) -> None:
    until = time.monotonic() + wait
    while True:
        try:
            with address_of(path) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
