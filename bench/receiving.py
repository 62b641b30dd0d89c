"""Messages a second: one modem, many modems, direct and stored mode, each beside the bare loop in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.bare import Bare, bare
from bench.figures import Figure, median
from bench.floors import seal_ms
from bench.processes import usage
from bench.site import Bench, Site, processor_ms, rate, site

OF_THE_BARE_LOOP = 0.7
STORED_TARGET = 1000.0
MANY_TARGET = 2500.0
MANY_TIMES = 4
PROCESSOR_TARGET = 0.35


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of one kind gave."""

    rate: float
    own_ms: float
    """Processor time of intake, or of the bare loop, for each message."""
    modem_ms: float
    """Processor time of the virtual modems' process for each message."""


def direct(bench: Bench) -> list[Figure]:
    """Return the figures of direct mode: the bare loop, one modem and many modems, in turn."""
    scale = bench.scale
    with (
        site(bench, modems=scale.modems, mode="direct", spare=1) as box,
        bare(box.link(scale.modems), box.folder / "bare.db", bench.key) as loop,
    ):
        loop.direct_on()
        kinds: list[Callable[[], Round]] = [
            lambda: _bare_round(box, loop, loop.direct, modem=scale.modems, messages=scale.messages),
            lambda: _box_round(box, [0], scale.messages),
            lambda: _box_round(box, range(scale.modems), scale.each),
        ]
        floor, one, many = _in_turn(kinds, scale.rounds)
    sealing = _sealing("direct.sealing", bench)
    several = f"{scale.modems} modems"
    return [
        _rate("direct.bare", "direct mode, bare loop", floor),
        _rate("direct.one", "direct mode, one modem", one, floor=floor, target=OF_THE_BARE_LOOP * floor.rate),
        _rate(
            "direct.many",
            f"direct mode, {several}, one intake",
            many,
            target=min(MANY_TIMES * one.rate, MANY_TARGET),
        ),
        _processor(
            "direct.one.processor", "  intake's processor time a message, one modem", one, floor.own_ms
        ),
        _processor("direct.many.processor", f"  the same, {several}", many, sealing.value),
        sealing,
        _modem_processor("direct.one.modem_processor", "  the virtual modem's own, one modem", one),
        _modem_processor("direct.many.modem_processor", f"  the same, {several} in one process", many),
    ]


def stored(bench: Bench) -> list[Figure]:
    """Return the figures of stored mode with a SIM that is always full."""
    scale = bench.scale
    with (
        site(bench, modems=1, mode="stored", spare=1) as box,
        bare(box.link(1), box.folder / "bare.db", bench.key) as loop,
    ):
        kinds: list[Callable[[], Round]] = [
            lambda: _bare_round(box, loop, loop.stored, modem=1, messages=scale.messages),
            lambda: _box_round(box, [0], scale.messages),
        ]
        floor, one = _in_turn(kinds, scale.rounds)
    return [
        _rate("stored.bare", "stored mode, 25 slots kept full, bare loop", floor),
        _rate(
            "stored.one", "stored mode, 25 slots kept full, one modem", one, floor=floor, target=STORED_TARGET
        ),
        _processor("stored.one.processor", "  intake's processor time a message", one, floor.own_ms),
        _sealing("stored.sealing", bench),
        _modem_processor("stored.one.modem_processor", "  the virtual modem's own", one),
    ]


def _in_turn(kinds: Sequence[Callable[[], Round]], rounds: int) -> list[Round]:
    """Return the medians of each kind; the kinds take turns, so that what else runs disturbs them alike."""
    found = [[kind() for kind in kinds] for _ in range(rounds)]
    return [
        Round(
            median(each.rate for each in column),
            median(each.own_ms for each in column),
            median(each.modem_ms for each in column),
        )
        for column in zip(*found, strict=True)
    ]


def _box_round(box: Site, modems: Sequence[int], each: int) -> Round:
    intake, modem = usage(box.box_pid).processor, usage(box.modem_pid).processor
    taken = box.taken(box.offer(modems, each))
    return Round(
        rate(taken),
        processor_ms(box.box_pid, intake, len(taken)),
        processor_ms(box.modem_pid, modem, len(taken)),
    )


def _bare_round(box: Site, loop: Bare, work: Callable[[int], None], *, modem: int, messages: int) -> Round:
    modem_began = usage(box.modem_pid).processor
    before = box.offer([modem], messages)
    began = time.process_time()
    work(messages)
    used = time.process_time() - began
    taken = box.taken(before)
    return Round(rate(taken), used / messages * 1000, processor_ms(box.modem_pid, modem_began, messages))


def _rate(
    name: str, what: str, found: Round, *, floor: Round | None = None, target: float | None = None
) -> Figure:
    return Figure(
        name=name,
        what=what,
        value=found.rate,
        unit="messages/s",
        floor=floor.rate if floor else None,
        target=target,
    )


def _processor(name: str, what: str, found: Round, floor: float) -> Figure:
    return Figure(
        name=name,
        what=what,
        value=found.own_ms,
        unit="ms",
        floor=floor,
        target=PROCESSOR_TARGET,
        less_is_better=True,
    )


def _sealing(name: str, bench: Bench) -> Figure:
    return Figure(name=name, what="  of which sealing", value=seal_ms(bench), unit="ms", less_is_better=True)


def _modem_processor(name: str, what: str, found: Round) -> Figure:
    return Figure(name=name, what=what, value=found.modem_ms, unit="ms", less_is_better=True)
