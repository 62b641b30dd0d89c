"""The AT commands, each in a module named after what it is about; here the one table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Info, Prompt
from hw.virtual.commands import basic, calls, messages, sim, station, storage, submit
from hw.virtual.commands.table import Table
from hw.virtual.terminal import Command, Entered

if TYPE_CHECKING:
    from hw.virtual.modem import Modem

COMMANDS: Table = (
    basic.COMMANDS
    | calls.COMMANDS
    | messages.COMMANDS
    | sim.COMMANDS
    | station.COMMANDS
    | storage.COMMANDS
    | submit.COMMANDS
)


def run(modem: Modem, command: Command) -> Answer:
    """Return the answer to one command. Raises CommandError."""
    handler = COMMANDS.get(command.name) or sim.vendor_command(modem, command.name)
    if handler is None:
        unknown = "ERROR" if modem.settings.unknown == "error" else "COMMAND NOT SUPPORT"
        raise CommandError(text=unknown)
    return handler(modem, command)


def entered(modem: Modem, prompt: Prompt, entry: Entered) -> list[Info]:
    """Return the answer after a prompt's entry. Raises CommandError."""
    if prompt.purpose == "+CMGS":
        return submit.submitted(modem, prompt, entry)
    if prompt.purpose == "+CNMA":
        return submit.acknowledged(modem, prompt, entry)
    if entry.cancelled:
        return []
    raise CommandError(cms=304)
