"""From the network's offer to durable, with sixteen modems at one message a second each."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.figures import Figure
from bench.floors import commit_ms, seal_ms
from bench.messages import postings
from bench.site import Bench, Site, Taken, site

MEDIAN_TARGET, P99_TARGET = 5.0, 25.0


def measure(bench: Bench) -> list[Figure]:
    """Return median and 99th percentile in milliseconds: modems in turn, and all at the same moment.

    Durable is taken as the time at which +CNMA came to the network, after the commit: the true time is shorter.
    """
    modems = bench.scale.modems
    floor = seal_ms(bench) + commit_ms(bench)
    with site(bench, modems=modems, mode="direct") as box:
        spread = _waits(_offered(box, modems, bench.scale.latency, apart=1 / modems))
        together = _waits(_offered(box, modems, bench.scale.latency // 2, apart=0.0))
    return [
        _figure("latency.median", f"offered to durable, {modems} modems at 1/s: median", spread, 50, floor),
        _figure("latency.p99", "  99th percentile", spread, 99, floor),
        _figure("latency.together.median", "  all in the same moment: median", together, 50, floor),
        _figure("latency.together.p99", "  99th percentile", together, 99, floor),
    ]


def _offered(box: Site, modems: int, seconds: int, *, apart: float) -> list[Taken]:
    """Offer each modem a message a second, one modem ``apart`` seconds after the other."""
    before = {modem: int(box.network.status(modem)["offered"]) for modem in range(modems)}
    begun = time.monotonic()
    for number, message in enumerate(postings(modems * seconds)):
        second, modem = divmod(number, modems)
        time.sleep(max(0.0, begun + second + modem * apart - time.monotonic()))
        box.network.request("deliver", modem, **message)
    return box.taken(before)


def _waits(taken: Sequence[Taken]) -> list[float]:
    return sorted((one.done - one.offered) * 1000 for one in taken)


def _figure(name: str, what: str, waits: Sequence[float], percent: int, floor: float) -> Figure:
    return Figure(
        name=name,
        what=what,
        value=waits[len(waits) * percent // 100],
        unit="ms",
        floor=floor,
        target=MEDIAN_TARGET if percent == 50 else P99_TARGET,
        less_is_better=True,
    )
