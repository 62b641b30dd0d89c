"""What the engine says of the octets it was given. Frozen; whatever holds content keeps it out of repr."""

from __future__ import annotations

from dataclasses import dataclass, field

from hw.at.results import Result


@dataclass(frozen=True, slots=True)
class Pdu:
    """The octets of one <pdu> line."""

    octets: bytes = field(repr=False)
    intact: bool = True
    """False where a pair of characters was not hexadecimal (it became one zero octet) or the line was cut."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One +CMGL or +CMGR intermediate result: what stood after the colon, and its PDU if one came."""

    header: bytes = field(repr=False)
    pdu: Pdu | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The outstanding command came to its end."""

    result: Result
    lines: tuple[bytes, ...] = field(default=(), repr=False)
    """Intermediate results, without their name where they had the expected one."""
    entries: tuple[Entry, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem waits for a PDU. Unless that was expected it is stuck, and needs ESC."""

    expected: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message came directly: +CMT and its PDU. TS 27.005 §3.4.1."""

    length: int | None
    pdu: Pdu = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A status report came directly: +CDS and its PDU, which nobody here wants."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A message was put in a memory: +CMTI. No more than a reason to look."""

    memory: str
    """Empty where it could not be read."""
    index: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """The telephone rings: RING, +CRING or +CLIP. The number, if one was shown, is not kept."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A caller gave up, or the network ended the call."""


@dataclass(frozen=True, slots=True)
class Booted:
    """The modem says that it started."""

    sure: bool
    """False for what a modem also says when its PIN was accepted, as +CPIN: READY."""


@dataclass(frozen=True, slots=True)
class SimLost:
    """The SIM was taken out or is locked again."""


@dataclass(frozen=True, slots=True)
class MemoryFull:
    """No further message can be stored, and no further +CMTI will come."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Some other unsolicited result code, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Junk:
    """A line that is no part of any dialogue, or was too long. Its content is dropped."""


Event = (
    Answer
    | Prompt
    | Message
    | Report
    | Stored
    | Call
    | CallEnded
    | Booted
    | SimLost
    | MemoryFull
    | Notice
    | Junk
)
