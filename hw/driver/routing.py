"""Where the modem puts new messages: +CSMS and +CNMI. TS 27.005 §3.2.1, §3.4.1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from hw.at.commands import Command, asking, plain, route
from hw.at.replies import number
from hw.driver.desk import Desk
from hw.driver.trouble import DirectUntrue, Refused

NOWHERE, STORED, DIRECT = 0, 1, 2
"""<mt>: kept without a word; kept, and told by +CMTI; given by +CMT."""


class Routing:
    """Sets <mt>, and remembers which <mode> and <bfr> this modem really takes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._works: tuple[int, int] | None = None
        self.target: int | None = None

    async def use(self, target: int) -> None:
        """Route to ``target``. Raises Refused, or DirectUntrue where only direct routing is refused.

        Where +CMTI is refused messages are stored without a word, and the sweep alone finds them.
        """
        refused: Refused | None = None
        fallback = self._candidates(NOWHERE) if target == STORED else ()
        for command, form in chain(self._candidates(target), fallback):
            answer = await self._desk.command(command)
            if answer.result.ok:
                if target == DIRECT and self.target != DIRECT:
                    self._desk.direct_since = self._desk.link.answered
                self._works, self.target = form, target
                return
            refused = Refused(command, answer.result)
        if target == DIRECT:
            raise DirectUntrue("the modem refuses to give messages directly")
        assert refused is not None, "a profile names at least one mode"
        raise refused

    def _candidates(self, target: int) -> Iterator[tuple[Command, tuple[int, int] | None]]:
        forms = [(mode, buffer) for mode in self._desk.profile.cnmi_modes for buffer in (0, 1)]
        if self._works in forms:
            forms.remove(self._works)
            forms.insert(0, self._works)
        for mode, buffer in forms:
            yield route(mode, target, buffer=buffer), (mode, buffer)
        # Two values are all that some old parts and emulators take.
        for mode in self._desk.profile.cnmi_modes:
            yield plain(f"AT+CNMI={mode},{target}"), None

    async def acknowledge_by_hand(self) -> bool:
        """Choose phase 2+, in which +CNMA is due for each +CMT; return whether the modem took it."""
        desk = self._desk
        if desk.profile.cnma == "none":
            await desk.command(asking("AT+CSMS=0"))
            desk.acknowledging = False
            return False
        answer = await desk.command(asking("AT+CSMS=1"))
        # The answer is <mt>,<mo>,<bm>; a modem can say OK and mean "no messages to the terminal".
        refused = bool(answer.lines) and number(answer.lines[0].split(b",")[0]) == 0
        desk.acknowledging = answer.result.ok and not refused
        return desk.acknowledging
