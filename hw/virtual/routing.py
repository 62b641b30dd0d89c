"""Where a modem puts an SMS-DELIVER. TS 27.005 §3.4.1, table 3-2; TS 23.038 §4; TS 23.040 §9.2.3.9."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

TYPE_0 = 0x40
"""TP-PID of a silent short message."""


class Route(Enum):
    """What happens to a message on arrival."""

    SILENT = "silent"
    DIRECT = "direct"
    STORE = "store"
    STORE_SM = "store in the SIM"


@dataclass(frozen=True, slots=True)
class Kind:
    """What routing looks at."""

    pid: int
    dcs: int

    @property
    def message_class(self) -> int | None:
        """TS 23.038 §4: in the general groups bit 4 says that there is a class; group 1111 has one always."""
        group = self.dcs >> 4
        if group == 0xF or (group < 0x8 and self.dcs & 0x10):
            return self.dcs & 0b11
        return None

    @property
    def waiting_store(self) -> bool:
        """Message waiting indication, store message: groups 1101 and 1110."""
        return self.dcs >> 4 in (0xD, 0xE)


def kind_of(tpdu: bytes) -> Kind:
    """Return TP-PID and TP-DCS of an SMS-DELIVER; the centre made it, so it is whole."""
    at = 3 + (tpdu[1] + 1) // 2 if len(tpdu) > 1 else 0
    return Kind(*tpdu[at : at + 2]) if len(tpdu) >= at + 2 else Kind(0, 0)


def route(kind: Kind, mt: int, *, class0_shown: bool, type0_silent: bool) -> Route:
    """Return where the message goes with this +CNMI <mt>."""
    if kind.pid == TYPE_0 and type0_silent:
        return Route.SILENT
    if kind.waiting_store or kind.message_class == 2:
        return Route.STORE_SM
    if mt == 2 or (mt == 3 and kind.message_class == 3):
        return Route.DIRECT
    if kind.message_class == 0 and class0_shown and mt > 0:
        return Route.DIRECT
    return Route.STORE
