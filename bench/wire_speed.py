"""At a serial line's speed: how much of what the wire allows."""

from __future__ import annotations

from bench.bare import Bare, bare
from bench.figures import Figure
from bench.site import Bench, Site, rate, site

BITS_PER_OCTET = 10
TARGET = 0.95
_COUNTED = 20
"""Messages by which the octets of one are counted."""


def measure(bench: Bench) -> list[Figure]:
    """Return messages a second at each baud rate; the floor is what the octets of the dialogue allow."""
    with (
        site(bench, modems=1, mode="direct", spare=1) as box,
        bare(box.link(1), box.folder / "bare.db", bench.key) as loop,
    ):
        loop.direct_on()
        octets = _octets(box, loop)
        figures = [_counted(octets)]
        for baud, messages in bench.scale.wire:
            allowed = baud / BITS_PER_OCTET / octets
            for modem in (0, 1):
                box.network.set(modem, baud=baud)
            before = box.offer([0], messages)
            found = rate(box.taken(before))
            figures.append(
                _figure(f"wire.{baud}", f"direct mode, one modem at {baud:,} baud", found, allowed)
            )
            found = _bare_rate(box, loop, messages)
            figures.append(_figure(f"wire.{baud}.bare", "  the bare loop", found, allowed))
    return figures


def _bare_rate(box: Site, loop: Bare, messages: int) -> float:
    before = box.offer([1], messages)
    loop.direct(messages)
    return rate(box.taken(before))


def _octets(box: Site, loop: Bare) -> float:
    """Return the octets of one message with its acknowledgement, both ways, as the bare loop counted them."""
    earlier = loop.octets
    before = box.offer([1], _COUNTED)
    loop.direct(_COUNTED)
    box.taken(before)
    return (loop.octets - earlier) / _COUNTED


def _counted(octets: float) -> Figure:
    what = "octets on the wire, +CMT to +CNMA's OK"
    return Figure(name="wire.octets", what=what, value=octets, unit="octets", less_is_better=True)


def _figure(name: str, what: str, found: float, allowed: float) -> Figure:
    target = None if name.endswith("bare") else TARGET * allowed
    return Figure(name=name, what=what, value=found, unit="messages/s", floor=allowed, target=target)
