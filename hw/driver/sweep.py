"""Emptying a message memory: list, read each, make durable together, and only then delete, index by index.

One task sweeps at a time, and nobody else touches +CPMS. What +CMGR answered for an index is the truth, not
what +CMGL said of it; where SIM records are overwritten, reading the record back confirms the list as well,
and +CMGR is spared. Indices mean something only until a reboot, another SIM or another
memory, and then nothing is deleted (the message is read again, and known again by who receives).
A message read longer than ``Pace.fresh`` ago is read once more before it goes: the network may have replaced
it in its slot (TP-PID "replace short message"). TS 27.005 §3.2.2, §3.5.4, §4.1, §4.2.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from hw.at.commands import LIST_ALL, Command, delete_message, read_message, select_memories
from hw.at.events import Answer, Pdu
from hw.at.replies import Fill, StoredHeader, cmgl_header, cmgr_header, cpms_fill
from hw.at.results import (
    CME_SIM_BUSY,
    CME_SIM_GONE,
    CME_UNSUPPORTED,
    EMPTY_SLOT,
    PIN2_OR_PUK,
    PIN_WANTED,
    SIM_BUSY,
    SIM_FAULT,
    SIM_MISSING,
    UNSUPPORTED,
    WAIT,
    Kind,
    Result,
)
from hw.contract import Delivery
from hw.driver.desk import Desk
from hw.driver.overwrite import Overwriter, is_blank
from hw.driver.slots import OWN, Found, Read, clearable, foreign, whole
from hw.driver.trouble import Refused, Restarted, SimTrouble

TOGETHER = 64
"""Messages read before their commits are awaited: one SIM's worth, 64 times 232 octets in memory."""
MAX_INDEX = 1023
"""No slot above this is looked for; the largest memory known has about 500."""
UNCOUNTED = Fill(MAX_INDEX + 1, MAX_INDEX)
"""Of a memory that is neither counted nor listed: searched until TOGETHER slots in a row hold nothing."""
NO_HEADER = StoredHeader(None, None, None)
ONLY = ""
"""Stands for the one memory of a modem that knows no +CPMS: whatever it has selected."""
NOT_KNOWN = (UNSUPPORTED, CME_UNSUPPORTED)
_SIM_GONE = (SIM_MISSING, PIN_WANTED, SIM_FAULT, *PIN2_OR_PUK)

log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the memories of one modem."""

    def __init__(self, desk: Desk, check: Callable[[], Awaitable[None]]) -> None:
        """``check`` raises where another SIM is in the modem; awaited before anything read of it is taken."""
        self._desk, self._check = desk, check
        self._overwriter = Overwriter(desk)
        self._memories: list[str] = []
        self._selected: str | None = None
        self._shut: set[str] = set()
        """Memories that the modem does not let be selected any more."""
        self._last: dict[str, Found] = {}
        self._selections = 0
        self._list_works = True
        self._list_true = True

    async def choose(self) -> None:
        """Find the memories there are; the first gets new messages. Raises Refused where none works now."""
        refused: Refused | None = None
        for memory in self._desk.profile.memories:
            command = select_memories(memory, memory, memory)
            answer = await self._patiently(command)
            if answer.result.ok:
                self._memories.append(memory)
            else:
                refused = Refused(command, answer.result)
                if _busy(answer.result):
                    raise refused  # it would not be looked into for as long as this session lasts
        if not self._memories:
            assert refused is not None, "a profile names at least one memory"
            if refused.result.kind in (Kind.CMS, Kind.CME) and refused.result.number not in NOT_KNOWN:
                raise refused
            self._memories.append(ONLY)
        await self._select(self._memories[0])

    async def all(self, *, gently: bool) -> bool:
        """Sweep every memory, the one for new messages last; return whether a message was taken.

        ``gently``: single +CMGR only, and only where +CPMS counts something, so that +CNMA never waits long.
        Where +CPMS counts nothing at all, only the list tells what is there.
        """
        taken = 0
        for memory in (*self._memories[1:], self._memories[0]):
            fill = await self._select(memory)
            taken += (await self._sweep(memory, fill, gently=gently and fill is not None)).taken
        self._report()
        return taken > 0

    async def some(self, memories: Iterable[str], *, gently: bool) -> bool:
        """Sweep those of ``memories`` that are known, all if none is; return whether a message was taken."""
        known = [memory for memory in memories if memory in self._memories]
        if known != self._memories[:1] or gently or not self._list_works:
            return await self.all(gently=gently)
        if self._selected != known[0]:
            await self._select(known[0])
        found = await self._sweep(known[0], None, gently=False)
        self._report()
        return found.taken > 0

    async def _select(self, memory: str) -> Fill | None:
        """Make +CMGL, +CMGR and +CMGD mean ``memory``; return its fill where the modem tells."""
        if memory == ONLY:
            self._selected = memory
            return None
        # All three together: with fewer, some modems put new messages into the one that was named.
        # So the last one selected must be the first of the list, and ``all`` takes care of it.
        answer = await self._patiently(select_memories(memory, self._memories[0], self._memories[0]))
        if not answer.result.ok:
            command = select_memories(memory, memory, memory)
            answer = await self._patiently(command)
            if not answer.result.ok and memory == self._memories[0]:
                self._selected = None
                raise Refused(command, answer.result)  # else nothing would be read, and nobody would know
        if self._selected != memory:
            self._selections += 1
        self._selected = memory if answer.result.ok else None
        (self._shut.discard if answer.result.ok else self._shut.add)(memory)
        return cpms_fill(answer.lines) if answer.result.ok else None

    async def _patiently(self, command: Command) -> Answer:
        """Return the answer once the SIM is no longer busy. Raises SimTrouble where the SIM is gone."""
        patience = self._desk.clock() + self._desk.pace.busy_patience
        while True:
            answer = await self._desk.command(command)
            result = answer.result
            if result.ok or result.kind not in (Kind.CMS, Kind.CME):
                return answer
            if result.number in (_SIM_GONE if result.kind is Kind.CMS else CME_SIM_GONE):
                raise SimTrouble("the SIM is missing, locked or broken")
            if not _busy(result) or self._desk.clock() > patience:
                return answer
            await asyncio.sleep(self._desk.pace.busy_retry)

    async def _sweep(self, memory: str, fill: Fill | None, *, gently: bool) -> Found:
        found = Found()
        if self._selected != memory:
            return found
        if gently and fill is not None and fill.used == self._known_foreign(memory):
            return self._last[memory]
        if not gently or self._desk.in_doubt:
            await self._take(memory, await self._listed(memory, found), found)
        if fill is not None and fill.used > found.answered:
            await self._search(memory, fill, found)
            found.unread = max(0, fill.used - found.answered)
        elif fill is None and found.unlisted:
            await self._search(memory, UNCOUNTED, found)
        self._last[memory] = found
        self._desk.hold(memory, held=found.held > 0)
        return found

    def _known_foreign(self, memory: str) -> int:
        last = self._last.get(memory)
        if last is None or last.held or last.undeleted or last.unread or last.spoilt:
            return -1
        return last.foreign

    async def _listed(self, memory: str, found: Found) -> list[int | Read]:
        """Return what +CMGL names: messages where it may be believed, else indices for +CMGR to read."""
        if not self._list_works:
            found.unlisted = True
            return []
        answer = await self._patiently(LIST_ALL)
        found.unlisted = not answer.result.ok
        if not answer.result.ok and answer.result.number != EMPTY_SLOT:
            self._list_works = answer.result.kind in (Kind.CMS, Kind.CME)  # plain ERROR: never asked again
        believed = self._list_true and self._overwriter.confirms(memory)
        listed: list[int | Read] = []
        for entry in answer.entries:
            header = cmgl_header(entry.header)
            if header.index is None or header.index > MAX_INDEX:
                continue
            _require_pdu_mode(header)
            pdu = entry.pdu
            if pdu is not None:
                found.named[header.index] = pdu.octets
            own = header.stat in OWN or (self._clears and pdu is not None and foreign(header, pdu))
            if own and not self._clears and self._list_true:
                self._leave(header.index, found)
            elif own or not (believed and pdu and whole(header, pdu) and not is_blank(pdu.octets)):
                listed.append(header.index)
            elif (read := self._understood(header, pdu, header.index, found, confirmed=False)) is not None:
                listed.append(read)
        return listed

    @staticmethod
    def _leave(index: int, found: Found) -> None:
        """Count an entry that is no received message."""
        found.seen.add(index)
        found.answered += 1
        found.foreign += 1

    async def _search(self, memory: str, fill: Fill, found: Found) -> None:
        """Look into every slot: +CPMS counts more than +CMGL showed, or +CMGL must not be used."""
        for first in range(0, min(fill.total, MAX_INDEX) + 1, TOGETHER):
            slots = range(first, min(fill.total + 1, first + TOGETHER))
            before = found.answered
            await self._take(memory, [slot for slot in slots if slot not in found.seen], found)
            if found.answered >= fill.used or (fill is UNCOUNTED and found.answered == before):
                return

    async def _take(self, memory: str, listed: Sequence[int | Read], found: Found) -> None:
        """Read what is not read yet, make all durable together, delete each that is."""
        for first in range(0, len(listed), TOGETHER):
            await self._check()
            reads: list[tuple[Read, asyncio.Task[bool]]] = []
            for each in listed[first : first + TOGETHER]:
                read = each if isinstance(each, Read) else await self._read(memory, each, found)
                if read is None:
                    continue
                if self._desk.proof is not None:
                    self._desk.proof.stored(read.delivery)
                # Begun at once: sealing and committing go on while the next one is read.
                reads.append((read, self._desk.spawn(self._desk.offer(read.delivery))))
            for read, taking in reads:
                if await self._desk.outcome(taking):
                    found.taken += 1
                    found.undeleted += not await self._delete(memory, read)
                else:
                    found.held += 1

    async def _read(self, memory: str, index: int, found: Found) -> Read | None:
        """Return the message at ``index``; None for an empty slot, one that cannot be read, or a foreign one."""
        found.seen.add(index)
        header, pdu = await self._cmgr(index)
        if pdu is not None and not whole(header, pdu):
            header, pdu = await self._cmgr(index)  # line noise is not the same twice
        if pdu is None:
            return None
        read = self._as_read(index, header, pdu, found, confirmed=True)
        if whole(header, pdu) and not read.named and index in found.named:
            self._list_true = (
                False  # from now on +CMGR is asked of each index, whatever the list says it holds
            )
        if is_blank(pdu.octets):  # left by a stop between overwriting and +CMGD
            found.answered += 1
            found.undeleted += not await self._free(read)
            return None
        if self._clears and clearable(header, pdu) and await self._delete(memory, read):
            found.answered += 1
            return None
        if not whole(header, pdu) and not self._desk.spoilt.stays(pdu.octets):
            found.answered += 1
            found.spoilt += 1
            return None
        return self._understood(header, pdu, index, found, confirmed=True)

    @property
    def _clears(self) -> bool:
        assignment = self._desk.assignment
        return assignment is not None and assignment.clear_foreign

    def _as_read(self, index: int, header: StoredHeader, pdu: Pdu, found: Found, *, confirmed: bool) -> Read:
        delivery = Delivery(pdu.octets, header.length, pdu.intact)
        named = found.named.get(index) == pdu.octets
        return Read(index, delivery, self._desk.clock(), self._meaning(), confirmed, named)

    def _understood(
        self, header: StoredHeader, pdu: Pdu, index: int, found: Found, *, confirmed: bool
    ) -> Read | None:
        """Return the message, or None where the entry is certainly none; count it either way."""
        if foreign(header, pdu):
            self._leave(index, found)
            return None
        found.seen.add(index)
        found.answered += 1
        return self._as_read(index, header, pdu, found, confirmed=confirmed)

    async def _cmgr(self, index: int) -> tuple[StoredHeader, Pdu | None]:
        """Return what a slot holds; no PDU where it is empty or cannot be read."""
        answer = await self._patiently(read_message(index))
        if not answer.result.ok or not answer.entries:
            return NO_HEADER, None
        entry = answer.entries[0]
        _require_pdu_mode(cmgr_header(entry.header))
        return cmgr_header(entry.header), entry.pdu if entry.pdu is not None and entry.pdu.octets else None

    async def _delete(self, memory: str, read: Read) -> bool:
        """Delete a message that is durable, or none; return False where that could not or must not be now."""
        desk = self._desk
        if desk.clock() - read.at > desk.pace.fresh and not await self._still_there(read):
            return False
        if not await self._sure(read):
            return False
        overwritten = await self._overwriter.overwrite(memory, read.index, read.delivery.pdu)
        if not (overwritten or read.confirmed or await self._still_there(read)):
            self._list_true = False  # the list and the slot disagree: from now on +CMGR is asked
            return False
        return await self._free(read)

    async def _free(self, read: Read) -> bool:
        if not await self._sure(read):
            return False
        if read.meaning != self._meaning() or self._desk.link.broken is not None:
            return False
        return (await self._desk.command(delete_message(read.index))).result.ok

    async def _sure(self, read: Read) -> bool:
        """Return whether it is this slot that was read: after a lost answer that wants more than one +CMGR."""
        if read.named or not self._desk.in_doubt:
            return True
        step, link = self._desk.step, self._desk.link
        return await step.proves(link) and await self._still_there(read) and await step.proves(link)

    async def _still_there(self, read: Read) -> bool:
        if read.meaning != self._meaning():
            return False
        _, pdu = await self._cmgr(read.index)
        return pdu is not None and pdu.octets == read.delivery.pdu

    def _meaning(self) -> tuple[int, int]:
        """What indices mean now: it changes with a reboot, another SIM and another memory."""
        return self._desk.epoch, self._selections

    def _report(self) -> None:
        found = self._last.values()
        problem = None
        if self._shut:
            problem = f"the memory {min(self._shut)} cannot be looked into: plug the modem in again"
        elif unread := sum(each.unread for each in found):
            problem = f"{unread} stored messages cannot be read: read them in a telephone, or replace the SIM"
        elif undeleted := sum(each.undeleted for each in found):
            problem = f"{undeleted} stored messages cannot be deleted: if this stays, replace the SIM"
        self._desk.board.show(foreign=sum(each.foreign for each in found), problem=problem)


def _require_pdu_mode(header: StoredHeader) -> None:
    """Raise Restarted where <stat> is a word: the modem was reset unheard, and is in text mode."""
    if header.stat is None:
        raise Restarted("the modem left PDU mode")


def _busy(result: Result) -> bool:
    return result.number in ((SIM_BUSY, WAIT) if result.kind is Kind.CMS else (CME_SIM_BUSY,))
