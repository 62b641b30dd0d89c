"""What the host has set on a modem, and a reset puts back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Session:
    """What the host has set."""

    echo: bool = True
    verbose: bool = True
    cmee: int = 0
    text_mode: int = 0
    csms: int = 0
    cnmi: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    memories: list[str] = field(default_factory=lambda: ["SM", "SM", "SM"])
    clip: int = 0
    registration_codes: dict[str, int] = field(default_factory=dict)
    phonebook: str = "SM"
    mms: int = 0
    registers: dict[str, int] = field(default_factory=dict)
