"""What is looked at, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is looked at."""

    NETWORK = "network"
    SWAP = "swap"
    CLOCK = "clock"
    AGE = "age"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found."""

    check: Check
    good: bool
    words: str
