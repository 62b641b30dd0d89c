"""The workstation: opening beside the bare cryptography, the whole import, reading, and peak memory."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nacl.bindings import crypto_box_seal_open

from bench.figures import Figure, median
from bench.processes import Run, timed
from bench.site import Bench
from bench.stick import Stick, fill_stick
from wire.batch import cut_body
from wire.slip import SEALED_OCTETS
from workstation.batches.forks import Work, cores, pool
from workstation.batches.opening import open_sealed
from workstation.epochs.store import EpochKey
from workstation.home import open_home
from workstation.keys.people import Credential

OPENING_TARGET = 0.8
IMPORT_TARGET = 1 / 3
_OPENED = 20_000
"""Slips of one round of opening: half a second on two cores."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What some slips took."""

    rate: float
    """Slips a second."""
    processor_us: float
    """Processor time of a slip, of all processes, in microseconds."""


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of opening, import and reading."""
    stick = fill_stick(bench.new_folder(), bench.sheet, slips=bench.scale.slips, slots=bench.scale.slots)
    bench.workstation("trust", stick.identity, "--yes")
    bare, opening = _open(bench, stick)
    imported = _run(bench, "import", stick.folder, "--json")
    read = _run(bench, "tips", "--json")
    shutil.rmtree(stick.folder)
    return [*_opening_figures(bare, opening), *_command_figures(stick, opening, imported, read)]


def _opening_figures(bare: Cost, opening: Cost) -> list[Figure]:
    return [
        Figure(
            name="workstation.bare",
            what=f"bare crypto_box_seal_open, {cores()} cores",
            value=bare.rate,
            unit="slips/s",
        ),
        Figure(
            name="workstation.batches.opening",
            what="opening stage, the same cores",
            value=opening.rate,
            unit="slips/s",
            floor=bare.rate,
            target=OPENING_TARGET * bare.rate,
        ),
        Figure(
            name="workstation.batches.opening.processor",
            what="  processor time a slip",
            value=opening.processor_us,
            unit="µs",
            floor=bare.processor_us,
            target=bare.processor_us / OPENING_TARGET,
            less_is_better=True,
        ),
    ]


def _command_figures(stick: Stick, opening: Cost, imported: Run, read: Run) -> list[Figure]:
    return [
        Figure(
            name="workstation.import",
            what=f"import command, {stick.slips:,} slips, half tips",
            value=stick.slips / imported.seconds,
            unit="slips/s",
            floor=opening.rate,
            target=IMPORT_TARGET * opening.rate,
        ),
        Figure(
            name="workstation.import.processor",
            what="  processor time a slip, all processes",
            value=imported.processor / stick.slips * 1e6,
            unit="µs",
            floor=opening.processor_us,
            target=opening.processor_us / IMPORT_TARGET,
            less_is_better=True,
        ),
        _memory("workstation.import.memory", imported),
        Figure(
            name="workstation.messages.tips",
            what="tips --json command",
            value=stick.slips / read.seconds,
            unit="slips/s",
            floor=opening.rate,
        ),
        _memory("workstation.messages.tips.memory", read),
    ]


def _memory(name: str, run: Run) -> Figure:
    return Figure(
        name=name,
        what="  peak memory of its largest process",
        value=run.peak / 1e6,
        unit="MB",
        less_is_better=True,
    )


def _open(bench: Bench, stick: Stick) -> tuple[Cost, Cost]:
    """Return the costs of the bare call and of the opening stage, both in as many processes, in turn."""
    passphrase = (bench.folder / "passphrase").read_bytes()
    home = open_home(bench.folder / "home", [Credential(passphrase)])
    keys = home.epoch_keys()
    jobs = list(_bodies(stick, bench.scale.slots))
    works = [_bare_work(keys[0]), _opening_work(keys)]
    rounds = [[_cost(work, jobs) for work in works] for _ in range(bench.scale.rounds)]
    bare, opening = (
        Cost(median(cost.rate for cost in column), median(cost.processor_us for cost in column))
        for column in zip(*rounds, strict=True)
    )
    return bare, opening


def _bodies(stick: Stick, slots: int) -> Iterator[bytes]:
    paths = sorted(stick.folder.iterdir())[: max(1, _OPENED // slots)]
    for path in paths:
        yield path.read_bytes()[-slots * SEALED_OCTETS :]


def _bare_work(key: EpochKey) -> Work:
    def work(body: bytes) -> bytes:
        for slip in cut_body(body):
            crypto_box_seal_open(slip, key.public, key.secret)
        return b""

    return work


def _opening_work(keys: Sequence[EpochKey]) -> Work:
    def work(body: bytes) -> bytes:
        for _ in open_sealed(cut_body(body), keys):
            pass
        return b""

    return work


def _cost(work: Work, jobs: Sequence[bytes]) -> Cost:
    slips = sum(len(job) for job in jobs) // SEALED_OCTETS
    began, used = time.perf_counter(), _processor()
    with pool(work, cores()) as run:
        _exhaust(run(jobs))
    return Cost(slips / (time.perf_counter() - began), (_processor() - used) / slips * 1e6)


def _exhaust(results: Iterator[bytes]) -> None:
    for _ in results:
        pass


def _processor() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usages)


def _run(bench: Bench, *words: object) -> Run:
    return timed(bench.folder / "workstation.log", "tipline-workstation", *bench.home, *words)
