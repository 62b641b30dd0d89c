"""From the medium to the case book: everything that one import does, for the command and for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

from wire.refusal import Refused
from wire.slip import SEALED_OCTETS
from workstation.bars import Advance
from workstation.batches.forks import cores, pool
from workstation.batches.importing import POOL_FROM_OCTETS, Trusted, import_files, octets_of
from workstation.batches.opener import opener
from workstation.batches.report import Quarantined, RefusedFile, Report
from workstation.batches.store import BatchPlace, Store
from workstation.batches.walk import Found
from workstation.book.booker import Here, booking
from workstation.book.connection import NAME, Book
from workstation.book.ledgers import FOLDER, Ledgers
from workstation.book.log import Actor
from workstation.book.waiting import catch_up, key_set, waiting
from workstation.epochs.store import EpochKey
from workstation.home import Home, alone


def open_book(home: Home) -> Book:
    """Return the case book of ``home``, made if there is none. Raises Damaged, StorageFailed."""
    return Book.open(home.path / NAME, home.vault.book)


def take(
    home: Home, files: Sequence[Found], *, now: int, advance: Advance, helpers: int | None = None
) -> Report:
    """Return what became of ``files``, once what is good of them is in the case book, and what waited too.

    ``helpers`` is the number of opening processes: as many as there are cores, where that pays, and one that books
    beside them; 1 where this program has threads, which must not fork: then all is done here.
    Raises StorageFailed, Damaged; what was taken before that is taken.
    """
    with alone(home.path), closing(Store(home.batches)) as store:
        taking = _Taking(home, store, home.epoch_keys(), now)
        return taking.take(files, advance, helpers)


def take_waiting(home: Home, *, now: int, advance: Advance, helpers: int | None = None) -> Report:
    """Return a report of the batches that were kept and not booked, once they are: it takes no file."""
    return take(home, (), now=now, advance=advance, helpers=helpers)


@dataclass(frozen=True, slots=True)
class _Taking:
    home: Home
    store: Store
    keys: tuple[EpochKey, ...] = field(repr=False)
    now: int

    def take(self, files: Sequence[Found], advance: Advance, helpers: int | None) -> Report:
        trusted = Trusted(self.home.sheet.line, self.home.boxes.keys())
        octets = octets_of(files)
        apart = helpers is None and octets >= POOL_FROM_OCTETS
        with booking(self._booker, apart=apart) as booker:
            places = waiting(self.store, booker.done())
            if helpers is None:
                helpers = cores() if apart or _octets(places) >= POOL_FROM_OCTETS else 1
            with pool(opener(self.keys, trusted.line), helpers) as opening:
                found = catch_up(places, self.store, trusted.boxes, opener=opening, booker=booker.add)
                damaged = list(found)
                report = import_files(
                    files,
                    self.store,
                    trusted,
                    octets=octets,
                    opener=opening,
                    booker=booker.add,
                    advance=advance,
                )
            booked = booker.end()
        report.damaged = damaged
        report.booked, report.completed = booked.new, booked.completed
        if report.ledger_files:
            with open_book(self.home) as book:
                self._take_ledgers(book, report, trusted)
        return report

    def _booker(self, transaction: int) -> Here:
        return Here(open_book(self.home), key_set(self.keys), Actor(self.home.users), self.now, transaction)

    def _take_ledgers(self, book: Book, report: Report, trusted: Trusted) -> None:
        ledgers = Ledgers(book, self.home.path / FOLDER, trusted.line, trusted.boxes)
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


def _octets(places: Sequence[BatchPlace]) -> int:
    return sum(place.slots for place in places) * SEALED_OCTETS
