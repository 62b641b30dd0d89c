"""Cohorts of made-up records, and bulletins around their tables, for the disclosure control and its attacker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from disclosure.meaning import UNTOUCHED
from disclosure.records import Record, record_key
from disclosure.rules import NEVER, RULES
from disclosure.tables import Release
from disclosure.vocabulary import StatusClass, categories, statuses
from wire.bulletin import Bulletin
from wire.hashing import NO_HASH, blake2b_256
from wire.period import end_of, months_of, next_month
from wire.release import Answered, Cell, Rules, Table, Total

SECRET = blake2b_256(b"cells of a test")
DAY = 86400
BOX = bytes(8)
STATUSES = [code for code in statuses() if code not in NEVER]
"""Those that a tip in a table can have."""
DISTRICTS = ("centro", "norte", "poniente", "sur")


def record(number: int, **fields: Any) -> Record:
    """Return tip ``number``; what is not given is the plainest."""
    status = str(fields.get("status", "delivered"))
    values: dict[str, Any] = {
        "key": record_key(SECRET, blake2b_256(number.to_bytes(8, "big"))),
        "category": "other",
        "district": "centro",
        "status": status,
        "status_class": statuses()[status].status_class.value,
        "days_to_first_action": None,
        "days_to_close": None,
    }
    return Record(**{**values, **fields})


def random_records(random: Random, count: int, *, first: int = 0) -> list[Record]:
    """Return ``count`` records whose properties are as uneven as life: few kinds are frequent, most are rare."""

    def draw(codes: Iterable[str], power: float) -> list[str]:
        order = list(codes)
        random.shuffle(order)
        return random.choices(order, [1 / place**power for place in range(1, len(order) + 1)], k=count)

    columns = zip(draw(STATUSES, 1.5), draw(categories(), 1.3), draw(DISTRICTS, 1.0), strict=True)
    return [
        record(first + number, category=category, district=district, status=status, **times(random, status))
        for number, (status, category, district) in enumerate(columns)
    ]


def times(random: Random, status: str) -> dict[str, int | None]:
    """Return response times that a tip of this ``status`` can have."""
    one = statuses()[status]
    closed = one.terminal or one.status_class is StatusClass.CLOSED
    known: list[int | None] = [0, 2, 5, 20, 40]
    untouched: list[int | None] = [None] if status in UNTOUCHED else []
    return {
        "days_to_first_action": random.choice(known + untouched),
        "days_to_close": random.choice([8, 25, 40]) if closed else None,
    }


def moved(random: Random, records: Iterable[Record], share: float) -> list[Record]:
    """Return ``records``, about ``share`` of them with another status."""
    return [_moved(random, one) if random.random() < share else one for one in records]


def _moved(random: Random, one: Record) -> Record:
    status = random.choice(STATUSES)
    return record(
        0,
        key=one.key,
        category=one.category,
        district=one.district,
        status=status,
        **times(random, status),
    )


def table(period: str, age: int, dimensions: str, cells: Mapping[str, int]) -> Table:
    """Return a table as it stands in a bulletin: ``table("2026-01", 30, "class,category", {"open,other": 7})``."""
    values = sorted((tuple(codes.split(",")), value) for codes, value in cells.items())
    return Table(period, age, tuple(dimensions.split(",")), tuple(Cell(*value) for value in values))


def bulletin(
    month: str,
    tables: Iterable[Table | Release] = (),
    *,
    opened: Mapping[str, int],
    rules: Rules = RULES,
    serial: int = 1,
    issued: int | None = None,
) -> Bulletin:
    """Return a bulletin of ``month`` in which ``opened`` tips are proven for each month for the first time."""
    flat = [one for found in tables for one in (found.tables if isinstance(found, Release) else (found,))]
    listed = tuple(
        Answered(blake2b_256(name.encode()), BOX, name, count, count)
        for name, count in sorted(opened.items())
    )
    return Bulletin(
        authority=bytes(32),
        line=bytes(8),
        name="test",
        month=month,
        serial=serial,
        previous=NO_HASH if serial == 1 else bytes([serial]) * 32,
        issued=end_of(month) + 3 * DAY if issued is None else issued,
        mode="two-person",
        log=bytes(32),
        certificates=0,
        rules=rules,
        vocabulary=bytes(32),
        ledgers=listed,
        totals=tuple(Total(name, count, count) for name, count in sorted(opened.items())),
        tables=tuple(sorted(flat, key=lambda one: (one.period, one.age, one.dimensions))),
        digests=sum(opened.values()),
        body=bytes(32),
    )


def proven(period: str, count: int, *, rules: Rules = RULES) -> Bulletin:
    """Return the first bulletin of a line: it proves ``count`` tips of ``period`` and shows no table."""
    months = months_of(period)
    share = {month: count // len(months) for month in months}
    share[months[0]] += count - sum(share.values())
    return bulletin(months[-1], opened=share, rules=rules)


def following(before: Bulletin, tables: Iterable[Table | Release], **fields: Any) -> Bulletin:
    """Return the bulletin two months after ``before``, with ``tables`` and no more digests."""
    month = next_month(next_month(before.month))
    made = bulletin(month, tables, opened={}, rules=before.rules, serial=before.serial + 1)
    return replace(made, **fields)
