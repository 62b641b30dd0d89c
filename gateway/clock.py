"""Which key, which period: decided in pure code, the time an argument. docs/formats.md, "Choosing the epoch"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from wire.keysheet import Epoch, KeySheet
from wire.manifest import ClockState


class KeyAlarm(Enum):
    """What the operator has to hear about the choice of the key."""

    BEHIND = (
        "the clock lies behind the last batch: the key in use is kept; set the clock, or run `accept-clock`"
    )
    LATER_KEY = (
        "the key in use is of a later epoch than the clock's date: it was used before, and epochs only rise. Tips are"
        " received as ever; set the clock, or, if it is right, wait for that date"
    )
    JUMPED = (
        "the clock is more than one epoch ahead of the last batch: it jumped, or the box was off for long. Tips are"
        " received and batches made, with the key in use and periods counted on from that batch; set the clock, or,"
        " if it is right, run `accept-clock`"
    )
    EARLY = (
        "the key sheet begins in the future: its first key is used; set the clock, or enroll the right sheet"
    )
    RUN_OUT = "the key sheet has run out: its last key stays in use; enroll a new sheet"


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """The epoch to seal to, and what is wrong with it."""

    epoch: Epoch
    alarm: KeyAlarm | None

    @property
    def clock(self) -> ClockState:
        """Return what the manifest says of the clock."""
        if self.alarm in (KeyAlarm.BEHIND, KeyAlarm.LATER_KEY):
            return ClockState.BEHIND
        return ClockState.JUMPED if self.alarm is KeyAlarm.JUMPED else ClockState.GOOD


def choose_epoch(
    sheet: KeySheet, *, now: int, highest: int | None, last_cut: int | None, accepted: bool = False
) -> KeyChoice:
    """Return the epoch to use at ``now`` (Unix seconds).

    Epochs only rise: never one below ``highest``, the highest used. A clock behind ``last_cut`` (end of the last
    period cut), or one that asks for an epoch more than one above ``highest``, keeps the key in use, unless the
    operator has ``accepted`` the clock. A sheet that has run out keeps its last key: tips are never refused for
    want of a key; there a clock more than the length of that epoch after ``last_cut`` has jumped.
    """
    by_date, alarm = _by_date(sheet, now)
    if highest is None:
        return KeyChoice(by_date, alarm)
    held = _at_least(sheet, highest)
    if last_cut is not None and now < last_cut and not accepted:
        return KeyChoice(held, KeyAlarm.BEHIND)
    if by_date.number < held.number:
        return KeyChoice(held, alarm or KeyAlarm.LATER_KEY)
    behind_it = (
        alarm is KeyAlarm.RUN_OUT and last_cut is not None and now - last_cut > by_date.ends - by_date.begins
    )
    if (by_date.number > highest + 1 or behind_it) and not accepted:
        return KeyChoice(held, KeyAlarm.JUMPED)
    return KeyChoice(by_date, alarm)


def _by_date(sheet: KeySheet, now: int) -> tuple[Epoch, KeyAlarm | None]:
    if now < sheet.epochs[0].begins:
        return sheet.epochs[0], KeyAlarm.EARLY
    for epoch in sheet.epochs:
        if now < epoch.ends:
            return epoch, None
    return sheet.epochs[-1], KeyAlarm.RUN_OUT


def _at_least(sheet: KeySheet, number: int) -> Epoch:
    return next((epoch for epoch in sheet.epochs if epoch.number >= number), sheet.epochs[-1])


@dataclass(frozen=True, slots=True)
class Period:
    """A period: its start and length in seconds. It starts at a multiple of its length since 1970."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """Return the first second after it."""
        return self.start + self.length

    @property
    def month(self) -> str:
        """Return the month, YYYY-MM in UTC, to which the period counts."""
        return datetime.fromtimestamp(self.start, UTC).strftime("%Y-%m")


def period_at(now: float, length: int, *, not_before: int | None) -> Period:
    """Return the period of ``now``; never one that starts before ``not_before``, the end of the last one cut."""
    start = int(now) // length * length
    if not_before is not None and start < not_before:
        start = -(-not_before // length) * length
    return Period(start, length)


def next_period(choice: KeyChoice, length: int, *, now: float, last_cut: int | None) -> Period:
    """Return the period to begin at ``now``, ``last_cut`` being the end of the last one cut.

    A clock that jumped is not followed: neither periods nor the months of ledgers, which never fall, go with it.
    They are counted on from the last cut, and before the first from the beginning of the epoch in use.
    """
    if choice.clock is not ClockState.JUMPED:
        return period_at(now, length, not_before=last_cut)
    known = choice.epoch.begins if last_cut is None else last_cut
    return period_at(known, length, not_before=known)


def seconds_left(period: Period, *, wall: float, under_way: float, counted_on: bool = False) -> float:
    """Return in how many seconds ``period`` ends; zero or less: now. One that is ``counted_on`` lasts its length.

    ``wall`` is the clock in Unix seconds, ``under_way`` for how long the period has lasted, measured by a clock that
    cannot be set. A clock set forward ends the period at once. One set back by no more than a period is waited for;
    with one set back further the period lasts as long as any other.
    """
    by_wall = period.end - wall
    by_length = period.length - under_way
    if counted_on:
        return by_length
    return by_wall if by_wall <= by_length + period.length else by_length
