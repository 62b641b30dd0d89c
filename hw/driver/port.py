"""Where a modem is to be found. Finding is done elsewhere; the driver only asks, before each opening."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Locate = Callable[[], str | None]
"""Return the device file to open now, or None while the modem is not there. Runs in a thread."""


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One configured port. After a re-plug ``locate`` may return another device file for the same modem."""

    name: str
    """As configured; the modem's local id in status and logs."""
    locate: Locate
    baud: int = 115200
    replug: Callable[[], Awaitable[None]] | None = None
    """Have a privileged helper take the modem off the USB bus and put it back, where there is one. Does not raise."""

    @classmethod
    def at(cls, path: str, *, baud: int = 115200) -> PortSpec:
        """Return the port that is always at ``path``."""
        return cls(path, lambda: path if Path(path).exists() else None, baud)
