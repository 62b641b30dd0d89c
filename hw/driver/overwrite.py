"""Overwriting the SIM record of a message before it is freed: a freed record may keep its octets.

Always while the record is still occupied, and so that it stays occupied (status "received, read"): a new
message may land in a free record at any moment. What is written is itself a message, an empty one, since a
modem that is stopped between this and +CMGD will list it; ``is_blank`` knows it again.
TS 51.011 §10.5.3 (EF-SMS), §9.3 (READ RECORD, UPDATE RECORD); TS 27.007 §8.18.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from hw.at.commands import Command, Patience, asking
from hw.at.replies import crsm_data
from hw.driver.desk import Desk

EF_SMS = 28476  # 6F3C
RECORD_OCTETS = 176
MAX_RECORDS = 255  # record numbers are one octet: TS 51.011 §9.2.5
RECEIVED_READ = 0x01
# No SMSC; SMS-DELIVER with no more messages; an address of no digits; PID, DCS, SCTS and UDL zero.
BLANK_PDU = bytes((0x00, 0x04, 0x00, 0x81, 0x00, 0x00)) + bytes(7) + b"\x00"
BLANK_RECORD = bytes((RECEIVED_READ,)) + BLANK_PDU + b"\xff" * (RECORD_OCTETS - 1 - len(BLANK_PDU))
ON_SIM = ("SM", "")
"""Memories whose slots may be SIM records; "" is the one of a modem without +CPMS. Each is read back first."""
MISMATCHES = 3
"""After so many records that were not where they should be, the mapping is not understood: stop."""

log = logging.getLogger(__name__)


def is_blank(pdu: bytes) -> bool:
    """Return whether ``pdu`` is what was written here, its padding kept or not."""
    return pdu.startswith(BLANK_PDU) and not pdu[len(BLANK_PDU) :].strip(b"\xff")


class Overwriter:
    """Overwrites records of one SIM. Gives up for the session where the modem does not play along."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._usable = desk.profile.overwrite != "never"
        self._proven = False
        self._offset = 0  # of record number against index; 0 where slots count from 1
        self._mismatches = 0

    def confirms(self, memory: str) -> bool:
        """Return whether ``overwrite`` is sure to read a record of ``memory`` back: it worked before."""
        return self._usable and self._proven and memory in ON_SIM

    async def overwrite(self, memory: str, index: int, pdu: bytes) -> bool:
        """Return whether the record of ``index``, which holds ``pdu`` and is durable, was overwritten."""
        if not self._usable or memory not in ON_SIM:
            return False
        record = await self._find(index, pdu)
        if record is None:
            return False
        written = await self._run(_update(record))
        if written is None or not (self._proven or await self._check(record)):
            self._give_up("the modem refuses it")
            return False
        self._proven = True
        return True

    async def _find(self, index: int, pdu: bytes) -> int | None:
        """Return the record that holds ``pdu``, read back to be sure; None where it is not found."""
        offsets = (self._offset,) if self._proven else (0, 1)
        for offset in offsets:
            held = await self._run(_read(index + offset)) if index + offset > 0 else None
            if held is not None and held[1 : 1 + len(pdu)] == pdu:
                self._offset, self._mismatches = offset, 0
                return index + offset
        self._mismatches += 1
        if self._mismatches >= MISMATCHES:
            self._give_up("its records cannot be read back")
        return None

    async def _check(self, record: int) -> bool:
        return await self._run(_read(record)) == BLANK_RECORD

    async def _run(self, command: Command) -> bytes | None:
        answer = await self._desk.command(command)
        return crsm_data(answer.lines) if answer.result.ok else None

    def _give_up(self, why: str) -> None:
        self._usable = False
        log.info("%s: SIM records are not overwritten: %s", self._desk.board.status.port, why)


@lru_cache(MAX_RECORDS)
def _read(record: int) -> Command:
    return asking(f"AT+CRSM=178,{EF_SMS},{record},4,{RECORD_OCTETS}", Patience.SIM)


@lru_cache(MAX_RECORDS)
def _update(record: int) -> Command:
    return asking(
        f'AT+CRSM=220,{EF_SMS},{record},4,{RECORD_OCTETS},"{BLANK_RECORD.hex().upper()}"', Patience.SIM
    )
