"""Phone calls to a modem: RING and +CLIP, hanging up, and the modem's own list of missed calls."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Call:
    """One call."""

    number: str = field(repr=False)
    began: float = 0.0
    rings_left: int = 5
    rung: int = 0
    ended: float | None = None
    ended_by: str | None = None
    """"driver" (ATH, +CHUP), "caller", or why the modem went away."""


@dataclass(slots=True)
class Calls:
    """The calls of one modem, one at a time."""

    all: list[Call] = field(default_factory=list)
    missed: dict[int, str] = field(default_factory=dict, repr=False)
    """The modem's list of missed calls (phonebook MC): location to number."""
    current: Call | None = None

    def begin(self, call: Call) -> None:
        """Start ringing; an unfinished call is given up by its caller."""
        self.end("caller", call.began)
        self.current = call
        self.all.append(call)
        self.missed[max(self.missed, default=0) + 1] = call.number

    def end(self, by: str, now: float) -> bool:
        """Return whether there was a call to end."""
        call, self.current = self.current, None
        if call is None:
            return False
        call.ended, call.ended_by = now, by
        return True
