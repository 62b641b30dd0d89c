"""The preview of a bulletin: what a reader will see, and what changed since the last, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from disclosure.records import Place
from disclosure.rules import CATEGORY, CLASS, CLOSING, DISTRICT, FIRST_ACTION, STATUS
from disclosure.sums import Release as When
from disclosure.vocabulary import categories, statuses
from wire.release import NONE, Table, Total
from wire.signed import time_text
from workstation.bulletin.making import Draft

_CLASSES = {"open": "open", "closed": "closed", "acted": "acted on", "silent": "no response"}
_TITLES = {
    (CLASS,): "what became of them",
    (FIRST_ACTION,): "days to the first action",
    (CLOSING,): "days to closing",
    (STATUS,): "by status",
    (CATEGORY,): "by category",
    (DISTRICT,): "by district",
    (CLASS, CATEGORY): "by outcome and category",
    (CLASS, DISTRICT): "by outcome and district",
}
"""In the order in which they are shown."""
_LEFT_OUT = {
    "district": "districts",
    "category": "districts, categories and single statuses",
    "period": "everything: this cohort is not shown by itself",
}


def as_json(draft: Draft) -> dict[str, Any]:
    """Return the draft as docs/workstation-reference.md has it."""
    said = draft.bulletin
    return {
        "month": said.month,
        "serial": said.serial,
        "file": draft.name,
        "issued": time_text(said.issued),
        "again": bool(draft.octets),
        "mode": said.mode,
        "certificates": said.certificates,
        "digests": said.digests,
        "ledgers": [
            {"box": one.box.hex(), "month": one.month, "received": one.received, "new": one.digests}
            for one in said.ledgers
        ],
        "totals": [_total_json(draft, total) for total in said.totals],
        "cohorts": [_cohort_json(draft, when) for when in _cohorts(draft)],
        "warnings": list(draft.warnings),
    }


def _total_json(draft: Draft, total: Total) -> dict[str, Any]:
    before = [old for past in draft.issued.bulletins for old in past.totals if old.period == total.period]
    return {
        "period": total.period,
        "received": total.received,
        "opened": total.opened,
        "opened_before": before[-1].opened if before else None,
    }


def _cohorts(draft: Draft) -> list[When]:
    said = draft.bulletin
    shown = {(table.period, table.age) for table in said.tables}
    return sorted(shown | {(coarse.period, coarse.age) for coarse in said.coarse})


def _cohort_json(draft: Draft, when: When) -> dict[str, Any]:
    said = draft.bulletin
    tables = [table for table in said.tables if (table.period, table.age) == when]
    coarse = [one.what for one in said.coarse if (one.period, one.age) == when]
    return {
        "period": when[0],
        "age": when[1],
        "left_out": coarse[0] if coarse else "",
        "tables": {",".join(table.dimensions): _values(table) for table in tables},
        "medians": {
            one.what: {"half": one.half, "nine_tenths": one.most}
            for one in said.medians
            if (one.period, one.age) == when
        },
        "changed": [
            {"table": ",".join(place[0]), "cell": ",".join(place[1]), "before": old, "now": new}
            for place, old, new in _changes(draft, when, tables)
        ],
    }


def _values(table: Table) -> dict[str, int]:
    return {",".join(cell.codes): cell.value for cell in table.cells}


def _changes(draft: Draft, when: When, tables: Sequence[Table]) -> Iterator[tuple[Place, int, int]]:
    """Yield the values that are not those of the age before, with both."""
    period, age = when
    shown = draft.issued.releases()
    earlier = [
        release.values() for (name, young), release in sorted(shown.items()) if name == period and young < age
    ]
    before: Mapping[Place, int] = earlier[-1] if earlier else {}
    for table in tables:
        for cell in table.cells:
            place = (table.dimensions, cell.codes)
            if place in before and before[place] != cell.value:
                yield place, before[place], cell.value


def in_words(draft: Draft) -> Iterator[str]:
    """Yield the lines of the preview: every word of it is public, but districts came from a file."""
    said = draft.bulletin
    people = (
        "one user opens the case book, and it says so"
        if said.mode == "single"
        else "two people open the case book"
    )
    yield f"Bulletin of {said.month}, number {said.serial}, of the line {said.name}; {people}."
    if draft.octets:
        yield "It was issued before: this is what it says, and it is never made anew."
    yield ""
    yield "Exact, for everybody to check:"
    yield from _exact(draft)
    for when in _cohorts(draft):
        yield ""
        yield from _cohort(draft, when)
    yield ""
    k = said.rules.k
    yield f"Every count below the exact ones is disturbed: 0 may be a few, {k} may be none, and rows do not add up. No"
    yield f"value changed unless at least {k} tips moved. The attacker found nothing in this and all earlier bulletins."
    for warning in draft.warnings:
        yield f"warning: {warning}"


def _exact(draft: Draft) -> Iterator[str]:
    said = draft.bulletin
    for one in said.ledgers:
        yield f"  box {one.box.hex()}  {one.month}  counted {one.received}; {one.digests} tips proven now"
    for total in (_total_json(draft, one) for one in said.totals):
        before = total["opened_before"]
        since = "" if before in (None, total["opened"]) else f" ({before} in the bulletin before)"
        never = total["received"] - total["opened"]
        opened = f"opened {total['opened']}{since}, never opened {never}"
        yield f"  {total['period']}  received {total['received']}, {opened}"
    yield f"  certificates of destruction so far: {said.certificates}"


def _cohort(draft: Draft, when: When) -> Iterator[str]:
    found = _cohort_json(draft, when)
    yield f"Tips of {when[0]}, {when[1]} days after its end:"
    if found["left_out"]:
        yield f"  left out, since a small count could be recovered: {_LEFT_OUT[found['left_out']]}"
    for dimensions, title in _TITLES.items():
        table = found["tables"].get(",".join(dimensions))
        if table is not None:
            shown = [f"{_name(dimensions, codes)} {value}" for codes, value in table.items() if value]
            yield f"  {title}: {'; '.join(shown) or 'nothing to show'}"
        moved = [one for one in found["changed"] if one["table"] == ",".join(dimensions)]
        if moved:
            words = (f"{_name(dimensions, one['cell'])} {one['before']}, now {one['now']}" for one in moved)
            yield f"    changed since the age before: {'; '.join(words)}"
    for what, median in found["medians"].items():
        half, most = map(_days, median.values())
        yield f"  {_TITLES[(what,)]}: half {half}, nine tenths {most}"


def _days(days: int | None) -> str:
    return "not yet" if days is None else f"within {days}"


def _name(dimensions: Sequence[str], codes: str) -> str:
    return ", ".join(_word(*pair) for pair in zip(dimensions, codes.split(","), strict=True))


def _word(dimension: str, code: str) -> str:
    if code == NONE:
        return "not yet" if dimension in (FIRST_ACTION, CLOSING) else f"no {dimension}"
    if dimension == CLASS:
        return _CLASSES.get(code, code)
    if dimension == STATUS and code in statuses():
        return statuses()[code].en
    if dimension == CATEGORY and code in categories():
        return categories()[code].en
    return code
