"""The case book with many tips: its pages as the screen serves them, and the queries behind them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from bench.figures import Figure, median
from bench.processes import Failed
from bench.shelf import CATEGORIES, DISTRICTS, NOW, PERSONS, UNITS, filled_home, opened
from bench.site import Bench
from workstation.book.connection import NAME, Book
from workstation.book.listing import count, page
from workstation.book.rows import Cursor, Filter, Order

PAGE_TARGET_MS = 100.0
START_TARGET_S = 2.0
_DAY = 86400
SEARCHES = (
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
    path, filled = filled_home(bench.shelf or bench.new_folder(), bench.scale.tips)
    found, pages = (_asked(module, path, bench.scale.rounds) for module in ("bench.book", "bench.served"))
    book, tips = (path / NAME).stat().st_size, f"{bench.scale.tips:,} tips"
    if bench.shelf is None:
        shutil.rmtree(path)
    made = _figure("book.filled", f"a case book of {tips} made", filled, unit="s") if filled else None
    size = _figure("book.size", f"file of a case book of {tips}", book / 1e6, unit="MB")
    return [*([made] if made else []), size, *_of_the_screen(pages), *_of_the_book(found)]


def _of_the_screen(found: dict[str, list[float]]) -> Iterator[Figure]:
    ((start,), (memory,)) = found.pop("start"), found.pop("memory")
    yield _figure("book.start", "start: interpreter to first page", start, unit="s", target=START_TARGET_S)
    for kind, what in (("page", "inbox page"), ("search", "search"), ("tip", "page of a tip")):
        yield from _kinds(f"book.served.{kind}", f"{what} at the server", _of(found, f"{kind}: "))
        yield from _kinds(f"book.cold.{kind}", f"{what}, nothing read yet", _of(found, f"cold {kind}: "))
    yield _figure("book.memory", "  memory of the process that serves", memory, unit="MB")


def _of_the_book(found: dict[str, list[float]]) -> Iterator[Figure]:
    ((memory,),) = (found.pop("memory"),)
    for kind, what in (
        ("page", "query of a page"),
        ("search", "query of a search"),
        ("count", "count to 1,000"),
    ):
        yield from _kinds(f"book.{kind}", what, _of(found, f"{kind}"))
    yield _figure("book.query.memory", "  memory of the process that asked", memory, unit="MB")


def _of(found: dict[str, list[float]], kind: str) -> dict[str, float]:
    return {name: median(values) for name, values in found.items() if name.startswith(kind)}


def _kinds(name: str, what: str, times: dict[str, float]) -> Iterator[Figure]:
    slowest = max(times, key=lambda one: times[one])
    yield _time(name, f"{what}, median of {len(times)} kinds", median(times.values()))
    yield _time(f"{name}.slowest", f"  slowest: {slowest}", times[slowest])


def _time(name: str, what: str, seconds: float) -> Figure:
    return _figure(name, what, seconds * 1000, unit="ms", target=PAGE_TARGET_MS)


def _figure(name: str, what: str, value: float, *, unit: str, target: float | None = None) -> Figure:
    return Figure(name=name, what=what, value=value, unit=unit, target=target, less_is_better=True)


def _asked(module: str, path: Path, rounds: int) -> dict[str, list[float]]:
    """Return the times of each kind of question, asked in a new process. Raises Failed."""
    command = [sys.executable, "-m", module, str(path), str(rounds), str(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{module}: {done.stderr[-2000:]}")
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
    for typed in SEARCHES:
        for order in Order:
            yield f"search: {typed}, {order}", Filter(text=typed, order=order), None
        yield f"search: {typed}, open", Filter(text=typed, classes=("open",)), None
        yield f"search: {typed}, a district", Filter(text=typed, districts=(district,)), None
        yield f"search: {typed}, far inside", Filter(text=typed), place


def _ordered(wanted: Filter, order: Order) -> Filter:
    return Filter(
        **{name: getattr(wanted, name) for name in Filter.__struct_fields__ if name != "order"}, order=order
    )


def resident() -> list[float]:
    """Return the megabytes of memory that this process holds."""
    return [int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6]


def _ask(path: Path, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        book.counts.forget()
        begins = time.perf_counter()
        work()
        found.setdefault(name, []).append(time.perf_counter() - begins)

    with Book.open(path / NAME, opened(path).vault.book) as book:
        for number in range(rounds):
            for name, wanted, after in questions(Random(number)):  # noqa: S311 - made-up texts
                timed(name, partial(page, book, wanted, now=NOW, after=after))
                if after is None and wanted.order is Order.NEWEST:
                    timed(f"count {name}", partial(count, book, wanted, now=NOW))
    return found | {"memory": resident()}


if __name__ == "__main__":
    print(json.dumps(_ask(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 - its answer
