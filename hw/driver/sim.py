"""The SIM: whether it is there, which it is, and its PIN. TS 27.007 §8.3; TS 51.011 §10.1.1."""

from __future__ import annotations

import asyncio
import re
from enum import Enum

from hw.at.commands import Command, Patience, Shape, asking, plain
from hw.at.events import Answer
from hw.at.replies import crsm_data, iccid, iccid_from_file
from hw.at.results import (
    CME_PIN,
    CME_PUK,
    CME_SIM_BUSY,
    CME_SIM_FAULT,
    CME_SIM_MISSING,
    CME_SIM_WRONG,
    PIN_WANTED,
    SIM_BUSY,
    SIM_FAULT,
    SIM_MISSING,
    WAIT,
    Kind,
)
from hw.contract import Household, SimIdentity
from hw.driver.desk import Desk
from hw.driver.trouble import SimTrouble

LAST_ATTEMPTS = 1
"""With so many PIN attempts left none is spent: after the last one only the PUK helps."""

READ_ICCID = asking("AT+CRSM=176,12258,0,0,10", Patience.SIM)


class SimState(Enum):
    """What +CPIN? says."""

    READY = "ready"
    PIN = "PIN"
    PUK = "PUK"
    MISSING = "missing"
    BUSY = "busy"
    OTHER = "locked"


_WORDS = {b"READY": SimState.READY, b"SIM PIN": SimState.PIN, b"SIM PUK": SimState.PUK}
_NUMBERS = {
    CME_SIM_MISSING: SimState.MISSING,
    CME_SIM_FAULT: SimState.MISSING,
    CME_SIM_WRONG: SimState.MISSING,
    CME_PIN: SimState.PIN,
    CME_PUK: SimState.PUK,
    CME_SIM_BUSY: SimState.BUSY,
    SIM_MISSING: SimState.MISSING,
    SIM_FAULT: SimState.MISSING,
    PIN_WANTED: SimState.PIN,
    316: SimState.PUK,
    SIM_BUSY: SimState.BUSY,
    WAIT: SimState.BUSY,
}


def cpin_state(answer: Answer) -> SimState:
    """Return what an answer to +CPIN? means."""
    if answer.result.ok:
        word = answer.lines[0].strip(b' "').upper() if answer.lines else b"READY"
        return _WORDS.get(word, SimState.OTHER)
    if answer.result.kind in (Kind.CME, Kind.CMS):
        return _NUMBERS.get(answer.result.number or 0, SimState.BUSY)
    return SimState.READY  # emulators and terminals without a PIN lock do not know the command


async def sim_state(desk: Desk) -> SimState:
    """Return the state of the SIM, waiting while it is busy."""
    patience = desk.clock() + desk.pace.busy_patience
    while True:
        state = cpin_state(await desk.command(asking("AT+CPIN?", Patience.SIM)))
        if state is not SimState.BUSY or desk.clock() > patience:
            return state
        await asyncio.sleep(desk.pace.busy_retry)


async def read_iccid(desk: Desk) -> str | None:
    """Return the ICCID, or None where the modem does not tell (some: not before the PIN)."""
    for suffix in (desk.iccid_by,) if desk.iccid_by else desk.profile.iccid:
        answer = await desk.command(asking("AT" + suffix, Patience.SIM, bare=True))
        if answer.result.ok:
            for line in answer.lines:
                if (found := iccid(line)) is not None:
                    desk.iccid_by = suffix
                    return _unswapped(found)
    answer = await desk.command(READ_ICCID)
    octets = crsm_data(answer.lines) if answer.result.ok else None
    return iccid_from_file(octets) if octets else None


def _unswapped(digits: str) -> str:
    """Undo what some modems show: the nibbles as they lie in the file. E.118 numbers begin with 89."""
    if digits.startswith("98") and len(digits) % 2 == 0:
        return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))
    return digits


async def attempts_left(desk: Desk) -> int | None:
    """Return how many PIN attempts the SIM still allows, or None where the modem does not tell."""
    for counter in desk.profile.pin_counters:
        command = counter.command.encode("ascii")
        name = re.split(rb"[=?]", command[2:])[0]
        answer = await desk.command(Command(command, name=name, shape=Shape.BARE, patience=Patience.SIM))
        for line in answer.lines if answer.result.ok else ():
            for text in (line, name + b": " + line):
                if match := re.search(counter.pattern, text.decode("ascii", "replace")):
                    return int(match[1])
    return None


async def enter_pin(desk: Desk, household: Household, sim: SimIdentity) -> str | None:
    """Try the household's PIN once; return None when it was accepted, else what the operator must do."""
    left = await attempts_left(desk)
    if left is not None and left <= LAST_ATTEMPTS:
        return f"{left} PIN attempt left: unlock the SIM in a telephone, then plug it in again"
    pin = household.pin(desk.board.status.port, sim)
    if pin is None:
        return "the SIM wants its PIN: name a pin_file, or correct it after a wrong PIN"
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        return "the PIN file must hold 4 to 8 digits and nothing else"
    answer = await desk.command(plain(f'AT+CPIN="{pin}"', Patience.SIM))
    state = await sim_state(desk) if answer.result.ok else SimState.PIN
    if state is SimState.READY:
        household.pin_accepted(desk.board.status.port, sim)
        return None
    if state is SimState.MISSING:
        raise SimTrouble("the SIM went away while its PIN was tried")
    return "the SIM did not accept the PIN: correct the pin_file"
