"""Emptying the modem's own lists of calls: who called is nobody's business.

An entry is deleted by its index and never read, so that no caller's number comes into this process: lists are
packed from 1, so as many as are counted are deleted from the last to the first, and only where some are left
then, every place there is. A modem forgets which list was selected when it starts anew; from then on an index
would mean somebody's telephone book, so the selection is read back before and nothing goes on after a restart.
TS 27.007 §8.11 (+CPBS), §8.12 (+CPBR), §8.14 (+CPBW).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from hw.at.commands import Command, Patience, asking, plain
from hw.at.events import Answer
from hw.at.replies import Phonebook, cpbr_range, cpbs_state
from hw.at.results import CME_NOT_FOUND, CME_SIM_BUSY, CME_WRONG_INDEX, Kind, Result
from hw.driver.desk import Desk
from hw.driver.trouble import ModemTrouble, NoAnswer, Restarted

MOST_ENTRIES = 100
"""Of one list at a time; the lists of telephones and modems hold 10 to 100."""
TRIES = 3
"""Clearings after which a list that does not become empty is left alone."""
SILENCES = 2
"""So often in a row a modem may fall silent over this; then it is no longer asked: receiving comes first."""
_NOTHING_THERE = (CME_WRONG_INDEX, CME_NOT_FOUND)

log = logging.getLogger(__name__)


class CallLists:
    """Empties the call lists of one modem, in all its sessions. Each command waits its turn: +CNMA goes between."""

    def __init__(self) -> None:
        self.due = False
        """Whether they are to be emptied at the next sweep."""
        self._desk: Desk | None = None
        self._epoch = 0
        self._tries: dict[str, int] = {}
        self._silences = 0
        self._turn = asyncio.Lock()

    def begin(self, desk: Desk) -> None:
        """Belong to the session of ``desk`` from now on."""
        self._desk, self._epoch, self.due = desk, desk.epoch, False
        self._tries = {}

    async def clear(self) -> None:
        """Empty the lists this modem has. What it refuses is passed over, and nothing is raised."""
        desk = self._desk
        if desk is None or self._silences >= SILENCES:
            return
        with contextlib.suppress(ModemTrouble):  # the session sees why on its own
            async with self._turn:
                self.due = False
                for text in desk.profile.clear_calls:
                    await self._ask(desk, plain(text, Patience.SIM))
                for name in desk.profile.call_lists:
                    if self._tries.get(name, 0) < TRIES:
                        await self._empty(desk, name)
            self._silences = 0

    async def _empty(self, desk: Desk, name: str) -> None:
        selected = await self._ask(desk, plain(f'AT+CPBS="{name}"', Patience.SIM))
        if not selected.result.ok:
            self._pass_over(name, selected.result)
            return
        state = await self._state(desk, name)
        if state is None:
            self._tries[name] = TRIES
            return
        await self._delete(desk, name, range(min(state.used or 0, MOST_ENTRIES), 0, -1))
        if state.used != 0 and self._tries.get(name, 0) < TRIES:
            await self._make_sure(desk, name)

    async def _make_sure(self, desk: Desk, name: str) -> None:
        """Delete at every place where entries are left, or may be."""
        state = await self._state(desk, name)
        if state is None or state.used == 0:
            return
        await self._delete(desk, name, await self._places(desk, state))
        left = await self._state(desk, name)
        if left is not None and left.used:
            self._tries[name] = self._tries.get(name, 0) + 1
            self.due = True

    async def _state(self, desk: Desk, name: str) -> Phonebook | None:
        """Return what is selected, None where that is not certainly the list ``name``."""
        answer = await self._ask(desk, asking("AT+CPBS?", Patience.SIM))
        state = cpbs_state(answer.lines) if answer.result.ok else None
        return state if state is not None and state.name == name else None

    async def _places(self, desk: Desk, state: Phonebook) -> range:
        """Return the indices of the selected list, the last first."""
        answer = await self._ask(desk, asking("AT+CPBR=?", Patience.SIM))
        first, last = (cpbr_range(answer.lines) if answer.result.ok else None) or (1, state.total or 0)
        return range(min(last, first + MOST_ENTRIES - 1), first - 1, -1)

    async def _delete(self, desk: Desk, name: str, places: Iterable[int]) -> None:
        for place in places:
            result = (await self._ask(desk, plain(f"AT+CPBW={place}", Patience.SIM))).result
            if not result.ok and not (result.kind is Kind.CME and result.number in _NOTHING_THERE):
                self._pass_over(name, result)
                return

    def _pass_over(self, name: str, result: Result) -> None:
        """Leave the list alone: until the next sweep where the modem is busy, else for the session."""
        if result.kind is Kind.CME and result.number == CME_SIM_BUSY:
            self._tries[name] = self._tries.get(name, 0) + 1
            self.due = True
        else:
            self._tries[name] = TRIES

    async def _ask(self, desk: Desk, command: Command) -> Answer:
        async with desk.link.lock:
            if desk.ended or desk is not self._desk or desk.epoch != self._epoch:
                raise Restarted("the call lists are another session's")
            try:
                return await desk.link.exchange(command)
            except NoAnswer as trouble:
                if trouble.command is command:
                    self._note_silence(desk)
                raise

    def _note_silence(self, desk: Desk) -> None:
        self._silences += 1
        if self._silences >= SILENCES:
            log.warning(
                "%s: does not answer for its call lists: they stay as they are", desk.board.status.port
            )
