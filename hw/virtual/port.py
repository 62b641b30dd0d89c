"""The pseudo-terminal of one virtual modem on an asyncio loop: the only place that reads and writes its octets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from pathlib import Path

from hw.virtual.cable import Cable
from hw.virtual.modem import Modem
from hw.virtual.network import NEVER

READ_OCTETS = 65_536
BACKLOG_OCTETS = 65_536
"""What waits while nobody reads: seven full listings of a 25-slot SIM. More is lost, as in a UART."""

LINGER = 0.05
"""Seconds from the last answer to the hang-up, which throws away what was not read."""


class LinkError(Exception):
    """The link cannot be put where it was asked for."""


class Port:
    """A modem on its pseudo-terminal, with a symbolic link to the slave."""

    def __init__(self, cable: Cable, link: Path, origin: float) -> None:
        self.cable, self.link, self.origin = cable, link, origin
        """``origin``: the loop's time that is second 0 of the modem."""
        self.loop = asyncio.get_running_loop()
        self.lost_octets = 0
        self._master = self._slave = -1
        self._backlog = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self._soon = False
        self._leaving = False

    @property
    def modem(self) -> Modem:
        return self.cable.modem

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def now(self) -> float:
        """Return the modem's time, in seconds."""
        return self.loop.time() - self.origin

    def plug(self, *, boot: bool = False, link: Path | None = None) -> None:
        """Open a pseudo-terminal, link to it and power the modem on. Raises LinkError."""
        if self.plugged:
            return
        self.link = link or self.link
        # The slave stays open here, so that the host may close and open it again without a hang-up.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        try:
            _put_link(self.link, os.ttyname(self._slave))
        except OSError as error:
            self._close()
            raise LinkError(f"{self.link}: {error.strerror}") from error
        self.loop.add_reader(self._master, self._readable)
        self.modem.power_on(self.now(), boot=boot)
        self.pump()

    def unplug(self, why: str = "unplugged") -> None:
        """Pull the cable: the host sees a hang-up, the link is gone."""
        if not self.plugged:
            return
        self.loop.remove_reader(self._master)
        self.loop.remove_writer(self._master)
        # First: once it is closed the system gives its name to the next pseudo-terminal, of whatever process.
        with contextlib.suppress(FileNotFoundError):
            self.link.unlink()
        self._close()
        self.modem.power_off(self.now(), why)
        self.cable.unplug()
        self._backlog.clear()

    def attend(self) -> None:
        """Pump soon: something waits for the modem. May be called from within the modem's own work."""
        if not self._soon:
            self._soon = True
            self.loop.call_soon(self._attended)

    def pump(self) -> None:
        """Do what is due, write what is said, and come again in time."""
        if not self.plugged:
            return
        now = self.now()
        self.cable.advance(now)
        for piece in self.cable.to_host(now):
            self._write(piece)
        if self.modem.drop_port:
            self._restart()
            return
        self._come_again()

    def _attended(self) -> None:
        self._soon = False
        self.pump()

    def _readable(self) -> None:
        try:
            octets = os.read(self._master, READ_OCTETS)
        except (BlockingIOError, OSError):
            return
        self.cable.from_host(octets, self.now())
        self.pump()

    def _write(self, octets: bytes) -> None:
        if self._backlog:
            self._hold(octets)
            return
        try:
            written = os.write(self._master, octets)
        except BlockingIOError:
            written = 0
        if written < len(octets):
            self._hold(octets[written:])
            self.loop.add_writer(self._master, self._writable)

    def _hold(self, octets: bytes) -> None:
        room = BACKLOG_OCTETS - len(self._backlog)
        self.lost_octets += max(0, len(octets) - room)
        self._backlog += octets[:room]

    def _writable(self) -> None:
        try:
            written = os.write(self._master, self._backlog)
        except BlockingIOError:
            return
        del self._backlog[:written]
        if not self._backlog:
            self.loop.remove_writer(self._master)

    def _come_again(self) -> None:
        due = self.cable.next_time()
        if due >= self._timer_at or due == NEVER:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = self.loop.call_at(self.origin + due, self._timed)

    def _timed(self) -> None:
        self._timer, self._timer_at = None, NEVER
        self.pump()

    def _restart(self) -> None:
        """A reset that takes the port away, once the OK could be read, and brings it back after boot_ms."""
        if not self._leaving:
            self._leaving = True
            self.loop.call_later(LINGER, self._leave)

    def _leave(self) -> None:
        self._leaving = False
        self.unplug("reset")
        self.loop.call_later(self.modem.settings.boot_ms / 1000, self._back)

    def _back(self) -> None:
        if not self.plugged:
            self.plug(boot=True)

    def _close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1


def _put_link(link: Path, target: str) -> None:
    """Make ``link`` point to ``target``, in place of a link that is there; anything else is left alone."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    if link.exists() and not link.is_symlink():
        raise FileExistsError(17, "is there, and is no link")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
