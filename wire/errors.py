"""The errors of this room: one base, one class a parser. They carry a field and an offset, never content."""

from __future__ import annotations


class WireError(ValueError):
    """Octets that are not what a format says. ``field`` is the standard's or the format's own name."""

    def __init__(self, field: str, *, offset: int, reason: str) -> None:
        super().__init__(f"{field} at octet {offset}: {reason}")
        self.field = field
        self.offset = offset
        self.reason = reason


class TpduError(WireError):
    """Not a readable SMS-DELIVER: the network, the modem or the sender made it so. The offset is in the TPDU."""


class NotDeliver(TpduError):
    """A readable TPDU of another type (a stored SMS-SUBMIT, an SMS-STATUS-REPORT): never sealed."""


class UdhError(WireError):
    """A TP-UDH whose lengths contradict each other. The offset is in the TP-UD."""


class SeptetError(WireError):
    """A text that the asked-for tables cannot say. The offset counts characters."""
