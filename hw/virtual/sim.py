"""The SIM and the modem's own memory: message records of 176 octets, numbers, PIN and PUK. TS 51.011, TS 31.102."""

from __future__ import annotations

from dataclasses import dataclass, field

RECORD_OCTETS = 176
"""EF_SMS record: status 1, then SMSC address and TPDU filled up with FF. TS 51.011 §10.5.3."""

FREE, READ, UNREAD, SENT, UNSENT = 0, 1, 3, 5, 7
"""Status octet of an EF_SMS record."""

STAT = {UNREAD: 0, READ: 1, UNSENT: 2, SENT: 3}
"""Status octet to <stat> of +CMGL and +CMGR. TS 27.005 §3.1."""

STATUS_OF_STAT = {stat: status for status, stat in STAT.items()}


@dataclass(slots=True)
class Slot:
    """One record: its octets, the <pdu> within them, and the message whose octets lie there, freed or not."""

    octets: bytearray = field(repr=False)
    pdu_octets: int = 0
    message: int | None = None

    @property
    def status(self) -> int:
        return self.octets[0]


class Memory:
    """One message memory (SM or ME). Slots are counted from 0 here; <index> is the terminal's business."""

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = [Slot(bytearray(b"\x00" + b"\xff" * (RECORD_OCTETS - 1))) for _ in range(slots)]
        self.used = 0

    def store(self, pdu: bytes, status: int, message: int | None = None) -> int | None:
        """Return the slot that now holds the <pdu>, or None: no free slot."""
        if self.used >= len(self.slots):
            return None
        place = next(i for i, slot in enumerate(self.slots) if slot.octets[0] == FREE)
        self.write(place, bytes([status]) + pdu, message)
        return place

    def write(self, place: int, record: bytes, message: int | None = None) -> None:
        """Overwrite a slot's octets, filled up with FF. TS 51.011 §8.6 (UPDATE RECORD)."""
        slot = self.slots[place]
        self.used += (record[0] != FREE) - (slot.status != FREE)
        slot.octets[:] = record[:RECORD_OCTETS].ljust(RECORD_OCTETS, b"\xff")
        slot.pdu_octets = len(record.rstrip(b"\xff")) - 1 if message is None else len(record) - 1
        slot.message = message

    def free(self, place: int) -> None:
        """Mark a slot free. Its octets stay until they are overwritten, as on a real SIM."""
        slot = self.slots[place]
        if slot.status != FREE:
            slot.octets[0] = FREE
            self.used -= 1

    def mark_read(self, place: int) -> None:
        slot = self.slots[place]
        if slot.status == UNREAD:
            slot.octets[0] = READ


@dataclass(slots=True)
class Lock:
    """PIN and PUK of a SIM with what is left of their attempts. TS 31.101 §11.1.9, TS 27.007 §8.3."""

    pin: str = field(default="", repr=False)
    puk: str = field(default="12345678", repr=False)
    pin_left: int = 3
    puk_left: int = 10
    open: bool = False

    def state(self) -> str:
        """Return <code> of +CPIN?."""
        if self.pin_left == 0:
            return "SIM PUK"
        return "READY" if self.open or not self.pin else "SIM PIN"

    def try_pin(self, pin: str) -> bool:
        """Return whether the PIN was right; a wrong one costs an attempt."""
        if self.state() != "SIM PIN":
            return False
        if pin != self.pin:
            self.pin_left -= 1
            return False
        self.pin_left, self.open = 3, True
        return True

    def try_puk(self, puk: str, new_pin: str) -> bool:
        """Return whether the PUK was right; then ``new_pin`` is the PIN."""
        if self.puk_left == 0:
            return False
        if puk != self.puk:
            self.puk_left -= 1
            return False
        self.pin, self.pin_left, self.puk_left, self.open = new_pin, 3, 10, True
        return True
