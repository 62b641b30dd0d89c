"""The cable between modem and host: baud rate and dribbled octets, both ways. No I/O, no clock.

Octets have nominal times, so that a late wake-up of the program delays an octet but never slows the line.
"""

from __future__ import annotations

from hw.virtual.modem import Modem
from hw.virtual.network import NEVER

BITS_PER_OCTET = 10
"""Start bit, eight data bits, stop bit."""
WAKE = 0.010
"""Seconds of line time that may be handed over at once."""
LATE = 0.004
"""Seconds of the program's own lateness that are made good."""


class Paced:
    """Octets under way in one direction. ``unit`` seconds for each ``quantum`` octets."""

    def __init__(self) -> None:
        self.pending = bytearray()
        self.begun = 0.0
        """Nominal time at which the first pending octet began; with nothing pending, when the line became free."""

    def push(self, octets: bytes, at: float) -> None:
        """Put octets on the line at time ``at``, behind those on it."""
        if not self.pending:
            self.begun = max(self.begun, at)
        self.pending += octets

    def take(self, now: float, unit: float, quantum: int) -> list[bytes]:
        """Return what has arrived by ``now``, one piece a quantum where that is more than one octet."""
        if not self.pending:
            return []
        whole = -(-len(self.pending) // quantum)
        count = whole if unit == 0 else min(whole, int((now - self.begun) / unit + 1e-6))
        if count <= 0:
            return []
        self.begun += count * unit
        taken = bytes(self.pending[: count * quantum])
        del self.pending[: count * quantum]
        if quantum == 1 and unit < WAKE:
            return [taken]
        return [taken[i : i + quantum] for i in range(0, len(taken), quantum)]

    def next_time(self, unit: float, quantum: int) -> float:
        """Return when to take next."""
        if not self.pending:
            return NEVER
        whole = -(-len(self.pending) // quantum)
        at_once = max(1, int(WAKE / unit)) if unit else whole
        return self.begun + min(whole, at_once) * unit


class Cable:
    """A modem with its line to the host."""

    def __init__(self, modem: Modem) -> None:
        self.modem = modem
        self._in, self._out = Paced(), Paced()
        self._late = 0.0
        """Seconds by which the last octet for the host came too late: its answer counts as so much earlier."""

    def from_host(self, octets: bytes, now: float) -> None:
        """Take octets written by the host."""
        if self.modem.settings.baud:
            self._in.push(octets, now - self._late)
        else:
            self.modem.receive(octets, now)

    def advance(self, now: float) -> None:
        """Do what is due."""
        if self._in.pending:
            for piece in self._in.take(now, self._octet_time(), 1):
                self.modem.receive(piece, max(self._in.begun, self.modem.now))
        self.modem.advance(max(now, self.modem.now))

    def to_host(self, now: float) -> list[bytes]:
        """Return the pieces for the host that have arrived by ``now``."""
        unit, quantum = self._out_pace()
        if self.modem.output:
            octets = self.modem.take_output()
            if not unit and quantum == 0 and not self._out.pending:
                return [octets]
            self._out.push(octets, self._spoken_at(now))
        pieces = self._out.take(now, unit, quantum or 4096)
        if pieces:
            self._late = min(now - self._out.begun, LATE)
        return pieces

    def next_time(self) -> float:
        """Return when ``advance`` or ``to_host`` have something to do next."""
        unit, quantum = self._out_pace()
        return min(
            self.modem.next_time(),
            self._in.next_time(self._octet_time(), 1),
            self._out.next_time(unit, quantum or 4096),
        )

    def unplug(self) -> None:
        """Lose what is under way."""
        self._in, self._out = Paced(), Paced()

    def _octet_time(self) -> float:
        return BITS_PER_OCTET / self.modem.settings.baud if self.modem.settings.baud else 0.0

    def _out_pace(self) -> tuple[float, int]:
        settings = self.modem.settings
        if settings.chunk:
            return settings.chunk_ms / 1000, settings.chunk
        return (BITS_PER_OCTET / settings.baud, 1) if settings.baud else (0.0, 0)

    def _spoken_at(self, now: float) -> float:
        """An answer begins when its command's last octet arrived, not when the program woke up for it."""
        return min(now, max(self._in.begun, now - LATE)) if self.modem.settings.baud else now
