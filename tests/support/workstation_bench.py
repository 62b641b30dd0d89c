"""How fast the workstation opens, imports and reads, beside the bare cryptography measured in the same run.

    python -m tests.support.workstation_bench [BATCHES] [SLOTS]

Half of the slips are tips. The bare figure is crypto_box_seal_open alone, in as many processes as there are cores.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from nacl.bindings import crypto_box_seal_open

from tests.support.workstation import FIRST, PERIOD, Box, Station
from wire.slip import SEALED_OCTETS
from workstation.batches.forks import Work, cores, pool
from workstation.batches.importing import Trusted, import_files
from workstation.batches.opening import cut_body, open_body, open_sealed
from workstation.batches.store import Store, create_store
from workstation.batches.walk import find_files
from workstation.console import tip_json
from workstation.messages.tips import Faults, Reader, read_tips

ROUNDS = 3
"""The best of each: other work on the machine disturbs, nothing helps."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    seconds: float
    processor: float
    """Seconds of processor time, of all processes: hardly disturbed by what else runs on the machine."""
    slips: int

    @property
    def rate(self) -> float:
        return self.slips / self.seconds

    @property
    def cost(self) -> float:
        """Processor time of a slip, in microseconds."""
        return self.processor / self.slips * 1e6


def write_stick(station: Station, folder: Path, *, batches: int, slots: int) -> None:
    """Write batches of which half the slips are tips, a tenth of these in messages of three parts."""
    box = Box(station.sheet, slots=slots)
    station.trust(box, folder)
    cover = box.seal(box.cover())
    for number in range(batches):
        tips = list(_tips(box, slots // 2, received=FIRST + number * PERIOD))
        sealed = [box.seal(slip) for slip in (*tips, box.manifest(len(tips)))]
        sealed += [cover] * (slots - len(sealed))
        box.random.shuffle(sealed)
        box.cut(folder / "stick", body=b"".join(sealed))


def _tips(box: Box, count: int, *, received: int) -> Iterator[object]:
    alone = box.text("Hay un coche rojo en la esquina, dos hombres", received=received)
    left = count
    while left >= 30:
        yield from (
            replace(alone, tip=box.random.randbytes(16), message=box.random.randbytes(16)) for _ in range(27)
        )
        yield from box.long_text(["La casa azul ", "con la puerta rota ", "desde ayer"], received=received)
        left -= 30
    yield from (
        replace(alone, tip=box.random.randbytes(16), message=box.random.randbytes(16)) for _ in range(left)
    )


def _timed(name: str, slips: int, action: Callable[[], object]) -> Figure:
    began, used = time.perf_counter(), _processor()
    action()
    return Figure(name, time.perf_counter() - began, _processor() - used, slips)


def _processor() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _in_pool(work: Work, bodies: Sequence[bytes]) -> None:
    with pool(work, cores()) as run:
        for _ in run(bodies):
            pass


def measure(batches: int, slots: int) -> list[Figure]:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        station = Station.make(folder)
        write_stick(station, folder, batches=batches, slots=slots)
        home = station.open()
        keys, boxes, slips = home.epoch_keys(), home.boxes.keys(), batches * slots
        files = find_files([folder / "stick"])
        bodies = [found.path.read_bytes()[-slots * SEALED_OCTETS :] for found in files]
        jobs = [b"".join(bodies[at : at + 8]) for at in range(0, len(bodies), 8)]
        first = keys[0]

        def bare(job: bytes) -> bytes:
            for slip in cut_body(job):
                crypto_box_seal_open(slip, first.public, first.secret)
            return b""

        def opening(job: bytes) -> bytes:
            for _ in open_sealed(cut_body(job), keys):
                pass
            return b""

        def sorting(job: bytes) -> bytes:
            open_body(job, keys, home.sheet.line)
            return b""

        def importing() -> None:
            database = folder / f"{time.monotonic_ns()}.db"
            create_store(database)
            with closing(Store(database)) as store:
                trusted = Trusted(home.sheet.line, boxes)
                import_files(files, store, trusted, keys=keys, advance=lambda: None)

        def reading() -> None:
            database = max(folder.glob("*.db"))
            with closing(Store(database)) as store:
                for tip in read_tips(store, Reader(home.sheet.line, boxes, keys), Faults()):
                    tip_json(tip, "police")

        actions: list[tuple[str, Callable[[], object]]] = [
            ("bare crypto_box_seal_open", lambda: _in_pool(bare, jobs)),
            ("opening", lambda: _in_pool(opening, jobs)),
            ("opening and sorting", lambda: _in_pool(sorting, jobs)),
            ("import", importing),
            ("tips --json", reading),
        ]
        rounds = [[_timed(name, slips, action) for name, action in actions] for _ in range(ROUNDS)]
        return [_best(figures) for figures in zip(*rounds, strict=True)]


def _best(figures: Sequence[Figure]) -> Figure:
    seconds, processor = min(f.seconds for f in figures), min(f.processor for f in figures)
    return replace(figures[0], seconds=seconds, processor=processor)


def main() -> None:
    batches, slots = (int(word) for word in (*sys.argv[1:], "400", "64")[:2])
    figures = measure(batches, slots)
    print(
        f"{batches} batches of {slots} slips, {cores()} cores; shares of bare by time, and by processor time"
    )
    for figure in figures:
        shares = figure.rate / figures[0].rate, figures[0].cost / figure.cost
        print(
            f"{figure.name:<28}{figure.rate:>8.0f} slips/s{shares[0]:>6.0%}"
            f"{figure.cost:>9.1f} us/slip{shares[1]:>6.0%}"
        )
    peak = [
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(f"peak memory: {peak[0]} MB, helpers {peak[1]} MB (the lists of this benchmark included)")


if __name__ == "__main__":
    main()
