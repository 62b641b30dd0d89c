"""Final result codes, matched on whole lines only. ITU-T V.250 §5.7, TS 27.007 §9, TS 27.005 §3.2.5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Which family a final result code is of."""

    OK = 0
    ERROR = 1
    CME = 2
    CMS = 3
    NOT_SUPPORTED = 4
    CALL = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A final result code. ``number`` is that of +CME ERROR or +CMS ERROR; -1 for words nobody knows."""

    kind: Kind
    number: int | None = None

    @property
    def ok(self) -> bool:
        """True for OK alone."""
        return self.kind is Kind.OK


OK = Result(Kind.OK)

PLAIN = {
    b"OK": OK,
    b"ERROR": Result(Kind.ERROR),
    b"COMMAND NOT SUPPORT": Result(Kind.NOT_SUPPORTED),  # Huawei, in place of ERROR
    b"TOO MANY PARAMETERS": Result(Kind.ERROR),  # Huawei E1750 and relatives
}
"""Whole lines that end a command, whatever the command was."""

CALL_ENDS = (b"NO CARRIER", b"BUSY", b"NO ANSWER", b"NO DIALTONE", b"NO DIAL TONE")
"""They end a command only if it was a call; otherwise a caller gave up, in the middle of whatever runs."""

CME = b"+CME ERROR"
CMS = b"+CMS ERROR"

# CMS numbers the driver acts on. TS 27.005 §3.2.5.
UNSUPPORTED = 303
SIM_MISSING, PIN_WANTED, SIM_FAULT, SIM_BUSY = 310, 311, 313, 314
PIN2_OR_PUK = (312, 316, 317, 318)
MEMORY_FAILURE, EMPTY_SLOT, MEMORY_FULL = 320, 321, 322
NO_NETWORK, NETWORK_TIMEOUT = 331, 332
NOT_EXPECTED, UNKNOWN, WAIT = 340, 500, 515

# CME numbers the driver acts on. TS 27.007 §9.2.
CME_UNSUPPORTED = 4
CME_SIM_MISSING, CME_PIN, CME_PUK, CME_SIM_FAULT, CME_SIM_BUSY, CME_SIM_WRONG = 10, 11, 12, 13, 14, 15
CME_WRONG_PASSWORD = 16
CME_WRONG_INDEX, CME_NOT_FOUND = 21, 22
CME_SIM_GONE = (CME_SIM_MISSING, CME_PIN, CME_PUK, CME_SIM_FAULT, CME_SIM_WRONG)

# The words of +CMEE=2, which some modems use whatever they were told. In lower case.
CMS_WORDS = {
    b"operation not allowed": 302,
    b"operation not supported": 303,
    b"invalid pdu mode parameter": 304,
    b"invalid text mode parameter": 305,
    b"sim not inserted": SIM_MISSING,
    b"(u)sim not inserted": SIM_MISSING,
    b"sim pin required": PIN_WANTED,
    b"(u)sim pin required": PIN_WANTED,
    b"ph-sim pin required": 312,
    b"sim failure": SIM_FAULT,
    b"(u)sim failure": SIM_FAULT,
    b"sim busy": SIM_BUSY,
    b"(u)sim busy": SIM_BUSY,
    b"sim wrong": 315,
    b"sim puk required": 316,
    b"(u)sim puk required": 316,
    b"memory failure": MEMORY_FAILURE,
    b"invalid memory index": EMPTY_SLOT,
    b"memory full": MEMORY_FULL,
    b"smsc address unknown": 330,
    b"no network service": NO_NETWORK,
    b"network timeout": NETWORK_TIMEOUT,
    b"no +cnma acknowledgement expected": NOT_EXPECTED,
    b"no cnma acknowledgement expected": NOT_EXPECTED,
    b"unknown error": UNKNOWN,
    b"user abort": 512,
    b"please wait": WAIT,
}
CME_WORDS = {
    b"operation not allowed": 3,
    b"operation not supported": 4,
    b"sim not inserted": CME_SIM_MISSING,
    b"sim pin required": CME_PIN,
    b"sim puk required": CME_PUK,
    b"sim failure": CME_SIM_FAULT,
    b"sim busy": CME_SIM_BUSY,
    b"sim wrong": CME_SIM_WRONG,
    b"incorrect password": CME_WRONG_PASSWORD,
    b"memory full": 20,
    b"invalid index": CME_WRONG_INDEX,
    b"not found": CME_NOT_FOUND,
    b"memory failure": 23,
    b"no network service": 30,
    b"network timeout": 31,
    b"unknown": 100,
}


def read_error(name: bytes, rest: bytes) -> Result:
    """Return the result of a line ``name: rest`` where name is CME or CMS."""
    kind, words = (Kind.CMS, CMS_WORDS) if name == CMS else (Kind.CME, CME_WORDS)
    value = rest.strip()
    if value.isdigit() and len(value) <= 5:
        return Result(kind, int(value))
    return Result(kind, words.get(value.lower(), -1))
