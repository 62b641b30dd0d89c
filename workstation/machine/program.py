"""Which version of the program this is, and how old: an airgapped machine hears of no update by itself.

``built.txt`` beside this file has version and date; ``requirements/bundle.sh`` writes them into what is installed. The
standard library's ways to ask for either load ``socket``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wire.refusal import Refused
from wire.signed import time_text, time_value
from workstation.machine.findings import Check, Finding

DAY = 86400
OLD_DAYS = 365
"""A year without an update: libraries that read what strangers send have had faults mended in that time."""
BUILT = Path(__file__).with_name("built.txt")


@dataclass(frozen=True, slots=True)
class Program:
    """What is installed."""

    version: str
    built: int | None
    """Unix seconds; None where it runs from its source."""


def installed(file: Path = BUILT) -> Program:
    """Return what the file beside the program says; what it does not is not known."""
    try:
        version, _, date = file.read_text().strip().partition(" ")
        return Program(version or "unknown", time_value("built", date) if date else None)
    except (OSError, UnicodeDecodeError, Refused):
        return Program("unknown", None)


def age(now: int, program: Program) -> Finding:
    """Return whether ``program`` is young enough at ``now``."""
    name, made = f"tipline-workstation {program.version}", program.built
    if made is None:
        return Finding(Check.AGE, good=True, words=f"{name}: its age is not known")
    days = (now - made) // DAY
    told = f"{name}, built {time_text(made)[:10]}"
    if now < made:
        return Finding(Check.AGE, good=False, words=f"{told}, which is to come: is the clock right?")
    if days > OLD_DAYS:
        return Finding(Check.AGE, good=False, words=f"{told}, {days} days ago: ask for a newer one")
    return Finding(Check.AGE, good=True, words=f"{told}, {days} days ago")
