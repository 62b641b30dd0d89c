"""The cohorts of a made-up site: counts that are disturbed as published ones are."""

from __future__ import annotations

from random import Random

from disclosure.rules import AGES, BANDS
from disclosure.vocabulary import categories, statuses
from portal.release.model import (
    Cohort,
    Days,
    Delay,
    Figure,
    Month,
    Table,
)

LEAST = 5
REACH = 4
"""No count below ``LEAST`` is shown; the others are at most ``REACH`` off."""
CLASSES = ("open", "closed", "acted", "silent")
_SHARES = {"acted": 0.16, "closed": 0.34, "open": 0.22, "silent": 0.28}
_BY_AGE = {30: (0.5, 1.45), 90: (1.0, 1.0), 180: (1.2, 0.8), 365: (1.35, 0.7)}
"""How much of the share is acted on, and silent, at an age."""


def later(month: str, number: int) -> str:
    """Return the month that is so many later."""
    year, value = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + number, 12)
    return f"{year}-{value + 1:02d}"


def _figure(lots: Random, count: int) -> Figure:
    if count == 0:
        return Figure(0, 0, LEAST + REACH - 1)
    noisy = max(0, count + lots.randint(-REACH, REACH))
    if noisy < LEAST:
        return Figure(0, 0, LEAST - 1 + REACH)
    return Figure(noisy, max(0, noisy - REACH), noisy + REACH)


def months_shown(lots: Random, months: tuple[Month, ...], districts: tuple[str, ...]) -> list[Cohort]:
    """Return what is shown of each month at each age, as far as bulletins reached."""
    found = []
    for place, month in enumerate(months):
        ages = [age for age in AGES if place + 1 + -(-age // 30) < len(months) + 0]
        if month.boxes:
            found += [_cohort(lots, month.line, month.month, age, month.opened, districts) for age in ages]
    return found


def quarters_shown(lots: Random, months: tuple[Month, ...]) -> list[Cohort]:
    """Return what is shown of the quarters of a quiet line."""
    sums: dict[str, int] = {}
    for month in months[:-4]:
        quarter = f"{month.month[:4]}-Q{(int(month.month[5:]) + 2) // 3}"
        sums[quarter] = sums.get(quarter, 0) + month.opened
    return [
        _cohort(lots, months[0].line, quarter, age, count, ())
        for quarter, count in sums.items()
        for age in (30, 90)
    ]


def _cohort(
    lots: Random, line: str, period: str, age: int, opened: int, districts: tuple[str, ...]
) -> Cohort:
    counts = _classes(age, opened)
    codes = tuple(categories())
    tables = [
        Table(
            name="class",
            rows=CLASSES,
            columns=("count",),
            cells=tuple((_figure(lots, counts[name]),) for name in CLASSES),
            total=Figure(opened, opened, opened),
        ),
        _statuses(lots, counts),
        _crossed(lots, "class_category", codes, counts),
    ]
    parts = _bands(age, opened)
    tables.append(
        Table(
            name="first_action",
            rows=BANDS,
            columns=("count",),
            cells=tuple((_figure(lots, parts.get(band, 0)),) for band in BANDS),
            total=_figure(lots, opened),
        )
    )
    if districts:
        tables.append(_crossed(lots, "class_district", districts, counts))
    month = period if "Q" not in period else f"{period[:4]}-{int(period[-1]) * 3:02d}"
    published = f"{later(month, 1 + -(-age // 30))}-05"
    return Cohort(
        line=line,
        period=period,
        age=age,
        bulletin=f"bulletin-{published[:7]}.txt",
        published=published,
        tables=tuple(tables),
        delays=tuple(_delays(lots, age, codes, districts)),
    )


def _bands(age: int, opened: int) -> dict[str, int]:
    """Return how many had a first action in each band of days, up to ``age``."""
    shares = dict(zip(BANDS, (0.12, 0.1, 0.12, 0.14, 0.12, 0.06, 0.04, 0.03, 0.02), strict=False))
    found = {band: round(opened * share) for band, share in shares.items() if int(band.split("-")[0]) < age}
    return found | {"none": opened - sum(found.values())}


def _classes(age: int, opened: int) -> dict[str, int]:
    acted, silent = _BY_AGE[age]
    counts = {
        "acted": round(opened * _SHARES["acted"] * acted),
        "silent": round(opened * _SHARES["silent"] * silent),
    }
    counts["closed"] = round(opened * _SHARES["closed"] * acted)
    return {"open": max(0, opened - sum(counts.values()))} | counts


def _statuses(lots: Random, counts: dict[str, int]) -> Table:
    by_class: dict[str, list[str]] = {}
    for status in statuses().values():
        by_class.setdefault(str(status.status_class), []).append(status.code)
    values = {}
    for name, codes in by_class.items():
        for place, code in enumerate(codes):
            values[code] = round(
                counts[name] * (0.5 ** (place + 1) if place + 1 < len(codes) else 0.5**place)
            )
    rows = tuple(code for code in statuses())
    return Table(
        name="status",
        rows=rows,
        columns=("count",),
        cells=tuple((_figure(lots, values[code]),) for code in rows),
        total=_figure(lots, sum(counts.values())),
    )


def _crossed(lots: Random, name: str, rows: tuple[str, ...], counts: dict[str, int]) -> Table:
    weights = [1 / (1 + ((place * 7) % len(rows))) for place in range(len(rows))]
    whole = sum(weights)
    true = [
        [round(counts[column] * weight / whole * lots.uniform(0.8, 1.2)) for column in CLASSES]
        for weight in weights
    ]
    return Table(
        name=name,
        rows=rows,
        columns=CLASSES,
        cells=tuple(tuple(_figure(lots, value) for value in row) for row in true),
        row_totals=tuple(_figure(lots, sum(row)) for row in true),
        column_totals=tuple(_figure(lots, counts[column]) for column in CLASSES),
        total=_figure(lots, sum(counts.values())),
    )


def _delays(lots: Random, age: int, codes: tuple[str, ...], districts: tuple[str, ...]) -> list[Delay]:
    groups = [
        ("all", ""),
        *(("category", code) for code in codes),
        *(("district", code) for code in districts),
    ]
    return [
        Delay(
            by=by,
            code=code,
            first_action_median=Days(lots.randint(4, 16)),
            first_action_p90=Days(None, beyond=True) if age < 90 else Days(lots.randint(50, age)),
            close_median=Days(lots.randint(20, 29)) if code != "other" else Days(None),
            close_p90=Days(None, beyond=True),
        )
        for by, code in groups
    ]
