"""How a stored or arriving message is written: alpha field, length, SMSC, padding. TS 27.005 §3.1, §3.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.settings import Settings

if TYPE_CHECKING:
    from hw.virtual.modem import Modem


def with_alpha(settings: Settings, length: int) -> str:
    """Return ``[<alpha>],<length>`` in the manner of the modem."""
    if settings.alpha == "empty":
        return f",{length}"
    if settings.alpha == "absent":
        return str(length)
    alpha = settings.alpha_text if settings.alpha == "present" else ""
    return f'"{alpha}",{length}'


def shown_pdu(modem: Modem, smsc: bytes, tpdu: bytes) -> tuple[str, int]:
    """Return <pdu> in hexadecimal, and <length>."""
    settings = modem.settings
    if settings.smsc_style != "present":
        smsc = b"\x00" if settings.smsc_style == "empty" else b""
    length = len(tpdu) + (len(smsc) if settings.length_counts_smsc else 0)
    return (smsc + tpdu).ljust(settings.padding, b"\xff").hex().upper(), length
