"""TP-DCS: which alphabet the user data is in, and in what unit TP-UDL counts. TS 23.038 §4."""

from __future__ import annotations

from enum import Enum


class Coding(Enum):
    """What the TP-UD holds."""

    GSM7 = "GSM 7 bit"
    DATA = "8-bit data"
    UCS2 = "UCS-2"
    COMPRESSED = "compressed"


_CHARACTER_SET = (Coding.GSM7, Coding.DATA, Coding.UCS2, Coding.GSM7)
"""Bits 3 and 2 of the general groups. The fourth is reserved: read as the default alphabet."""


def _coding(dcs: int) -> Coding:
    group = dcs >> 4
    if group < 0x8:  # 00xx general data coding, 01xx the same and marked for automatic deletion
        return Coding.COMPRESSED if dcs & 0x20 else _CHARACTER_SET[dcs >> 2 & 0b11]
    if group == 0xE:  # message waiting, store, UCS-2
        return Coding.UCS2
    if group == 0xF:  # data coding and message class; bit 3 is reserved and not looked at
        return Coding.DATA if dcs & 0x04 else Coding.GSM7
    # Message waiting in the default alphabet (0xC, 0xD), and the reserved groups 0x8 to 0xB: "any reserved
    # codings shall be assumed to be the GSM 7 bit default alphabet".
    return Coding.GSM7


_CODINGS = tuple(_coding(dcs) for dcs in range(256))


def coding(dcs: int) -> Coding:
    """Return what a TP-UD under TP-DCS ``dcs`` (0 to 255) holds; reserved values as the standard says."""
    return _CODINGS[dcs]


def counts_septets(dcs: int) -> bool:
    """Return whether TP-UDL counts septets; else it counts octets. TS 23.040 §9.2.3.16."""
    return _CODINGS[dcs] is Coding.GSM7


def octets_of_septets(septets: int) -> int:
    """Return how many octets ``septets`` packed septets take. TS 23.038 §6.1.2.1."""
    return (septets * 7 + 7) // 8
