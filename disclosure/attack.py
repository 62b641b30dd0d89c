"""The attacker: everything public in hand, and perhaps some tips of its own, it tries to recover small counts.

Theory of operation. Each cell of each table is an unknown whole number. What was shown, and the rules, which are
public, give an interval for it (``truth``, in disclosure.perturb). Sums hold the unknowns together: the cells of a
table and the tips opened in its period; cells and margins, also of tables that share a margin; single statuses and
their class; the months of a quarter and the quarter. Each sum narrows what stands in it, again and again until nothing
changes (``Sums``, in disclosure.sums). A finding is an unknown, or the change of one between two ages, that is certain
to be from 1 to k - 1. What cannot be found this way is told in docs/disclosure.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from disclosure.known import Counted, Known, Own, Place, Published, known, own_in
from disclosure.meaning import meant
from disclosure.perturb import Interval, Truths, truth, truths
from disclosure.rules import CLASS, RULES, STATUS
from disclosure.sums import Codes, Release, Sums, Unknown
from disclosure.vocabulary import statuses
from wire.bulletin import Bulletin
from wire.period import is_quarter, months_of

__all__ = ["Finding", "How", "Own", "attack"]


class How(StrEnum):
    """What gave a count away in the end."""

    SHOWN = "shown"
    """The value alone: a small one was shown, or one that only a small count can be shown as."""
    MARGINS = "margins"
    """A margin, a total or a class less the other cells, or tables that share one."""
    AGES = "ages"
    """The same cell at two ages: so many tips moved."""
    PERIODS = "periods"
    """A quarter less its months, or a month as what is left of its quarter."""
    OWN = "own"
    """A cell less the tips that the attacker knows are in it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A small count that was recovered: it is at least ``low`` and at most ``high``."""

    releases: tuple[Release, ...]
    """Period and age of the tables it was found in."""
    table: Codes
    """Dimensions."""
    cell: Codes
    low: int
    high: int
    how: How


def attack(
    ledgers: Iterable[Counted],
    bulletins: Sequence[Bulletin],
    own: Sequence[Own] = (),
    *,
    small: int = RULES.k - 1,
) -> tuple[Finding, ...]:
    """Return the small counts (1 to ``small``) that can be recovered from all ``bulletins`` of a line together.

    ``own``: tips that the attacker knows, as those who sent them do.
    """
    public = known(ledgers, bulletins)
    solved: dict[Release, Sums] = {}
    found: list[Finding] = []
    for cohort in public.cohorts():
        for at, published in enumerate(cohort):
            sums = _sums(published, cohort[:at], public)
            solved[published.release] = sums
            found += _small(sums, published, small)
            found += _less_own(sums, published, own, small)
    found += _between_ages(public, solved, small)
    found += _between_periods(public, solved, small)
    return tuple(dict.fromkeys(found))


def _sums(published: Published, earlier: Sequence[Published], public: Known) -> Sums:
    """Return what is known of each cell of one release by itself, every sum of it used.

    A value that is the one of the age before may be as old: then fewer than k tips moved since.
    """
    sums, release, bands = Sums(), published.release, truths(published.rules)
    for place, values in published.values.items():
        interval = _shown(values, bands)
        if values == _before(earlier, place):
            stale = published.rules.k - 1
            interval = Interval(max(0, interval.low - stale), interval.high + stale)
        sums.narrow((release, *place), interval)
    sums.narrow((release, (), ()), public.counted(published))
    for dimensions, cells in published.tables().items():
        _add_table(sums, release, cells, dimensions)
    sums.settle()
    return meant(sums, published)


def _shown(values: tuple[int, ...], bands: Truths) -> Interval:
    """Return the counts that a cell may have that is shown as ``values``."""
    interval = bands[values[0]]
    for value in values[1:]:
        other = bands[value]
        interval = Interval(max(interval.low, other.low), min(interval.high, other.high))
    return interval


def _before(earlier: Sequence[Published], place: Place) -> tuple[int, ...] | None:
    """Return what was shown of a cell at the age before: if it is the same now, it may have moved a little since."""
    for past in reversed(earlier):
        values = past.values.get(place)
        if values is not None:
            return values
    return None


def _add_table(sums: Sums, release: Release, cells: Sequence[Codes], dimensions: Codes) -> None:
    """Add the sums that a table is part of; margins that were not shown are unknowns too."""
    whole: Unknown = (release, (), ())
    if len(dimensions) == 1:
        sums.add(whole, [(release, dimensions, codes) for codes in cells])
        if dimensions == (STATUS,):
            _add_classes(sums, release, cells)
        return
    for at, name in enumerate(dimensions):
        margins: dict[Codes, list[Unknown]] = defaultdict(list)
        for codes in cells:
            margins[(codes[at],)].append((release, dimensions, codes))
        for margin, parts in margins.items():
            sums.add((release, (name,), margin), parts)
        sums.add(whole, [(release, (name,), margin) for margin in margins])


def _add_classes(sums: Sums, release: Release, cells: Iterable[Codes]) -> None:
    """Add that the statuses of a class make up the class, if all of them are words of ours."""
    classes: dict[str, list[Unknown]] = defaultdict(list)
    for codes in cells:
        status = statuses().get(codes[0])
        if status is None:
            return
        classes[status.status_class].append((release, (STATUS,), codes))
    for name, parts in classes.items():
        sums.add((release, (CLASS,), (name,)), parts)


def _small(sums: Sums, published: Published, small: int) -> Iterator[Finding]:
    """Yield the cells of one release that are certain to be small."""
    for unknown, interval in sums.intervals.items():
        release, dimensions, codes = unknown
        if dimensions and interval.within(1, small):
            values = published.values.get((dimensions, codes), ())
            alone = any(truth(value, published.rules).within(1, small) for value in values)
            how = How.SHOWN if alone else How.MARGINS
            yield Finding((release,), dimensions, codes, interval.low, interval.high, how)


def _less_own(sums: Sums, published: Published, own: Sequence[Own], small: int) -> Iterator[Finding]:
    """Yield the cells of one release that are certain to be small once the attacker's own tips are known."""
    release = published.release
    mine = own_in(own, release, [unknown[1:] for unknown in sums.intervals])
    if not mine:
        return
    helped = Sums()
    helped.take(sums)
    for place, count in mine.items():
        helped.narrow((release, *place), Interval(count, helped.of((release, *place)).high))
    helped.settle()
    for unknown, interval in helped.intervals.items():
        _, dimensions, codes = unknown
        count = mine.get((dimensions, codes), 0)
        others = Interval(max(0, interval.low - count), interval.high - count)
        if dimensions and others.within(1, small) and (count or not sums.of(unknown).within(1, small)):
            yield Finding((release,), dimensions, codes, others.low, others.high, How.OWN)


def _between_ages(public: Known, solved: Mapping[Release, Sums], small: int) -> Iterator[Finding]:
    """Yield the changes of a cell between two ages that are certain to be small."""
    for young, old in public.ages():
        before, after = solved[young.release], solved[old.release]
        for (_, dimensions, codes), first in before.intervals.items():
            second = after.of((old.release, dimensions, codes))
            if not dimensions or (second.low <= first.high and first.low <= second.high):
                continue
            rise = Interval(second.low - first.high, second.high - first.low)
            change = rise if rise.low > 0 else Interval(-rise.high, -rise.low)
            if change.within(1, small):
                releases = (young.release, old.release)
                yield Finding(releases, dimensions, codes, change.low, change.high, How.AGES)


def _between_periods(public: Known, solved: Mapping[Release, Sums], small: int) -> Iterator[Finding]:
    """Yield what a quarter and its months give away together at one age, taking it that nothing moved meanwhile.

    That need not be so; where it contradicts what is known, nothing is concluded.
    """
    for published in public.published:
        period, age = published.release
        months = [(month, age) for month in months_of(period)]
        here = [release for release in (published.release, *months) if release in solved]
        if not is_quarter(period) or len(here) < 2:
            continue
        joint = Sums()
        for release in here:
            joint.take(solved[release])
        for _, dimensions, codes in solved[published.release].intervals:
            joint.add(
                (published.release, dimensions, codes), [(month, dimensions, codes) for month in months]
            )
        if joint.settle():
            yield from _newly_small(joint, solved, tuple(here), small)


def _newly_small(
    joint: Sums, solved: Mapping[Release, Sums], releases: tuple[Release, ...], small: int
) -> Iterator[Finding]:
    for unknown, interval in joint.intervals.items():
        release, dimensions, codes = unknown
        alone = release in solved and solved[release].of(unknown).within(1, small)
        if dimensions and interval.within(1, small) and not alone:
            yield Finding(releases, dimensions, codes, interval.low, interval.high, How.PERIODS)
