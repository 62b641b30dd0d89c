"""The TP-UDH: information elements in front of the text. TS 23.040 §9.2.3.24."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wire.errors import UdhError

CONCAT_8, PORTS_8, PORTS_16, CONCAT_16 = 0x00, 0x04, 0x05, 0x08
SINGLE_SHIFT, LOCKING_SHIFT = 0x24, 0x25

ELEMENT_OCTETS = {CONCAT_8: 3, PORTS_8: 2, PORTS_16: 4, CONCAT_16: 4, SINGLE_SHIFT: 1, LOCKING_SHIFT: 1}
"""The elements that are read here, and how long their data are. One of another length is not such an element."""


@dataclass(frozen=True, slots=True)
class Element:
    """One information element."""

    iei: int
    offset: int
    """Of the IEI octet in the TP-UD."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Concat:
    """Which part of which message this is. TS 23.040 §9.2.3.24.1 and .8."""

    reference: int
    total: int
    part: int
    """1 to ``total``."""
    bits: int
    """8 or 16: references of the two kinds are different numbers."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Application ports. TS 23.040 §9.2.3.24.3 and .4."""

    destination: int
    source: int
    bits: int


def header_octets(ud: bytes) -> int:
    """Return how many octets of ``ud`` the header takes, TP-UDHL included, at the most all of them."""
    return min(1 + ud[0], len(ud)) if ud else 0


def parse_udh(ud: bytes) -> tuple[Element, ...]:
    """Return the elements of the header that ``ud`` begins with (its first octet is TP-UDHL).

    Raises UdhError, and nothing else, where TP-UDHL and the elements' lengths do not meet exactly.
    """
    elements, end = scan_udh(ud)
    if not ud or end != 1 + ud[0]:
        raise UdhError("TP-UDH", offset=end, reason="lengths contradict each other")
    return elements


def scan_udh(ud: bytes) -> tuple[tuple[Element, ...], int]:
    """Return the elements that lie whole within the header, and the offset behind the last of them."""
    elements = []
    header_end = header_octets(ud)
    at = 1
    while at + 2 <= header_end and (end := at + 2 + ud[at + 1]) <= header_end:
        elements.append(Element(ud[at], at, ud[at + 2 : end]))
        at = end
    return tuple(elements), min(at, len(ud))


def well_formed(elements: Sequence[Element], *ieis: int) -> Iterator[Element]:
    """Yield the elements of these kinds, which share a meaning, that have their length; the last one first.

    Of repeated or mutually exclusive elements the last one is used. TS 23.040 §9.2.3.24.
    """
    for element in reversed(elements):
        if element.iei in ieis and len(element.data) == ELEMENT_OCTETS[element.iei]:
            yield element


def last(elements: Sequence[Element], *ieis: int) -> Element | None:
    """Return the last well-formed element of these kinds, or None."""
    return next(well_formed(elements, *ieis), None)


def concatenation(elements: Sequence[Element]) -> Concat | None:
    """Return the message's concatenation, or None: then it stands alone.

    An element with a part or a total that cannot be is ignored, as the standard says; an earlier one counts.
    """
    for element in well_formed(elements, CONCAT_8, CONCAT_16):
        *reference, total, part = element.data
        if 1 <= part <= total:
            return Concat(int.from_bytes(reference, "big"), total, part, 8 * len(reference))
    return None


def ports(elements: Sequence[Element]) -> Ports | None:
    """Return the ports the message is addressed to and from, if any."""
    element = last(elements, PORTS_8, PORTS_16)
    return None if element is None else _ports(element)


def every_port(elements: Sequence[Element]) -> frozenset[int]:
    """Return every 16-bit port that any element names, also one that a later element overrides."""
    named = [_ports(element) for element in elements if _is_ports_16(element)]
    return frozenset(port for pair in named for port in (pair.destination, pair.source))


def _is_ports_16(element: Element) -> bool:
    return element.iei == PORTS_16 and len(element.data) == ELEMENT_OCTETS[PORTS_16]


def _ports(element: Element) -> Ports:
    half = len(element.data) // 2
    return Ports(
        int.from_bytes(element.data[:half], "big"), int.from_bytes(element.data[half:], "big"), 8 * half
    )
