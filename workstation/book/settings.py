"""Settings of the case book: a typed table, kept in the book, each change in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workstation.book.connection import Book
from workstation.book.faults import NoSuch, NotAllowed
from workstation.book.log import Actor, LogWriter
from workstation.book.silence import DEFAULT_SILENCE_DAYS

NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: a number in a range, or perhaps none."""

    name: str
    least: int
    most: int
    default: int | None
    help: str
    may_be_none: bool = False


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            name="silence_days",
            least=1,
            most=365,
            default=DEFAULT_SILENCE_DAYS,
            help="days without an action after which an open tip shows as without response",
        ),
        Setting(
            name="retention_days",
            least=1,
            most=36_500,
            default=None,
            may_be_none=True,
            help="days after closing when a tip is due for destruction; none: never",
        ),
    )
}


def setting(book: Book, name: str) -> int | None:
    """Return the value of a setting, its default where none was set. Raises NoSuch."""
    wanted = _known(name)
    row = book.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    if row is None:
        return wanted.default
    return None if row[0] == NONE else int(row[0])


def silence_days(book: Book) -> int:
    """Return the days of the setting."""
    return setting(book, "silence_days") or DEFAULT_SILENCE_DAYS


def all_settings(book: Book) -> Mapping[str, int | None]:
    """Return all settings with their values."""
    return {name: setting(book, name) for name in SETTINGS}


def change_setting(book: Book, actor: Actor, name: str, value: str, *, now: int) -> None:
    """Return once the setting has the value, a number or ``none``. Raises NoSuch, NotAllowed."""
    wanted = _known(name)
    new = _parse(wanted, value)
    with book.write():
        was = setting(book, name)
        book.connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, new))
        writer = LogWriter(book.connection, actor, now=now)
        writer.add(
            "setting", detail={"name": name, "value": new, "before": NONE if was is None else str(was)}
        )


def _known(name: str) -> Setting:
    if name not in SETTINGS:
        raise NoSuch(f"setting {name}", way_out=f"There are: {', '.join(SETTINGS)}.")
    return SETTINGS[name]


def _parse(wanted: Setting, value: str) -> str:
    if value == NONE and wanted.may_be_none:
        return NONE
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1
    if not wanted.least <= number <= wanted.most:
        words = f"{wanted.least} to {wanted.most}" + (f", or {NONE}" if wanted.may_be_none else "")
        raise NotAllowed(f"{wanted.name} is a number from {words}")
    return str(number)
