"""Who wrote before, within the window: keyed hash of the number to random ids. In memory only.

Decisions are planned before a commit and take effect after it. Two messages of one sender must not be planned at
the same time: the receiver lets the second wait (``Table.sender_key`` names whom).
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.memory.store import CAPACITY, Record, RecordKind, SharedMemory, State
from wire.hashing import blake2b_256
from wire.udh import Concat

MESSAGE_WINDOW = 48 * 3600.0
"""How long parts of one message are awaited, seconds: carriers retry for a day or two."""
MAX_RANK = 255


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids of one slip, and what the table will hold once the slip is durable."""

    message: bytes
    conversation: bytes
    counted: bool
    rank: int
    new_conversation: bool
    slots: tuple[int, ...] = field(repr=False)
    """Records with a change under way."""
    replaced: tuple[int, ...] = field(default=(), repr=False)
    """Records that the new ones take the place of."""


class Table:
    """The bounded table over shared memory, with an index of its keys."""

    def __init__(self, memory: SharedMemory, *, capacity: int = CAPACITY) -> None:
        self._memory = memory
        self._key = memory.table_key
        self._records: dict[int, Record] = {}
        self._index: dict[bytes, int] = {}
        self._free = list(range(capacity - 1, -1, -1))
        self._capacity = capacity

    def settle(self, committed: Callable[[bytes], bool]) -> None:
        """Read the memory an earlier intake left; ``committed`` tells whether a change hash is in the spool."""
        self._free = []
        newest: dict[bytes, int] = {}
        for slot in range(self._capacity - 1, -1, -1):
            record = self._memory.read(slot)
            if record is None:
                self._free.append(slot)
                continue
            self._records[slot] = record
            if record.state is State.NEW and committed(record.change_hash):
                newest[record.key] = slot
                self._confirm(slot)
            elif record.state is not State.LIVE:
                (self._confirm if committed(record.change_hash) else self._cancel)(slot)
        for slot, record in list(self._records.items()):
            if newest.get(record.key, slot) != slot:
                self._wipe(slot)
            else:
                self._index[record.key] = slot

    def sender_key(self, line: int, sender: bytes) -> bytes:
        """Return the keyed hash by which the table knows ``sender`` on ``line``. It stays in memory."""
        return blake2b_256(b"sender" + line.to_bytes(4, "big") + sender, key=self._key)

    def plan(
        self,
        sender_key: bytes,
        concat: Concat | None,
        *,
        line: int,
        change_hash: bytes,
        now: float,
        window: float,
    ) -> Plan:
        """Return the ids for a message of ``sender_key``, its changes written but not in force.

        ``window`` is the time in seconds for which a conversation holds; zero gives each message its own.
        ``change_hash`` is what the commit will put into the spool.
        """
        if concat is None or concat.total < 2:
            return self._plan_single(sender_key, line=line, change_hash=change_hash, now=now, window=window)
        key = self._message_key(sender_key, concat)
        slot = self._index.get(key)
        record = self._live(slot, now)
        if record is None or record.parts >> (concat.part - 1) & 1:
            first = self._plan_single(sender_key, line=line, change_hash=change_hash, now=now, window=window)
            return self._plan_message(
                key, first, concat, line=line, change_hash=change_hash, now=now, old=slot
            )
        assert slot is not None
        record.state, record.change_hash, record.change_part = State.CHANGING, change_hash, concat.part
        self._memory.begin_change(slot, change_hash, concat.part)
        return Plan(record.message, record.conversation, False, record.rank, False, (slot,))

    def known_message(self, sender_key: bytes, concat: Concat, *, now: float) -> Plan | None:
        """Return the ids of the message to which a repeated part belongs, None where it is not known."""
        record = self._live(self._index.get(self._message_key(sender_key, concat)), now)
        if record is None or not record.parts >> (concat.part - 1) & 1:
            return None
        return Plan(record.message, record.conversation, False, record.rank, False, ())

    def confirm(self, plan: Plan) -> None:
        """Put the changes of ``plan`` into force: its slip is durable."""
        for slot in plan.replaced:
            self._wipe(slot)
        for slot in plan.slots:
            self._confirm(slot)

    def cancel(self, plan: Plan) -> None:
        """Drop the changes of ``plan``: its slip was not stored."""
        for slot in plan.slots:
            self._cancel(slot)
        for slot in plan.replaced:
            if slot in self._records:
                self._index[self._records[slot].key] = slot

    def forget_expired(self, now: float) -> None:
        """Wipe what is over; a sender with messages waiting keeps the count of them, without an id."""
        for slot, record in list(self._records.items()):
            if record.expiry > now or record.state is not State.LIVE:
                continue
            if record.kind is RecordKind.MESSAGE or not record.pending:
                self._wipe(slot)
            elif any(record.conversation):
                record.conversation = bytes(16)
                self._memory.write(slot, record)

    def after_cut(self, line: int, *, left: int, lowest_rank_left: int) -> None:
        """Lower the counts of waiting messages: all below ``lowest_rank_left`` went out; none is ``left``: all did."""
        for slot, record in list(self._records.items()):
            if record.kind is not RecordKind.SENDER or record.line != line or not record.pending:
                continue
            record.pending = max(record.pending - lowest_rank_left, 0) if left else 0
            self._memory.write(slot, record)

    def __len__(self) -> int:
        return len(self._records)

    def _message_key(self, sender_key: bytes, concat: Concat) -> bytes:
        name = f"{concat.reference}/{concat.total}/{concat.bits}".encode()
        return blake2b_256(b"message" + sender_key + name, key=self._key)

    def _plan_single(self, key: bytes, *, line: int, change_hash: bytes, now: float, window: float) -> Plan:
        message, fresh = os.urandom(16), os.urandom(16)
        slot = self._index.get(key)
        record = self._records[slot] if slot is not None else None
        if slot is not None and record is not None and record.expiry > now and any(record.conversation):
            record.state, record.change_hash = State.CHANGING, change_hash
            self._memory.begin_change(slot, change_hash, 0)
            conversation = record.conversation if window else fresh
            return Plan(message, conversation, True, min(record.pending, MAX_RANK), not window, (slot,))
        pending = record.pending if record is not None else 0
        new = Record(
            RecordKind.SENDER,
            line,
            key,
            fresh,
            now + window if window else now + MESSAGE_WINDOW,
            pending=pending,
        )
        added = self._add(new, change_hash, now)
        replaced = () if slot is None else (slot,)
        return Plan(message, fresh, True, min(pending, MAX_RANK), True, (added,), replaced)

    def _plan_message(
        self,
        key: bytes,
        first: Plan,
        concat: Concat,
        *,
        line: int,
        change_hash: bytes,
        now: float,
        old: int | None,
    ) -> Plan:
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
        record.change_part = concat.part
        added = self._add(record, change_hash, now)
        replaced = first.replaced if old is None else (*first.replaced, old)
        return Plan(
            first.message,
            first.conversation,
            True,
            first.rank,
            first.new_conversation,
            (*first.slots, added),
            replaced,
        )

    def _live(self, slot: int | None, now: float) -> Record | None:
        record = self._records.get(slot) if slot is not None else None
        return record if record is not None and record.expiry > now else None

    def _add(self, record: Record, change_hash: bytes, now: float) -> int:
        if not self._free:
            self._make_room(now)
        slot = self._free.pop()
        record.state, record.change_hash = State.NEW, change_hash
        self._records[slot] = record
        self._index[record.key] = slot
        self._memory.write(slot, record)
        return slot

    def _make_room(self, now: float) -> None:
        """Wipe what is over, or else the sixteenth of the table that expires first."""
        self.forget_expired(now)
        if self._free:
            return
        settled = [(r.expiry, slot) for slot, r in self._records.items() if r.state is State.LIVE]
        for _, slot in heapq.nsmallest(max(self._capacity // 16, 1), settled):
            self._wipe(slot)

    def _confirm(self, slot: int) -> None:
        record = self._records[slot]
        if record.kind is RecordKind.SENDER:
            record.pending = min(record.pending + 1, 0xFFFF)
        elif record.change_part:
            record.parts |= 1 << (record.change_part - 1)
            if record.parts.bit_count() >= record.total:
                self._wipe(slot)
                return
        record.state, record.change_hash, record.change_part = State.LIVE, bytes(32), 0
        self._memory.write(slot, record)

    def _cancel(self, slot: int) -> None:
        record = self._records[slot]
        if record.state is State.NEW:
            self._wipe(slot)
            return
        record.state, record.change_hash, record.change_part = State.LIVE, bytes(32), 0
        self._memory.write(slot, record)

    def _wipe(self, slot: int) -> None:
        record = self._records.pop(slot, None)
        if record is not None and self._index.get(record.key) == slot:
            del self._index[record.key]
        self._memory.wipe(slot)
        self._free.append(slot)
