"""Who wrote before, within the window: keyed hash of the number to random ids. In memory only.

Decisions are planned before a commit and take effect after it. Two messages of one sender must not be planned at
the same time: the receiver lets the second wait (``Table.sender_key`` names whom).
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway.memory.store import (
    CAPACITY,
    CHANGE_OCTETS,
    NO_CHANGE,
    NO_CONVERSATION,
    Record,
    RecordKind,
    SharedMemory,
    State,
)
from wire.hashing import blake2b_256
from wire.udh import Concat

MESSAGE_WINDOW = 48 * 3600.0
"""How long parts of one message are awaited, seconds: carriers retry for a day or two."""
MAX_RANK = 255
PARTS_OF_A_RANK = 8
"""Each eight parts of a message rank one lower: a tip of a thousand letters stays together, one of 255 parts does not
keep a city waiting."""
_MAX_PENDING = 0xFFFF
_Held = tuple[int, Record]


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids of one slip, and what the table will hold once the slip is durable."""

    message: bytes
    conversation: bytes
    counted: bool
    rank: int
    new_conversation: bool
    change: bytes = field(repr=False)
    """16 random octets that the commit puts into the spool: so it is known whether this very commit happened."""
    held: tuple[_Held, ...] = field(repr=False)
    """Records with a change under way."""
    replaced: tuple[_Held, ...] = field(default=(), repr=False)
    """Records that the new ones take the place of. Their slots may have been taken by others meanwhile."""


class Table:
    """The bounded table over shared memory, with an index of its keys.

    ``capacity`` has to be more than twice the number of senders that can be planned at the same time.
    """

    def __init__(self, memory: SharedMemory, *, capacity: int = CAPACITY) -> None:
        self._memory = memory
        self._key = memory.table_key
        self._records: dict[int, Record] = {}
        self._index: dict[bytes, int] = {}
        self._free = list(range(capacity - 1, -1, -1))
        self._capacity = capacity

    def settle(self, committed: Callable[[bytes], bool]) -> None:
        """Read the memory an earlier intake left; ``committed`` tells whether a change is in the spool."""
        self._free = []
        for slot in range(self._capacity - 1, -1, -1):
            record = self._memory.read(slot)
            if record is not None:
                self._records[slot] = record
                continue
            self._free.append(slot)
            if not self._memory.is_wiped(slot):
                self._memory.wipe(slot)
        newest = self._settle_changes(committed)
        for slot, record in list(self._records.items()):
            if newest.get(record.key, slot) != slot:
                self._wipe(slot)
            else:
                self._index[record.key] = slot

    def _settle_changes(self, committed: Callable[[bytes], bool]) -> dict[bytes, int]:
        """Put into force or drop what was under way; return the slots of new records by their keys."""
        newest: dict[bytes, int] = {}
        for slot, record in list(self._records.items()):
            if record.state is State.LIVE:
                continue
            new = record.state is State.NEW
            if not committed(record.change):
                self._cancel(slot, record)
                continue
            if new:
                newest[record.key] = slot
            self._confirm(slot, record)
        return newest

    def sender_key(self, line: int, sender: bytes) -> bytes:
        """Return the keyed hash by which the table knows ``sender`` on ``line``. It stays in memory."""
        return blake2b_256(b"sender" + line.to_bytes(4, "big") + sender, key=self._key)

    def plan(self, sender_key: bytes, concat: Concat | None, *, line: int, now: float, window: float) -> Plan:
        """Return the ids for a message of ``sender_key``, its changes written but not in force.

        ``window`` is the time in seconds for which a conversation holds; zero gives each message its own.
        """
        if concat is None or concat.total < 2:
            return self._plan_single(sender_key, line=line, now=now, window=window)
        key = self._message_key(sender_key, concat)
        slot = self._index.get(key)
        record = self._live(slot, now)
        if slot is None or record is None or record.parts >> (concat.part - 1) & 1:
            first = self._plan_single(sender_key, line=line, now=now, window=window)
            return self._plan_message(key, first, concat, line=line, now=now)
        change = os.urandom(CHANGE_OCTETS)
        self._change(slot, record, change, part=concat.part)
        rank = min(record.rank + record.parts.bit_count() // PARTS_OF_A_RANK, MAX_RANK)
        return Plan(record.message, record.conversation, False, rank, False, change, ((slot, record),))

    def known_message(self, sender_key: bytes, concat: Concat, *, now: float) -> Plan | None:
        """Return the ids of the message to which a repeated part belongs, None where it is not known."""
        record = self._live(self._index.get(self._message_key(sender_key, concat)), now)
        if record is None or not record.parts >> (concat.part - 1) & 1:
            return None
        change = os.urandom(CHANGE_OCTETS)
        return Plan(record.message, record.conversation, False, record.rank, False, change, ())

    def confirm(self, plan: Plan) -> None:
        """Put the changes of ``plan`` into force: its slip is durable."""
        for slot, record in plan.replaced:
            if self._records.get(slot) is record:
                self._wipe(slot)
        for slot, record in plan.held:
            self._confirm(slot, record)

    def cancel(self, plan: Plan) -> None:
        """Drop the changes of ``plan``: its slip was not stored."""
        for slot, record in plan.held:
            self._cancel(slot, record)
        for slot, record in plan.replaced:
            if self._records.get(slot) is record:
                self._index[record.key] = slot

    def forget_expired(self, now: float) -> None:
        """Wipe what is over; a sender with messages waiting keeps the count of them, without an id."""
        for slot, record in list(self._records.items()):
            if record.expiry > now or record.state is not State.LIVE:
                continue
            if record.kind is RecordKind.MESSAGE or not record.pending:
                self._wipe(slot)
            elif record.conversation != NO_CONVERSATION:
                record.conversation = NO_CONVERSATION
                self._memory.forget_conversation(slot)

    def pending(self, line: int) -> dict[bytes, int]:
        """Return how many messages of each sender on ``line`` wait, by the sender's key."""
        return {
            record.key: record.pending
            for slot, record in self._records.items()
            if record.kind is RecordKind.SENDER
            and record.line == line
            and record.pending
            and self._index.get(record.key) == slot
        }

    def after_cut(self, before: Mapping[bytes, int], *, left: int, lowest_rank_left: int) -> None:
        """Lower the counts of waiting messages; ``before`` is what ``pending`` gave when the slips were picked.

        Then ``left`` were not picked, and all of a rank below ``lowest_rank_left`` were. What came after that still
        waits.
        """
        for key, waited in before.items():
            slot = self._index.get(key)
            if slot is None:
                continue
            record = self._records[slot]
            gone = min(waited, lowest_rank_left) if left else waited
            record.pending = max(record.pending - gone, 0)
            record.next_pending = max(record.next_pending - gone, 0)
            self._memory.set_pending(slot, record.pending, record.next_pending)

    def __len__(self) -> int:
        return len(self._records)

    def _message_key(self, sender_key: bytes, concat: Concat) -> bytes:
        name = f"{concat.reference}/{concat.total}/{concat.bits}".encode()
        return blake2b_256(b"message" + sender_key + name, key=self._key)

    def _plan_single(self, key: bytes, *, line: int, now: float, window: float) -> Plan:
        message, fresh, change = os.urandom(16), os.urandom(16), os.urandom(CHANGE_OCTETS)
        slot = self._index.get(key)
        record = self._records[slot] if slot is not None else None
        rank = min(record.pending, MAX_RANK) if record is not None else 0
        if slot is not None and record is not None and _holds(record, now, window):
            self._change(slot, record, change)
            conversation = record.conversation if window else fresh
            return Plan(message, conversation, True, rank, not window, change, ((slot, record),))
        new = Record(
            RecordKind.SENDER,
            line,
            key,
            fresh if window else NO_CONVERSATION,
            now + (window or MESSAGE_WINDOW),
            pending=record.pending if record is not None else 0,
        )
        replaced = () if slot is None or record is None else ((slot, record),)
        added = self._add(new, change, now=now)
        return Plan(message, fresh, True, rank, True, change, (added,), replaced)

    def _plan_message(self, key: bytes, first: Plan, concat: Concat, *, line: int, now: float) -> Plan:
        record = Record(
            RecordKind.MESSAGE,
            line,
            key,
            first.conversation,
            now + MESSAGE_WINDOW,
            message=first.message,
            rank=first.rank,
            total=concat.total,
        )
        old = self._index.get(key)
        replaced = first.replaced if old is None else (*first.replaced, (old, self._records[old]))
        added = self._add(record, first.change, now=now, part=concat.part)
        return replace(first, held=(*first.held, added), replaced=replaced)

    def _live(self, slot: int | None, now: float) -> Record | None:
        record = self._records.get(slot) if slot is not None else None
        return record if record is not None and record.expiry > now else None

    def _change(self, slot: int, record: Record, change: bytes, *, part: int = 0) -> None:
        """Note what the commit will change in a record that is live."""
        record.change, record.next_part = change, part
        record.next_pending = min(record.pending + 1, _MAX_PENDING)
        record.state = State.CHANGING
        self._memory.begin_change(slot, record)

    def _add(self, record: Record, change: bytes, *, now: float, part: int = 0) -> _Held:
        """Return a slot that holds the new ``record``, in force once the commit happened."""
        if not self._free:
            self._make_room(now)
        slot = self._free.pop()
        record.state, record.change, record.next_part = State.NEW, change, part
        record.next_pending = min(record.pending + 1, _MAX_PENDING)
        self._records[slot] = record
        self._index[record.key] = slot
        self._memory.write(slot, record)
        return slot, record

    def _make_room(self, now: float) -> None:
        """Wipe what is over, or else the sixteenth of the table that expires first."""
        self.forget_expired(now)
        if self._free:
            return
        settled = [(r.expiry, slot) for slot, r in self._records.items() if r.state is State.LIVE]
        for _, slot in heapq.nsmallest(max(self._capacity // 16, 1), settled):
            self._wipe(slot)

    def _confirm(self, slot: int, record: Record) -> None:
        if record.kind is RecordKind.SENDER:
            record.pending = record.next_pending
        else:
            record.parts |= 1 << (record.next_part - 1)
            if record.parts.bit_count() >= record.total:
                self._wipe(slot)
                return
        self._end_change(slot, record)

    def _cancel(self, slot: int, record: Record) -> None:
        if record.state is State.NEW:
            self._wipe(slot)
        else:
            self._end_change(slot, record)

    def _end_change(self, slot: int, record: Record) -> None:
        record.state, record.change = State.LIVE, NO_CHANGE
        record.next_pending = record.next_part = 0
        self._memory.end_change(slot, record)

    def _wipe(self, slot: int) -> None:
        record = self._records.pop(slot)
        if self._index.get(record.key) == slot:
            del self._index[record.key]
        self._memory.wipe(slot)
        self._free.append(slot)


def _holds(record: Record, now: float, window: float) -> bool:
    """Return whether the conversation of a sender's record goes on; with no window there is none to go on."""
    return record.expiry > now and (not window or record.conversation != NO_CONVERSATION)
