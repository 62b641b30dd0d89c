"""What a box costs that receives nothing: processor time and memory."""

from __future__ import annotations

import time

from bench.figures import Figure
from bench.processes import usage
from bench.site import Bench, site

PROCESSOR_TARGET = 0.5
MEMORY_TARGET = 80.0
_MEGA = 1_000_000
_SETTLED = 3.0
"""Seconds after which the start is over."""


def measure(bench: Bench) -> list[Figure]:
    """Return processor time as a share of one core, in per cent, and resident memory, in MB."""
    modems = bench.scale.modems
    with site(bench, modems=modems, mode="auto", whole=True) as box:
        time.sleep(min(_SETTLED, bench.scale.idle))
        processes = box.whole_box()
        intake = processes[1]
        before, all_before, began = usage(intake), usage(*processes), time.monotonic()
        time.sleep(bench.scale.idle)
        after, all_after, seconds = usage(intake), usage(*processes), time.monotonic() - began
    share, whole = (
        (later.processor - earlier.processor) / seconds * 100
        for later, earlier in ((after, before), (all_after, all_before))
    )
    return [
        _figure("idle.intake.processor", f"idle, {modems} modems: intake", share, "%"),
        _figure("idle.box.processor", "  keeper, intake and forwarder", whole, "%"),
        _figure("idle.intake.memory", "  intake's resident memory", after.resident / _MEGA, "MB"),
        _figure(
            "idle.box.memory", "  all three, what they share counted thrice", all_after.resident / _MEGA, "MB"
        ),
    ]


def _figure(name: str, what: str, value: float, unit: str) -> Figure:
    target = PROCESSOR_TARGET if unit == "%" else MEMORY_TARGET
    return Figure(name=name, what=what, value=value, unit=unit, target=target, less_is_better=True)
