"""What the box tells systemd: ready, a status in plain words, a heartbeat, stopping. sd_notify(3)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from typing import TextIO

from systemd import daemon, journal

MEMORY_NAME = "memory"


class Service:
    """The service manager, if there is one; without one every call does nothing."""

    def __init__(self) -> None:
        self._said = ""

    def ready(self) -> None:
        """Say that all is up."""
        daemon.notify("READY=1")

    def status(self, text: str) -> None:
        """Say in a sentence how things are."""
        if text != self._said:
            self._said = text
            daemon.notify(f"STATUS={text}")

    def watchdog(self) -> None:
        """Say that the event loop turns."""
        daemon.notify("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end was asked for."""
        daemon.notify("STOPPING=1")

    def keep(self, fd: int) -> None:
        """Give a copy of ``fd`` to the service manager, which hands it back after a crash."""
        daemon.notify(f"FDSTORE=1\nFDNAME={MEMORY_NAME}", False, 0, [fd])

    def forget(self) -> None:
        """Have the service manager drop what it kept."""
        daemon.notify(f"FDSTOREREMOVE=1\nFDNAME={MEMORY_NAME}")

    async def heartbeat(self) -> None:
        """Call ``watchdog`` at half the interval the service manager asks for; return at once without one."""
        interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
        while interval > 0:
            self.watchdog()
            await asyncio.sleep(interval)


def kept_memory() -> int | None:
    """Return the file descriptor that a keeper held over a crash, None where there is none."""
    for fd, name in daemon.listen_fds_with_names(unset_environment=True).items():
        if name == MEMORY_NAME:
            return int(fd)
    return None


def set_up_logging(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Log to the journal, with fields, where systemd reads it; else in plain lines to ``stream`` (stderr)."""
    root = logging.getLogger()
    root.setLevel(level)
    root.handlers[:] = [_journal() if _read_by_journal() else _plain(stream or sys.stderr)]
    logging.getLogger("asyncssh").setLevel(logging.ERROR)


def _read_by_journal() -> bool:
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    with contextlib.suppress(OSError, ValueError):
        found = os.fstat(sys.stderr.fileno())
        return (found.st_dev, found.st_ino) == (int(device), int(inode))
    return False


def _journal() -> logging.Handler:
    handler: logging.Handler = journal.JournalHandler(SYSLOG_IDENTIFIER="tipline")
    return handler


def _plain(stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    return handler
