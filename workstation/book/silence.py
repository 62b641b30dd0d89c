"""Silence is a status: an open tip about which nobody did anything shows as such by itself, and is never stored."""

from __future__ import annotations

from typing import Protocol

from workstation.book.actions_status import SILENT, is_open

DAY = 86_400
DEFAULT_SILENCE_DAYS = 30
"""FixMyStreet calls a report unknown after eight weeks; a month is what a person who texted may wait."""


class Shown(Protocol):
    """What has to be known of a tip."""

    @property
    def status(self) -> str:
        """Its code."""

    @property
    def booked(self) -> int:
        """When it came here."""

    @property
    def last_action(self) -> int | None:
        """When somebody last worked on it."""


def status_shown(row: Shown, now: int, silence_days: int) -> str:
    """Return the code that a reader sees: ``no_response`` where an open tip lay for ``silence_days``."""
    return shown(row.status, since=row.last_action or row.booked, at=now, silence_days=silence_days)


def shown(status: str, *, since: int, at: int, silence_days: int) -> str:
    """Return the code seen at ``at`` of a tip on which nobody worked since ``since``."""
    return SILENT if is_open(status) and since < silent_before(at, silence_days) else status


def silent_before(now: int, silence_days: int) -> int:
    """Return the time before which something has to have been done last for an open tip to be silent."""
    return now - silence_days * DAY
