"""V.250 and identification: echo, result codes, who is it. V.250 §6, TS 27.007 §5, §9.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Lines
from hw.virtual.commands.table import Table, accept, number
from hw.virtual.terminal import Command, Operation

if TYPE_CHECKING:
    from hw.virtual.modem import Modem


def echo(modem: Modem, command: Command) -> Answer:
    """ATE0, ATE1."""
    modem.session.echo = command.argument == "1" or modem.settings.echo_stays
    return []


def verbose(modem: Modem, command: Command) -> Answer:
    """ATV0, ATV1."""
    modem.session.verbose = command.argument != "0"
    return []


def restore(modem: Modem, _command: Command) -> Answer:
    """ATZ, AT&F: terminal settings only, as most modems do."""
    modem.session.echo, modem.session.verbose = modem.settings.echo, True
    return []


def identify(modem: Modem, _command: Command) -> Answer:
    """ATI."""
    chosen = modem.settings
    return [
        f"Manufacturer: {chosen.manufacturer}",
        f"Model: {chosen.model}",
        f"Revision: {chosen.revision}",
        f"IMEI: {chosen.imei}",
    ]


def errors(modem: Modem, command: Command) -> Answer:
    """+CMEE."""
    if command.operation is Operation.READ:
        return [f"+CMEE: {modem.session.cmee}"]
    if command.operation is Operation.TEST:
        return ["+CMEE: (0-2)"]
    level = number(command.argument, cms=False)
    if level > 2:
        raise CommandError(cme=50)
    modem.session.cmee = level
    return []


def register(modem: Modem, command: Command) -> Answer:
    """S7 and S8: kept and told in three digits, and nothing else here. V.250 §5.3.2, §6.3.10, §6.3.11."""
    if not modem.settings.registers:
        raise CommandError(text="ERROR")
    if command.operation is Operation.SET:
        modem.session.registers[command.name] = number(command.argument, cms=False) % 256
        return []
    return [f"{modem.session.registers.get(command.name, 50):03}"]


def functionality(modem: Modem, command: Command) -> Answer:
    """+CFUN; =1,1 resets, the OK comes first. TS 27.007 §8.2."""
    if command.operation is Operation.READ:
        return ["+CFUN: 1"]
    if command.operation is Operation.TEST:
        return ["+CFUN: (0,1,4),(0,1)"]
    if command.argument.replace(" ", "") in ("1,1", "0,1", "4,1", "6", "16"):
        modem.after(0, lambda: modem.reset(modem.now))
    return Lines(("OK",))


def _setting(name: str, field: str) -> Table:
    def handler(modem: Modem, command: Command) -> Answer:
        if command.operation is Operation.TEST:
            return []
        return [str(getattr(modem.settings, field))]

    return {name: handler}


COMMANDS: Table = {
    "": accept,
    "E": echo,
    "V": verbose,
    "Z": restore,
    "&F": restore,
    "I": identify,
    "Q": accept,
    "X": accept,
    "&C": accept,
    "&D": accept,
    "&W": accept,
    "&K": accept,
    "S7": register,
    "S8": register,
    "+CMEE": errors,
    "+CFUN": functionality,
    "+CSCS": accept,
    "+IPR": accept,
    "+IFC": accept,
    **_setting("+CGMI", "manufacturer"),
    **_setting("+GMI", "manufacturer"),
    **_setting("+CGMM", "model"),
    **_setting("+GMM", "model"),
    **_setting("+CGMR", "revision"),
    **_setting("+GMR", "revision"),
    **_setting("+CGSN", "imei"),
    **_setting("+GSN", "imei"),
}
