"""The memfd: fixed records in shared memory that a keeper holds while intake is away. No path, no file.

Theory of operation: the process may be killed between any two instructions, and the next one maps the same
memory. So a record is written while its state says FREE, and the state octet is written last. What a commit will
change stands beside the live fields (``change``, ``next_pending``, ``next_part``) while the state says NEW or
CHANGING; to put it into force is to set fields to values that are known before, so that it can be done twice, and
then the state. ``change`` stands in the spool exactly if the commit it belongs to happened, which settles every
record that was under way (Table.settle).
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass, field
from enum import IntEnum

MAGIC = b"tiplmem1"
KEY_OCTETS = 32
REDELIVERY_KEYS = 3
CHANGE_OCTETS = 16
NO_CHANGE = bytes(CHANGE_OCTETS)
NO_CONVERSATION = bytes(16)
_HEADER = struct.Struct("=8s?7xd32s")
"""Magic, whether the first messages may be repeats, when it was made, key of the table."""
_KEY = struct.Struct("=Id32s")
_HEADER_OCTETS = 4096
RECORD = struct.Struct("=BBBxI32s16s16sdHBx32s16sHB")
"""State, kind, total, line, key, message id, conversation id, expiry, pending, rank, parts, change, what it sets."""
_CONVERSATION = 56
_PENDING = struct.Struct("=H")
_PENDING_AT = 80
_PARTS_AT = 84
_CHANGE = struct.Struct("=16sHB")
_CHANGE_AT = 116
RECORD_OCTETS = 144
CAPACITY = 16384
"""2.4 MB: senders and unfinished messages of one window; the earliest to expire gives way to a new one."""
MEMORY_OCTETS = _HEADER_OCTETS + CAPACITY * RECORD_OCTETS
_WIPED = bytes(RECORD_OCTETS)


class State(IntEnum):
    """What holds of a record."""

    FREE = 0
    LIVE = 1
    NEW = 2
    """Live once ``change`` is in the spool, else free."""
    CHANGING = 3
    """Live; the change applies once ``change`` is in the spool."""


class RecordKind(IntEnum):
    """What a record remembers."""

    SENDER = 1
    MESSAGE = 2


_STATES, _KINDS = tuple(State), {kind.value: kind for kind in RecordKind}
_STATE_OCTETS = {state: bytes((state,)) for state in State}
_UNCHANGED = _CHANGE.pack(NO_CHANGE, 0, 0)


@dataclass(slots=True, eq=False)
class Record:
    """One record; for a sender the message fields are zero, and the other way round."""

    kind: RecordKind
    line: int
    key: bytes = field(repr=False)
    conversation: bytes = field(repr=False)
    expiry: float
    """Monotonic seconds."""
    message: bytes = field(default=bytes(16), repr=False)
    pending: int = 0
    """Messages of this sender that wait in the spool."""
    rank: int = 0
    total: int = 0
    parts: int = 0
    """Bit n-1 is set when part n is durable."""
    state: State = State.LIVE
    change: bytes = field(default=NO_CHANGE, repr=False)
    next_pending: int = 0
    """``pending`` once the change is in force, for a sender."""
    next_part: int = 0
    """The part that the change adds, for a message."""


class SharedMemory:
    """The mapped memory. ``fd`` is kept open for as long as it lives; the keeper has its own."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, MEMORY_OCTETS)

    @property
    def used_before(self) -> bool:
        """Return whether the memory was laid out by an earlier intake."""
        return self._map[:8] == MAGIC

    def lay_out(self, *, now: float, after_loss: bool) -> None:
        """Make the memory empty with a new key."""
        self._put(0, bytes(MEMORY_OCTETS))
        self._put(8, _HEADER.pack(MAGIC, after_loss, now, os.urandom(KEY_OCTETS))[8:])
        self._put(0, MAGIC)

    def _put(self, at: int, octets: bytes) -> None:
        """Write ``octets``: the one door to the memory, so that a test can stop at every write."""
        self._map[at : at + len(octets)] = octets

    @property
    def after_loss(self) -> bool:
        """Return whether what was known before was lost when this memory was made."""
        return bool(self._map[8])

    @property
    def made(self) -> float:
        """Return when the memory was made, monotonic seconds."""
        return float(_HEADER.unpack(self._map[: _HEADER.size])[2])

    @property
    def table_key(self) -> bytes:
        """Return the key under which numbers are hashed in the table."""
        return bytes(_HEADER.unpack(self._map[: _HEADER.size])[3])

    def redelivery_keys(self) -> list[tuple[int, float, bytes]]:
        """Return (generation, when made, key) of the keys for re-deliveries, newest first."""
        keys = [_KEY.unpack(self._map[at : at + _KEY.size]) for at in self._key_places()]
        return sorted((key for key in keys if key[0]), reverse=True)

    def add_redelivery_key(self, now: float) -> int:
        """Return the generation of a new key; it takes the place of the oldest."""
        keys = self.redelivery_keys()
        generation = keys[0][0] + 1 if keys else 1
        at = list(self._key_places())[generation % REDELIVERY_KEYS]
        self._put(at, bytes(4))
        self._put(at + 4, _KEY.pack(generation, now, os.urandom(KEY_OCTETS))[4:])
        self._put(at, struct.pack("=I", generation))
        return generation

    @staticmethod
    def _key_places() -> range:
        return range(64, 64 + REDELIVERY_KEYS * _KEY.size, _KEY.size)

    def read(self, slot: int) -> Record | None:
        """Return the record in ``slot``, None where it is free."""
        fields = RECORD.unpack_from(self._map, _at(slot))
        state, kind, total, line, key, message, conversation, expiry, pending, rank = fields[:10]
        parts, change, next_pending, next_part = fields[10:]
        if state == State.FREE:
            return None
        return Record(
            _KINDS[kind],
            line,
            key,
            conversation,
            expiry,
            message,
            pending,
            rank,
            total,
            int.from_bytes(parts, "little"),
            _STATES[state],
            change,
            next_pending,
            next_part,
        )

    def write(self, slot: int, record: Record) -> None:
        """Put ``record`` in ``slot``, which is free; its state last."""
        at = _at(slot)
        packed = RECORD.pack(
            State.FREE,
            record.kind,
            record.total,
            record.line,
            record.key,
            record.message,
            record.conversation,
            record.expiry,
            record.pending,
            record.rank,
            record.parts.to_bytes(32, "little"),
            record.change,
            record.next_pending,
            record.next_part,
        )
        self._put(at, packed)
        self._put(at, _STATE_OCTETS[record.state])

    def begin_change(self, slot: int, record: Record) -> None:
        """Write the change of ``record`` beside the live fields in ``slot``."""
        at = _at(slot)
        self._put(at + _CHANGE_AT, _CHANGE.pack(record.change, record.next_pending, record.next_part))
        self._put(at, _STATE_OCTETS[State.CHANGING])

    def end_change(self, slot: int, record: Record) -> None:
        """Write what a change may have set, then that no change is under way."""
        at = _at(slot)
        self._put(at + _PENDING_AT, _PENDING.pack(record.pending))
        self._put(at + _PARTS_AT, record.parts.to_bytes(32, "little"))
        self._put(at, _STATE_OCTETS[State.LIVE])
        self._put(at + _CHANGE_AT, _UNCHANGED)

    def set_pending(self, slot: int, pending: int, next_pending: int) -> None:
        """Write how many messages wait, now and once the change under way is in force."""
        at = _at(slot)
        self._put(at + _PENDING_AT, _PENDING.pack(pending))
        self._put(at + _CHANGE_AT + CHANGE_OCTETS, _PENDING.pack(next_pending))

    def forget_conversation(self, slot: int) -> None:
        """Make the conversation id in ``slot`` zero."""
        self._put(_at(slot) + _CONVERSATION, NO_CONVERSATION)

    def wipe(self, slot: int) -> None:
        """Make ``slot`` free, then zero."""
        at = _at(slot)
        self._put(at, _STATE_OCTETS[State.FREE])
        self._put(at, _WIPED)

    def is_wiped(self, slot: int) -> bool:
        """Return whether ``slot`` is all zero: an intake that was killed may have left a free one that is not."""
        at = _at(slot)
        return self._map[at : at + RECORD_OCTETS] == _WIPED


def _at(slot: int) -> int:
    return _HEADER_OCTETS + slot * RECORD_OCTETS


def new_memfd() -> int:
    """Return a file descriptor of fresh memory that has no name in any file system and is not inherited."""
    fd = os.memfd_create("tipline-memory", os.MFD_CLOEXEC)
    os.ftruncate(fd, MEMORY_OCTETS)
    return fd


def fits(fd: int) -> bool:
    """Return whether ``fd`` is as long as the memory: another version of this software kept another one."""
    return os.fstat(fd).st_size == MEMORY_OCTETS
