"""What an attacker has in hand: all that was published of a line, put in order, and the tips it knows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, groupby
from operator import add
from typing import Protocol

from disclosure.perturb import Interval
from disclosure.rules import CLASS, STATUS
from disclosure.sums import Codes, Release
from disclosure.vocabulary import statuses
from wire.bulletin import Bulletin
from wire.period import end_of, months_of
from wire.release import Rules

DAY = 86400
Place = tuple[Codes, Codes]
"""Dimensions and codes of a cell."""


class Counted(Protocol):
    """What the attacker asks of a ledger: ``wire.ledger.Ledger`` has it."""

    @property
    def box(self) -> bytes: ...
    @property
    def month(self) -> str: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Own:
    """A tip that the attacker knows: its month, and its code in as many dimensions as it knows or guesses."""

    month: str
    codes: Mapping[str, str] = field(repr=False)
    age: int | None = None
    """At which age it is so; None: at every age."""

    def code(self, dimension: str) -> str | None:
        """Return its code in ``dimension``; the class follows from the status."""
        status = statuses().get(self.codes.get(STATUS, ""))
        if dimension == CLASS and status is not None:
            return status.status_class
        return self.codes.get(dimension)


@dataclass(frozen=True, slots=True)
class Published:
    """All that was shown of a cohort at an age."""

    release: Release
    rules: Rules
    bulletin: int
    """Its place among the bulletins."""
    values: Mapping[Place, tuple[int, ...]]
    """Usually one for each cell; more if bulletins show it again."""

    def tables(self) -> Mapping[Codes, Sequence[Codes]]:
        """Return the cells of each table by its dimensions."""
        found: dict[Codes, list[Codes]] = defaultdict(list)
        for dimensions, codes in self.values:
            found[dimensions].append(codes)
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """All that is public of a line."""

    published: tuple[Published, ...]
    """By period and age."""
    received: Mapping[str, int]
    """By month, of all boxes."""
    opened: tuple[Mapping[str, int], ...]
    """By month, proven by the digests of each bulletin and those before it."""
    issued: tuple[int, ...]

    def counted(self, published: Published) -> Interval:
        """Return how many tips the tables are made of: those opened before the age of the cohort was reached.

        All of them were proven by then or with the tables; and tables are only made of so many.
        """
        period, age = published.release
        most = self.opened_by(published.bulletin, period)
        asked = end_of(period) + age * DAY
        earlier = [at for at, issued in enumerate(self.issued) if issued + DAY <= asked]
        least = max((self.opened_by(at, period) for at in earlier), default=0)
        return Interval(min(max(least, published.rules.least), most), most)

    def opened_by(self, bulletin: int, period: str) -> int:
        """Return how many tips of ``period`` were proven by then, no more than the boxes counted."""
        return sum(
            min(self.opened[bulletin][month], self.received.get(month, self.opened[bulletin][month]))
            for month in months_of(period)
        )

    def cohorts(self) -> Iterator[tuple[Published, ...]]:
        """Yield all that was shown of each period, by age."""
        for _, group in groupby(self.published, key=lambda published: published.release[0]):
            yield tuple(group)

    def ages(self) -> Iterator[tuple[Published, Published]]:
        """Yield each two ages of a period, the younger one first."""
        for group in self.cohorts():
            yield from combinations(group, 2)


def known(ledgers: Iterable[Counted], bulletins: Sequence[Bulletin]) -> Known:
    """Return what ``ledgers`` and ``bulletins`` of one line say, in any order."""
    ordered = sorted(bulletins, key=lambda bulletin: bulletin.serial)
    received: Counter[str] = Counter()
    for ledger in {(ledger.box, ledger.month): ledger for ledger in ledgers}.values():
        received[ledger.month] += ledger.count
    return Known(
        tuple(_published(ordered)),
        dict(received),
        tuple(accumulate(map(_digests, ordered), add)),
        tuple(bulletin.issued for bulletin in ordered),
    )


def _digests(bulletin: Bulletin) -> Counter[str]:
    found: Counter[str] = Counter()
    for answered in bulletin.ledgers:
        found[answered.month] += answered.digests
    return found


def _published(bulletins: Sequence[Bulletin]) -> Iterator[Published]:
    values: dict[Release, dict[Place, tuple[int, ...]]] = defaultdict(dict)
    made: dict[Release, tuple[Rules, int]] = {}
    for at, bulletin in enumerate(bulletins):
        for table in bulletin.tables:
            release = (table.period, table.age)
            made[release] = (bulletin.rules, at)
            for cell in table.cells:
                place = (table.dimensions, cell.codes)
                values[release][place] = (*values[release].get(place, ()), cell.value)
    for release in sorted(values):
        yield Published(release, *made[release], values[release])


def own_in(own: Iterable[Own], release: Release, places: Iterable[Place]) -> Mapping[Place, int]:
    """Return how many of ``own`` are in each of ``places``, where there are any."""
    months = months_of(release[0])
    mine = [one for one in own if one.month in months and one.age in (None, release[1])]
    found = {
        (dimensions, codes): sum(tuple(map(one.code, dimensions)) == codes for one in mine)
        for dimensions, codes in (places if mine else ())
        if dimensions
    }
    return {place: count for place, count in found.items() if count}
