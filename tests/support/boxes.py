"""A box's intake without modems: real spool, real memory, real commits, in a folder of the test; a fake clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nacl.bindings import crypto_box_seal_open
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.signing import SigningKey
from sqlite_utils import Database

from gateway.box import Box, make_box
from gateway.config import BatchConfig, Duration, LineConfig
from gateway.intake.line import Line
from gateway.memory.redelivery import Redelivery
from gateway.memory.store import SharedMemory, new_memfd
from gateway.memory.table import Table
from gateway.spool.committer import Committer
from gateway.spool.lines import enroll, line_state
from gateway.spool.schema import open_spool
from hw.contract import Delivery
from tests.support.tpdus import semi_octets, smsc_address
from wire.batch import Batch, cut_body, read_batch
from wire.hashing import blake2b_256
from wire.keysheet import Epoch, KeySheet, write_keysheet
from wire.manifest import Manifest, decode_manifest
from wire.slip import Kind, Slip, decode_slip

NOW = 1_800_000_000
"""2027-01-15 08:00:00 UTC: the start of an hour."""
WEEK = 7 * 86400
LINE = bytes(range(8))
AUTHORITY = SigningKey(blake2b_256(b"authority of the box tests"))
SMSC = "+526560001122".strip("+")
SCTS = bytes.fromhex("72105180000023")


def secret(epoch: int, line: bytes = LINE) -> PrivateKey:
    """The police key of an epoch."""
    return PrivateKey(blake2b_256(b"secret of the box tests" + line + epoch.to_bytes(4, "big")))


def make_sheet(
    *,
    name: str = "police",
    line: bytes = LINE,
    serial: int = 1,
    first: int = 1,
    epochs: int = 52,
    begins: int = NOW - 86400,
    length: int = WEEK,
    authority: SigningKey = AUTHORITY,
    announced: SigningKey | None = None,
) -> tuple[KeySheet, bytes]:
    """A signed key sheet of consecutive epochs."""
    sheet = KeySheet(
        line=line,
        name=name,
        serial=serial,
        date=begins,
        authority=bytes(authority.verify_key),
        next_authority=blake2b_256(bytes((announced or authority).verify_key)),
        epochs=tuple(
            Epoch(
                number,
                begins + at * length,
                begins + (at + 1) * length,
                bytes(secret(number, line).public_key),
            )
            for at, number in enumerate(range(first, first + epochs))
        ),
    )
    return sheet, write_keysheet(sheet, authority).octets


def pdu_of(
    sender: str = "5216561112233",
    text: bytes = b"\xd4\xf2\x9c\x0e",
    *,
    udl: int | None = None,
    dcs: int = 0x04,
    udh: bytes = b"",
    scts: bytes = SCTS,
    toa: int = 0x91,
    smsc: str = SMSC,
    mms: bool = True,
    padding: int = 0,
) -> bytes:
    """The <pdu> of an SMS-DELIVER, 8-bit data unless ``dcs`` says otherwise."""
    user_data = (bytes((len(udh),)) + udh if udh else b"") + text
    first = (0x40 if udh else 0) | (0x04 if mms else 0)
    tpdu = bytes((first, len(sender), toa)) + semi_octets(sender) + bytes((0, dcs)) + scts
    tpdu += bytes((len(user_data) if udl is None else udl,)) + user_data
    return smsc_address(smsc) + tpdu + b"\xff" * padding


def part_udh(reference: int, total: int, part: int) -> bytes:
    """The header of one part of a message."""
    return bytes((0x00, 3, reference, total, part))


def delivery(pdu: bytes) -> Delivery:
    """A delivery whose header gave no length."""
    return Delivery(pdu, None)


@dataclass
class FakeClock:
    """Monotonic seconds that pass when the test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Intake:
    """One line of a box at work, in this process."""

    folder: Path
    box: Box
    memory: SharedMemory
    fd: int
    clock: FakeClock
    committer: Committer
    table: Table
    redelivery: Redelivery
    line: Line
    db: Database
    """A connection of its own: what it reads is committed."""
    wall: float = float(NOW)
    waiting: list[asyncio.Task[None]] = field(default_factory=list)

    async def take(self, *pdus: bytes) -> None:
        for pdu in pdus:
            await self.line.receiver.take(delivery(pdu))

    def slips(self) -> list[Slip]:
        """All waiting slips, opened, in no order."""
        rows = self.db.conn.execute("SELECT epoch, sealed FROM slip").fetchall()
        return [open_slip(sealed, epoch) for epoch, sealed in rows]

    async def turn(self) -> None:
        await self.line.turn(self.wall)

    async def cut(self) -> Batch:
        """End the period, begin the next with the clock at its end, and return the verified batch."""
        period = self.line.period
        assert period is not None
        await self.line.cut(period)
        self.wall = max(self.wall, period.end)
        await self.turn()
        return self.batches()[-1]

    def batches(self) -> list[Batch]:
        rows = self.db.conn.execute("SELECT octets FROM batch ORDER BY cut").fetchall()
        return [read_batch(octets, lambda _: self.box.identity.key) for (octets,) in rows]


def open_slip(sealed: bytes, epoch: int, line: bytes = LINE) -> Slip:
    """The slip sealed to the key of ``epoch``."""
    key = secret(epoch, line)
    return decode_slip(crypto_box_seal_open(sealed, bytes(key.public_key), bytes(key)))


def open_batch(batch: Batch) -> tuple[list[Slip], Manifest]:
    """The slips that are neither cover nor manifest, and the manifest. A slip may be of an earlier epoch."""
    slips = [_open_any(sealed, batch.header.epoch) for sealed in cut_body(batch.body)]
    (manifest,) = [decode_manifest(slip.data) for slip in slips if slip.kind is Kind.MANIFEST]
    return [slip for slip in slips if slip.kind not in (Kind.MANIFEST, Kind.COVER)], manifest


def _open_any(sealed: bytes, newest: int) -> Slip:
    for epoch in range(newest, 0, -1):
        try:
            return open_slip(sealed, epoch)
        except CryptoError:
            continue
    raise AssertionError("no key opens it")


def make_state(folder: Path, *, enrolled: bool = True, now: int = NOW) -> Box:
    """A state folder with a box, a spool and the line "police", ``enrolled`` or not."""
    folder.mkdir(mode=0o700, exist_ok=True)
    open_spool(folder / "spool.sqlite", make=True).close()
    box = make_box(folder)
    db = open_spool(folder / "spool.sqlite")
    if enrolled:
        enroll(db, "police", *make_sheet(), now=now)
    db.close()
    return box


@asynccontextmanager
async def intake(
    folder: Path,
    *,
    box: Box | None = None,
    fd: int | None = None,
    linking: Literal["window", "none"] = "window",
    slots: int = 8,
    period: int = 3600,
    capacity: int = 256,
    reserve: int = 0,
    wall: float = NOW,
    clock: FakeClock | None = None,
) -> AsyncIterator[Intake]:
    """One line at work; with ``box`` and ``fd`` it goes on where an earlier one was."""
    box = box or make_state(folder)
    clock = clock or FakeClock()
    fresh = fd is None
    fd = new_memfd() if fd is None else fd
    memory = SharedMemory(fd)
    if fresh:
        memory.lay_out(now=clock(), after_loss=False)
    path = folder / "spool.sqlite"
    db = open_spool(path)
    table = Table(memory, capacity=capacity)
    find = "SELECT 1 FROM seen WHERE change = ?"
    table.settle(lambda change: db.conn.execute(find, (change,)).fetchone() is not None)
    redelivery = Redelivery(memory)
    redelivery.turn(clock())
    committer = Committer(path, reserve=reserve)
    line = Line(
        LineConfig(name="police", linking=linking),
        BatchConfig(period=Duration(period), slots=slots),
        box=box,
        state=line_state(db, "police"),
        memory=memory,
        table=table,
        redelivery=redelivery,
        committer=committer,
        clock=clock,
    )
    await line.turn(wall)
    made = Intake(folder, box, memory, fd, clock, committer, table, redelivery, line, db, wall)
    try:
        yield made
    finally:
        await committer.close()
        db.close()
