"""One destination's task: send what is not there yet, in order, and come back after trouble."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.fields import DESTINATION_FIELD
from gateway.forward.base import Differs, OperatorNeeded, PassingTrouble, Session, Store
from gateway.forward.claims import Claims, is_of, judge
from gateway.forward.notices import DestinationStatus, State
from gateway.forward.outbox import Entry, Outbox, Stream, beside
from gateway.forward.progress import Progress
from gateway.forward.retry import Backoff
from wire.refusal import Refused

_log = logging.getLogger(__name__)
_WORTH_TELLING = 10.0
"""Shorter waits, in seconds, are not put in the status file: it would be written for each."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """What all senders share. The entries are renewed by the forwarder's one look at the outbox."""

    outbox: Outbox
    progress: Progress
    entries: Sequence[Entry] = ()
    broken: dict[str, str] = field(default_factory=dict)
    """Names in the outbox that are not whole batches, each with its alarm: not sent; tried anew when it changes."""
    alarms: list[str] = field(default_factory=list)
    clashes: dict[Stream, int] = field(default_factory=dict)
    """Chains of which a destination held another batch under the same number, and that number."""

    _told: set[str] = field(default_factory=set)

    def alarm(self, sentence: str) -> None:
        """Tell the operator, now and in the status."""
        if sentence not in self.alarms:
            self.alarms.append(sentence)
        self.log(sentence)

    def log(self, sentence: str) -> None:
        """Tell the operator once in the life of this process."""
        if sentence not in self._told:
            self._told.add(sentence)
            _log.warning("%s", sentence)


class Sender:
    """The loop of one destination."""

    def __init__(
        self, name: str, kind: str, store: Store, *, lines: tuple[str, ...], desk: Desk, backoff: Backoff
    ) -> None:
        self.name = name
        self.lines = lines
        self._woken = asyncio.Event()
        self._pending: Sequence[Entry] | None = None
        self.tops: dict[Stream, int] = {}
        """The highest number of each chain that was seen there, and is proven to be of this box."""
        self._claims = Claims()
        self._kind = kind
        self._store = store
        self._desk = desk
        self._backoff = backoff
        self._marker: str | None = None
        self._looked_at: str | None = None
        self._state = State.NEW
        self._trouble: PassingTrouble | OperatorNeeded | None = None
        self._last_success: int | None = None
        self._next_try: int | None = None

    async def run(self, changed: Callable[[], None]) -> None:
        """Send for ever; ``changed`` is called when the status may have."""
        while True:
            self._woken.clear()
            try:
                await self._round(changed)
            except (PassingTrouble, OperatorNeeded) as trouble:
                wait = self._backoff.wait()
                self._down(trouble, wait)
                changed()
                await asyncio.sleep(wait)
            else:
                if self._state is not State.UP:
                    self._up()
                    changed()
                await self._rest()

    def wake(self) -> None:
        """Say that there may be something new, or something to be sent again."""
        self._pending = None
        self._woken.set()

    def status(self) -> DestinationStatus:
        """Return how it is now."""
        trouble = self._trouble
        return DestinationStatus(
            name=self.name,
            type=self._kind,
            state=self._state,
            marker=self._marker,
            lines=self.lines,
            backlog=len(self._to_send()),
            last_success=self._last_success,
            problem=str(trouble) if trouble else None,
            way_out=trouble.way_out if isinstance(trouble, OperatorNeeded) else None,
            next_try=self._next_try,
        )

    async def _round(self, changed: Callable[[], None]) -> None:
        marker = await self._store.marker()
        if marker == self._looked_at and not self._to_send():
            return
        async with self._store.session() as session:
            if session.marker != self._marker:
                self._marker, self._looked_at, self._pending = session.marker, None, None
            await self._look(session)
            await self._believe(session)
            changed()
            while pending := self._to_send():
                for entry in pending:
                    await self._send(session, entry)
                    self._pending = None
                    changed()

    async def _look(self, session: Session) -> None:
        """See once in each life of a connection what is there: leftovers go, names are noted."""
        if self._looked_at == session.marker:
            return
        boxes = {entry.stream.box for entry in self._desk.entries}
        held = await session.held(boxes)
        if not held.complete:
            self._desk.alarm(
                f"{self.name}: it lists more than {len(held.names)} files, the others were not looked at; "
                "take away what was imported, and find out who may write there"
            )
        self._claims = Claims(held.names)
        self._looked_at = session.marker

    async def _believe(self, session: Session) -> None:
        """Notice batches of ours there that are later than the outbox's: those that verify under our own key."""
        last: dict[Stream, Entry] = {}
        for entry in self._desk.entries:
            if entry.stream not in last or entry.sequence > last[entry.stream].sequence:
                last[entry.stream] = entry
        for stream, entry in last.items():
            names = self._claims.beyond(stream, entry.sequence)
            if not names:
                continue
            verdict = await judge(session, names, self._desk.outbox.box())
            self._claims.forget(stream)
            self.tops[stream] = max(verdict.top, self.tops.get(stream, 0))
            if verdict.false:
                self._desk.alarm(
                    f"{self.name}: files there are called like later batches of line {entry.line_name}, and this box "
                    "did not sign them: ignored; find out who may write there"
                )

    async def _send(self, session: Session, entry: Entry) -> None:
        octets = self._read(entry)
        if octets is None:
            return
        try:
            await session.put(entry.name, octets)
        except Differs as differs:
            self._clash(entry, differs.held)
            await session.put(beside(entry.name, octets), octets)
        self._desk.progress.add(self.name, session.marker, entry)
        self._last_success = int(time.time())

    def _read(self, entry: Entry) -> bytes | None:
        try:
            return self._desk.outbox.read(entry)
        except FileNotFoundError:
            # Intake removed it, being old; the next look at the outbox will not show it.
            self._desk.entries = [other for other in self._desk.entries if other != entry]
        except OSError as error:
            raise PassingTrouble(f"the outbox cannot be read: {error.strerror}") from error
        except Refused as refused:
            sentence = f"batch {entry.sequence} of line {entry.line_name} in the outbox is damaged: {refused}"
            self._desk.broken[entry.name] = sentence
            self._desk.log(sentence)
        return None

    def _clash(self, entry: Entry, held: bytes) -> None:
        """Sort a taken name: two batches of one number (a box restored from a backup), or no batch of this box."""
        where = f"{self.name}: batch {entry.sequence} of line {entry.line_name}"
        if not is_of(held, entry.name, self._desk.outbox.box(), whole=True):
            self._desk.alarm(f"{where} is damaged there, or a false one; a whole copy was put beside it")
            return
        self._desk.clashes[entry.stream] = max(entry.sequence, self._desk.clashes.get(entry.stream, 0))
        self._desk.alarm(f"{where} is another batch there; both are kept, the box was probably restored")

    def _to_send(self) -> Sequence[Entry]:
        """Return what is not there; while nobody knows which stick that is, what is on none of them."""
        if self._pending is None:
            progress, desk = self._desk.progress, self._desk
            went = {
                stream: progress.went(self.name, self._marker, stream)
                for stream in {entry.stream for entry in desk.entries}
            }
            self._pending = [
                entry
                for entry in desk.entries
                if entry.line_name in self.lines
                and entry.sequence not in went[entry.stream]
                and entry.name not in desk.broken
            ]
        return self._pending

    def _up(self) -> None:
        _log.info("%s: reached", self.name, extra={DESTINATION_FIELD: self.name})
        self._last_success = int(time.time())
        self._state, self._trouble, self._next_try = State.UP, None, None
        self._backoff.reset()

    def _down(self, trouble: PassingTrouble | OperatorNeeded, wait: float) -> None:
        self._looked_at = None
        state = State.OPERATOR if isinstance(trouble, OperatorNeeded) else State.TROUBLE
        if (state, str(trouble)) != (self._state, str(self._trouble)):
            way_out = f" ({trouble.way_out})" if isinstance(trouble, OperatorNeeded) else ""
            _log.warning("%s: %s%s", self.name, trouble, way_out, extra={DESTINATION_FIELD: self.name})
        self._state, self._trouble = state, trouble
        self._next_try = int(time.time() + wait) if wait > _WORTH_TELLING else None

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._store.watch_every):
                await self._woken.wait()
        except TimeoutError:
            return
