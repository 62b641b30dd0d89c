"""The rare look at signal and registration; its answers are also the sign of life."""

from __future__ import annotations

from hw.at.commands import asking
from hw.at.replies import creg_stat, csq_dbm
from hw.driver.desk import Desk

REGISTERED = (1, 5, 6, 7)
"""<stat>: home, roaming, and the same for SMS only. TS 27.007 §7.2."""


async def look(desk: Desk) -> None:
    """Show signal and registration. Raises NoAnswer when the modem is dead, however much it chatters."""
    signal = await desk.command(asking("AT+CSQ"))
    registration: int | None = None
    for name in ("+CREG", "+CEREG", "+CGREG"):
        answer = await desk.command(asking(f"AT{name}?"))
        stat = creg_stat(answer.lines) if answer.result.ok else None
        if stat in REGISTERED:
            registration = stat
            break
        registration = stat if registration is None else registration
    desk.board.show(
        signal_dbm=csq_dbm(signal.lines) if signal.result.ok else None,
        registration=registration,
    )
