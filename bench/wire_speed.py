"""At a serial line's speed: how much of what the wire allows."""

from __future__ import annotations

from bench.bare import bare
from bench.figures import Figure
from bench.site import Bench, Site, rate, site

BITS_PER_OCTET = 10
TARGET = 0.95
_COUNTED = 20
"""Messages by which the octets of one are counted."""


def measure(bench: Bench) -> list[Figure]:
    """Return messages a second at each baud rate; the floor is what the octets of the dialogue allow."""
    with site(bench, modems=1, mode="direct", spare=1) as box:
        octets = _octets(bench, box)
        figures = [
            Figure(
                name="wire.octets",
                what="octets on the wire, +CMT to +CNMA's OK",
                value=octets,
                unit="octets",
                less_is_better=True,
            )
        ]
        for baud, messages in bench.scale.wire:
            box.network.set(0, baud=baud)
            allowed = baud / BITS_PER_OCTET / octets
            figures.append(
                Figure(
                    name=f"wire.{baud}",
                    what=f"direct mode, one modem at {baud:,} baud",
                    value=rate(box.taken(box.offer([0], messages))),
                    unit="messages/s",
                    floor=allowed,
                    target=TARGET * allowed,
                )
            )
    return figures


def _octets(bench: Bench, box: Site) -> float:
    """Return the octets of one message with its acknowledgement, both ways, as the bare loop counted them."""
    with bare(box.link(1), box.folder / "bare.db", bench.key) as loop:
        loop.direct_on()
        earlier = loop.octets
        before = box.offer([1], _COUNTED)
        loop.direct(_COUNTED)
        box.taken(before)
        counted = loop.octets - earlier
        unread = len(b"\r\nOK\r\n")  # the last one's, which the loop does not wait for
        return (counted + unread) / _COUNTED
