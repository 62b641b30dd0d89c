"""Messages for the virtual modems: 100 GSM 7-bit characters, each from another number at another second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hw.virtual.compose import Style, compose
from hw.virtual.tpdu import address, deliver, time_stamp

CHARACTERS = 100
_START = datetime(2031, 3, 14, 9, 0, tzinfo=UTC)
_TEXTS = [
    f"Aviso {number}: en la calle del parque hay una camioneta blanca sin placas parada desde ayer.".ljust(
        CHARACTERS, "."
    )[:CHARACTERS]
    for number in range(64)
]
_BODIES = [compose(text, Style())[0] for text in _TEXTS]
_numbers = count()


def tpdus() -> Iterator[bytes]:
    """Return SMS-DELIVER TPDUs without end; none comes twice in this process, or it would pass for a re-delivery."""
    for number in _numbers:
        origin = address(f"+52155{number * 7919 % 10**8:08d}")
        scts = time_stamp(_START + timedelta(seconds=number))
        yield deliver(origin, _BODIES[number % len(_BODIES)], scts)


def postings(amount: int) -> list[dict[str, Any]]:
    """Return ``amount`` messages for the control operation ``deliver_many``."""
    return [{"tpdu": tpdu.hex()} for _, tpdu in zip(range(amount), tpdus(), strict=False)]
