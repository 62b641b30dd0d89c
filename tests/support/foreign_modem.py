"""A modem written from TS 27.005 alone, by nobody who had read ours: small, stubborn, and it keeps a record.

It shares no code with ``hw/virtual``. It knows few commands and answers ERROR to all others.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROMPT = b"> "


@dataclass
class Manners:
    """How this one differs from a modem that behaves."""

    echo_stays: bool = False
    end: bytes = b"\r\n"
    slots: int = 20
    selects: bool = True
    """+CPMS is known."""
    first: int = 1
    lists: bool = True
    counts: bool = True
    """+CPMS tells how full the memory is; if not, OK alone."""
    sms_service: bool = True
    """+CSMS is known."""
    routes: str = "012"
    """<mt> of +CNMI that are taken."""
    chatter: bytes = b""
    """Said after every line of an answer, and now and then."""
    iccid: str | None = None
    tells: bool = True
    """Whether a stored message is told by +CMTI."""
    words: bool = False
    """+CMS ERROR whatever fails, with the number of "unknown"."""
    pin: str | None = None
    unknown: str = "ERROR"
    withhold_deletes: bool = False
    """+CMGD is heard, not answered and not carried out."""
    patience: float = 2.0
    """Seconds it waits for +CNMA."""


@dataclass
class Release:
    """A message that the gateway let go."""

    pdu: bytes
    how: str
    told: bool
    """What ``on_release`` said before it was carried out."""


@dataclass
class Record:
    """What it was asked, and what it let go."""

    commands: list[str] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


class ForeignModem:
    """The modem at ``link``. ``on_release`` is asked before a message is deleted or acknowledged."""

    def __init__(
        self, link: Path, manners: Manners | None = None, *, on_release: Callable[[], bool] | None = None
    ) -> None:
        self.manners = manners or Manners()
        self.record = Record()
        self.waiting: list[bytes] = []
        """<pdu>s that the network still has."""
        self._for_sim: set[bytes] = set()
        self.memory: dict[int, tuple[int, bytes]] = {}
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))
        self._on_release = on_release or (lambda: True)
        self._route, self._by_hand, self._echo = 0, False, True
        self._outstanding: tuple[bytes, float] | None = None
        self._locked = self.manners.pin is not None
        self._buffer = b""
        self._over = threading.Event()
        self._chattered = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def offer(self, pdu: bytes, *, for_sim: bool = False) -> None:
        """Have the network deliver ``pdu``: SMSC address and TPDU. ``for_sim``: it is stored whatever +CNMI says."""
        if for_sim:
            self._for_sim.add(pdu)
        self.waiting.append(pdu)

    @property
    def empty(self) -> bool:
        """Whether neither network nor memory hold a message."""
        return not self.waiting and not self.memory and self._outstanding is None

    def start(self) -> None:
        """Switch it on."""
        self._thread.start()

    def end(self) -> None:
        """Switch it off."""
        self._over.set()
        self._thread.join(10)
        os.close(self._master)
        os.close(self._slave)

    def _run(self) -> None:
        while not self._over.is_set():
            if select.select([self._master], [], [], 0.01)[0]:
                self._buffer += os.read(self._master, 4096)
            while b"\r" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\r")
                self._line(line.strip(b"\n\x1a\x1b \0"))
            self._network()

    def _write(self, octets: bytes) -> None:
        while octets:
            octets = octets[os.write(self._master, octets) :]

    def _say(self, *lines: str) -> None:
        end = self.manners.end
        for line in lines:
            head = end if end == b"\r\n" else b""
            self._write(head + line.encode() + end + self.manners.chatter)

    def _entry(self, header: str, pdu: bytes) -> None:
        """Header and PDU, with nothing between them, as the standard has it."""
        end = self.manners.end
        head = end if end == b"\r\n" else b""
        self._write(head + header.encode() + end + pdu.hex().upper().encode() + end + self.manners.chatter)

    def _line(self, line: bytes) -> None:
        if self._echo or self.manners.echo_stays:
            self._write(line + b"\r")
        text = line.decode("latin-1")
        if not text.upper().startswith("AT"):
            return
        self.record.commands.append(text)
        if self.manners.withhold_deletes and text.upper().startswith("AT+CMGD"):
            return
        self._say(self._answer(text[2:].upper()))

    def _answer(self, body: str) -> str:
        name, _, value = body.partition("=")
        known: dict[str, Callable[[str], str]] = {
            "": lambda _: "OK",
            "Z": self._reset,
            "E0": lambda _: self._set_echo(False),
            "E1": lambda _: self._set_echo(True),
            "+CMEE": lambda _: "OK",
            "+CSQ": lambda _: self._told("+CSQ: 17,99"),
            "+CREG?": lambda _: self._told("+CREG: 0,1"),
            "+CPIN?": lambda _: self._told("+CPIN: SIM PIN" if self._locked else "+CPIN: READY"),
            "+CPIN": self._enter_pin,
            "+CMGF": self._format,
            "+CSMS": self._service,
            "+CNMI": self._set_route,
            "+CNMA": self._acknowledge,
            "+CPMS": self._select,
            "+CMGL": self._list,
            "+CMGR": self._read,
            "+CMGD": self._delete,
        }
        if name == "+CCID" and self.manners.iccid:
            return self._told(f"+CCID: {self.manners.iccid}")
        return known[name](value.strip()) if name in known else self.manners.unknown

    def _told(self, line: str) -> str:
        self._say(line)
        return "OK"

    def _reset(self, _: str) -> str:
        self._route, self._echo = 0, True
        return "OK"

    def _set_echo(self, on: bool) -> str:
        self._echo = on
        return "OK"

    def _enter_pin(self, value: str) -> str:
        self.record.pins.append(value.strip('"'))
        self._locked = self._locked and value.strip('"') != self.manners.pin
        return "+CME ERROR: 16" if self._locked else "OK"

    def _format(self, value: str) -> str:
        if value != "0":
            self.record.doubtful.append(f"+CMGF={value}")
        return "OK"

    def _service(self, value: str) -> str:
        if not self.manners.sms_service:
            return "ERROR"
        self._by_hand = value == "1"
        return self._told("+CSMS: 1,1,1")

    def _set_route(self, value: str) -> str:
        values = value.split(",")
        if len(values) < 2 or values[1] not in self.manners.routes or values[0] not in "012":
            return "+CMS ERROR: 303"
        self._route = int(values[1])
        return "OK"

    def _acknowledge(self, value: str) -> str:
        if self._outstanding is None:
            return "+CMS ERROR: 340"
        if value not in ("", "0"):
            return "ERROR"
        self._let_go(self._outstanding[0], "acknowledged")
        self._outstanding = None
        return "OK"

    def _select(self, value: str) -> str:
        if not self.manners.selects:
            return "ERROR"
        if any(memory != "SM" for memory in value.replace('"', "").split(",")):
            return "+CMS ERROR: 302"
        used, all_ = len(self.memory), self.manners.slots
        return (
            self._told(f"+CPMS: {used},{all_},{used},{all_},{used},{all_}") if self.manners.counts else "OK"
        )

    def _list(self, value: str) -> str:
        if not self.manners.lists or value != "4":
            return "ERROR"
        for index in sorted(self.memory):
            stat, pdu = self.memory[index]
            self._entry(f"+CMGL: {index},{stat},,{tpdu_octets(pdu)}", pdu)
            self.memory[index] = (1, pdu)
        return "OK"

    def _read(self, value: str) -> str:
        if not value.isdigit() or int(value) not in self.memory:
            return "+CMS ERROR: 321"
        stat, pdu = self.memory[int(value)]
        self.memory[int(value)] = (1, pdu)
        self._entry(f"+CMGR: {stat},,{tpdu_octets(pdu)}", pdu)
        return "OK"

    def _delete(self, value: str) -> str:
        if not value.isdigit():
            self.record.doubtful.append(f"+CMGD={value}")
            return "ERROR"
        if int(value) in self.memory:
            self._let_go(self.memory.pop(int(value))[1], "deleted")
        return "OK"

    def _let_go(self, pdu: bytes, how: str) -> None:
        told = self._on_release()
        self.record.releases.append(Release(pdu, how, told))

    def _network(self) -> None:
        now = time.monotonic()
        if self.manners.chatter and now - self._chattered > 0.3:
            self._chattered = now
            self._write(self.manners.chatter)
        if self._outstanding is not None:
            pdu, since = self._outstanding
            if now - since > self.manners.patience:
                self._outstanding, self._route = None, 0
                self.waiting.append(pdu)
        elif self.waiting and not self._locked and self._route == 2 and self.waiting[0] not in self._for_sim:
            pdu = self.waiting.pop(0)
            self._entry(f"+CMT: ,{tpdu_octets(pdu)}", pdu)
            if self._by_hand:
                self._outstanding = (pdu, now)
            else:
                self._let_go(pdu, "by itself")
        elif self.waiting and not self._locked:
            self._store()

    def _store(self) -> None:
        first = self.manners.first
        free = [at for at in range(first, first + self.manners.slots) if at not in self.memory]
        if free:
            self.memory[free[0]] = (0, self.waiting.pop(0))
            if self._route and self.manners.tells:
                self._say(f'+CMTI: "SM",{free[0]}')


def tpdu_octets(pdu: bytes) -> int:
    """Return <length>: the octets of the TPDU, the SMSC address not counted. TS 27.005 §3.1."""
    return len(pdu) - 1 - pdu[0]


@contextmanager
def foreign_modems(
    folder: Path, *manners: Manners, on_release: Callable[[], bool] | None = None
) -> Iterator[list[ForeignModem]]:
    """Give running modems at folder/modem0 and so on."""
    modems = [
        ForeignModem(folder / f"modem{at}", each, on_release=on_release) for at, each in enumerate(manners)
    ]
    for modem in modems:
        modem.start()
    try:
        yield modems
    finally:
        for modem in modems:
            modem.end()
