"""The commands as values: what to write, and what may come back before the final result code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache

CTRL_Z = b"\x1a"
ESC = b"\x1b"
MAX_SLOTS = 1024
"""The largest message memory known has about 500 slots."""


class Shape(IntEnum):
    """What the intermediate results of a command look like."""

    NONE = 0
    NAMED = 1
    """Lines that begin with the name and a colon."""
    BARE = 2
    """Such lines, or lines with no name: +CGSN, and +CCID on some modems."""
    PAIRS = 3
    """Two lines each, the second a PDU: +CMGL and +CMGR."""


class Patience(Enum):
    """How long a command may take; the seconds are in ``hw.driver.pace``."""

    QUICK = "quick"
    """Answered by the modem itself."""
    SIM = "sim"
    """Answered after the SIM or the message memory was asked."""
    LIST = "list"
    """Every slot of a memory is read."""
    NETWORK = "network"
    """The network is asked."""
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Command:
    """One command line. ``text`` is without its CR and kept out of repr: it may hold a PIN."""

    text: bytes = field(repr=False)
    name: bytes = b""
    shape: Shape = Shape.NONE
    patience: Patience = Patience.QUICK
    payload: bytes | None = field(default=None, repr=False)
    """What to write at the prompt, CTRL-Z not included."""
    call: bool = False
    """NO CARRIER and its kind end this command."""

    @property
    def label(self) -> str:
        """The command without its values, for logs and errors."""
        return self.text.split(b"=", 1)[0].decode("ascii", "replace")


def plain(text: str, patience: Patience = Patience.QUICK) -> Command:
    """Return a command that answers with a final result code only."""
    return Command(text.encode("ascii"), patience=patience)


def asking(text: str, patience: Patience = Patience.QUICK, *, bare: bool = False) -> Command:
    """Return a command that answers with lines under its own name, as ``AT+CSQ`` with ``+CSQ: ``."""
    name = text[2:].split("=", 1)[0].rstrip("?")
    return Command(
        text.encode("ascii"),
        name=name.encode("ascii"),
        shape=Shape.BARE if bare else Shape.NAMED,
        patience=patience,
    )


AT = plain("AT")
LIST_ALL = Command(b"AT+CMGL=4", name=b"+CMGL", shape=Shape.PAIRS, patience=Patience.LIST)
"""All states, since reading a message marks it as read. TS 27.005 §4.1."""
ACKNOWLEDGE = plain("AT+CNMA")
ACKNOWLEDGE_ZERO = plain("AT+CNMA=0")


@lru_cache(MAX_SLOTS)
def read_message(index: int) -> Command:
    """Return +CMGR. TS 27.005 §4.2."""
    return Command(b"AT+CMGR=%d" % index, name=b"+CMGR", shape=Shape.PAIRS, patience=Patience.SIM)


@lru_cache(MAX_SLOTS)
def delete_message(index: int) -> Command:
    """Return +CMGD of one index; the delete flag is never used. TS 27.005 §3.5.4."""
    return Command(b"AT+CMGD=%d" % index, patience=Patience.SIM)


def select_memories(first: str, *others: str) -> Command:
    """Return +CPMS. TS 27.005 §3.2.2."""
    memories = ",".join(f'"{memory}"' for memory in (first, *others))
    return asking(f"AT+CPMS={memories}", Patience.SIM)


def route(mode: int, target: int, *, buffer: int) -> Command:
    """Return +CNMI with <mt> ``target``: 0 store, 1 store and tell, 2 directly. TS 27.005 §3.4.1."""
    return plain(f"AT+CNMI={mode},{target},0,0,{buffer}", Patience.SIM)


def submit(tpdu_length: int, octets: bytes) -> Command:
    """Return +CMGS with its PDU for the prompt. TS 27.005 §4.3."""
    return Command(
        b"AT+CMGS=%d" % tpdu_length,
        name=b"+CMGS",
        shape=Shape.NAMED,
        patience=Patience.NETWORK,
        payload=octets.hex().upper().encode("ascii"),
    )
