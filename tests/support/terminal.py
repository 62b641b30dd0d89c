"""A command on a terminal of its own, and the person before it: what stands on the screen, and what is typed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pyte

LIMIT = 120.0
"""Seconds until something asked for has to be there; a busy machine is slow."""
PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from workstation.cli import main
main()
"""


@dataclass
class Terminal:
    """A terminal of 80 columns and 24 lines with a command in it."""

    process: subprocess.Popen[bytes]
    end: int
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(80, 24))
    heard: str = ""
    """Everything that ever came, control sequences too."""
    seen: list[str] = field(default_factory=list)
    """The screen at each answer."""

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)

    @property
    def shown(self) -> str:
        """What stands on the screen, its lines joined."""
        return " ".join(" ".join(self.screen.display).split())

    def until(self, words: str) -> None:
        """Return once ``words`` stand on the screen, however it broke the lines."""
        deadline = time.monotonic() + LIMIT
        while words not in self.shown:
            assert time.monotonic() < deadline, f"no {words!r} in {self.shown!r}"
            assert self._hear(), f"it ended before {words!r}: {self.shown!r}"

    def answer(self, question: str, answer: str = "") -> None:
        """Type ``answer`` and Enter once ``question`` stands in the last line that is not empty."""
        deadline = time.monotonic() + LIMIT
        while not self._asked(question):
            assert time.monotonic() < deadline, f"no {question!r} in {self.shown!r}"
            assert self._hear(), f"it ended before {question!r}: {self.shown!r}"
        self.seen.append("\n".join(self.screen.display))
        os.write(self.end, answer.encode() + b"\n")
        self._hear()

    def close(self) -> int:
        """Return the exit code once the command has ended."""
        deadline = time.monotonic() + LIMIT
        while self._hear():
            assert time.monotonic() < deadline, f"no end: {self.shown!r}"
        return self.process.wait(LIMIT)

    def kill(self) -> None:
        """End it at once, without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(LIMIT)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self.end, b"\x03")

    def _asked(self, question: str) -> bool:
        lines = [line.strip() for line in self.screen.display[: self.screen.cursor.y + 1]]
        return question in " ".join(line for line in lines[-3:] if line)[-len(question) - 80 :]

    def _hear(self) -> bool:
        """Take what comes within a tenth of a second; false once nothing can come any more."""
        if select.select([self.end], [], [], 0.1)[0]:
            try:
                octets = os.read(self.end, 65536)
            except OSError:  # the other end is closed
                return False
            self.heard += octets.decode(errors="replace")
            self._stream.feed(octets)
        return True


@contextmanager
def terminal(*words: object, program: str = PROGRAM) -> Iterator[Terminal]:
    """Yield the command ``words`` of the workstation on a terminal of its own; it does not outlive the block."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", program, *map(str, words)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
    ) as process:
        os.close(theirs)
        try:
            yield Terminal(process, ours)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            os.close(ours)
