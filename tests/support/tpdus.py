"""SMS-DELIVER TPDUs made by the tests' own hand, octet by octet, and strategies for them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

ADDRESS_TYPE = 0x91


def semi_octets(digits: str) -> bytes:
    """Return ``digits`` as swapped semi-octets, filled up with 1111."""
    filled = digits + "F" * (len(digits) % 2)
    return bytes(int(filled[place + 1] + filled[place], 16) for place in range(0, len(filled), 2))


def smsc_address(digits: str) -> bytes:
    """Return the SMSC address that stands in front of a TPDU."""
    if not digits:
        return b"\0"
    return bytes((1 + len(semi_octets(digits)), ADDRESS_TYPE)) + semi_octets(digits)


@dataclass(frozen=True)
class Made:
    """What a TPDU is made of."""

    first: int
    length: int
    toa: int
    digits: bytes
    pid: int
    dcs: int
    scts: bytes
    udl: int
    ud: bytes

    @property
    def tpdu(self) -> bytes:
        address = bytes((self.length, self.toa)) + self.digits
        return (
            bytes((self.first,))
            + address
            + bytes((self.pid, self.dcs))
            + self.scts
            + bytes((self.udl,))
            + self.ud
        )


def counts_septets(dcs: int) -> bool:
    """The tests' own reading of TS 23.038 §4."""
    if dcs & 0x80 == 0:
        return not dcs & 0x20 and dcs & 0x0C in (0x00, 0x0C)
    if dcs & 0xF0 == 0xE0:
        return False
    return dcs & 0xF4 != 0xF4


@st.composite
def made_delivers(draw: st.DrawFn, first: st.SearchStrategy[int] | None = None) -> Made:
    """Any SMS-DELIVER that can be sent, valid date or not, its address type with its first bit."""
    length = draw(st.integers(0, 20))
    dcs = draw(st.integers(0, 255))
    septets = counts_septets(dcs)
    udl = draw(st.integers(0, 160 if septets else 140))
    size = (udl * 7 + 7) // 8 if septets else udl
    return Made(
        first=draw(first or st.integers(0, 255).filter(lambda octet: octet & 0b11 in (0, 3))),
        length=length,
        toa=draw(st.integers(0x80, 0xFF)),
        digits=draw(st.binary(min_size=(length + 1) // 2, max_size=(length + 1) // 2)),
        pid=draw(st.integers(0, 255)),
        dcs=dcs,
        scts=draw(st.binary(min_size=7, max_size=7)),
        udl=udl,
        ud=draw(st.binary(min_size=size, max_size=size)),
    )


def numbers(low: int = 8, high: int = 20) -> st.SearchStrategy[str]:
    """Strings of decimal digits."""
    return st.text("0123456789", min_size=low, max_size=high)
