"""From the medium to the case book: everything that one import does, for the command and for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from wire.refusal import Refused
from wire.slip import SEALED_OCTETS
from workstation.batches.forks import cores, pool
from workstation.batches.importing import POOL_FROM_OCTETS, Advance, Trusted, import_files, octets_of
from workstation.batches.opener import Opened, opener
from workstation.batches.report import Quarantined, RefusedFile, Report
from workstation.batches.store import BatchPlace, Store
from workstation.batches.walk import Found
from workstation.book.booking import Booked, OpenBatch, book_batches
from workstation.book.connection import NAME, Book
from workstation.book.figures import refresh
from workstation.book.ledgers import FOLDER, Ledgers
from workstation.book.log import Actor
from workstation.book.waiting import catch_up, key_set, waiting
from workstation.epochs.store import EpochKey
from workstation.home import Home, alone
from workstation.problems import StorageFailed


def open_book(home: Home) -> Book:
    """Return the case book of ``home``, made if there is none. Raises Damaged, StorageFailed."""
    return Book.open(home.path / NAME, home.vault.book)


def take(
    home: Home, files: Sequence[Found], *, now: int, advance: Advance, helpers: int | None = None
) -> Report:
    """Return what became of ``files``, once what is good of them is in the case book, and what waited too.

    ``helpers`` is the number of opening processes: as many as there are cores, where that pays; 1 where this program
    has threads, which must not fork. Raises StorageFailed, Damaged; what was taken before that is taken.
    """
    with _taking(home, now) as taking:
        report = taking.take(files, advance, helpers)
    return report


def take_waiting(home: Home, *, now: int, advance: Advance, helpers: int | None = None) -> Report:
    """Return a report of the batches that were kept and not booked, once they are: it takes no file."""
    return take(home, (), now=now, advance=advance, helpers=helpers)


@contextmanager
def _taking(home: Home, now: int) -> Iterator[_Taking]:
    with alone(home.path), closing(Store(home.batches)) as store, open_book(home) as book:
        yield _Taking(home, store, book, home.epoch_keys(), now)


@dataclass(frozen=True, slots=True)
class _Taking:
    home: Home
    store: Store
    book: Book
    keys: tuple[EpochKey, ...] = field(repr=False)
    now: int

    def take(self, files: Sequence[Found], advance: Advance, helpers: int | None) -> Report:
        trusted = Trusted(self.home.sheet.line, self.home.boxes.keys())
        places = waiting(self.store, self.book, key_set(self.keys))
        if helpers is None:
            helpers = _helpers(files, places)
        with (
            pool(opener(self.keys, trusted.line), helpers) as opening,  # forks, so it comes before the thread
            _Booking(self.home, key_set(self.keys), self.now) as booking,
        ):
            found = catch_up(places, self.store, trusted.boxes, opener=opening, booker=booking.add)
            damaged = list(found)
            report = import_files(
                files, self.store, trusted, opener=opening, booker=booking.add, advance=advance
            )
            report.damaged = damaged
            booked = booking.end()
        report.booked, report.completed = booked.new, booked.completed
        self._take_ledgers(report, trusted)
        with suppress(StorageFailed):  # the import is done; then the dashboard counts when it is asked for
            refresh(self.book)
        return report

    def _take_ledgers(self, report: Report, trusted: Trusted) -> None:
        ledgers = Ledgers(self.book, self.home.path / FOLDER, trusted.line, trusted.boxes)
        for path in report.ledger_files:
            try:
                taken = ledgers.take(path)
            except Refused as refused:
                reason = f"{refused.field}: {refused.reason}"
                report.refused.append(RefusedFile(str(path), refused.kind.value, reason))
                continue
            if taken.quarantined is None:
                report.ledgers.append(taken)
            elif not taken.known:
                report.quarantined.append(
                    Quarantined(str(path), taken.box, None, taken.serial, taken.quarantined)
                )


def _helpers(files: Sequence[Found], places: Sequence[BatchPlace]) -> int:
    waits = sum(place.slots for place in places) * SEALED_OCTETS
    return cores() if waits + octets_of(files, most=POOL_FROM_OCTETS) >= POOL_FROM_OCTETS else 1


class _Booking:
    """Books each group in a thread with a connection of its own, while the next one is verified and opened."""

    def __init__(self, home: Home, tried: bytes, now: int) -> None:
        self._home, self._tried, self._now = home, tried, now
        self._threads = ThreadPoolExecutor(1)
        self._book: Book | None = None
        self._last: Future[Booked] | None = None
        self._booked = Booked()

    def __enter__(self) -> _Booking:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.submit(self._close)
        self._threads.shutdown()

    def add(self, opened: Sequence[tuple[BatchPlace, Opened]]) -> None:
        """Begin to book what is kept; raises what the group before it came to, if that failed."""
        self.end()
        batches = [OpenBatch(place, content, self._tried) for place, content in opened]
        self._last = self._threads.submit(self._work, batches)

    def end(self) -> Booked:
        """Return what was booked in all, once all of it is durable. Raises StorageFailed, Damaged."""
        if self._last is not None:
            last, self._last = self._last, None
            self._booked += last.result()
        return self._booked

    def _work(self, batches: Sequence[OpenBatch]) -> Booked:
        if self._book is None:
            self._book = open_book(self._home)
        return book_batches(self._book, batches, Actor(self._home.users), now=self._now)

    def _close(self) -> None:
        if self._book is not None:
            self._book.close()
