"""What the modem driver and whoever uses it say to each other. Knows nothing of sealing, storage or lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

MAX_PDU_OCTETS = 232
"""Longest <pdu> taken from a modem: SMSC 12 + SMS-DELIVER 163, 176 in a SIM record, and room for FF padding."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as a modem gave it: the octets of <pdu>, an SMSC address usually in front."""

    pdu: bytes = field(repr=False)
    length: int | None
    """<length> of the header, in octets; None where the header had none. May or may not count the SMSC."""
    intact: bool = True
    """False where characters of the line were not hexadecimal: each pair that was not became one zero octet."""


class NotDurable(Exception):
    """The delivery is not stored: it must not be acknowledged or deleted. Passing trouble: try again later."""


class Receiver(Protocol):
    """Where deliveries of one SIM go."""

    async def take(self, delivery: Delivery) -> None:
        """Return once the delivery is durable (committed, fsynced). Raises NotDurable, and nothing else."""


class Mode(Enum):
    """How messages leave the modem. TS 27.005 §3.4.1 (+CNMI <mt>)."""

    AUTO = "auto"
    DIRECT = "direct"
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the driver may do with one SIM."""

    receiver: Receiver
    mode: Mode
    direct_proven: bool = False
    """An own test message left unacknowledged was delivered again on this model and revision."""
    clear_foreign: bool = False
    """Delete stored entries that are certainly no received message; else they are counted and left."""


@dataclass(frozen=True, slots=True)
class SimIdentity:
    """What can be read of a SIM before its PIN is given. Either may be missing: not every modem answers."""

    iccid: str | None


class Household(Protocol):
    """The decisions the driver leaves to its user."""

    def assign(self, port: str, sim: SimIdentity) -> Assignment | None:
        """Return what this SIM is for, or None: then nothing is read, routed, acknowledged or deleted."""

    def pin(self, port: str, sim: SimIdentity) -> str | None:
        """Return the PIN to try now, or None to leave it. The attempt is on disk before this returns."""

    def pin_accepted(self, port: str, sim: SimIdentity) -> None:
        """Forget the attempts noted for this SIM."""

    def changed(self, status: ModemStatus) -> None:
        """Take note of a modem's new status."""


class Phase(Enum):
    """Where a modem is in its life; the words are shown to the operator."""

    ABSENT = "absent"
    OPENING = "opening"
    STARTING = "starting"
    NO_SIM = "no SIM"
    PIN_NEEDED = "PIN needed"
    PUK_NEEDED = "PUK needed"
    UNASSIGNED = "SIM not assigned"
    RECEIVING = "receiving"
    HELD = "receiving held: nothing can be stored"
    RECOVERING = "recovering"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModemStatus:
    """A modem as the operator sees it. Holds no sender and no message."""

    port: str
    """As configured."""
    device: str | None = None
    """The device file in use."""
    phase: Phase = Phase.ABSENT
    iccid: str | None = None
    imei: str | None = None
    model: str | None = None
    revision: str | None = None
    profile: str | None = None
    mode: Mode | None = None
    """DIRECT or STORED as in use, None before that is decided."""
    registration: int | None = None
    """<stat> of +CREG, or the best of +CREG, +CGREG and +CEREG. TS 27.007 §7.2."""
    signal_dbm: int | None = None
    """From +CSQ <rssi>. TS 27.007 §8.5."""
    calls: int = 0
    """Calls hung up since start."""
    foreign: int = 0
    """Stored entries other than SMS-DELIVER left in the memories at the last sweep."""
    restarts: int = 0
    tried: bool = False
    """One attempt to open and initialise came to an end, well or badly."""
    problem: str | None = None
    """What is wrong, in a sentence, with the way out."""


Clock = Callable[[], float]
"""Monotonic seconds."""
