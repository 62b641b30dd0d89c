"""Command lines of V.250: octets in, lines out; a line in, its commands out. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

CTRL_Z, ESC, CR = 0x1A, 0x1B, 0x0D
MAX_INPUT = 4096
"""Octets of one command line or prompt entry: the longest +CRSM UPDATE RECORD takes about 400."""


class Operation(Enum):
    """What a command asks. V.250 §5.4."""

    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line: ``+CMGR`` SET ``3``."""

    name: str
    operation: Operation = Operation.EXECUTE
    argument: str = ""

    @property
    def text(self) -> str:
        return self.name + self.operation.value + self.argument


@dataclass(frozen=True, slots=True)
class Entered:
    """What a prompt took: its octets, and whether ESC ended it."""

    octets: bytes
    cancelled: bool


class Terminal:
    """Gathers what the host sends. In prompt mode everything up to Ctrl-Z or ESC is one entry."""

    def __init__(self) -> None:
        self.pending = bytearray()
        self.prompting = False
        self._last = ""

    def feed(self, octets: bytes) -> None:
        """Take octets from the host; more than MAX_INPUT waiting is thrown away, as a UART does."""
        self.pending += octets
        if len(self.pending) > 16 * MAX_INPUT:
            self.pending.clear()

    def next(self) -> tuple[str | Entered | None, bytes]:
        """Return the next command line (without AT and CR), prompt entry, or None; and the octets to echo."""
        if self.prompting:
            return self._entry()
        return self._line()

    def complete(self) -> bool:
        """Return whether an entry that waits has its end."""
        return CTRL_Z in self.pending or ESC in self.pending

    def _line(self) -> tuple[str | None, bytes]:
        pending = self.pending
        echo = b""
        while True:
            if pending[:2].upper() == b"A/":
                del pending[:2]
                return self._last, echo + b"A/"
            end = pending.find(b"\r")
            if end < 0:
                return None, echo
            raw = bytes(pending[: end + 1])
            del pending[: end + 1]
            echo += raw
            if (body := _body(raw)) is not None:
                self._last = body
                return body, echo

    def _entry(self) -> tuple[Entered | None, bytes]:
        for place, octet in enumerate(self.pending):
            if octet in (CTRL_Z, ESC):
                raw = bytes(self.pending[:place])
                del self.pending[: place + 1]
                self.prompting = False
                return Entered(raw, octet == ESC), raw
        return None, b""


def _body(raw: bytes) -> str | None:
    """Return what follows AT in a line ended by CR, None where there is no AT. Backspace edits. V.250 §5.2."""
    text = raw[:-1].decode("latin-1")
    while (back := text.find("\b")) >= 0:
        text = text[: max(0, back - 1)] + text[back + 1 :]
    at = text.upper().find("AT")
    return text[at + 2 :] if at >= 0 else None


_COMMAND = re.compile(
    r"""\s*(?:
    (?P<extended>[+^\#!*$%~@][A-Z0-9_+^\#!*$%~@\-./]*)(?P<rest>(?:"[^"]*"|[^";])*);?
    |(?P<register>S\d+)(?P<asked>\?|=\d*)?
    |(?P<basic>&?[A-Z])(?P<value>\d*);?
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)


@lru_cache(maxsize=2048)
def commands_of(body: str) -> tuple[Command, ...] | None:
    """Return the commands of a line after AT, or None where it cannot be read. V.250 §5.2.1, §5.3, §5.4."""
    if body[:1].upper() == "D" and body[:2].upper() != "D\\":
        return (Command("D", argument=body[1:]),)
    commands = []
    at = 0
    while at < len(body):
        match = _COMMAND.match(body, at)
        if match is None or match.end() == at:
            return None
        commands.append(_command(match))
        at = match.end()
    return tuple(commands)


def _command(match: re.Match[str]) -> Command:
    if match["extended"] is not None:
        return _extended(match["extended"].upper(), match["rest"].strip())
    if match["register"] is not None:
        asked = match["asked"] or ""
        return _extended(match["register"].upper(), asked)
    return Command(match["basic"].upper(), argument=match["value"])


def _extended(name: str, rest: str) -> Command:
    if rest == "?":
        return Command(name, Operation.READ)
    if rest == "=?":
        return Command(name, Operation.TEST)
    if rest.startswith("="):
        return Command(name, Operation.SET, rest[1:])
    return Command(name, Operation.EXECUTE, rest)


def arguments(text: str) -> list[str]:
    """Return the comma-separated values of a command, quotes removed; commas in quotes do not separate."""
    return [value.strip().strip('"') for value in re.findall(r'(?:^|,)((?:"[^"]*"|[^,])*)', text)]
