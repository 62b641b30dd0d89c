"""How messages come: +CMGF, +CSMS, +CNMI, +CNMA, +CSCA. TS 27.005 §3.2, §3.3, §3.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw.virtual.answers import Answer, CommandError, Prompt
from hw.virtual.commands.table import Table, accept, need_sim, number
from hw.virtual.terminal import Command, Operation, arguments

if TYPE_CHECKING:
    from hw.virtual.modem import Modem


def message_format(modem: Modem, command: Command) -> Answer:
    """+CMGF; text mode is taken, and noted as a violation."""
    if command.operation is Operation.READ:
        return [f"+CMGF: {modem.session.text_mode}"]
    if command.operation is Operation.TEST:
        return ["+CMGF: (0,1)"]
    wanted = number(command.argument or "0")
    if wanted > 1:
        raise CommandError(cms=302)
    if wanted:
        modem.violation("text mode (+CMGF=1)")
    modem.session.text_mode = wanted
    return []


def service(modem: Modem, command: Command) -> Answer:
    """+CSMS; 1 is phase 2+, which makes +CNMA due."""
    if command.operation is Operation.READ:
        return [f"+CSMS: {modem.session.csms},1,1,1"]
    if command.operation is Operation.TEST:
        return ["+CSMS: (0,1)"]
    wanted = number(command.argument)
    if wanted > 1 or (wanted and modem.settings.csms == "error"):
        raise CommandError(cms=303)
    modem.session.csms = wanted
    return ["+CSMS: 1,1,1"]


def indications(modem: Modem, command: Command) -> Answer:
    """+CNMI; what is advertised (=?) and what is taken are two options."""
    if command.operation is Operation.READ:
        return ["+CNMI: " + ",".join(map(str, modem.session.cnmi))]
    if command.operation is Operation.TEST:
        return ["+CNMI: " + modem.settings.cnmi_offered]
    need_sim(modem)
    wanted = [number(value) if value else None for value in arguments(command.argument)]
    if not command.argument:
        wanted = [0, 0, 0, 0, 0]
    filled = [new if new is not None else old for new, old in zip(wanted, modem.session.cnmi, strict=False)]
    mode, mt, bm, ds, bfr = (*filled, *modem.session.cnmi[len(filled) :])
    taken = modem.settings
    pairs = ((mode, taken.cnmi_modes), (mt, taken.cnmi_mts), (ds, taken.cnmi_ds), (bfr, taken.cnmi_bfrs))
    if len(wanted) > 5 or any(str(value) not in allowed for value, allowed in pairs):
        raise CommandError(cms=302)
    modem.session.cnmi = (mode, mt, bm, ds, bfr)
    return []


def acknowledge(modem: Modem, command: Command) -> Answer:
    """+CNMA: plain, =0, =1 or =2 with <length> and a TPDU, each in the manner of the modem."""
    if command.operation is Operation.TEST:
        return ["+CNMA: (0-2)"]
    wanted = arguments(command.argument) if command.operation is Operation.SET else [""]
    kind = wanted[0]
    if kind not in ("", "0", "1", "2"):
        raise CommandError(cms=302)
    manner = {"": modem.settings.cnma, "0": modem.settings.cnma0}.get(kind, modem.settings.cnma1)
    length = number(wanted[1]) if len(wanted) > 1 else 0
    if manner == "prompt":
        return Prompt("+CNMA", length)
    if manner != "ok":
        raise CommandError(text="ERROR") if manner == "error" else CommandError(cms=340)
    if length:
        return Prompt("+CNMA", length)
    modem.reception.acknowledge(positive=kind != "2")
    return []


def centre_address(modem: Modem, command: Command) -> Answer:
    """+CSCA."""
    if command.operation is Operation.READ:
        return [f'+CSCA: "{modem.settings.smsc}",{145 if modem.settings.smsc.startswith("+") else 129}']
    return []


def more_messages(modem: Modem, command: Command) -> Answer:
    """+CMMS."""
    if command.operation is Operation.READ:
        return [f"+CMMS: {modem.session.mms}"]
    if command.operation is Operation.SET:
        modem.session.mms = number(command.argument)
    return []


COMMANDS: Table = {
    "+CMGF": message_format,
    "+CSMS": service,
    "+CNMI": indications,
    "+CNMA": acknowledge,
    "+CSCA": centre_address,
    "+CMMS": more_messages,
    "+CSMP": accept,
    "+CSDH": accept,
    "+CGSMS": accept,
}
