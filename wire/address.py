"""An address field of a TPDU, and what kind of origin it names. TS 23.040 §9.1.2.5."""

from __future__ import annotations

from dataclasses import dataclass, field

from wire.slip import Origin

MAX_SEMI_OCTETS = 20
"""An address field has 12 octets at the most: length, type of address, 10 octets of semi-octets."""

SUBSCRIBER_DIGITS = 8
"""Fewer digits than this are a short code: ITU-T E.164 numbers of subscribers with country code are longer."""

_TON_NETWORK_SPECIFIC, _TON_ALPHANUMERIC, _TON_ABBREVIATED = 3, 5, 6


@dataclass(frozen=True, slots=True)
class Address:
    """An address field as it came. It identifies a person: no part of it shows in the repr."""

    length: int = field(repr=False)
    """Useful semi-octets, 0 to 20."""
    toa: int = field(repr=False)
    """Type-of-address octet: always-1 bit, type of number (3 bits), numbering plan (4 bits)."""
    digits: bytes = field(repr=False)
    """The semi-octets, swapped as on the air; with an odd length the last high one is fill."""

    @property
    def canonical(self) -> bytes:
        """Octets that are equal for equal addresses: type, length, semi-octets with the fill set to 1111."""
        digits = self.digits
        if self.length & 1:
            digits = digits[:-1] + bytes((digits[-1] | 0xF0,))
        return bytes((self.toa, self.length)) + digits


def origin(address: Address) -> Origin:
    """Return the class of ``address``: by its length, its type of number and its count of digits."""
    count = address.length
    if count == 0:
        return Origin.NONE
    ton = address.toa >> 4 & 0b111
    if ton == _TON_ALPHANUMERIC:
        return Origin.ALPHANUMERIC
    if not count & 1 and address.digits[-1] >> 4 == 0xF:
        count -= 1  # some networks count the fill
    if ton in (_TON_NETWORK_SPECIFIC, _TON_ABBREVIATED) or count < SUBSCRIBER_DIGITS:
        return Origin.NETWORK
    return Origin.SUBSCRIBER
