"""One virtual modem: octets and times in, octets out. No I/O, no clock.

Theory of operation. The host's octets go through ``Terminal`` (lines, prompt entries), a line's commands through the
table of ``commands`` (or the scripted replies), answers through ``answers`` to ``output``. The network's messages come
from ``Subscriber`` whenever ``advance`` finds the modem able to take one, and leave by one of three ways: +CMT, a
memory, or silently. One +CMT is outstanding at most; the network learns of it by +CNMA alone (unless +CSMS is 0).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from hw.virtual import commands
from hw.virtual.answers import (
    PROMPT,
    Answer,
    CommandError,
    Info,
    Lines,
    Prompt,
    Raw,
    code_octets,
    info_octets,
)
from hw.virtual.calls import Call, Calls
from hw.virtual.commands.station import registration_changed
from hw.virtual.network import Centre
from hw.virtual.reception import Reception
from hw.virtual.script import Script
from hw.virtual.session import Session
from hw.virtual.settings import START_ONLY, OptionError
from hw.virtual.sim import Lock, Memory
from hw.virtual.terminal import Command, Entered, Terminal, commands_of

REGISTERED = (1, 5, 6, 7)
"""<stat> of +CREG that can receive messages; 6 and 7 are SMS only. TS 27.007 §7.2."""


class Modem:
    """A modem with its SIM and its subscription."""

    def __init__(
        self,
        script: Script,
        centre: Centre,
        *,
        started: datetime,
        attention: Callable[[], None] = lambda: None,
    ) -> None:
        """``started`` is the wall clock's time at second 0; ``attention`` is called when ``advance`` is due early."""
        settings, self.replies, self.centre, self.started = script.settings, script.replies, centre, started
        self.settings = settings
        self.subscriber = centre.join(settings.number, attention)
        self.lock = Lock(settings.pin, settings.puk, settings.pin_left, settings.puk_left)
        self.memories = {"SM": Memory("SM", settings.sm_slots)}
        if settings.me_slots:
            self.memories["ME"] = Memory("ME", settings.me_slots)
        self.session = Session(echo=settings.echo)
        self.terminal = Terminal()
        self.calls = Calls()
        self.reception = Reception(self)
        self.output = bytearray()
        self.on = False
        self.hung: str | None = None
        """"silent" or "chatter" while the modem answers nothing."""
        self.booting = False
        self.drop_port = False
        """Set when a reset takes the port away; the shell unplugs, and plugs again after boot_ms."""
        self.counts: Counter[str] = Counter()
        self.violations: list[dict[str, object]] = []
        self.events: list[dict[str, object]] = []
        self.sent: list[dict[str, object]] = []
        self.stray_acknowledgements = 0
        self.restarts = 0
        self.references = 0
        self.now = 0.0
        self.sim_ready_at = 0.0
        self._held: list[str] = []
        self._prompt: Prompt | None = None
        self._deferred: tuple[float, str | Entered] | None = None
        self._timers: list[tuple[float, int, int, Callable[[], None]]] = []
        self._timer_serial = 0
        self._life = 0
        self._chattering = False

    # The host's side

    def receive(self, octets: bytes, now: float) -> None:
        """Take octets from the host."""
        self.now = now
        if not self.on or self.hung or self.booting or self.drop_port:
            return
        self.terminal.feed(octets)
        if self.terminal.prompting and not self.terminal.complete():
            self.output += PROMPT * octets.count(b"\r")
        self._work()

    def take_output(self) -> bytes:
        """Return the octets for the host since the last call."""
        taken = bytes(self.output)
        self.output.clear()
        return taken

    def advance(self, now: float) -> None:
        """Do what is due at ``now``: timers, answers that took their time, deliveries."""
        self.now = now
        while self._timers and self._timers[0][0] <= now:
            _, _, life, action = heapq.heappop(self._timers)
            if life == self._life:
                action()
        self.reception.advance(now)
        self._work()

    def next_time(self) -> float:
        """Return when ``advance`` has something to do next, NEVER if nothing is awaited."""
        due = self.reception.ack_deadline
        if self._timers and self._timers[0][0] < due:
            due = self._timers[0][0]
        if self._deferred is not None and self._deferred[0] < due:
            due = self._deferred[0]
        if self.may_deliver():
            due = min(due, self.subscriber.next_time())
        return due

    # Power

    def power_on(self, now: float, *, boot: bool = False) -> None:
        """Start. With ``boot`` the start-up lines come after boot_ms, and nothing is answered before."""
        self.now = now
        self._life += 1
        self.on, self.booting, self.hung, self.drop_port = True, False, None, False
        self.session = Session(echo=self.settings.echo, memories=[self.settings.memory] * 3)
        self.terminal = Terminal()
        self.lock.open = False
        self._prompt, self._deferred = None, None
        self._held.clear()
        self.calls.end("reset", now)
        self.sim_ready_at = now + self.settings.sim_busy_ms / 1000
        self._chattering = False
        self.chatter_later()
        if boot:
            self.booting = True
            self.after(self.settings.boot_ms, self._booted)

    def power_off(self, now: float, why: str) -> None:
        """Stop; the network gets no answer for what is outstanding."""
        self.now = now
        self._life += 1
        self.reception.lose(why)
        self.on = False
        self.output.clear()
        self.calls.end(why, now)

    def reset(self, now: float) -> None:
        """Do +CFUN=1,1: forget the session, start again."""
        self.now = now
        self.restarts += 1
        self.reception.lose("reset")
        if self.settings.reset_drops:
            self.drop_port = True
            return
        self.power_on(now, boot=True)

    def hang(self, now: float, how: str) -> None:
        """Stop answering, silently or still chattering."""
        self.now, self.hung = now, how
        self.terminal.pending.clear()
        if how == "chatter" and not self.settings.chatter_ms:
            self.settings.chatter_ms = 1000
        self.chatter_later()

    def change(self, options: dict[str, object]) -> None:
        """Change behaviours while the modem runs. Raises OptionError."""
        if fixed := [name for name in options if name in START_ONLY]:
            raise OptionError(f"{fixed[0]} can only be given at the start")
        before = self.settings.registration
        for name, value in options.items():
            self.settings.set(name, value)
        if self.settings.registration != before:
            registration_changed(self)
        self.chatter_later()

    def resume(self, now: float) -> None:
        """End a hang; the session is as it was."""
        self.now, self.hung = now, None
        self._work()

    def stick_in_prompt(self, now: float) -> None:
        """Behave as left by somebody in a +CMGS prompt: only ESC or Ctrl-Z ends it."""
        self.now = now
        self._ask(Prompt("stuck"))

    def reachable(self) -> bool:
        """Return whether the network can deliver to this modem now."""
        return (
            self.on
            and self.hung is None
            and not self.booting
            and not self.drop_port
            and self.settings.sim
            and self.lock.state() == "READY"
            and self.settings.registration in REGISTERED
        )

    def after(self, milliseconds: float, action: Callable[[], None]) -> None:
        """Call ``action`` later, unless the modem is reset before."""
        self._timer_serial += 1
        heapq.heappush(self._timers, (self.now + milliseconds / 1000, self._timer_serial, self._life, action))

    # Unsolicited result codes

    def say(self, text: str) -> None:
        """Send an unsolicited result code, after the answer under way if there is one."""
        if not self.on or self.hung == "silent":
            return
        if self._deferred is not None or (self.terminal.prompting and not self.settings.urc_in_prompt):
            self._held.append(text)
        else:
            self.output += code_octets(self.settings, text, numeric=not self.session.verbose)

    def violation(self, what: str) -> None:
        """Note what a driver of a tip line may never do."""
        self.violations.append({"at": self.now, "what": what})

    def event(self, what: str, **more: object) -> None:
        """Note what happened, for the record."""
        self.events.append({"at": self.now, "what": what, **more})

    # Commands

    def _work(self) -> None:
        """Carry out what the host asked, then deliver what the network has."""
        while self.on and not self.booting and self.hung is None:
            if self._deferred is not None:
                if self._deferred[0] > self.now:
                    return
                item = self._deferred[1]
                self._deferred = None
                self._execute(item)
                continue
            item_or_none, echo = self.terminal.next()
            if echo and self.session.echo:
                self.output += echo
            if item_or_none is None:
                break
            self._begin(item_or_none)
        while self.may_deliver() and self.reception.take_one():
            pass

    def _begin(self, item: str | Entered) -> None:
        wait = self.settings.submit_ms if isinstance(item, Entered) else self.settings.time_of(item)
        if wait:
            self._deferred = (self.now + wait / 1000, item)
        else:
            self._execute(item)

    def _execute(self, item: str | Entered) -> None:
        if isinstance(item, Entered):
            purpose = self._prompt or Prompt("stuck")
            self._prompt = None
            self._finish(lambda: commands.entered(self, purpose, item))
        else:
            self._run_line(item)
        self._say_held()

    def _run_line(self, body: str) -> None:
        if (scripted := self.replies.find(body)) is not None:
            self.counts[body.upper()] += 1
            self._answer(scripted)
            return
        listed = commands_of(body)
        if listed is None:
            self._code("ERROR")
            return
        infos: list[Info] = []
        for command in listed:
            self.counts[command.name] += 1
            answer = self._one(command, infos)
            if answer is not None:
                self._answer(answer)
                return
        self._infos(infos)
        self._code("OK")

    def _one(self, command: Command, infos: list[Info]) -> Answer | None:
        """Return the answer that ends the line, or None where the next command follows."""
        try:
            answer = commands.run(self, command)
        except CommandError as error:
            self._infos(infos)
            return Lines((error.final(self.session.cmee),))
        if isinstance(answer, list):
            infos += answer
            return None
        self._infos(infos)
        return answer

    def _finish(self, work: Callable[[], list[Info]]) -> None:
        try:
            self._infos(work())
            self._code("OK")
        except CommandError as error:
            self._code(error.final(self.session.cmee))

    def _answer(self, answer: Answer) -> None:
        if isinstance(answer, Prompt):
            self._ask(answer)
        elif isinstance(answer, Raw):
            self.output += answer.octets
        elif isinstance(answer, Lines):
            self._infos(list(answer.lines[:-1]))
            for code in answer.lines[-1:]:
                self._code(code)

    def _ask(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self.terminal.prompting = True
        self.output += PROMPT

    def _infos(self, infos: list[Info]) -> None:
        if infos and self.on:
            self.output += info_octets(self.settings, infos, self._for_the_middle())

    def _code(self, text: str) -> None:
        if self.on and not self.booting and not self.drop_port:
            self.output += code_octets(self.settings, text, numeric=not self.session.verbose)

    def _for_the_middle(self) -> list[bytes]:
        """Return the unsolicited code of a message that comes while the answer is being written."""
        if self.settings.deliver_when != "in_answer" or self.reception.outstanding or not self.reachable():
            return []
        before, self.output = self.output, bytearray()
        self.reception.take_one()
        said, self.output = bytes(self.output), before
        return [said] if said else []

    def may_deliver(self) -> bool:
        """Return whether a message may come now: nothing outstanding, no answer or entry under way."""
        return (
            self.reception.outstanding is None
            and self._deferred is None
            and self.settings.deliver_when == "at_once"
            and (not self.terminal.prompting or self.settings.urc_in_prompt)
            and self.reachable()
        )

    def _say_held(self) -> None:
        if self.terminal.prompting and not self.settings.urc_in_prompt:
            return
        held, self._held = self._held, []
        for text in held:
            self.say(text)

    # Timers

    def _booted(self) -> None:
        self.booting = False
        for line in self.settings.boot_lines.split("\n"):
            if line:
                self.say(line)

    def chatter_later(self) -> None:
        """See to it that the modem chatters, if it is to."""
        if self.settings.chatter_ms and not self._chattering:
            self._chattering = True
            self.after(self.settings.chatter_ms, self._chatter)

    def _chatter(self) -> None:
        self._chattering = False
        self.say(self.settings.chatter)
        self.chatter_later()

    # Calls

    def ring(self, call: Call) -> None:
        """Let a call ring every ring_ms until it is ended or its rings are over."""
        if self.reachable():
            self.calls.begin(call)
            self._ring(call)

    def _ring(self, call: Call) -> None:
        if self.calls.current is not call:
            return
        if call.rings_left == 0:
            self.calls.end("caller", self.now)
            self.say("NO CARRIER")
            return
        call.rings_left -= 1
        call.rung += 1
        self.say("RING")
        if self.session.clip:
            self.say(f'+CLIP: "{call.number}",145')
        self.after(self.settings.ring_ms, lambda: self._ring(call))
