"""The control socket: one JSON object a line in, one out. docs/virtual-modem.md lists the operations."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hw.virtual.calls import Call
from hw.virtual.compose import Style
from hw.virtual.fleet import DEFAULT_SENDER, Fleet, Posting
from hw.virtual.port import LinkError, Port
from hw.virtual.record import raw_records, record_of, status_of, summary
from hw.virtual.settings import OptionError
from hw.virtual.sockets import address_of
from hw.virtual.tips import keep_sending

MAX_LINE = 16 * 1024 * 1024
"""Octets of a request: deliver_many with some ten thousand messages."""
POLL = 0.01
"""Seconds between looks of ``wait``."""
GOODBYES = 50
"""Looks at whether all clients are gone; after them the process ends without those that still wait."""

Request = dict[str, Any]
Reply = dict[str, Any]


class RequestError(ValueError):
    """The request cannot be carried out; the text says why."""


class Control:
    """Carries out requests on a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._slow: dict[str, Callable[[Port, Request], Awaitable[Reply]]] = {"wait": self._wait}
        self._operations: dict[str, Callable[[Port, Request], Reply]] = {
            "call": self._call,
            "deliver": self._deliver,
            "deliver_many": self._deliver_many,
            "hang": self._hang,
            "hang_up": self._hang_up,
            "junk": self._junk,
            "load": self._load,
            "plug": self._plug,
            "record": self._record,
            "records": self._records,
            "reset": self._reset,
            "resume": self._resume,
            "set": self._set,
            "status": lambda port, _: status_of(port),
            "stick": self._stick,
            "tips": self._tips,
            "unplug": self._unplug,
            "urc": self._urc,
        }

    def operations(self) -> list[str]:
        """Return the names of all operations."""
        return sorted([*self._operations, *self._slow])

    async def carry_out(self, line: bytes) -> Reply:
        """Return the reply to one request line: ``ok`` and the operation's keys, or ``error``."""
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise RequestError("a request is a JSON object")
            port = self._find(request.get("modem", 0))
            name = request.get("op")
            if (slow := self._slow.get(str(name))) is not None:
                return {"ok": True, **await slow(port, request)}
            if (operation := self._operations.get(str(name))) is None:
                raise RequestError(f"no operation {name!r}")
            reply = operation(port, request)
        except (OptionError, RequestError, LinkError, ValueError, KeyError, TypeError, IndexError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}
        port.attend()
        return {"ok": True, **reply}

    async def serve(self, path: Path) -> asyncio.Server:
        """Return a server that listens on ``path``, readable by its owner alone."""
        return await asyncio.start_unix_server(self._client, sock=_listener(path), limit=MAX_LINE)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                reply = await self.carry_out(line)
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    async def close(self, server: asyncio.Server) -> None:
        """Stop serving, and end every connection."""
        server.close()
        for writer in tuple(self._clients):
            writer.close()
        for _ in range(GOODBYES):  # each leaves the set when its reader sees the end
            if not self._clients:
                return
            await asyncio.sleep(POLL)

    def _find(self, which: object) -> Port:
        for place, port in enumerate(self.fleet.ports):
            if which in (place, str(port.link), port.link.name):
                return port
        raise RequestError(f"no modem {which!r}")

    def _deliver(self, port: Port, request: Request) -> Reply:
        return {"messages": [message.id for message in self.fleet.post(port, posting_of(request))]}

    def _deliver_many(self, port: Port, request: Request) -> Reply:
        postings = [posting_of(item) for item in request["messages"]]
        return {"messages": [message.id for item in postings for message in self.fleet.post(port, item)]}

    def _load(self, port: Port, request: Request) -> Reply:
        ports = self.fleet.ports if request.get("all") else [port]
        for each in ports:
            if rate := request.get("rate"):
                self._start(self.fleet.load_at(each, int(request["count"]), float(rate)))
            else:
                self.fleet.load(each, int(request["count"]))
        return {}

    def _tips(self, port: Port, request: Request) -> Reply:
        self._start(keep_sending(self.fleet, port, float(request.get("interval", 5)), request.get("count")))
        return {}

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _call(self, port: Port, request: Request) -> Reply:
        call = Call(str(request.get("from", "")), port.now(), int(request.get("rings", 5)))
        port.modem.ring(call)
        return {}

    def _hang_up(self, port: Port, _request: Request) -> Reply:
        return {"ended": port.modem.calls.end("caller", port.now())}

    def _set(self, port: Port, request: Request) -> Reply:
        port.modem.now = port.now()
        port.modem.change(dict(request.get("options") or {request["option"]: request["value"]}))
        return {}

    def _unplug(self, port: Port, _request: Request) -> Reply:
        port.unplug()
        return {}

    def _plug(self, port: Port, request: Request) -> Reply:
        link = Path(request["link"]) if request.get("link") else None
        port.plug(boot=bool(request.get("boot", port.modem.settings.boot_lines_at_plug)), link=link)
        return {"link": str(port.link)}

    def _reset(self, port: Port, _request: Request) -> Reply:
        port.modem.reset(port.now())
        return {}

    def _hang(self, port: Port, request: Request) -> Reply:
        how = request.get("how", "silent")
        if how not in ("silent", "chatter"):
            raise RequestError("how is silent or chatter")
        port.modem.hang(port.now(), how)
        return {}

    def _resume(self, port: Port, _request: Request) -> Reply:
        port.modem.resume(port.now())
        return {}

    def _stick(self, port: Port, _request: Request) -> Reply:
        port.modem.stick_in_prompt(port.now())
        return {}

    def _junk(self, port: Port, request: Request) -> Reply:
        octets = bytes.fromhex(request["octets"])
        if port.modem.on:
            port.modem.output += octets
        return {}

    def _urc(self, port: Port, request: Request) -> Reply:
        port.modem.say(str(request["text"]))
        return {}

    def _record(self, port: Port, request: Request) -> Reply:
        return record_of(port.modem, int(request.get("since", 0)))

    def _records(self, port: Port, request: Request) -> Reply:
        return {"records": raw_records(port.modem, request.get("memory", "SM"))}

    async def _wait(self, port: Port, request: Request) -> Reply:
        """Wait until every message is settled (``all``: of every modem), or the time is over."""
        ports = self.fleet.ports if request.get("all") else [port]
        until = self.fleet.now() + float(request.get("timeout", 10))
        least = int(request.get("count", 0))
        while not (done := all(_settled(each, least) for each in ports)) and self.fleet.now() < until:  # noqa: ASYNC110  # the record has no one to wake a waiter
            await asyncio.sleep(POLL)
        return {"done": done, **summary(port.modem)}


def _listener(path: Path) -> socket.socket:
    """Return a bound socket, readable by its owner alone, in place of a socket left behind. Raises OSError."""
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    with address_of(path) as address:
        listener.bind(address)
    path.chmod(0o600)
    return listener


def _settled(port: Port, least: int) -> bool:
    subscriber = port.modem.subscriber
    if subscriber.more() or len(subscriber.messages) < least:
        return False
    return all(message.settled for message in reversed(subscriber.messages))


def posting_of(request: Request) -> Posting:
    """Return the posting a ``deliver`` request describes. Raises ValueError, KeyError or TypeError."""
    contents = [key for key in ("text", "data", "tpdu") if request.get(key) is not None]
    if len(contents) != 1:
        raise RequestError("give one of text, data (hex), tpdu (hex)")
    ports = request.get("ports")
    style = Style(
        dcs=_dcs(request),
        pid=int(request.get("pid", 0)),
        reference=int(request.get("ref", 0)),
        wide_reference=bool(request.get("wide_ref", False)),
        ports=(int(ports[0]), int(ports[1])) if ports else None,
        language=request.get("language"),
    )
    return Posting(
        sender=str(request.get("from", DEFAULT_SENDER)),
        text=request.get("text"),
        data=bytes.fromhex(request["data"]) if "data" in contents else None,
        tpdu=bytes.fromhex(request["tpdu"]) if "tpdu" in contents else None,
        style=style,
        order=tuple(int(number) for number in request.get("order", ())),
        smsc=request.get("smsc"),
        scts=bytes.fromhex(request["scts"]) if request.get("scts") not in (None, "random") else None,
        random_scts=request.get("scts") == "random",
    )


def _dcs(request: Request) -> int | None:
    """TP-DCS as given, or from ``class`` (group 1111). TS 23.038 §4."""
    if request.get("class") is not None:
        eight_bit = 0x04 if request.get("data") is not None else 0
        return 0xF0 | eight_bit | int(request["class"])
    return None if request.get("dcs") is None else int(request["dcs"])
