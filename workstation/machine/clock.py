"""Whether the clock lies behind what is here already. An airgapped machine has nobody to ask for the time."""

from __future__ import annotations

from wire.refusal import Refused
from wire.signed import time_text
from workstation.machine.findings import Check, Finding


def clock(now: int, latest: int | None) -> Finding:
    """Return whether ``now`` is behind ``latest``, the newest time that is written here, Unix seconds."""
    try:
        said = time_text(now)
    except Refused:
        said = "a year that is none"
    if latest is None or now >= latest:
        return Finding(Check.CLOCK, good=True, words=f"the clock says {said}")
    words = f"the clock says {said}, but something here is of {time_text(latest)}: set it, or a box's clock was wrong"
    return Finding(Check.CLOCK, good=False, words=words)
