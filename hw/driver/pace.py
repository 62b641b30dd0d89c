"""Every time the driver knows, in seconds, in one value."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hw.at.commands import Patience

_PATIENCE = MappingProxyType(
    {
        Patience.QUICK: 5.0,
        Patience.SIM: 20.0,  # a slow SIM takes 1 s a record, and may be busy with the network first
        Patience.LIST: 60.0,  # 50 slots at 1 s
        Patience.NETWORK: 150.0,  # the longest +CMGS known of the manuals is 120 s
        Patience.RESET: 15.0,
    }
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the driver is. The defaults are for real modems; tests use shorter ones."""

    patience: Mapping[Patience, float] = field(default_factory=lambda: _PATIENCE)
    probe: float = 1.5
    """For an answer to the first AT, twice as long for the second and so on; and the silence between them."""
    probes: int = 4
    settle: float = 2.0
    """After a modem said that it started, until it is spoken to."""
    busy_retry: float = 1.0
    busy_patience: float = 40.0
    """A SIM may be busy for so long after the start."""
    sweep: float = 60.0
    watch: float = 60.0
    spread: float = 0.5
    """Up to this share of them the first sweep and watch come earlier: modems of one box do not tick together."""
    hold_retry: float = 5.0
    acknowledge: float = 8.0
    """After +CMT, an acknowledgement that is not out by now stays out: modems give up after 10 to 15 s."""
    fresh: float = 2.0
    """A message read longer ago is read again before it is deleted."""
    known: float = 1.0
    """So long a SIM that was asked for its ICCID is the same: to change it and to start it takes longer."""
    withheld: float = 20.0
    """In a proof of direct mode: longer than any modem waits for +CNMA before it gives up."""
    absent: float = 2.0
    unassigned: float = 60.0
    backoff: float = 1.0
    backoff_cap: float = 60.0
    healthy: float = 120.0
    """Service for so long makes the recovery ladder start from its lowest rung again."""
    goodbye: float = 2.0
    stuck: float = 300.0
    """Without one answer for so long, a session is ended from outside. Longer than any command and any pause."""

    def ahead(self, port: str) -> float:
        """Return the share of ``sweep`` and ``watch`` by which the first ones of ``port`` come earlier.

        By its name, so that it is the same each time and neighbouring names are far apart.
        """
        return self.spread * zlib.crc32(port.encode()) / 2**32
