"""What single steps cost on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from nacl.bindings import crypto_box_seal

from bench.bare import Spool
from bench.figures import Figure, median
from bench.site import Bench
from wire.slip import SLIP_OCTETS

_SEALED_AT_ONCE = 10
_COMMITS = 5
"""For each sample: the WAL has to reach its full size first, since growing a file costs the disk more."""


def seal_ms(bench: Bench) -> float:
    """Return milliseconds for one crypto_box_seal of a slip."""
    key, slip = bench.key, bytes(SLIP_OCTETS)

    def seal() -> None:
        for _ in range(_SEALED_AT_ONCE):
            crypto_box_seal(slip, key)

    return _each(seal, bench.scale.samples) / _SEALED_AT_ONCE


def commit_ms(bench: Bench) -> float:
    """Return milliseconds for one row of a slip's size, committed to a WAL with synchronous=FULL."""
    sealed = crypto_box_seal(bytes(SLIP_OCTETS), bench.key)
    with closing(Spool(bench.new_folder() / "commits.db")) as spool:
        return _each(lambda: spool.store(sealed), bench.scale.samples * _COMMITS)


def measure(bench: Bench) -> list[Figure]:
    """Return the floors of single steps."""
    return [
        Figure(name="floors.seal", what="one crypto_box_seal of 256 octets", value=seal_ms(bench), unit="ms"),
        Figure(
            name="floors.commit",
            what="one WAL commit, synchronous=FULL",
            value=commit_ms(bench),
            unit="ms",
        ),
    ]


def _each(work: Callable[[], None], samples: int) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) * 1000

    return median(once() for _ in range(samples))
