"""Registration, signal, operator, clock: what the mobile says of the radio. TS 27.007 §7, §8.5, §10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError
from hw.virtual.commands.table import Table, accept, number
from hw.virtual.terminal import Command, Operation

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

REGISTRATION_COMMANDS = ("+CREG", "+CGREG", "+CEREG")


def signal(modem: Modem, _command: Command) -> Answer:
    """+CSQ."""
    return [f"+CSQ: {modem.settings.csq},99"]


def registration(modem: Modem, command: Command) -> Answer:
    """+CREG, +CGREG, +CEREG."""
    mode = modem.session.registration_codes.get(command.name, 0)
    if command.operation is Operation.READ:
        return [f"{command.name}: {mode},{modem.settings.registration}"]
    if command.operation is Operation.TEST:
        return [f"{command.name}: (0-2)"]
    wanted = number(command.argument or "0", cms=False)
    if wanted > 2:
        raise CommandError(cme=50)
    modem.session.registration_codes[command.name] = wanted
    return []


def registration_changed(modem: Modem) -> None:
    """Say the new <stat> where a code was asked for."""
    for name, mode in modem.session.registration_codes.items():
        if mode:
            modem.say(f"{name}: {modem.settings.registration}")


def operator(modem: Modem, command: Command) -> Answer:
    """+COPS."""
    if command.operation is Operation.READ:
        registered = modem.settings.registration in (1, 5, 6, 7)
        return [f'+COPS: 0,0,"{modem.settings.operator}",7' if registered else "+COPS: 0"]
    if command.operation is Operation.TEST:
        return [f'+COPS: (2,"{modem.settings.operator}","{modem.settings.operator}","33420",7),,(0-4),(0-2)']
    return []


COMMANDS: Table = {
    "+CSQ": signal,
    "+COPS": operator,
    "+CTZR": accept,
    "+CTZU": accept,
    "+CUSD": accept,
    "^CURC": accept,
} | dict.fromkeys(REGISTRATION_COMMANDS, registration)
