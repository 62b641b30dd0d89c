"""The AT engine: octets in, events out. No I/O, no clock, and nothing it is given makes it raise.

Theory of operation
-------------------
A line ends with CR or LF; blank lines count for nothing, so CR LF, CR CR LF and a bare LF are one and the
same, and so is an extra blank line between a header and its PDU. NULs and spaces in front are dropped. The
prompt ``>`` has no line end and is recognised at the start of a line as soon as it is there.

Each line is of one class, told by the line alone (``_classify``), and then the table below says what it
means; the engine knows the outstanding command, so the same line can be an answer or unsolicited.

=========  =======================================  ================================================
class      IDLE (nothing outstanding)               ASKED (a command is outstanding)
=========  =======================================  ================================================
FINAL      counted in ``late``: nobody waits        Answer, then IDLE
CALL_END   CallEnded                                CallEnded, or Answer if the command was a call
EVENT      that event                               that event, unless it has the command's own name
HEADER     +CMT, +CDS: wait for its PDU             the same
NAMED      Notice with the name                     a line of the answer if the name is the command's
BARE       the PDU waited for, an echo, or Junk     the PDU waited for, an echo, the answer, or Junk
=========  =======================================  ================================================

Two headers can wait for a PDU at a time, that of the answer (+CMGL, +CMGR) and an unsolicited one that came
in between: the unsolicited one is served first unless the <length> fits the other alone. A header's wait ends
with its PDU or with the next header; the answer's also with the final result code (an empty slot), the other's
with that of the next command that is asked. While an unsolicited one waits no line without a name is an answer:
it may be the text of a message, on a modem that is in text mode.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from hw.at.commands import CTRL_Z, Command, Shape
from hw.at.events import (
    Answer,
    Booted,
    Call,
    CallEnded,
    Entry,
    Event,
    Junk,
    MemoryFull,
    Message,
    Notice,
    Prompt,
    Report,
    SimLost,
    Stored,
)
from hw.at.pdu import decode, fits, looks_hexadecimal
from hw.at.replies import last_number, memory_and_index
from hw.at.results import CALL_ENDS, CME, CMS, PLAIN, Kind, Result, read_error

MAX_LINE = 1024
"""The longest wanted line: a +CUSD of 182 characters as UCS-2 in hexadecimal, 728, and its header."""
MAX_LINES = 2048
"""Lines of one answer. The largest message memory known has about 500 slots, two lines each."""
SHORTEST_DELIVER = 28
"""Characters: SMSC 1, first octet 1, TP-OA 2, PID 1, DCS 1, SCTS 7, UDL 1 octets. TS 23.040 §9.2.2.1."""

_ENDS = bytes.maketrans(b"\r", b"\n")
_PADDING = b"\0 \t"
_MARKS = frozenset(b"+^*#$%&!_")


class _Class(IntEnum):
    FINAL = 0
    CALL_END = 1
    EVENT = 2
    HEADER = 3
    NAMED = 4
    BARE = 5


_CALL = Call()
_SIM_LOST = SimLost()
_STARTED = Booted(sure=True)
_PERHAPS = Booted(sure=False)
_FULL = MemoryFull()
_JUNK = Junk()
_CALL_ENDED = CallEnded()

_LINES: dict[bytes, Event] = {
    b"RING": _CALL,
    b"RDY": _STARTED,
    b"^SYSSTART": _STARTED,
    b"*ATREADY": _STARTED,
    b"+CPIN: READY": _PERHAPS,
    b"+CPIN:READY": _PERHAPS,
    b"+CPIN: NOT READY": _SIM_LOST,
    b"+CPIN: NOT INSERTED": _SIM_LOST,
    b"+CPIN: SIM REMOVED": _SIM_LOST,
    b"+SMS FULL": _FULL,
}
"""Unsolicited result codes that are whole lines."""

_NAMES: dict[bytes, Event] = {
    b"+CRING": _CALL,
    b"+CLIP": _CALL,
    b"*ATREADY": _STARTED,
    b"^BOOT": _STARTED,
    b"^SMMEMFULL": _FULL,
    b"+CPIN": _SIM_LOST,  # any other state than READY: it wants its PIN or PUK again
    b"^SIMST": _PERHAPS,
    b"+QUSIM": _PERHAPS,
    b"#QSS": _PERHAPS,
}
"""Unsolicited result codes known by what stands before the colon."""


class Engine:
    """One modem's dialogue. Bounded: one line of MAX_LINE octets, one answer of MAX_LINES lines."""

    def __init__(self, *, booted: Iterable[str] = (), full: Iterable[str] = ()) -> None:
        self._tail = b""
        self._command: Command | None = None
        self._prompted = False
        self._lines: list[bytes] = []
        self._entries: list[Entry] = []
        self._answer_header: bytes | None = None
        self._header: tuple[bytes, bytes] | None = None
        self._stale: tuple[bytes, bytes] | None = None
        self.late = 0
        """Final result codes that came when nobody waited for one: question and answer may be out of step."""
        self.learn(booted=booted, full=full)

    def learn(self, *, booted: Iterable[str], full: Iterable[str]) -> None:
        """Take the profile's own words for "started" and "memory full": a whole line, or a name with a colon."""
        self._events, self._named = dict(_LINES), dict(_NAMES)
        for words, event in ((booted, _STARTED), (full, _FULL)):
            for word in words:
                table = self._named if word.endswith(":") else self._events
                table[word.rstrip(":").encode("ascii")] = event

    @property
    def outstanding(self) -> Command | None:
        """The command that has not come to its end."""
        return self._command

    def begin(self, command: Command) -> bytes:
        """Return the octets that ask ``command``; whatever was outstanding is abandoned."""
        self.abandon()
        self._command, self._stale = command, self._header
        return command.text + b"\r"

    def payload(self) -> bytes:
        """Return what to write at the expected prompt."""
        assert self._command is not None and self._command.payload is not None, "no payload outstanding"
        return self._command.payload + CTRL_Z

    def abandon(self) -> None:
        """Stop waiting for the outstanding command; its late answer will be dropped."""
        self._command, self._prompted = None, False
        self._lines, self._entries, self._answer_header = [], [], None

    def reset(self) -> None:
        """Forget everything, as after a re-open or a reboot."""
        self.abandon()
        self._tail, self._header = b"", None

    def receive(self, octets: bytes) -> list[Event]:
        """Return what ``octets`` complete. The same events come out however the octets were split."""
        events: list[Event] = []
        *lines, tail = (self._tail + octets).translate(_ENDS).split(b"\n")
        for raw in lines:
            # Cut before the padding behind is dropped, so that a line cut in the tail meets the same fate.
            if raw and (line := self._prompts(raw, events)[: MAX_LINE + 1].rstrip(_PADDING)):
                self._line(line, events)
        # One octet more than a line may have is kept, as the mark that it was cut.
        self._tail = self._prompts(tail, events)[: MAX_LINE + 1] if tail else b""
        return events

    def _prompts(self, line: bytes, events: list[Event]) -> bytes:
        """Return ``line`` without padding and prompts in front, noting the prompts."""
        line = line.lstrip(_PADDING)
        while line.startswith(b">"):
            command = self._command
            expected = command is not None and command.payload is not None and not self._prompted
            self._prompted = self._prompted or expected
            events.append(Prompt(expected))
            line = line[1:].lstrip(_PADDING)
        return line

    def _line(self, line: bytes, events: list[Event]) -> None:
        if len(line) > MAX_LINE:
            line = line[:MAX_LINE]
            if not (self._header or self._answer_header) or not looks_hexadecimal(line):
                events.append(_JUNK)
                return
        kind, name, rest, event = self._classify(line)
        _TABLE[kind](self, name, rest, event, events)

    def _classify(self, line: bytes) -> tuple[_Class, bytes, bytes, Event | Result | None]:
        """Return the class of ``line``, its name, the rest, and the event or result it stands for."""
        if (result := PLAIN.get(line)) is not None:
            return _Class.FINAL, line, b"", result
        if line[0] not in _MARKS:
            return self._classify_word(line)
        return self._classify_named(line)

    def _classify_named(self, line: bytes) -> tuple[_Class, bytes, bytes, Event | Result | None]:
        name, colon, rest = line.partition(b":")
        if name in _HEADERS:
            return _Class.HEADER, name, rest, None
        if name in (CMS, CME):
            return _Class.FINAL, name, b"", read_error(name, rest)
        if name == b"+CMTI":
            return _Class.EVENT, name, rest, Stored(*memory_and_index(rest))
        event = self._events.get(line) or self._named.get(name)
        if event is not None:
            return _Class.EVENT, name, rest, event
        # Not every such line has a colon, and a garbled PDU may begin with any character.
        return (_Class.NAMED if colon or len(line) < SHORTEST_DELIVER else _Class.BARE), name, rest, None

    def _classify_word(self, line: bytes) -> tuple[_Class, bytes, bytes, Event | Result | None]:
        if (event := self._events.get(line)) is not None:
            return _Class.EVENT, line, b"", event
        if line in CALL_ENDS:
            return _Class.CALL_END, line, b"", Result(Kind.CALL)
        name = line.partition(b":")[0]
        if (event := self._named.get(name)) is not None:
            return _Class.EVENT, name, b"", event
        return _Class.BARE, line, line, None

    def _on_final(self, _: bytes, __: bytes, result: Event | Result | None, events: list[Event]) -> None:
        assert isinstance(result, Result)
        if self._command is None:
            self.late += 1
            return
        if self._header is not None and self._header is self._stale:
            events.append(_JUNK)  # its PDU never came
            self._header = None
        if self._answer_header is not None:
            self._entries.append(Entry(self._answer_header))
        events.append(Answer(result, tuple(self._lines), tuple(self._entries)))
        self.abandon()

    def _on_call_end(
        self, name: bytes, rest: bytes, result: Event | Result | None, events: list[Event]
    ) -> None:
        if self._command is not None and self._command.call:
            self._on_final(name, rest, result, events)
        else:
            events.append(_CALL_ENDED)

    def _on_event(self, name: bytes, rest: bytes, event: Event | Result | None, events: list[Event]) -> None:
        assert event is not None and not isinstance(event, Result)
        if self._command is not None and self._command.name == name and not self._lines:
            self._lines.append(rest.strip())
        else:
            events.append(event)

    def _on_header(self, name: bytes, rest: bytes, _: Event | Result | None, events: list[Event]) -> None:
        if self._header is not None:
            events.append(_JUNK)  # its PDU never came
        self._header = (name, rest)

    def _on_named(self, name: bytes, rest: bytes, _: Event | Result | None, events: list[Event]) -> None:
        command = self._command
        if command is None or name != command.name:
            events.append(Notice(name[:16].decode("ascii", "replace")))
        elif len(self._lines) + len(self._entries) >= MAX_LINES:
            events.append(_JUNK)
        elif command.shape is Shape.PAIRS:
            if self._answer_header is not None:
                self._entries.append(Entry(self._answer_header))
            self._answer_header = rest.strip()
        else:
            self._lines.append(rest.strip())

    def _on_bare(self, line: bytes, _: bytes, __: Event | Result | None, events: list[Event]) -> None:
        if self._is_echo(line):
            return
        if (self._header or self._answer_header) and self._take_pdu(line, events):
            return
        command = self._command
        bare = command is not None and command.shape is Shape.BARE
        if bare and self._header is None and len(self._lines) < MAX_LINES:
            self._lines.append(line)
        else:
            events.append(_JUNK)

    def _is_echo(self, line: bytes) -> bool:
        command = self._command
        if command is None:
            return line[:2] in (b"AT", b"at")
        if self._prompted and command.payload is not None:
            return line.rstrip(CTRL_Z) == command.payload
        return line == command.text or (command.shape is not Shape.BARE and line[:2] in (b"AT", b"at"))

    def _take_pdu(self, line: bytes, events: list[Event]) -> bool:
        """Give ``line`` to the header it belongs to; return False where it is no PDU."""
        header, command = self._header, self._command
        if header and command is not None and command.shape is Shape.BARE and len(line) < SHORTEST_DELIVER:
            return False  # an IMEI or ICCID looks like a PDU
        pdu = decode(line)
        if not pdu.intact and not looks_hexadecimal(line):
            return False
        if header is None or self._belongs_to_answer(len(pdu.octets)):
            assert self._answer_header is not None
            self._entries.append(Entry(self._answer_header, pdu))
            self._answer_header = None
            return True
        self._header = None
        events.append(Report() if header[0] == b"+CDS" else Message(last_number(header[1]), pdu))
        return True

    def _belongs_to_answer(self, octets: int) -> bool:
        if self._header is None or self._answer_header is None:
            return False
        return not fits(octets, last_number(self._header[1])) and fits(
            octets, last_number(self._answer_header)
        )


_HEADERS = frozenset((b"+CMT", b"+CDS"))

_TABLE = {
    _Class.FINAL: Engine._on_final,
    _Class.CALL_END: Engine._on_call_end,
    _Class.EVENT: Engine._on_event,
    _Class.HEADER: Engine._on_header,
    _Class.NAMED: Engine._on_named,
    _Class.BARE: Engine._on_bare,
}
