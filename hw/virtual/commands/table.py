"""What a command's handler is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError
from hw.virtual.terminal import Command

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

Handler = Callable[["Modem", Command], Answer]
Table = dict[str, Handler]


def need_sim(modem: Modem, *, cms: bool = True) -> None:
    """Raise CommandError unless the SIM is there, open and ready. TS 27.005 §3.2.5, TS 27.007 §9.2."""
    lock = {"READY": None, "SIM PIN": (311, 11), "SIM PUK": (316, 12)}[modem.lock.state()]
    codes = (310, 10) if not modem.settings.sim else lock
    if codes is None and modem.now < modem.sim_ready_at:
        codes = (314, 14)
    if codes is not None:
        raise CommandError(cms=codes[0]) if cms else CommandError(cme=codes[1])


def number(text: str, *, cms: bool = True) -> int:
    """Return a whole number of a command's argument. Raises CommandError."""
    if text.isascii() and text.isdigit():
        return int(text)
    raise CommandError(cms=302) if cms else CommandError(cme=50)


def accept(_modem: Modem, _command: Command) -> Answer:
    """Return OK: the command changes nothing here."""
    return []
