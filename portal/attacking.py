"""The last gate: the attacker of ``disclosure``, let loose on all that would be public, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from disclosure.attack import Finding, Own, attack
from disclosure.rules import CATEGORY, CLASS, CLOSING, DISTRICT, FIRST_ACTION, STATUS
from portal.files import read_regular
from portal.problems import BadSettings
from portal.reading.bulletins import BulletinTaken
from portal.reading.ledgers import LedgerTaken

MAX_OWN_OCTETS = 1 << 24
"""16 MB: 100,000 own tips."""
_Code = Annotated[str, Meta(min_length=1, max_length=48)]


@dataclass(frozen=True, slots=True)
class Leak:
    """A small count that was recovered, of one line."""

    line: str
    finding: Finding

    def __str__(self) -> str:
        """Return it for people."""
        found = self.finding
        where = " and ".join(f"{period} at {age} days" for period, age in found.releases)
        cell = ", ".join(
            f"{name} {code}" for name, code in zip(found.table, found.cell, strict=False) if code
        )
        count = str(found.low) if found.low == found.high else f"{found.low} to {found.high}"
        return f"line {self.line}, {where}, {cell}: {count} tips, by {found.how.value}"

    def as_json(self) -> dict[str, object]:
        """Return it for a script."""
        found = self.finding
        return {
            "line": self.line,
            "releases": [{"period": period, "age": age} for period, age in found.releases],
            "table": list(found.table),
            "cell": list(found.cell),
            "low": found.low,
            "high": found.high,
            "how": found.how.value,
        }


def attack_all(
    ledgers: Iterable[LedgerTaken], bulletins: Iterable[BulletinTaken], own: Sequence[Own] = ()
) -> list[Leak]:
    """Return what can be recovered from everything that would be public."""
    counted = list(ledgers)
    lines: dict[bytes, list[BulletinTaken]] = {}
    for one in bulletins:
        lines.setdefault(one.bulletin.line, []).append(one)
    return [
        Leak(line.hex(), finding)
        for line, its in sorted(lines.items())
        for finding in attack(
            [one.ledger for one in counted if one.ledger.line == line], [one.bulletin for one in its], own
        )
    ]


class _OwnTip(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One own tip as it stands in a file: what is left out is not known."""

    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    category: _Code | None = None
    district: _Code | None = None
    status: _Code | None = None
    status_class: Annotated[_Code | None, Meta()] = msgspec.field(default=None, name="class")
    first_action: _Code | None = None
    closing: _Code | None = None
    age: Annotated[int, Meta(ge=0, le=3650)] | None = None


def read_own(path: Path) -> tuple[Own, ...]:
    """Return the own tips in a JSON file: a list of objects. Raises BadSettings."""
    try:
        octets = read_regular(path, most=MAX_OWN_OCTETS)
        tips = msgspec.json.decode(octets, type=list[_OwnTip])
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadSettings(f"{path}: {error}", way_out="docs/portal.md tells what stands in it.") from error
    return tuple(_own(one) for one in tips)


def _own(tip: _OwnTip) -> Own:
    said = {
        CATEGORY: tip.category,
        DISTRICT: tip.district,
        STATUS: tip.status,
        CLASS: tip.status_class,
        FIRST_ACTION: tip.first_action,
        CLOSING: tip.closing,
    }
    return Own(tip.month, {name: code for name, code in said.items() if code is not None}, tip.age)
