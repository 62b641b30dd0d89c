"""Calls and call lists. V.250 §6.3, TS 27.007 §6.5, §7.11, §8.11-14. A tip line never answers and never dials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Info, Lines
from hw.virtual.commands.table import Table, accept, number
from hw.virtual.terminal import Command, Operation, arguments

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

PHONEBOOKS = ("SM", "ME", "MC", "RC", "DC", "LD")


def hang_up(modem: Modem, _command: Command) -> Answer:
    """ATH, +CHUP."""
    modem.calls.end("driver", modem.now)
    return []


def forbidden(modem: Modem, command: Command) -> Answer:
    """ATA, ATD: noted as violations."""
    modem.violation("call answered" if command.name == "A" else "number dialled")
    return Lines(("NO CARRIER",))


def caller_shown(modem: Modem, command: Command) -> Answer:
    """+CLIP; switching it on is noted as a violation."""
    if command.operation is Operation.READ:
        return [f"+CLIP: {modem.session.clip},1"]
    if command.operation is Operation.TEST:
        return ["+CLIP: (0,1)"]
    modem.session.clip = number(command.argument or "0", cms=False)
    if modem.session.clip:
        modem.violation("+CLIP=1")
    return []


def phonebook(modem: Modem, command: Command) -> Answer:
    """+CPBS."""
    if command.operation is Operation.TEST:
        return ["+CPBS: (" + ",".join(f'"{name}"' for name in PHONEBOOKS) + ")"]
    if command.operation is Operation.READ:
        used = len(modem.calls.missed) if modem.session.phonebook == "MC" else 0
        return [f'+CPBS: "{modem.session.phonebook}",{used},20']
    name = arguments(command.argument)[0]
    if name not in PHONEBOOKS:
        raise CommandError(cme=4)
    modem.session.phonebook = name
    return []


def read_entries(modem: Modem, command: Command) -> Answer:
    """+CPBR."""
    if command.operation is Operation.TEST:
        return ["+CPBR: (1-20),40,16"]
    wanted = [number(value, cms=False) for value in arguments(command.argument)]
    if modem.session.phonebook != "MC":
        return []
    found = [place for place in modem.calls.missed if wanted[0] <= place <= wanted[-1]]
    infos: list[Info] = [f'+CPBR: {place},"{modem.calls.missed[place]}",145,""' for place in found]
    return infos


def write_entry(modem: Modem, command: Command) -> Answer:
    """+CPBW=<index> alone deletes."""
    if command.operation is Operation.TEST:
        return ["+CPBW: (1-20),40,(129,145),16"]
    wanted = arguments(command.argument)
    if modem.session.phonebook == "MC" and len(wanted) == 1:
        modem.calls.missed.pop(number(wanted[0], cms=False), None)
    return []


COMMANDS: Table = {
    "H": hang_up,
    "+CHUP": hang_up,
    "A": forbidden,
    "D": forbidden,
    "+CLIP": caller_shown,
    "+CRC": accept,
    "+CPBS": phonebook,
    "+CPBR": read_entries,
    "+CPBW": write_entry,
}
