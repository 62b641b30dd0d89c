"""A screen with tips on it: a home, a stick with made-up batches of a made-up city, and some days of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

from waitress import wasyncore

from tests.support.spanish_tips import DISTRICTS, PERSONS, UNITS, MadeUp, made_up
from tests.support.workstation import NOW, Box, Station
from wire.slip import Slip
from workstation.batches.report import Report
from workstation.batches.walk import find_files
from workstation.book import actions
from workstation.book.actions import Actor, Changes
from workstation.book.connection import Book
from workstation.book.taking import open_book, take
from workstation.home import Home
from workstation.screen.desk import Desk
from workstation.screen.server import Server, watching

DAY = 86400
HOUR = 3600
REPEATED = "En Gómez Morín tienen encerrada a una muchacha, casa verde de dos pisos, se oyen gritos"


@dataclass
class City:
    """A home whose line received messages before ``now``."""

    folder: Path
    seed: int = 1
    now: int = NOW
    given: InitVar[Station | None] = None
    station: Station = field(init=False)
    random: Random = field(init=False)

    def __post_init__(self, given: Station | None) -> None:
        self.random = Random(self.seed)
        self.station = given or Station.make(self.folder, epochs=60)
        self.box = Box(self.station.sheet, seed=self.seed, slots=64)
        self.station.trust(self.box, self.folder)
        self.stick = self.folder / "stick"
        self.stick.mkdir()

    @classmethod
    def of_two(cls, folder: Path) -> City:
        """Return a city whose home opens with two people only."""
        return cls(folder, given=Station.make_two_person(folder))

    def home(self) -> Home:
        return self.station.open()

    def book(self) -> Book:
        return open_book(self.home())

    def slips(self, text: str, received: int, **fields: Any) -> list[Slip]:
        """Return the slips of a message; a long one has parts."""
        if any(0xD800 <= ord(letter) < 0xE000 for letter in text):  # half a character: no alphabet has it
            data = text.encode("utf-16-be", "surrogatepass")
            return [self.box.part(dcs=8, udl=len(data), data=data, received=received, **fields)]
        size = 150 if text.isascii() else 60
        pieces = [text[at : at + size] for at in range(0, len(text), size)] or [""]
        if len(pieces) == 1:
            return [self.box.text(text, received=received, **fields)]
        return self.box.long_text(pieces, reference=self.random.randrange(256), received=received, **fields)

    def cut(self, *slips: Slip, period: int) -> Path:
        """Return the file of a batch of the stick."""
        self.box.slots = max(64, len(slips) + 1)
        return self.box.cut(self.stick, *slips, period=period)

    def take(self, now: int | None = None) -> Report:
        """Return what importing the stick did."""
        files = find_files([self.stick])
        return take(self.home(), files, now=now or self.now, advance=lambda: None, helpers=1)

    def live(self, days: int, a_day: int) -> None:
        """Receive made-up tips for some days, import them day by day, and let analysts work on them."""
        self.say_where()
        for age in range(days, 0, -1):
            start = (self.now - age * DAY) // HOUR * HOUR
            known = [
                made_up(self.random) for _ in range(self.random.randrange(a_day // 2, a_day * 3 // 2 + 1))
            ]
            known += [MadeUp(REPEATED, "kidnapping", "norte", True)] if age in (1, 2) else []
            self._receive(known, start)
            self.take(start + DAY + HOUR)
            self._work(known, start + DAY + HOUR)

    def say_where(self) -> None:
        """Give the book its districts."""
        rows = "".join(f"{code},{es},{en}\n" for code, es, en in DISTRICTS)
        found = actions.read_districts(f"code,es,en\n{rows}".encode())
        with self.book() as book:
            actions.set_districts(book, self.actor, found, now=self.now - 400 * DAY)

    @property
    def actor(self) -> Actor:
        return Actor(("analyst",))

    def _receive(self, known: Sequence[MadeUp], start: int) -> None:
        by_hour: dict[int, list[Slip]] = {}
        conversation = self.random.randbytes(16)
        hour = start
        for one in known:
            if self.random.random() > 0.2:  # else the sender of the one before goes on
                conversation, hour = self.random.randbytes(16), start + self.random.randrange(24) * HOUR
            by_hour.setdefault(hour, []).extend(self.slips(one.text, hour, conversation=conversation))
        for hour in sorted(by_hour):
            self.cut(*by_hour[hour], period=hour)

    def _work(self, known: Sequence[MadeUp], now: int) -> None:
        """Let analysts do what they do: sort most of it, hand some on, close some."""
        with self.book() as book:
            rows = book.connection.execute("SELECT id, text FROM tips WHERE status = 'delivered'").fetchall()
            said = {one.text: one for one in known}
            for number, text in rows:
                one = said.get(text)
                if one is None or self.random.random() < 0.3:
                    continue
                self._triage(book, number, one, now + self.random.randrange(3 * DAY))

    def _triage(self, book: Book, number: int, one: MadeUp, at: int) -> None:
        if at > self.now:
            return
        draw = self.random
        unit = draw.choice(UNITS) if draw.random() < 0.7 else None
        person = draw.choice(PERSONS) if draw.random() < 0.4 else None
        status = draw.choice(("valid", "forwarded", "verifying", "investigating"))
        changes = Changes(
            status=status, category=one.category, district=one.district, unit=unit, person=person,
            priority=2 if one.urgent else 0,
        )  # fmt: skip
        actions.change(book, self.actor, [number], changes, now=at)
        end = at + draw.randrange(20 * DAY)
        if draw.random() < 0.5 and end < self.now:
            actions.set_status(book, self.actor, [number], draw.choice(ENDS), now=end)


ENDS = (
    "action_taken.patrol", "action_taken.arrest", "action_taken.file_opened", "unconfirmed",
    "not_actionable.prank", "not_actionable.incomplete", "other_authority",
)  # fmt: skip


@contextmanager
def served(
    city: City, *, idle: float = 3600.0, locked: bool = False, now: Callable[[], int] | None = None
) -> Iterator[Server]:
    """Yield a screen that serves the city's home, in a thread of this process; locked or opened."""
    with served_home(city.station, now=now or (lambda: city.now), idle=idle, locked=locked) as server:
        yield server


@contextmanager
def served_home(
    station: Station, *, now: Callable[[], int], idle: float = 3600.0, locked: bool = False
) -> Iterator[Server]:
    """Yield a screen that serves the home of ``station``."""
    desk = Desk(idle)
    if not locked:
        desk.unlock(station.open)
    server = Server(station.home, desk, port=0)
    server.parts.now = now
    thread = Thread(target=server.run)
    thread.start()
    try:
        with watching(desk):
            yield server
    finally:
        _end(server)
        thread.join()
        server.close()


def _end(server: Server) -> None:
    """Let the loop of the server end by itself: it does when nothing is left to listen to."""
    loop = server._waitress
    loop.trigger.pull_trigger(lambda: wasyncore.close_all(loop._map))
