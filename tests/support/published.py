"""A line whose months are over: real batches and ledgers taken into a real home, to make bulletins of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.support.workstation import Box, Station
from wire.bulletin import BulletinFile, read_bulletin
from wire.commitment import commitment, digest
from wire.hashing import NO_HASH, blake2b_256
from wire.ledger import ChainRange, Ledger, LedgerFile, ledger_name, read_ledger, write_ledger
from wire.period import begin_of, end_of
from wire.slip import Slip, encode_slip
from workstation.batches.walk import find_files
from workstation.book import actions
from workstation.book.connection import Book
from workstation.book.districts import District
from workstation.book.log import Actor
from workstation.book.taking import open_book, take
from workstation.bulletin.making import Draft, issue, prepare
from workstation.home import Home

DAY = 86400
ANALYST = Actor(("analyst",))
DISTRICTS = ("centro", "norte", "sur")
CATEGORIES = ("extortion", "drug_dealing", "theft_vehicle", "weapons", "homicide")
STATUSES = (
    "investigating",
    "unconfirmed",
    "not_actionable.prank",
    "action_taken.patrol",
    "action_taken.arrest",
)


@dataclass
class Counter:
    """A box that cuts one batch a month and counts in ledgers what it received."""

    box: Box
    stick: Path
    ledgers: list[LedgerFile] = field(default_factory=list)

    def month(self, month: str, count: int, *, held_back: int = 0, ledger: bool = True) -> None:
        """Put the batch and the ledger of ``month`` on the stick; ``held_back`` messages are counted and not sent."""
        slips = [
            self.box.text(f"aviso {number} de {month}", received=begin_of(month), period=3600)
            for number in range(count + held_back)
        ]
        self.box.slots = count + 3
        self.box.cut(self.stick, *slips[:count], period=begin_of(month) + 9 * DAY)
        found = self.ledger(month, slips)
        if ledger:
            (self.stick / ledger_name(found.ledger)).write_bytes(self.octets(found))

    def ledger(self, month: str, slips: Sequence[Slip]) -> LedgerFile:
        """Return the next ledger, whose one batch is the last that was cut."""
        body = b"".join(sorted(commitment(digest(slip.tip, encode_slip(slip))) for slip in slips))
        made = Ledger(
            box=self.box.id,
            line=self.box.sheet.line,
            month=month,
            serial=len(self.ledgers) + 1,
            previous=self.ledgers[-1].hash if self.ledgers else NO_HASH,
            ranges=(ChainRange(self.box.chain, self.box.sequence, self.box.sequence),),
            header=self.box.previous,
            count=len(slips),
            conversations=len(slips),
            canaries_sent=0,
            canaries_received=0,
            minutes=40_000,
            body=blake2b_256(body),
        )
        self.ledgers.append(LedgerFile(made, write_ledger(made, self.box.key).hash, body))
        return self.ledgers[-1]

    def octets(self, found: LedgerFile) -> bytes:
        """Return the file of a ledger."""
        octets = write_ledger(found.ledger, self.box.key).octets + found.body
        assert read_ledger(octets, bytes(self.box.key.verify_key)) == found
        return octets


@dataclass
class Office:
    """A home that takes sticks and issues bulletins, at the times it is told."""

    station: Station
    folder: Path
    home: Home
    box: Counter = field(init=False)
    """The one that a test has."""

    @classmethod
    def make(cls, folder: Path, *, two: bool = False) -> Office:
        """Return an office with a new home; all that is drawn for it is always the same, and so is its noise."""
        with patch("secrets.token_bytes", Random(2024).randbytes):
            station = Station.make_two_person(folder) if two else Station.make(folder)
        return cls(station, folder, station.open())

    def counter(self, seed: int = 1) -> Counter:
        """Return a trusted box."""
        box, stick = Box(self.station.sheet, seed), self.folder / f"stick {seed}"
        stick.mkdir()
        self.station.trust(box, self.folder)
        return Counter(box, stick)

    def book(self) -> Book:
        return open_book(self.home)

    def take(self, counter: Counter, *, now: int) -> None:
        """Import the stick of ``counter``; all of it is good."""
        report = take(self.home, find_files((counter.stick,)), now=now, advance=lambda: None, helpers=1)
        assert not report.refused
        assert not report.quarantined

    def triage(self, random: Random, tips: Iterable[int], *, now: int) -> None:
        """Give the ``tips`` district, category and status, as uneven as life."""
        tips = list(tips)
        with self.book() as book:
            if not actions.districts(book):
                names = tuple(District(code, code.capitalize(), code.capitalize()) for code in DISTRICTS)
                actions.set_districts(book, ANALYST, names, now=now)
            for doing, codes in (
                (actions.set_district, DISTRICTS),
                (actions.set_category, CATEGORIES),
                (actions.set_status, ("valid",)),
                (actions.set_status, STATUSES),
            ):
                weights = [1 / place**1.5 for place in range(1, len(codes) + 1)]
                chosen = random.choices(codes, weights, k=len(tips))
                for code in codes:
                    some = [tip for tip, one in zip(tips, chosen, strict=True) if one == code]
                    if some:
                        doing(book, ANALYST, some, code, now=now)

    def tips_of(self, month: str) -> list[int]:
        """Return the ids of the tips that came in ``month``."""
        with self.book() as book:
            query = "SELECT id FROM tips WHERE received >= ? AND received < ? ORDER BY id"
            rows = book.connection.execute(query, (begin_of(month), end_of(month)))
            return [tip for (tip,) in rows]

    def prepare(self, month: str, *, now: int | None = None) -> Draft:
        with self.book() as book:
            return prepare(self.home, book, month, now=end_of(month) + 5 * DAY if now is None else now)

    def issue(self, month: str, *, now: int | None = None) -> BulletinFile:
        """Return the bulletin of ``month``, made, kept, written, and read back from the file."""
        at = end_of(month) + 5 * DAY if now is None else now
        path = self.folder / f"{month}.bulletin"
        with self.book() as book:
            draft = prepare(self.home, book, month, now=at)
            issue(self.home, book, draft, path, now=at)
        return read_bulletin(path.read_bytes(), draft.bulletin.authority)
