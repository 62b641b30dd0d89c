"""The memory of senders against a model, killed between any two writes to it."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.memory.store import NO_CONVERSATION, RECORD_OCTETS, SharedMemory, new_memfd
from gateway.memory.table import MESSAGE_WINDOW, Plan, Table
from wire.udh import Concat

WINDOW = 3600.0
LINE = 7
CAPACITY = 32
USED_OCTETS = 4096 + CAPACITY * RECORD_OCTETS


class Killed(Exception):
    """Stands for SIGKILL: nothing runs after it on the old mapping."""


class FragileMemory(SharedMemory):
    """Is killed at its n-th write from now, of which none, half or all is done."""

    left: int | None = None
    halves: int = 0

    def _put(self, at: int, octets: bytes) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                super()._put(at, octets[: len(octets) * self.halves // 2])
                raise Killed
        super()._put(at, octets)


@dataclass(eq=False)
class Message:
    """What the model knows of a message whose parts come in."""

    sender: str
    reference: int
    total: int
    ids: set[bytes] = field(default_factory=set)
    parts: set[int] = field(default_factory=set)


@dataclass
class Slip:
    sender: str
    plan: Plan
    concat: Concat | None
    at: float


class Senders(RuleBasedStateMachine):
    """Arrivals, re-deliveries, failures, kills, cuts and the passing of time, in any order."""

    capacity = CAPACITY
    window = WINDOW

    def __init__(self) -> None:
        super().__init__()
        self.fd = new_memfd()
        self.now = 1000.0
        self.spool: set[bytes] = set()
        self.stored: list[Slip] = []
        self.pending: dict[str, int] = defaultdict(int)
        self.open: dict[tuple[str, int, int], Message] = {}
        self.conversation: dict[str, tuple[bytes, float]] = {}
        self.counted: dict[bytes, int] = defaultdict(int)
        self.memory = FragileMemory(self.fd)
        self.memory.lay_out(now=self.now, after_loss=False)
        self.table = Table(self.memory, capacity=self.capacity)

    def teardown(self) -> None:
        os.close(self.fd)

    senders = st.sampled_from(["ana", "beto", "caro", "dora"])

    def _map_again(self) -> None:
        self.memory = FragileMemory(self.fd)
        self.table = Table(self.memory, capacity=self.capacity)
        self.table.settle(self.spool.__contains__)

    def _plan(self, sender: str, concat: Concat | None) -> Plan:
        key = self.table.sender_key(LINE, sender.encode())
        return self.table.plan(key, concat, line=LINE, now=self.now, window=self.window)

    @initialize()
    def begin(self) -> None:
        assert len(self.table) == 0

    @rule(
        sender=senders,
        concat=st.none()
        | st.builds(
            lambda r, t, p: Concat(r, t, min(p, t), 8),
            st.integers(1, 2),
            st.integers(2, 3),
            st.integers(1, 3),
        ),
        end=st.sampled_from(["commit", "commit", "commit", "fail"]),
    )
    def arrive(self, sender: str, concat: Concat | None, end: str) -> None:
        plan = self._plan(sender, concat)
        if end == "fail":
            self.table.cancel(plan)
        else:
            self.spool.add(plan.change)
            self.table.confirm(plan)
            self._stored(sender, concat, plan)

    @rule(
        sender=senders,
        concat=st.none() | st.builds(lambda r, p: Concat(r, 2, p, 8), st.integers(1, 2), st.integers(1, 2)),
        writes=st.integers(0, 14),
        halves=st.integers(0, 2),
    )
    def arrive_and_be_killed(self, sender: str, concat: Concat | None, writes: int, halves: int) -> None:
        self.memory.left, self.memory.halves = writes, halves
        committed: Plan | None = None
        try:
            plan = self._plan(sender, concat)
            self.spool.add(plan.change)
            committed = plan
            self.table.confirm(plan)
        except Killed:
            pass
        if committed is not None:
            self._stored(sender, concat, committed)
        self._map_again()

    @rule(sender=senders, concat=st.none() | st.builds(lambda r: Concat(r, 2, 1, 8), st.integers(1, 2)))
    def killed_before_the_commit(self, sender: str, concat: Concat | None) -> None:
        self._plan(sender, concat)
        self._map_again()

    @rule(
        writes=st.integers(0, 5),
        halves=st.integers(0, 2),
        seconds=st.sampled_from([1.0, WINDOW, 49 * 3600.0]),
    )
    def killed_while_forgetting_and_lowering(self, writes: int, halves: int, seconds: float) -> None:
        """A cut took everything, and the counts were lowered or not."""
        self._pass(seconds)
        before = self.table.pending(LINE)
        self.memory.left, self.memory.halves = writes, halves
        try:
            self.table.after_cut(before, left=0, lowest_rank_left=0)
            self.table.forget_expired(self.now)
        except Killed:
            pass
        self._map_again()
        self.table.after_cut(self.table.pending(LINE), left=0, lowest_rank_left=0)
        self.pending.clear()

    @rule(lowest=st.integers(0, 3), meanwhile=st.lists(senders, max_size=2))
    def cut(self, lowest: int, meanwhile: list[str]) -> None:
        """All of a lower rank went out; some came while the batch was being made."""
        before = self.table.pending(LINE)
        waited = dict(self.pending)
        for sender in meanwhile:
            self.arrive(sender, None, "commit")
        self.table.after_cut(before, left=lowest, lowest_rank_left=lowest)
        for sender, count in waited.items():
            self.pending[sender] -= min(count, lowest) if lowest else count

    @rule(seconds=st.sampled_from([1.0, 600.0, WINDOW, 49 * 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self._pass(seconds)
        self.table.forget_expired(self.now)

    def _pass(self, seconds: float) -> None:
        self.now += seconds
        self.open = {
            key: message
            for key, message in self.open.items()
            if self._began(message) + MESSAGE_WINDOW > self.now
        }

    def _began(self, message: Message) -> float:
        return min(slip.at for slip in self.stored if slip.plan.message in message.ids)

    def _stored(self, sender: str, concat: Concat | None, plan: Plan) -> None:
        """Compare the ids with what the model expects of a slip that is durable."""
        self.counted[plan.message] += plan.counted
        self.stored.append(Slip(sender, plan, concat, self.now))
        assert plan.rank == self._rank(sender, concat)
        if concat is None:
            self._first(sender, plan)
            return
        key = (sender, concat.reference, concat.total)
        message = self.open.get(key)
        if message is None or concat.part in message.parts:
            self._first(sender, plan)
            message = self.open[key] = Message(sender, concat.reference, concat.total, {plan.message})
        else:
            assert plan.message in message.ids, "the parts of one message share its id"
            assert not plan.counted
        message.parts.add(concat.part)
        if len(message.parts) == message.total:
            del self.open[key]

    def _rank(self, sender: str, concat: Concat | None) -> int:
        message = self.open.get((sender, concat.reference, concat.total)) if concat else None
        if concat is None or message is None or concat.part in message.parts:
            return self.pending[sender]
        return next(slip.plan.rank for slip in self.stored if slip.plan.message in message.ids)

    def _first(self, sender: str, plan: Plan) -> None:
        assert plan.counted
        assert self.counted[plan.message] == 1, "a new message has a new id"
        self.pending[sender] += 1
        held, until = self.conversation.get(sender, (b"", 0.0))
        if self.window and until > self.now:
            assert plan.conversation == held, "nothing committed is forgotten while the memory lives"
            assert not plan.new_conversation
        else:
            known = {slip.plan.conversation for slip in self.stored[:-1]}
            assert plan.conversation not in known
            assert plan.new_conversation
            self.conversation[sender] = (plan.conversation, self.now + self.window)

    @invariant()
    def one_slip_of_each_message_is_counted(self) -> None:
        assert all(count == 1 for count in self.counted.values())

    @invariant()
    def nobody_shares_a_conversation_with_another(self) -> None:
        owners: dict[bytes, str] = {}
        for slip in self.stored:
            assert owners.setdefault(slip.plan.conversation, slip.sender) == slip.sender

    @invariant()
    def what_is_over_is_nowhere_in_the_memory(self) -> None:
        alive = {bytes(16), NO_CONVERSATION}
        alive |= {held for held, until in self.conversation.values() if until > self.now}
        for message in self.open.values():
            alive |= message.ids | {s.plan.conversation for s in self.stored if s.plan.message in message.ids}
        self.table.forget_expired(self.now)
        raw = os.pread(self.fd, USED_OCTETS, 0)
        for slip in self.stored:
            for one in (slip.plan.message, slip.plan.conversation):
                assert one in alive or one not in raw


class SendersWithoutLinking(Senders):
    """A line with linking = "none"."""

    window = 0.0

    @invariant()
    @precondition(lambda self: self.stored)
    def no_two_messages_share_a_conversation(self) -> None:
        message_of: dict[bytes, bytes] = {}
        for slip in self.stored:
            assert message_of.setdefault(slip.plan.conversation, slip.plan.message) == slip.plan.message


_QUICK = settings(max_examples=50, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])
TestSenders = Senders.TestCase
TestSenders.settings = _QUICK
TestSendersWithoutLinking = SendersWithoutLinking.TestCase
TestSendersWithoutLinking.settings = _QUICK
