"""The case book with many tips: pages, searches, counts and the start, asked in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from bench.figures import Figure, median
from bench.processes import Failed
from bench.shelf import CATEGORIES, DISTRICTS, NOW, PERSONS, UNITS, fill, new_key
from bench.site import Bench
from workstation.book.connection import NAME, Book
from workstation.book.listing import count, page
from workstation.book.rows import Cursor, Filter, Order

PAGE_TARGET_MS = 100.0
START_TARGET_S = 2.0
_DAY = 86400
_SEARCHES = (
    "coche",
    "sotano",
    "contraseña banco",
    '"hay una casa"',
    "de",
    "a",
    "zanahoria",
    "cam",
    "moto negra gorra",
)
"""Frequent, rare, several, a phrase, one or two letters, none, a part of many words."""


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of a case book."""
    folder, key = bench.new_folder(), new_key()
    tips = bench.scale.tips
    began = time.perf_counter()
    fill(folder / NAME, key, tips)
    filled = time.perf_counter() - began
    found = _asked(folder / NAME, key, rounds=bench.scale.rounds)
    size = (folder / NAME).stat().st_size
    (folder / NAME).unlink()
    return [
        Figure(
            name="book.filled",
            what=f"a case book of {tips:,} tips made",
            value=filled,
            unit="s",
            less_is_better=True,
        ),
        Figure(name="book.size", what="  its file", value=size / 1e6, unit="MB", less_is_better=True),
        *_figures(found),
    ]


def _figures(found: dict[str, list[float]]) -> Iterator[Figure]:
    ((start,), (memory,)) = found.pop("start"), found.pop("memory")
    yield Figure(
        name="book.start", what="start: interpreter to first page", value=start, unit="s", target=START_TARGET_S,
        less_is_better=True,
    )  # fmt: skip
    for kind, what in (
        ("page", "inbox page, median"),
        ("search", "search, median"),
        ("count", "count to 1,000, median"),
    ):
        times = {name: median(values) for name, values in found.items() if name.startswith(kind)}
        yield _time(f"book.{kind}", f"{what} of {len(times)} kinds", median(times.values()))
        slowest = max(times, key=lambda name: times[name])
        yield _time(f"book.{kind}.slowest", f"  slowest: {slowest}", times[slowest])
    yield Figure(
        name="book.memory",
        what="  memory of the process that asked",
        value=memory,
        unit="MB",
        less_is_better=True,
    )


def _time(name: str, what: str, seconds: float) -> Figure:
    return Figure(
        name=name, what=what, value=seconds * 1000, unit="ms", target=PAGE_TARGET_MS, less_is_better=True
    )


def _asked(path: Path, key: bytes, *, rounds: int) -> dict[str, list[float]]:
    """Return the times of each kind of question, asked in a new process. Raises Failed."""
    command = [sys.executable, "-m", "bench.book", str(path), str(rounds), str(time.time())]
    done = subprocess.run(command, input=key.hex(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"bench.book: {done.stderr[-2000:]}")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def questions(random: Random) -> Iterator[tuple[str, Filter, Cursor | None]]:
    """Yield kinds of pages: none and each single condition, common combinations, and places far inside."""
    place = Cursor(0, NOW - random.randrange(700) * _DAY, 1)
    district, category = random.choice(DISTRICTS), random.choice(CATEGORIES)
    since = NOW - random.randrange(1, 90) * _DAY
    singles = {
        "no filter": Filter(),
        "status": Filter(statuses=("investigating",)),
        "open": Filter(classes=("open",)),
        "acted": Filter(classes=("acted",)),
        "category": Filter(categories=(category,)),
        "no category": Filter(categories=(None,)),
        "district": Filter(districts=(district,)),
        "rare district": Filter(districts=(DISTRICTS[-2],)),
        "unit": Filter(units=(random.choice(UNITS),)),
        "person": Filter(mine=(random.choice(PERSONS),)),
        "priority": Filter(priorities=(3,)),
        "silent": Filter(silent=True),
        "from": Filter(received_from=since),
        "to": Filter(received_to=since),
        "flag": Filter(flags=("after-loss",)),
        "repeats": Filter(flags=("possible-repeat",)),
        "similar": Filter(flags=("similar",)),
        "not merged": Filter(hide_merged=True),
        "held": Filter(held=True),
        "open in a district": Filter(classes=("open",), districts=(district,)),
        "open of nobody": Filter(classes=("open",), persons=(None,)),
        "open, a unit's, urgent": Filter(classes=("open",), units=(UNITS[0],), priorities=(2, 3)),
        "a category in a district of a month": Filter(
            categories=(category,), districts=(district,), received_from=since - 30 * _DAY, received_to=since
        ),
        "silent in a district": Filter(silent=True, districts=(district,)),
        "closed, not merged": Filter(classes=("closed",), hide_merged=True),
    }
    for name, wanted in singles.items():
        for order in Order:
            yield f"page: {name}, {order}", _ordered(wanted, order), None
        yield f"page: {name}, far inside", wanted, place
    for typed in _SEARCHES:
        for order in Order:
            yield f"search: {typed}, {order}", Filter(text=typed, order=order), None
        yield f"search: {typed}, open", Filter(text=typed, classes=("open",)), None
        yield f"search: {typed}, a district", Filter(text=typed, districts=(district,)), None
        yield f"search: {typed}, far inside", Filter(text=typed), place


def _ordered(wanted: Filter, order: Order) -> Filter:
    return Filter(
        **{name: getattr(wanted, name) for name in Filter.__struct_fields__ if name != "order"}, order=order
    )


def _ask(path: Path, rounds: int, began: float) -> dict[str, list[float]]:
    key = bytes.fromhex(sys.stdin.read())
    with Book.open(path, key) as book:
        page(book, Filter(), now=NOW)
        found: dict[str, list[float]] = {"start": [time.time() - began]}
        for number in range(rounds):
            for name, wanted, after in questions(Random(number)):  # noqa: S311 - made-up texts
                begins = time.perf_counter()
                page(book, wanted, now=NOW, after=after)
                found.setdefault(name, []).append(time.perf_counter() - begins)
                if after is None and wanted.order is Order.NEWEST:
                    begins = time.perf_counter()
                    count(book, wanted, now=NOW)
                    found.setdefault(f"count {name}", []).append(time.perf_counter() - begins)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return found | {"memory": [resident / 1e6]}


if __name__ == "__main__":
    print(json.dumps(_ask(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))  # noqa: T201 - its answer
