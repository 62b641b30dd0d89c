"""A town whose modems are not ours, and messages made by hand: what somebody outside the project would bring."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.town import Town
from tests.support.tpdus import semi_octets, smsc_address

SMSC = "5294100001410"


@dataclass
class Outside(Town):
    """A town with lines of configuration for single modems."""

    modem_options: dict[int, str] = field(default_factory=dict)

    def write_config(self) -> None:
        """Write the box's configuration, with what was asked for behind each modem's port."""
        super().write_config()
        text = self.config.read_text()
        for modem, options in self.modem_options.items():
            port = f'port = "{self.folder}/modem{modem}"\n'
            text = text.replace(port, f"{port}{options}\n")
        self.config.write_text(text)


class Durable:
    """Tells, from the spool on disk, whether one more message may be let go than were before."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._released = 0
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        """Return whether so many messages are committed as will then be let go."""
        with self._lock:
            self._released += 1
            return committed(self._state) >= self._released


def committed(state: Path) -> int:
    """Return how many messages the box on disk has committed to."""
    db = sqlite3.connect(f"file:{state}/spool.sqlite?mode=ro", uri=True, timeout=10)
    try:
        return int(db.execute("SELECT count(*) FROM commitment").fetchone()[0])
    finally:
        db.close()


def septets(values: bytes, *, offset: int = 0) -> bytes:
    """Return seven-bit values packed as TS 23.038 §6.1.2.1 has it, after ``offset`` bits of zero."""
    bits, at = 0, offset
    for value in values:
        bits |= (value & 0x7F) << at
        at += 7
    return bits.to_bytes((at + 7) // 8, "little")


def tpdu_of(
    sender: str,
    user_data: bytes,
    *,
    udl: int | None = None,
    dcs: int = 0x08,
    pid: int = 0,
    udhi: bool = False,
    second: int = 0,
) -> bytes:
    """Return an SMS-DELIVER from the international number ``sender``. TS 23.040 §9.2.2.1."""
    scts = bytes.fromhex("62101121") + semi_octets(f"{second // 60 % 60:02}{second % 60:02}") + b"\x80"
    first = 0x44 if udhi else 0x04
    address = bytes((len(sender), 0x91)) + semi_octets(sender)
    length = len(user_data) if udl is None else udl
    return bytes((first,)) + address + bytes((pid, dcs)) + scts + bytes((length,)) + user_data


def pdu_of(sender: str, text: str, *, second: int = 0) -> bytes:
    """Return SMSC address and SMS-DELIVER of a text in UCS-2, or in ASCII septets where it is ASCII."""
    digits = sender.lstrip("+")
    if text.isascii():
        tpdu = tpdu_of(digits, septets(text.encode()), udl=len(text), dcs=0, second=second)
    else:
        tpdu = tpdu_of(digits, text.encode("utf-16-be"), second=second)
    return smsc_address(SMSC) + tpdu
