"""The disturbed half of a bulletin: the cohorts that are due, attacked and made coarser until nothing is given away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from disclosure.attack import Finding, attack
from disclosure.periods import DAY, due
from disclosure.records import Record
from disclosure.rules import AGES, LEVELS, RULES
from disclosure.sums import Release as When
from disclosure.tables import Domains, Earlier, Release, cohort
from wire.bulletin import Bulletin
from wire.period import end_of, is_quarter, months_of, quarter_of
from workstation.book.cohorts import records
from workstation.book.connection import Book
from workstation.bulletin.issued import Issued
from workstation.bulletin.ledgers import Kept
from workstation.bulletin.problems import NotSafe

RECEIVED = "received"
"""The status of a tip that was not opened yet at the age asked for: it is in no table of that age."""


@dataclass(slots=True)
class Maker:
    """Makes the releases of one bulletin; ``levels`` says how coarse each is."""

    book: Book
    secret: bytes = field(repr=False)
    issued: Issued
    periods: Mapping[str, str]
    """By month, the period that it is published in."""
    month: str
    domains: Domains
    advance: Callable[[], None] = lambda: None
    levels: dict[When, str] = field(default_factory=dict)
    _records: dict[When, tuple[Record, ...]] = field(default_factory=dict, repr=False)

    def releases(self) -> tuple[Release, ...]:
        """Return what is shown of each cohort that is due, at its level; ages in order, each seeing those before."""
        shown, made = dict(self.issued.releases()), []
        for when in self._due():
            if when[0] in self.periods.values() or self._is_lacking(when, shown):
                made.append(self._release(when, shown))
                shown[when] = made[-1]
        return tuple(sorted(made, key=lambda release: (release.period, release.age)))

    def _due(self) -> Iterable[When]:
        """Yield the cohorts that are due; the quarter of months behind them, in case that they are not shown."""
        periods = {*self.periods.values(), *map(quarter_of, self.periods)}
        return due(periods, after=self.issued.last, month=self.month)

    def _is_lacking(self, when: When, shown: Mapping[When, Release]) -> bool:
        """Return whether tips of the quarter ``when`` are in no table of their month."""
        quarter, age = when
        months = [(month, age) for month in months_of(quarter) if month in self.periods]
        return any(not self._is_shown(month, shown) and self.records_of(month) for month in months)

    def _is_shown(self, when: When, shown: Mapping[When, Release]) -> bool:
        return when in shown and bool(shown[when].tables)

    def _release(self, when: When, shown: Mapping[When, Release]) -> Release:
        period, age = when
        earlier = [
            Earlier(shown[period, young], self.records_of((period, young)))
            for young in AGES
            if young < age and self._is_shown((period, young), shown)
        ]
        return cohort(
            self.records_of(when),
            period=period,
            age=age,
            rules=RULES,
            domains=self.domains,
            level=self.levels.get(when, ""),
            earlier=earlier,
        )

    def records_of(self, when: When) -> tuple[Record, ...]:
        """Return the records of a cohort: of the tips that were opened by then."""
        if when not in self._records:
            period, age = when
            found = [
                record
                for month in months_of(period)
                for record in records(
                    self.book, self.secret, month, age + (end_of(period) - end_of(month)) // DAY
                )
                if record.status != RECEIVED
            ]
            self._records[when] = tuple(found)
            self.advance()
        return self._records[when]


def safe(maker: Maker, kept: Sequence[Kept], bare: Bulletin) -> Bulletin:
    """Return ``bare`` with the releases that ``maker`` makes, coarse enough that the attacker wins nothing by it.

    What could be recovered from earlier bulletins alone is not laid to this one. Raises NotSafe.
    """
    earlier = maker.issued.bulletins
    before = frozenset(attack(kept, earlier))
    while True:
        releases = maker.releases()
        bulletin = _with(bare, releases)
        found = [one for one in attack(kept, (*earlier, bulletin)) if one not in before]
        if not found:
            return bulletin
        _make_coarser(maker, found, frozenset((one.period, one.age) for one in releases))


def _make_coarser(maker: Maker, found: Sequence[Finding], made: frozenset[When]) -> None:
    """Raise the level of one release for each finding: a quarter before a month, the later age before the earlier."""
    raised: set[When] = set()
    for one in found:
        can = [when for when in one.releases if when in made and maker.levels.get(when, "") != LEVELS[-1]]
        if raised & set(can):
            continue
        if not can:
            period, age = one.releases[-1]
            raise NotSafe(
                f"a count of {one.low} to {one.high} of {period} at {age} days can be recovered, whatever is left out",
                way_out="Earlier bulletins give it away together with the new totals. Nothing was written.",
            )
        when = max(can, key=lambda when: (is_quarter(when[0]), when[1], when[0]))
        maker.levels[when] = LEVELS[LEVELS.index(maker.levels.get(when, "")) + 1]
        raised.add(when)


def _with(bare: Bulletin, releases: Iterable[Release]) -> Bulletin:
    releases = tuple(releases)
    return replace(
        bare,
        tables=tuple(table for release in releases for table in release.tables),
        medians=tuple(median for release in releases for median in release.medians),
        coarse=tuple(coarse for release in releases for coarse in release.coarse),
    )
