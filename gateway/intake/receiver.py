"""Where a tip comes in: strip, slip, seal, commit, and only then does ``take`` return. docs/architecture.md."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from functools import partial

from gateway.canary import Canaries
from gateway.clock import Period
from gateway.memory.redelivery import Hashes, Redelivery
from gateway.memory.table import Plan, Table
from gateway.sealing import new_id, seal
from gateway.spool.committer import Committer, Entry, NotStored, Outcome
from hw.contract import Clock, Delivery, NotDurable
from wire.address import origin
from wire.commitment import commitment, digest
from wire.errors import TpduError
from wire.slip import Flag, Kind, Origin, Slip, encode_slip
from wire.strip import StrippedUserData, redelivery_key, strip_unparsed, strip_user_data
from wire.tpdu import Deliver, find_deliver

_NOBODY = b""
"""Stands for the sender of what has none, so that all of it shares one rank and cannot starve the rest."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What slips are sealed to at this time."""

    line: bytes
    epoch: int
    key: bytes
    period: Period
    month: str
    """Of ``period``."""
    after_loss: bool


@dataclass(frozen=True, slots=True)
class _Message:
    """A delivery read: what identifies it, and what may go into a slip."""

    sender: bytes = field(repr=False)
    """TP-OA in canonical octets; empty for none."""
    known_by: bytes | None = field(repr=False)
    """The octets by which a re-delivery is recognised."""
    deliver: Deliver | None = field(repr=False)
    stripped: StrippedUserData | None = field(repr=False)
    rest: bytes = field(repr=False)
    """Of what could not be parsed."""


def _read(delivery: Delivery) -> _Message:
    if delivery.intact:
        try:
            deliver = find_deliver(delivery.pdu, delivery.length)
        except TpduError:
            pass
        else:
            known_by = redelivery_key(deliver)
            sender = deliver.oa.canonical if deliver.oa.length else _NOBODY
            return _Message(sender, known_by, deliver, strip_user_data(deliver), b"")
    return _Message(_NOBODY, b"unparsed" + delivery.pdu, None, None, strip_unparsed(delivery.pdu))


class LineReceiver:
    """The deliveries of one line. ``sealing`` is set by the clock before the first and at each turn of a period."""

    def __init__(
        self,
        line: int,
        *,
        window: float,
        table: Table,
        redelivery: Redelivery,
        committer: Committer,
        clock: Clock = time.monotonic,
    ) -> None:
        self.line = line
        self.sealing: Seal | None = None
        self.canaries: Canaries | None = None
        self.canary_proven: float | None = None
        """When the last canary came in, monotonic seconds."""
        self._window = window
        self._table = table
        self._redelivery = redelivery
        self._committer = committer
        self._clock = clock
        self._under_way: dict[bytes, asyncio.Future[Outcome]] = {}

    async def take(self, delivery: Delivery) -> None:
        """Return once the delivery is durable. Raises NotDurable, and nothing else."""
        message = _read(delivery)
        sender_key = self._table.sender_key(self.line, message.sender)
        while (before := self._under_way.get(sender_key)) is not None:
            await asyncio.wait((before,))
        await self._begin(message, sender_key)

    def _begin(self, message: _Message, sender_key: bytes) -> asyncio.Future[None]:
        """Return a future that ends with the commit. What is remembered changes then, awaited or not.

        It is another than the committer's, so that to cancel it cancels nothing else; asyncio.shield costs more.
        """
        sealing = self.sealing
        if sealing is None:
            raise NotDurable("the line has no key sheet")
        hashes = self._hashes(message.known_by)
        canary = self._is_canary(message)
        plan = self._plan(message, sender_key)
        try:
            entry = self._entry(message, plan, sealing, hashes, canary=canary)
        except BaseException:
            self._table.cancel(plan)
            raise
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future = self._committer.store(entry)
        self._under_way[sender_key] = future
        future.add_done_callback(partial(self._settle, sender_key, plan, taken, canary))
        return taken

    def _entry(self, message: _Message, plan: Plan, sealing: Seal, hashes: Hashes, *, canary: bool) -> Entry:
        counted = plan.counted and not canary
        tip = new_id()
        octets = encode_slip(_slip(message, plan, sealing, tip=tip, counted=counted, canary=canary))
        return Entry(
            line=self.line,
            epoch=sealing.epoch,
            rank=plan.rank,
            period=sealing.period.start,
            month=sealing.month,
            sealed=seal(octets, sealing.key),
            hash=hashes.hashes[0],
            earlier=hashes.hashes[1:],
            generation=hashes.generation,
            change=plan.change,
            commitment=commitment(digest(tip, octets)) if counted else None,
            new_conversation=plan.new_conversation and not canary,
            canary=canary,
        )

    def _settle(
        self,
        sender_key: bytes,
        plan: Plan,
        taken: asyncio.Future[None],
        canary: bool,
        done: asyncio.Future[Outcome],
    ) -> None:
        del self._under_way[sender_key]
        error = done.exception()
        if error is None and done.result() is Outcome.STORED:
            self._table.confirm(plan)
            if canary:
                self.canary_proven = self._clock()
        else:
            self._table.cancel(plan)
        if taken.done():  # the one who waited was cancelled
            return
        if error is None:
            taken.set_result(None)
        else:
            taken.set_exception(NotDurable(str(error)) if isinstance(error, NotStored) else error)

    def _hashes(self, known_by: bytes | None) -> Hashes:
        if known_by is None:
            return Hashes((os.urandom(32),), self._redelivery.generation)
        return self._redelivery.hashes(self.line.to_bytes(4, "big") + known_by)

    def _plan(self, message: _Message, sender_key: bytes) -> Plan:
        concat = message.stripped.concat if message.stripped else None
        now = self._clock()
        if concat is not None and message.known_by is None:
            known = self._table.known_message(sender_key, concat, now=now)
            if known is not None:
                return known
        return self._table.plan(
            sender_key,
            concat,
            line=self.line,
            now=now,
            window=self._window if message.sender else 0.0,
        )

    def _is_canary(self, message: _Message) -> bool:
        deliver = message.deliver
        if deliver is None or self.canaries is None:
            return False
        return self.canaries.recognise(deliver.udl, deliver.ud)


_FLAGS = tuple(Flag(bits) for bits in range(16))
"""Every set of flags, made once: IntFlag's own operators cost as much as a tenth of the sealing."""


def _flags(*, udhi: bool, counted: bool, after_loss: bool, multimedia: bool) -> Flag:
    return _FLAGS[udhi | counted << 1 | after_loss << 2 | multimedia << 3]


def _slip(message: _Message, plan: Plan, sealing: Seal, *, tip: bytes, counted: bool, canary: bool) -> Slip:
    deliver, stripped = message.deliver, message.stripped
    if deliver is None or stripped is None:
        kind, pid, dcs, udl, data, source = Kind.UNPARSED, 0, 0, 0, message.rest, Origin.NONE
        udhi = multimedia = False
    else:
        kind = Kind.CANARY if canary else Kind.SMS
        pid, dcs, udl, data, source = deliver.pid, deliver.dcs, stripped.udl, stripped.ud, origin(deliver.oa)
        udhi, multimedia = deliver.udhi, stripped.multimedia
    return Slip(
        kind=kind,
        flags=_flags(udhi=udhi, counted=counted, after_loss=sealing.after_loss, multimedia=multimedia),
        origin=source,
        epoch=sealing.epoch,
        line=sealing.line,
        tip=tip,
        message=plan.message,
        conversation=plan.conversation,
        received=sealing.period.start,
        period=sealing.period.length,
        pid=pid,
        dcs=dcs,
        udl=udl,
        data=data,
    )
