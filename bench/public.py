"""The public site: a city made up, its site built, built again after a new month, and verified."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure
from bench.processes import Run, timed
from bench.site import Bench
from portal.generator.city import City, make_city
from portal.generator.plan import Plan
from wire.hashing import blake2b_256, hashes_in

BUILD_SECONDS, AGAIN_SECONDS, BUILD_MB = 20.0, 5.0, 500.0
"""Of a million tips in five years, on two cores."""
_CONTRADICTS = (0, 4)
"""A made-up city has its faults, and a build says so."""


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of a first build, of one after a new month, and of a verification."""
    folder = bench.new_folder()
    plan = replace(Plan(), tips=bench.scale.site_tips)
    if bench.scale.site_months != plan.months:
        plan = plan.smaller(plan.tips, bench.scale.site_months)
    began = time.perf_counter()
    city = make_city(plan, folder / "city")
    made = time.perf_counter() - began
    floor = _floor(plan.tips)
    late = _newest(city)
    for path in late:
        path.rename(folder / path.name)
    first = _build(bench, city, folder)
    for path in late:
        (folder / path.name).rename(path)
    again = _build(bench, city, folder)
    checked = _portal(bench, "verify", city, "--site", folder / "public")
    shutil.rmtree(folder)
    return _figures(plan.tips, made, floor, (first, again, checked))


def _newest(city: City) -> list[Path]:
    """Return the ledgers and bulletins of the newest month that each line has."""
    found = []
    for folder in (city.ledgers, city.bulletins):
        files = [path for path in folder.iterdir() if path.suffix in (".ledger", ".bulletin")]
        month = max(path.stem[-7:] for path in files)
        found += [path for path in files if path.stem.endswith(month)]
    return found


def _build(bench: Bench, city: City, folder: Path) -> Run:
    return _portal(bench, "build", city, "--site", city.site, "--output", folder / "public")


def _portal(bench: Bench, command: str, city: City, *words: object) -> Run:
    inputs = ("--ledgers", city.ledgers, "--bulletins", city.bulletins)
    log = bench.folder / "portal.log"
    return timed(log, "tipline-portal", command, *inputs, *words, ends=_CONTRADICTS)


def _floor(tips: int) -> float:
    """Return the seconds in which every digest is hashed once: no check can do with less."""
    digests = bytes(32) * tips
    began = time.perf_counter()
    for digest in hashes_in(digests):
        blake2b_256(digest)
    return time.perf_counter() - began


def _figures(tips: int, made: float, floor: float, runs: tuple[Run, Run, Run]) -> list[Figure]:
    first, again, checked = runs
    city = f"a city made up, {tips:,} tips"
    return [
        Figure(name="site.made", what=city, value=made, unit="s", less_is_better=True),
        _seconds("site.build", "its site built", first, floor, target=BUILD_SECONDS),
        _processor("site.build.processor", first),
        _memory("site.build.memory", first, BUILD_MB),
        _seconds("site.again", "built again after a new month", again, floor, target=AGAIN_SECONDS),
        _processor("site.again.processor", again),
        _seconds("site.verify", "verified, with the site", checked, floor),
        _memory("site.verify.memory", checked),
    ]


def _seconds(name: str, what: str, run: Run, floor: float, *, target: float | None = None) -> Figure:
    return Figure(
        name=name,
        what=what,
        value=run.seconds,
        unit="s",
        floor=floor,
        target=target,
        less_is_better=True,
    )


def _processor(name: str, run: Run) -> Figure:
    return Figure(name=name, what="  processor time", value=run.processor, unit="s", less_is_better=True)


def _memory(name: str, run: Run, target: float | None = None) -> Figure:
    return Figure(
        name=name,
        what="  peak memory of its largest process",
        value=run.peak / 1e6,
        unit="MB",
        target=target,
        less_is_better=True,
    )
